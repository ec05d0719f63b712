"""`jupyter kfp resume`: lets a paused run go on, or starts an ended one with what it had done."""

import argparse

from .run import attend, check_usage, numbers_of


def run(args: argparse.Namespace) -> int:
    """Go on, or start a run of the same notebook as it is now; show it like `run`."""
    from ..engines.model import State
    from ..runs.again import resumed, submitted_notebook
    from ..runs.chain import Submitted, go_on, submit
    from ..runs.registry import Registry

    status = Registry().get(args.run_id)
    args.notebook = status.notebook or status.name
    check_usage(args)
    if status.state is State.PAUSED:
        go_on(status)
        cells = submitted_notebook(status.id)[0].cells
        numbers = {each.id: each.number for each in cells if each.number}
        return attend(args, numbers, Submitted(status.id, status.engine, ()))
    again = resumed(status)
    started = submit(
        again.compiled,
        engine=again.engine,
        parameters=again.parameters,
        cache=not args.no_cache,
        ignore_resources=args.ignore_resources,
        reuse=again.reuse,
    )
    return attend(args, numbers_of(again.compiled.plan), started)
