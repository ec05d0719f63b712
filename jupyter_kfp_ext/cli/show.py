"""`jupyter kfp show`: one run with its steps, metrics and errors."""

import argparse
import sys

from .output import print_json


def run(args: argparse.Namespace) -> int:
    """Print the run as it is now."""
    from ..runs.registry import Registry
    from ..runs.report import run_report
    from .profile import profile_lines
    from .progress import print_notes, print_outcome, print_steps
    from .style import Style

    status = Registry().get(args.run_id)
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
