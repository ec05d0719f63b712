"""`jupyter kfp import`: what was marked for Kale or Elyra, marked for this project."""

import argparse
import sys
from pathlib import Path

from ..errors import Severity
from .output import FAILED, explain, print_json


def run(args: argparse.Namespace) -> int:
    """Convert the file and print what changed; returns 1 where something was left behind."""
    from ..runs.importing import import_notebook

    output = Path(args.output) if args.output else None
    target, converted = import_notebook(Path(args.notebook), args.source, output)
    if args.json:
        print_json(
            {
                "file": str(target.absolute()),
                "changes": list(converted.changes),
                "problems": [each.to_json() for each in converted.problems],
            }
        )
    else:
        for change in converted.changes:
            print(change)
        explain(converted.problems, args.notebook)
        wrote = f"Wrote {target}" if converted.changes or output else "Nothing to convert."
        print(wrote, file=sys.stderr)
    left = any(each.severity is not Severity.INFO for each in converted.problems)
    return FAILED if left else 0
