"""Events to status: pure functions, so that every reader sees the same run."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from ...errors import Code
from ..model import (
    Iteration,
    RunStatus,
    State,
    StepError,
    StepStatus,
    iteration_fields,
    run_fields,
    step_fields,
)

Event = Mapping[str, Any]

_LOST = (
    "The process that ran this pipeline is gone (runner-lost): "
    "it was killed, or the machine was stopped."
)


def parse_events(data: bytes) -> tuple[list[Event], int]:
    """Read whole lines of a journal; return the events and how many bytes they took.

    A last line that is not whole yet is left for the next reading; a line that is damaged (power
    loss) is passed over.
    """
    end = data.rfind(b"\n") + 1
    events: list[Event] = []
    for line in data[:end].splitlines():
        try:
            event = json.loads(line)
        except ValueError:
            continue
        if isinstance(event, dict) and isinstance(event.get("seq"), int):
            events.append(event)
    return events, end


def fold(status: RunStatus, events: Iterable[Event]) -> RunStatus:
    """Return the status after the events. Events that it already holds change nothing.

    Folding a beginning and then the rest gives what folding all gives.
    """
    steps = {step.task: step for step in status.steps}
    for event in events:
        if event["seq"] <= status.seq:
            continue
        status = run_after(status, event)
        task = event.get("task")
        if event.get("type") == "step" and task in steps:
            steps[task] = step_after(steps[task], event)
    return replace(status, steps=tuple(steps.values()))


def run_after(run: RunStatus, event: Event) -> RunStatus:
    """Return the run's own fields after an event; its steps stay as they are."""
    fields = run_fields(event) if event.get("type") == "run" else {}
    for name in ("id", "steps"):
        fields.pop(name, None)
    return replace(run, **{**fields, "seq": event["seq"]})


def step_after(step: StepStatus, event: Event) -> StepStatus:
    """Return a step after an event about it, or about one iteration of its loop."""
    fields = step_fields(event)
    fields.pop("task", None)
    if "iteration" in event:
        changed = iteration_fields(event["iteration"])
        fields["iterations"] = tuple(
            replace(each, **changed) if each.key == changed["key"] else each
            for each in fields.get("iterations", step.iterations)
        )
    return replace(step, **fields)


def as_lost(status: RunStatus, when: float | None) -> RunStatus:
    """Return what has become of a run whose runner is gone without a result.

    `when` is the time in seconds since the epoch; None where nobody knows it.
    """
    steps = tuple(_lost_step(step, when) for step in status.steps)
    return replace(status, state=State.FAILED, ended=when, message=_LOST, steps=steps)


def _lost_step(step: StepStatus, when: float | None) -> StepStatus:
    if step.state.ended:
        return step
    iterations = tuple(_lost_iteration(each, when) for each in step.iterations)
    step = replace(step, iterations=iterations)
    if step.state is State.PENDING:
        return replace(step, state=State.CANCELED, reason="the runner was lost")
    error = StepError(
        name=Code.RUNNER_LOST.value,
        message="The process that ran this pipeline is gone.",
        cell_id=step.cell,
        remedy="Run the pipeline again.",
    )
    return replace(step, state=State.FAILED, ended=when, cell=None, error=error)


def _lost_iteration(iteration: Iteration, when: float | None) -> Iteration:
    if iteration.state.ended:
        return iteration
    started = iteration.state is State.RUNNING
    return replace(
        iteration,
        state=State.FAILED if started else State.CANCELED,
        ended=when if started else None,
    )
