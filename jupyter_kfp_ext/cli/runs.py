"""`jupyter kfp runs`: the runs there are, newest first."""

import argparse
from pathlib import Path

from .output import print_json


def run(args: argparse.Namespace) -> int:
    """Print a table or a JSON list of runs."""
    from ..runs.registry import Registry
    from ..runs.report import run_summary
    from ..runs.words import run_line

    notebook = str(Path(args.notebook).absolute()) if args.notebook else None
    runs = Registry().list(notebook=notebook, limit=args.limit)
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
