"""`jupyter kfp schedule`: runs that a cluster starts by itself."""

import argparse
import time
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path

from ..engines.kfp.attaching import RunThere
from ..engines.kfp.schedules import Schedule
from .output import explain, print_json


def run(args: argparse.Namespace) -> int:
    """Do what is asked of the schedules."""
    actions = {
        "list": _list,
        "add": _add,
        "pause": _switch,
        "resume": _switch,
        "remove": _remove,
        "runs": _runs,
    }
    return actions[args.action](args)


def print_runs_there(runs: Iterable[RunThere], as_json: bool) -> None:
    """Print runs as a cluster lists them."""
    if as_json:
        print_json([asdict(each) for each in runs])
        return
    for each in runs:
        when = time.strftime("%Y-%m-%d %H:%M", time.localtime(each.created or 0))
        marks = [f"here {each.run_id}" if each.run_id else "", "scheduled" if each.schedule else ""]
        words = ", ".join(filter(None, [*marks, "archived" if each.archived else ""]))
        end = f"  ({words})" if words else ""
        print(f"{each.remote_id}  {each.state or 'PENDING':9}  {when}  {each.name}{end}")


def _list(args: argparse.Namespace) -> int:
    from ..runs.elsewhere import list_schedules

    notebook = str(Path(args.notebook).absolute()) if args.notebook else None
    found = list_schedules(args.connection, notebook, args.namespace)
    if args.json:
        print_json([each.to_json() for each in found])
        return 0
    for each in found:
        print(_line(each))
    if not found:
        print("There are no schedules. Make one: jupyter kfp schedule add NB --cron '0 9 * * 1-5'")
    return 0


def _add(args: argparse.Namespace) -> int:
    from ..engines.kfp.schedules import Wanted
    from ..engines.kfp.triggers import cron_trigger, every_trigger
    from ..runs.chain import build_file
    from ..runs.elsewhere import schedule
    from .run import parameters_of

    trigger = cron_trigger(args.cron) if args.cron else every_trigger(args.every)
    compiled = build_file(Path(args.notebook), args.split)
    wanted = Wanted(trigger, args.name, args.catch_up, args.concurrency, not args.paused)
    given = parameters_of(compiled.plan, args.parameters)
    made = schedule(compiled, wanted, args.connection, given, args.experiment, args.namespace)
    explain((*compiled.plan.problems, *compiled.problems), args.notebook)
    return _told(made, args, "Made")


def _switch(args: argparse.Namespace) -> int:
    from ..runs.elsewhere import switch

    on = args.action == "resume"
    changed = switch(args.connection, args.schedule, on, args.namespace)
    return _told(changed, args, "Resumed" if on else "Paused")


def _remove(args: argparse.Namespace) -> int:
    from ..runs.elsewhere import unschedule

    gone = unschedule(args.connection, args.schedule, args.namespace)
    if args.json:
        print_json({"removed": gone.id})
    else:
        print(f"Removed {gone.name}. Its runs stay.")
    return 0


def _runs(args: argparse.Namespace) -> int:
    from ..runs.elsewhere import scheduled_runs

    found = scheduled_runs(args.connection, args.schedule, args.limit, args.namespace)
    print_runs_there(found, args.json)
    return 0


def _told(schedule: Schedule, args: argparse.Namespace, done: str) -> int:
    if args.json:
        print_json(schedule.to_json())
    else:
        print(f"{done}: {_line(schedule)}")
    return 0


def _line(schedule: Schedule) -> str:
    state = "on" if schedule.enabled else "paused"
    notebook = f"  {schedule.notebook}" if schedule.notebook else ""
    return f"{schedule.id}  {state:6}  {schedule.trigger}  {schedule.name}{notebook}"
