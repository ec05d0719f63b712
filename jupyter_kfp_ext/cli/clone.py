"""`jupyter kfp clone`: starts a run again as it was, with other parameters where they are given."""

import argparse
from dataclasses import replace

from .run import attend, check_usage, parameters_of


def run(args: argparse.Namespace) -> int:
    """Start it with the notebook and the files as they were then; show it like `run`."""
    from ..runs.again import cloned, start_again
    from ..runs.registry import Registry

    status = Registry().get(args.run_id)
    args.notebook = status.notebook or status.name
    check_usage(args)
    again = cloned(status)
    if args.engine is not None or args.connection is not None:
        again = replace(again, engine=args.engine, connection=args.connection, namespace="")
    started = start_again(
        replace(
            again,
            experiment=args.experiment or again.experiment,
            namespace=args.namespace or again.namespace,
        ),
        parameters_of(again.compiled.plan, args.parameters),
        cache=not args.no_cache,
        ignore_resources=args.ignore_resources,
    )
    return attend(args, again.compiled.plan.cell_numbers, started)
