"""What the commands print: JSON on standard output, problems on standard error, exit codes."""

import argparse
import json
import sys
from collections.abc import Iterable
from typing import Any

from ..errors import Code, KfpExtError, Problem
from ..runs.words import problem_text

FAILED = 1
USAGE = 2

_ASKED_WRONGLY = frozenset(
    {
        Code.USAGE,
        Code.NOTEBOOK_MISSING,
        Code.ENGINE_UNKNOWN,
        Code.RUN_MISSING,
        Code.STEP_MISSING,
    }
)


class MisuseError(KfpExtError):
    """What was typed does not fit the notebook: exit code 2, whatever its problems' codes say."""


def exit_code(error: KfpExtError) -> int:
    """Return 2 where the call itself was wrong, 1 where the notebook or the machine is."""
    return USAGE if isinstance(error, MisuseError) or error.code in _ASKED_WRONGLY else FAILED


def print_json(value: Any) -> None:
    """Print one JSON value on standard output."""
    # ASCII: what comes out must not depend on the encoding of the terminal or pipe.
    json.dump(value, sys.stdout, indent=2, allow_nan=False, default=str)
    sys.stdout.write("\n")


def print_problems(args: argparse.Namespace, problems: Iterable[Problem]) -> None:
    """Print the problems that ended a command, in the form that the command's caller asked for."""
    problems = list(problems)
    explain(problems, getattr(args, "notebook", None))
    if not args.json:
        return
    listed = [each.to_json() for each in problems]
    if args.command == "check":
        print_json(listed)
    elif args.command == "run":
        empty: dict[str, Any] = {"steps": [], "metrics": {}, "parameters": {}}
        print_json({"run_id": None, "state": None, **empty, "problems": listed})
    else:
        print_json({"problems": listed})


def explain(problems: Iterable[Problem], notebook: str | None = None) -> None:
    """Print problems on standard error, each with its place and remedy."""
    for problem in problems:
        print(printable(problem_text(problem, notebook), sys.stderr), file=sys.stderr)


def printable(text: str, stream: Any) -> str:
    """Return the text with what the stream's encoding lacks escaped: printing must not fail."""
    encoding = getattr(stream, "encoding", None) or "utf-8"
    return text.encode(encoding, "backslashreplace").decode(encoding)
