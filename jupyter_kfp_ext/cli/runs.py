"""`jupyter kfp runs`: the runs there are, newest first."""

import argparse
from pathlib import Path

from .output import print_json
from .schedule import print_runs_there


def run(args: argparse.Namespace) -> int:
    """Print a table or a JSON list of runs."""
    if args.connection or args.namespace:
        return _there(args)
    from ..runs.registry import Registry
    from ..runs.report import run_summary
    from ..runs.words import run_line

    notebook = str(Path(args.notebook).absolute()) if args.notebook else None
    runs = Registry().list(notebook=notebook, limit=args.limit, steps=False, archived=args.archived)
    if args.json:
        print_json([run_summary(each) for each in runs])
        return 0
    if not runs and notebook:
        print(f"There are no runs of {args.notebook} yet. Start one with: jupyter kfp run NOTEBOOK")
    elif not runs:
        print("There are no runs yet. Start one with: jupyter kfp run NOTEBOOK")
    for each in runs:
        print(run_line(each))
    return 0


def _there(args: argparse.Namespace) -> int:
    from ..runs.elsewhere import runs_there

    print_runs_there(runs_there(args.connection, args.limit, args.namespace), args.json)
    return 0
