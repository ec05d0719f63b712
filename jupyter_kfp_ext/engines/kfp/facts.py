"""What is known of one task of a run: its node, its attempts and its pod taken together."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from ..model import State, StepError
from .argo import Part, Place
from .failing import DEADLINE, driver_error, main_state, step_error
from .nodes import Node, Nodes, seconds
from .pending import pod_waits, told_by_events, waiting_words

Json = Mapping[str, Any]
ENDED = {
    "Succeeded": State.SUCCEEDED,
    "Failed": State.FAILED,
    "Error": State.FAILED,
    "Skipped": State.SKIPPED,
    "Omitted": State.SKIPPED,
}
"""Argo's phases that do not change any more."""
FALSE = "its condition is false"
"""Why a task was skipped."""


@dataclass(frozen=True)
class Fact:
    """What is known of one task, in one iteration."""

    state: State
    started: float | None = None
    ended: float | None = None
    attempt: int = 0
    cached: bool = False
    reason: str = ""
    error: StepError | None = None
    pod: str = ""


@dataclass(frozen=True)
class Picture:
    """A run's tasks as they were seen."""

    nodes: Nodes
    pods: Mapping[str, Json] = field(default_factory=dict)
    """By the name of their node."""

    def iterations(self, path: str) -> list[str]:
        """Return the iterations in which a task has a node, in their order."""
        keys = {place.iteration for place in self.nodes if place.path == path}
        return sorted(keys, key=lambda key: [int(each) for each in key.split(".") if each])


def task_fact(picture: Picture, path: str, iteration: str) -> Fact:
    """Return what is known of a container task in one iteration (empty: it is in no loop)."""
    nodes = picture.nodes
    task = nodes.get(Place(path, iteration))
    driver = nodes.get(Place(path, iteration, Part.DRIVER))
    executor = nodes.get(Place(path, iteration, Part.EXECUTOR))
    if driver is not None and driver.phase in ("Failed", "Error"):
        if driver.message == DEADLINE:
            return Fact(State.CANCELED)
        return Fact(State.FAILED, error=driver_error(driver.name, driver.message))
    if task is not None and task.phase in ("Skipped", "Omitted"):
        return Fact(State.SKIPPED, reason=FALSE if task.phase == "Skipped" else "")
    if executor is not None and executor.phase == "Skipped":
        return Fact(State.SUCCEEDED, cached=True)
    attempts = _attempts(nodes, path, iteration)
    if attempts:
        return _of_attempts(picture, attempts, executor)
    if executor is not None:
        return _of_pod(picture, executor, 1)
    if task is not None and task.phase in ENDED:
        state = ENDED[task.phase]
        error = step_error(task.message, None) if state is State.FAILED else None
        return Fact(state, task.started, task.ended, 1, error=error)
    if task is not None and task.phase == "Running":
        return Fact(State.RUNNING, task.started, attempt=1)
    return Fact(State.PENDING, reason=_preparing(picture, driver))


def _preparing(picture: Picture, driver: Node | None) -> str:
    if driver is None:
        return ""
    if driver.phase == "Pending":
        text = driver.message or pod_waits(picture.pods.get(driver.name, {}))
        return waiting_words(text) if text else "Kubeflow prepares it."
    return "Kubeflow prepares it."


def _attempts(nodes: Nodes, path: str, iteration: str) -> list[Node]:
    found: list[Node] = []
    while True:
        node = nodes.get(Place(path, iteration, Part.EXECUTOR, len(found)))
        if node is None:
            return found
        found.append(node)


def _of_attempts(picture: Picture, attempts: list[Node], group: Node | None) -> Fact:
    last = _of_pod(picture, attempts[-1], len(attempts))
    first = _of_pod(picture, attempts[0], 1)
    going_on = group is not None and group.phase in ("Running", "Pending")
    if going_on and last.state is State.FAILED:
        reason = f"attempt {len(attempts)} failed; the next one comes"
        return replace(last, state=State.PENDING, ended=None, reason=reason)
    return replace(last, started=first.started or last.started)


def _of_pod(picture: Picture, node: Node, attempt: int) -> Fact:
    """Return what the node of a pod tells, and its pod where it is there."""
    pod = picture.pods.get(node.name)
    main = main_state(pod)
    running = main.get("running") or main.get("terminated") or {}
    started = seconds(running.get("startedAt")) or node.started
    if node.phase in ("Pending", ""):
        text = told_by_events(pod or {}) or node.message or pod_waits(pod or {})
        return Fact(State.PENDING, attempt=attempt, reason=waiting_words(text), pod=node.pod)
    if node.phase == "Running":
        return Fact(State.RUNNING, started, attempt=attempt, pod=node.pod)
    ended = seconds((main.get("terminated") or {}).get("finishedAt")) or node.ended
    state = ENDED.get(node.phase, State.FAILED)
    if state is State.FAILED and node.message == DEADLINE:
        never = pod is not None and not running
        times = (None, None) if never else (started, ended)
        return Fact(State.CANCELED, *times, attempt=attempt, pod=node.pod)
    error = step_error(node.message, pod) if state is State.FAILED else None
    return Fact(state, started, ended, attempt, error=error, pod=node.pod)
