"""`jupyter kfp resume`: starts an ended run again and takes what it had done already."""

import argparse

from .run import attend, check_usage


def run(args: argparse.Namespace) -> int:
    """Start a run of the same notebook, as it is now, and show it like `run`."""
    from ..runs.again import resumed
    from ..runs.chain import submit
    from ..runs.registry import Registry

    status = Registry().get(args.run_id)
    args.notebook = status.notebook or status.name
    check_usage(args)
    again = resumed(status)
    started = submit(
        again.compiled,
        engine=again.engine,
        parameters=again.parameters,
        cache=not args.no_cache,
        ignore_resources=args.ignore_resources,
        reuse=again.reuse,
    )
    return attend(args, again.compiled.plan, started)
