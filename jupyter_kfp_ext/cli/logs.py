"""`jupyter kfp logs`: what the steps of a run wrote, as it stands or as it grows."""

import argparse
import asyncio
import json
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass

from ..engines.model import RunStatus, StepStatus
from ..errors import Code, KfpExtError, Problem
from .output import print_json


def run(args: argparse.Namespace) -> int:
    """Print one step's log, or all of them, each line with its step's name before it."""
    from ..runs.container_logs import bring_container_log, check_container
    from ..runs.registry import Registry

    status = Registry().get(args.run_id)
    steps = [find_step(status, args.step)] if args.step else [_whole(e) for e in status.steps]
    if args.container != "main":
        steps = [part for step in steps for part in _containers(step, args.container)]
        for step in steps:
            if args.follow:
                check_container(status.id, step.task)
            else:
                bring_container_log(status.id, step.task)
    if args.json and not args.follow:
        texts = asyncio.run(_collect(status, steps))
        print_json({"run_id": status.id, "logs": texts})
        return 0
    asyncio.run(_print_all(args, status, steps))
    return 0


@dataclass(frozen=True)
class _Log:
    """What is to be printed: the name that is shown, and what the engine calls it."""

    name: str
    task: str


def _whole(step: StepStatus) -> _Log:
    return _Log(step.name, step.task)


def _containers(step: _Log, which: str) -> list[_Log]:
    """Return the logs of a step by container, in the order in which these run."""
    names = ("driver", "init", "main") if which == "all" else (which,)
    return [
        step if name == "main" else _Log(f"{step.name}:{name}", f"{step.task}:{name}")
        for name in names
    ]


def find_step(status: RunStatus, name: str) -> _Log:
    """Return the step with a name or task name, one iteration (`train[2]`) or attempt (`train@1`).

    Raises `KfpExtError` (`step-missing`).
    """
    plain = re.split(r"[\[@]", name)[0]
    part = name[len(plain) :]
    for step in status.steps:
        if name in (step.name, step.task):
            return _whole(step)
        if part and plain in (step.name, step.task):
            return _Log(f"{step.name}{part}", f"{step.task}{part}")
    names = ", ".join(each.name for each in status.steps)
    raise KfpExtError(
        Problem(Code.STEP_MISSING, f"The run has no step '{name}'.", f"Its steps: {names}.")
    )


async def _collect(status: RunStatus, steps: Sequence[_Log]) -> dict[str, str]:
    from ..runs.engines import open_engine

    engine = open_engine(status.engine)
    texts = {}
    for step in steps:
        pieces = [text async for text in engine.log(status.id, step.task)]
        texts[step.name] = "".join(pieces)
    return texts


async def _print_all(args: argparse.Namespace, status: RunStatus, steps: Sequence[_Log]) -> None:
    alone = len(steps) == 1
    if args.follow:
        await asyncio.gather(*(_print_one(args, status, step, alone) for step in steps))
        if args.step is None:
            await _wait_for_end(status)
        return
    for step in steps:
        await _print_one(args, status, step, alone)


async def _wait_for_end(status: RunStatus) -> None:
    """Wait until the run has ended: its last step ends a moment before it."""
    from ..runs.follow import follow

    async for _ in follow(status.id):
        pass


async def _print_one(args: argparse.Namespace, status: RunStatus, step: _Log, alone: bool) -> None:
    from ..runs.engines import open_engine

    rest = ""
    async for text in open_engine(status.engine).log(status.id, step.task, follow=args.follow):
        if args.json:
            print(json.dumps({"step": step.name, "text": text}), flush=True)
        elif alone:
            _write(text)
        else:
            *lines, rest = (rest + text).split("\n")
            _write("".join(f"{step.name} | {line}\n" for line in lines))
    if rest:
        _write(f"{step.name} | {rest}\n")


def _write(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()
