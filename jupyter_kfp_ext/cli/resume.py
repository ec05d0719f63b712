"""`jupyter kfp resume`: lets a paused run go on, or starts an ended one with what it had done."""

import argparse

from ..errors import Code, Problem
from .output import MisuseError
from .run import attend, check_usage


def run(args: argparse.Namespace) -> int:
    """Go on, or start a run of the same notebook as it is now; show it like `run`."""
    from ..engines.model import State
    from ..runs.again import cell_numbers, resumed, start_again
    from ..runs.chain import Submitted, go_on
    from ..runs.registry import Registry

    status = Registry().get(args.run_id)
    args.notebook = status.notebook or status.name
    check_usage(args)
    if status.state is State.PAUSED:
        if args.data:
            message = f"The run {status.id} is paused: it goes on as it is."
            raise MisuseError(Problem(Code.USAGE, message, "Leave --data out.", option="data"))
        go_on(status)
        return attend(args, cell_numbers(status.id), Submitted(status.id, status.engine, ()))
    again = resumed(status, data=args.data)
    started = start_again(again, cache=not args.no_cache, ignore_resources=args.ignore_resources)
    return attend(args, again.compiled.plan.cell_numbers, started)
