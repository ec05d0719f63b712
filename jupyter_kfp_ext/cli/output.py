"""What the commands print: JSON on standard output, problems on standard error, exit codes."""

import argparse
import contextlib
import io
import json
import os
import sys
from collections.abc import Iterable, Iterator
from typing import Any, TextIO

from ..errors import Code, KfpExtError, Problem
from ..runs.words import problem_text

FAILED = 1
USAGE = 2

_ASKED_WRONGLY = frozenset(
    {
        Code.USAGE,
        Code.NOTEBOOK_MISSING,
        Code.ENGINE_UNKNOWN,
        Code.CONNECTION_MISSING,
        Code.RUN_MISSING,
        Code.STEP_MISSING,
    }
)


class MisuseError(KfpExtError):
    """What was typed does not fit the notebook: exit code 2, whatever its problems' codes say."""


def exit_code(error: KfpExtError) -> int:
    """Return 2 where the call itself was wrong, 1 where the notebook or the machine is."""
    return USAGE if isinstance(error, MisuseError) or error.code in _ASKED_WRONGLY else FAILED


def settle_streams() -> None:
    """Make printing never fail for its text: what a stream's encoding lacks is escaped.

    A stream that the caller closed (`>&-`) leads nowhere.
    """
    sys.stdout = sys.stdout or open(os.devnull, "w")  # noqa: SIM115 (open to the end)
    sys.stderr = sys.stderr or open(os.devnull, "w")  # noqa: SIM115
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def discard(stream: TextIO) -> None:
    """Send a stream nowhere from now on, with what Python still holds of it.

    Otherwise Python complains once more when it flushes at its exit.
    """
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


@contextlib.contextmanager
def reader_may_leave(stream: TextIO) -> Iterator[None]:
    """Go on where the reader of a stream (`| head`) has gone: what is printed is lost, no more."""
    try:
        yield
    except BrokenPipeError:
        discard(stream)


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
        print(problem_text(problem, notebook), file=sys.stderr)
