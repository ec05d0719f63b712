"""`jupyter kfp check`: all that is wrong with a notebook, without running any of it."""

import argparse
import sys
from pathlib import Path

from .output import FAILED, explain, print_json


def run(args: argparse.Namespace) -> int:
    """Print the problems; returns 1 where one is an error or a warning, 0 where none is.

    With `--fix` the problems that have a fix are mended first.
    """
    from ..errors import Severity
    from ..notation.reader import read_notebook
    from ..runs.chain import check
    from ..runs.fix import fix_file

    path = Path(args.notebook)
    if args.code:
        return _code(args, path)
    if args.fix:
        fixed = fix_file(path, args.split)
        for each in fixed.done:
            place = f"{each.place}: " if each.place else ""
            print(f"{args.notebook}: {place}fixed: {each.fixes[0].title}", file=sys.stderr)
        problems = fixed.checked.problems
    else:
        problems = check(read_notebook(path), args.split).problems
    if args.json:
        print_json([each.to_json() for each in problems])
    else:
        explain(problems, args.notebook)
        if not problems:
            print(f"{args.notebook}: no problems")
    return FAILED if any(each.severity is not Severity.INFO for each in problems) else 0


def _code(args: argparse.Namespace, path: Path) -> int:
    """Print which of the user's files each step gets, and why."""
    from ..compiler.code_record import code_record
    from ..notation.reader import read_notebook
    from ..runs.chain import build
    from .code import code_lines

    compiled = build(read_notebook(path), args.split)
    code = code_record(compiled)
    if args.json:
        print_json({**code, "problems": [each.to_json() for each in compiled.problems]})
    else:
        print(*code_lines(code), sep="\n")
        explain(compiled.problems, args.notebook)
    return 0
