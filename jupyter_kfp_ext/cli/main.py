"""The door of `jupyter kfp`: reads the arguments, calls one command, turns errors into exit codes.

Each command is a module of its own, imported only when it is called, so that `--help` is quick.
"""

import sys
from collections.abc import Sequence
from importlib import import_module

from ..errors import Code, KfpExtError, Problem
from .arguments import make_parser
from .output import FAILED, discard, exit_code, print_problems, settle_streams

INTERRUPTED = 130
"""As a shell reports a process that Ctrl-C ended (128 + SIGINT)."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns 0, 1 (the notebook or its run failed), 2 (usage) or 130."""
    settle_streams()
    args = make_parser().parse_args(argv)
    command = import_module(f"jupyter_kfp_ext.cli.{args.module}")
    try:
        code = int(command.run(args))
        sys.stdout.flush()
    except KfpExtError as error:
        print_problems(args, error.problems)
        return exit_code(error)
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        discard(sys.stdout)  # the reader (`| head`) has gone
        return 0
    except OSError as error:
        discard(sys.stdout)
        message = f"{error.filename or 'The output'}: {error.strerror or error}."
        print_problems(args, [Problem(Code.STORAGE_FAILED, message)])
        return FAILED
    return code
