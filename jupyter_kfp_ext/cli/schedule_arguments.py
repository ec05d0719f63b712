"""What may be typed after `jupyter kfp schedule`."""

import argparse

from ..runs.arguments import SPLITS, add_experiment, add_namespace, add_parameters
from .actions import add_action


def add_schedule(parser: argparse.ArgumentParser) -> None:
    """Add the actions to the parser of `schedule`; `args.action` says which one."""
    parser.set_defaults(action="list", notebook=None, connection=None, namespace="")
    parser.add_argument("--json", action="store_true", help="print JSON on standard output")
    actions = parser.add_subparsers(title="actions", metavar="ACTION")
    listed = _action(actions, "list", "list the schedules of a cluster (the default)")
    listed.add_argument("--notebook", metavar="NB", help="only those of this notebook")
    add = _action(actions, "add", "have runs of a notebook started by the clock")
    add.add_argument("notebook", metavar="NB")
    when = add.add_mutually_exclusive_group(required=True)
    when.add_argument(
        "--cron", metavar="CRON", help="minute hour day month weekday, in the cluster's time zone"
    )
    when.add_argument("--every", metavar="TIME", help="an interval: 90s, 15m, 6h, 1d, 1w")
    add.add_argument("--name", default="", help="default: the pipeline's")
    add.add_argument("--concurrency", type=int, default=1, metavar="N", help="runs at once, 1-10")
    add.add_argument("--catch-up", action="store_true", help="make up for starts that were missed")
    add.add_argument("--paused", action="store_true", help="start nothing before it is resumed")
    add.add_argument("--split", choices=SPLITS, help="how to cut a notebook without marked cells")
    add_experiment(add)
    add_parameters(add)
    for name, text in (
        ("pause", "start no more runs"),
        ("resume", "start runs again"),
        ("remove", "remove a schedule; its runs stay"),
        ("runs", "list the newest runs of a schedule, and keep them here"),
    ):
        action = _action(actions, name, text)
        action.add_argument("schedule", metavar="SCHEDULE", help="its name or id")
    action.add_argument("--limit", type=int, default=5, metavar="N", help="default: 5")


def _action(
    actions: "argparse._SubParsersAction[argparse.ArgumentParser]", name: str, text: str
) -> argparse.ArgumentParser:
    parser = add_action(actions, name, text)
    parser.add_argument("--connection", metavar="NAME", help="default: the one for all runs")
    add_namespace(parser)
    return parser
