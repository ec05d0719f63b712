"""`jupyter kfp clone`: starts a run again as it was, with other parameters where they are given."""

import argparse

from .run import attend, check_usage, parameters_of


def run(args: argparse.Namespace) -> int:
    """Start it with the notebook and the files as they were then; show it like `run`."""
    from ..runs.again import cloned
    from ..runs.chain import submit
    from ..runs.registry import Registry

    status = Registry().get(args.run_id)
    args.notebook = status.notebook or status.name
    check_usage(args)
    again = cloned(status)
    elsewhere = args.engine is not None or args.connection is not None
    started = submit(
        again.compiled,
        engine=args.engine if elsewhere else again.engine,
        connection=args.connection if elsewhere else again.connection,
        experiment=args.experiment or again.experiment,
        parameters={**again.parameters, **parameters_of(again.compiled.plan, args.parameters)},
        cache=not args.no_cache,
        ignore_resources=args.ignore_resources,
    )
    return attend(args, again.compiled.plan.cell_numbers, started)
