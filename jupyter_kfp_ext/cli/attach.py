"""`jupyter kfp attach`: keeps a run of a cluster here that was started elsewhere."""

import argparse
from pathlib import Path

from .run import attend, check_usage


def run(args: argparse.Namespace) -> int:
    """Keep it and show it like `run`."""
    from ..notation.reader import read_notebook
    from ..runs.again import cell_numbers
    from ..runs.chain import Submitted
    from ..runs.elsewhere import attach

    notebook = read_notebook(Path(args.notebook)) if args.notebook else None
    args.notebook = args.notebook or args.remote_id
    check_usage(args)
    run_id = attach(args.connection, args.remote_id, notebook)
    return attend(args, cell_numbers(run_id), Submitted(run_id, "kfp", ()))
