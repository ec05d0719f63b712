"""`jupyter kfp show`: one run with its steps, metrics and errors, or the code that it ran."""

import argparse
import sys
from dataclasses import asdict
from pathlib import Path

from .output import print_json


def run(args: argparse.Namespace) -> int:
    """Print the run as it is now."""
    from ..runs.registry import Registry
    from ..runs.report import run_report
    from .profile import profile_lines
    from .progress import print_notes, print_outcome, print_steps
    from .style import Style

    status = Registry().get(args.run_id)
    if args.code or args.changed or args.restore:
        return _code(args, status.id)
    if args.json:
        print_json(run_report(status))
        return 0
    style = Style.of(sys.stdout)
    print(f"{status.name}  {status.id}  {status.state.value}")
    for name, value in status.parameters.items():
        print(f"  {name} = {value!r}")
    print_notes(status)
    print_steps(status, style)
    for line in profile_lines(status):
        print(line)
    print_outcome(status, style)
    return 0


def _code(args: argparse.Namespace, run_id: str) -> int:
    from ..runs.code import changes_since, code_of_run, restore
    from .code import code_lines

    if args.code:
        code = code_of_run(run_id)
        if args.json:
            print_json(code)
        else:
            print(*code_lines(code), sep="\n")
    elif args.changed:
        changes = changes_since(run_id)
        if args.json:
            print_json([asdict(each) for each in changes])
        for each in () if args.json else changes:
            print(f"{each.kind} {each.what} {each.name}")
            if each.diff:
                print(each.diff)
        if not changes and not args.json:
            print(f"nothing changed since {run_id}")
    else:
        written = restore(run_id, Path(args.restore))
        if args.json:
            print_json([str(each) for each in written])
        else:
            print(*written, sep="\n")
    return 0
