"""What is true of steps that share a pod: each has its own state, though the pod has one.

The pod tells in its log when a step begins and ends. Before the log is there, or where it may not
be read while the pod runs, the first of its steps stands for what the pod does.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from ...compiler.names import ascii_identifier
from ...compiler.shared_pods import output_key
from ..local.record import StepRecord
from ..model import State
from .facts import Fact

Json = Mapping[str, Any]


@dataclass(frozen=True)
class Told:
    """What a pod's log says of one of its steps. Times are seconds since the epoch."""

    started: float
    ended: float | None = None
    done: bool = False
    """It ended, and well."""


def told_of(event: Json, before: Told | None) -> Told:
    """Return what is known of a step after an event (`runtime/step/chain.py`)."""
    when = float(event["time"])
    if event["status"] == "start" or before is None:
        return Told(when)
    return Told(before.started, when, event["status"] == "ok")


def fact_of_step(record: StepRecord, pod: Fact, told: Mapping[str, Told]) -> Fact:
    """Return what is known of a step that shares its pod, by what is known of the pod."""
    own = told.get(record.task)
    if pod.cached or pod.state is State.SKIPPED:
        return pod
    if pod.state is State.PENDING:
        return pod if record.task == record.chain[0] else Fact(State.PENDING)
    if pod.state is State.SUCCEEDED:
        return replace(pod, started=own.started, ended=own.ended) if own else pod
    current = next((one for one in record.chain if one not in told or not told[one].done), "")
    if not current and pod.state is not State.RUNNING:
        current = record.chain[-1]  # what they left could not be kept
    if own and own.done and record.task != current:
        return Fact(State.SUCCEEDED, own.started, own.ended, pod.attempt, pod=pod.pod)
    if record.task == current:
        started = own.started if own else pod.started
        return replace(pod, started=started, ended=(own and own.ended) or pod.ended)
    later = {State.RUNNING: State.PENDING, State.FAILED: State.SKIPPED}
    return Fact(later.get(pod.state, pod.state))


def output_of_step(task: str, output: Json) -> dict[str, Any]:
    """Return the executor output of one step out of that of its pod.

    Its numbers are the metrics that it logged: parameters say not whose they are.
    """
    prefix = output_key(task, "")
    artifacts = (output.get("artifacts") or {}).items()
    own = {key[len(prefix) :]: each for key, each in artifacts if key.startswith(prefix)}
    (metrics,) = own.get("metrics", {}).get("artifacts") or [{}]
    numbers = {f"metric_{ascii_identifier(name)}" for name in metrics.get("metadata") or {}}
    values = output.get("parameterValues") or {}
    return {
        "parameterValues": {key: values[key] for key in values if key in numbers},
        "artifacts": own,
    }
