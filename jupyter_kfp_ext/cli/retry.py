"""`jupyter kfp retry`: has a failed run on a cluster go on with what failed."""

import argparse

from .run import attend, check_usage


def run(args: argparse.Namespace) -> int:
    """Ask for it, and show the run like `run` does."""
    from ..runs.again import cell_numbers
    from ..runs.chain import Submitted, retry
    from ..runs.registry import Registry

    status = Registry().get(args.run_id)
    args.notebook = status.notebook or status.name
    check_usage(args)
    retry(status)
    return attend(args, cell_numbers(status.id), Submitted(status.id, status.engine, ()))
