"""What is true of a run on a cluster: rows, Workflow and pods joined to our own status.

Pure functions of the JSON that was read, so that they are tested on recordings of real runs. The
Workflow is believed first, then pods, then the API's rows, which stop being kept up for large runs.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from ..local.record import StepRecord
from ..local.spec import Pipeline
from ..model import Iteration, RunStatus, State, StepStatus
from .argo import Part, Place, task_paths
from .clocks import by_our_clock, ours
from .facts import ENDED, FALSE, Fact, Picture, task_fact
from .nodes import Node, read_rows, read_workflow, seconds, with_pods
from .shared_pods import Told, fact_of_step
from .snapshots import noted, with_snapshot

Json = Mapping[str, Any]
NODE_NAME = "workflows.argoproj.io/node-name"
"""The annotation by which a pod says which node it is."""
_ROUNDING = 2.0
"""Seconds by which two times of the API may be out of order: they are cut to whole ones."""


@dataclass(frozen=True)
class Seen:
    """What was read of a run at one time."""

    run: Json
    """The run as the API has it."""
    workflow: Json | None = None
    """Its Workflow; None where it is gone or cannot be read."""
    pods: tuple[Json, ...] = ()
    told: Mapping[str, Told] = field(default_factory=dict)
    """What logs say of steps that share a pod, by task."""
    ahead: float = 0.0
    """Seconds by which the cluster's clock is ahead of ours."""


def look(seen: Seen, pipeline: Pipeline) -> Picture:
    """Join what was seen: nodes by their place, pods by their node."""
    known = frozenset(task_paths(pipeline.root))
    pods = {}
    for pod in seen.pods:
        name = (pod.get("metadata", {}).get("annotations") or {}).get(NODE_NAME)
        if name:
            pods[name] = pod
    nodes = read_workflow(seen.workflow, known) if seen.workflow else {}
    if not nodes:
        nodes = with_pods(read_rows(seen.run, pipeline, known), pods, known)
    return Picture(nodes, pods)


def run_state(seen: Seen, asked: bool) -> State:
    """Return the state of a run; `asked`: whether we asked it to end.

    A terminated run ends as FAILED in KFP. Only its history tells, or that we asked.
    """
    workflow = ((seen.workflow or {}).get("status") or {}).get("phase") or ""
    told = seen.run.get("state") or ""
    history = [each.get("state") for each in seen.run.get("state_history") or []]
    since = max((n for n, each in enumerate(history) if each == "RUNNING"), default=0)
    canceled = asked or "CANCELING" in history[since:] or told in ("CANCELING", "CANCELED")
    state = ENDED.get(workflow)
    if state is None and told in State.__members__ and State(told).ended:
        state = State(told)
    if state is State.FAILED:
        return State.CANCELED if canceled else State.FAILED
    if state is not None:
        return state
    if canceled:
        return State.CANCELING
    begun = workflow == "Running" or told in ("RUNNING", "PAUSED")
    return State.RUNNING if begun else State.PENDING


def observe(
    before: RunStatus,
    steps: Iterable[StepRecord],
    pipeline: Pipeline,
    seen: Seen,
    asked: bool = False,
) -> RunStatus:
    """Return the run as it was seen; `before` gives what never changes, and phases."""
    state = run_state(seen, asked)
    picture = look(seen, pipeline)
    known = {step.task: step for step in before.steps}
    found: list[StepStatus] = []
    elsewhere = set[str]()
    there = frozenset(task_paths(pipeline.root))
    for record in steps:
        if not there & {record.task, *(path for path, _ in record.parts)}:
            elsewhere.add(record.task)
            found.append(known[record.task])  # taken from an earlier run, or left out
            continue
        fact, iterations = _of_step(record, picture)
        if record.chain:
            fact = fact_of_step(record, fact, seen.told)
        shown = known[record.task]
        if record.snapshot:
            snapshot = task_fact(picture, record.snapshot, "")
            fact = with_snapshot(fact, snapshot)
            shown = noted(shown, record, snapshot, str(seen.run.get("run_id") or ""))
        found.append(_status(shown, record, fact, iterations))
    found = _with_upstream(found)
    if seen.workflow is None:
        found = [_without_cause(step, _canceled_at(seen.run)) for step in found]
    if state.ended:
        found = [_at_the_end(step, state) for step in found]
    status = (seen.workflow or {}).get("status") or {}
    ended = seconds(status.get("finishedAt")) or seconds(seen.run.get("finished_at"))
    started = seconds(status.get("startedAt")) or seconds(seen.run.get("created_at"))
    return replace(
        before,
        state=state,
        started=ours(started, seen.ahead),
        ended=ours(ended, seen.ahead) if state.ended else None,
        message=_message(state, status, found),
        steps=tuple(
            step if step.task in elsewhere else each
            for step, each in zip(found, by_our_clock(found, seen.ahead), strict=True)
        ),
    )


def _canceled_at(run: Json) -> float | None:
    times = [
        seconds(each.get("update_time"))
        for each in run.get("state_history") or []
        if each.get("state") == "CANCELING"
    ]
    return times[-1] if times else None


def _without_cause(step: StepStatus, canceled: float | None) -> StepStatus:
    """Return a step as the API alone tells it: its rows call what was terminated a failure."""
    ended = step.ended
    late = canceled is not None and ended is not None and ended >= canceled - _ROUNDING
    if step.state is State.FAILED and late:
        return replace(step, state=State.CANCELED, error=None)
    return step


def _message(state: State, status: Json, steps: Iterable[StepStatus]) -> str:
    """Return what went wrong with the run itself, where no step says it."""
    text = str(status.get("message") or "")
    if state is not State.FAILED or any(step.state is State.FAILED for step in steps):
        return ""
    if "too large" in text or "longer than maximum" in text:
        return (
            f"The run is too big for Kubernetes ({text}). Put cells that belong together into one "
            "step."
        )
    if text:
        return f"Kubeflow ended the run: {text}."
    return "Kubeflow ended the run early: someone terminated it, or its time was over."


def _of_step(record: StepRecord, picture: Picture) -> tuple[Fact, tuple[Iteration, ...]]:
    parts = record.parts or ((record.task, ""),)
    cells = next((path for path, name in parts if not name), parts[0][0])
    node = record.node or cells
    facts = {
        (path, key): task_fact(picture, path, key)
        for path, _ in parts
        for key in picture.iterations(path)
    }
    own = facts.get((cells, ""))
    if node == cells:
        return own or Fact(State.PENDING), ()
    iterations = tuple(
        _iteration(key, facts.get((cells, key)), picture, node)
        for key in _iterations_of(picture, node, cells)
    )
    group = picture.nodes.get(Place(node))
    of_cells = [fact for (path, _), fact in facts.items() if path == cells]
    return _group_fact(group, list(facts.values()), of_cells), iterations


def _iterations_of(picture: Picture, node: str, cells: str) -> list[str]:
    keys = {
        place.iteration
        for place in picture.nodes
        if place.iteration
        and (
            place.path == cells
            or (place.part is Part.ITERATION and _is_within(place.path, node, cells))
        )
    }
    # Of a loop within a loop only the inner iterations run the cells.
    depth = max((key.count(".") for key in keys), default=0)
    return sorted(
        (key for key in keys if key.count(".") == depth),
        key=lambda key: [int(each) for each in key.split(".")],
    )


def _is_within(path: str, node: str, cells: str) -> bool:
    """Whether a group is the step's own, or one between it and its cells."""
    return path == node or (path.startswith(f"{node}/") and cells.startswith(f"{path}/"))


def _iteration(key: str, fact: Fact | None, picture: Picture, node: str) -> Iteration:
    if fact is None:
        places = (place for place in picture.nodes if place.iteration == key)
        group = next(
            (
                picture.nodes[place]
                for place in places
                if place.part is Part.ITERATION and place.path.startswith(node)
            ),
            None,
        )
        state = ENDED.get(group.phase, State.PENDING) if group else State.PENDING
        fact = Fact(state)
    return Iteration(
        key=key,
        item="",
        state=fact.state,
        started=fact.started,
        ended=fact.ended,
        attempt=fact.attempt,
        error=fact.error,
    )


def _group_fact(group: Node | None, facts: list[Fact], own: list[Fact]) -> Fact:
    """Return what is true of a step that has several tasks or iterations.

    `own` are the facts of the task that runs the cells: the one that decides whether they run
    succeeds also where they do not.
    """
    ran = [fact for fact in facts if fact.started is not None]
    started = min((fact.started for fact in ran if fact.started is not None), default=None)
    waiting = next((fact.reason for fact in facts if fact.state is State.PENDING), "")
    failed = next((fact for fact in facts if fact.error), None)
    phase = group.phase if group else ""
    state = ENDED.get(phase)
    if state is None:
        running = any(fact.state is State.RUNNING for fact in facts)
        begun = running or any(fact.state.ended for fact in facts)
        state = State.RUNNING if begun else State.PENDING
        return Fact(state, started, reason="" if running else waiting)
    if state is State.SUCCEEDED and own and all(each.state is State.SKIPPED for each in own):
        return replace(own[-1], started=None)
    reason = ""
    if state is State.SKIPPED:
        reason = FALSE if phase == "Skipped" else ""
    finished = [fact for fact in facts if fact.state is not State.SKIPPED]
    return Fact(
        state=state,
        started=started,
        ended=(group.ended if group else None) if started is not None else None,
        attempt=max((fact.attempt for fact in facts), default=0),
        cached=bool(finished) and all(fact.cached for fact in finished),
        reason=reason,
        error=failed.error if failed and state is State.FAILED else None,
        pod=next((fact.pod for fact in reversed(facts) if fact.pod), ""),
    )


def _status(
    before: StepStatus, record: StepRecord, fact: Fact, iterations: tuple[Iteration, ...]
) -> StepStatus:
    reason = fact.reason
    if reason == FALSE and record.when:
        reason = f"`{record.when}` is not true"
    items = {each.key: each.item for each in before.iterations}
    return replace(
        before,
        state=fact.state,
        started=fact.started,
        ended=fact.ended,
        cached=fact.cached,
        attempt=fact.attempt,
        reason=reason,
        error=fact.error,
        cell=None,
        iterations=tuple(replace(each, item=items.get(each.key, "")) for each in iterations),
    )


def _with_upstream(steps: list[StepStatus]) -> list[StepStatus]:
    """Say of which step's failure a step was left out."""
    by_task = {step.task: step for step in steps}
    return [
        replace(step, reason=_cause(step, by_task))
        if step.state is State.SKIPPED and not step.reason
        else step
        for step in steps
    ]


def _cause(step: StepStatus, steps: Mapping[str, StepStatus]) -> str:
    for task in step.after:
        before = steps.get(task)
        if before is not None and before.state is State.FAILED:
            return f"{before.name} failed"
        if before is not None and before.state is State.SKIPPED:
            return f"{before.name} was skipped"
    return "a step before it did not succeed"


def _at_the_end(step: StepStatus, run: State) -> StepStatus:
    """Return a step of a run that has ended: none goes on, whatever its row says.

    The API's rows are left behind for large runs, and for a moment for all.
    """
    iterations = tuple(
        each if each.state.ended else replace(each, state=State.CANCELED)
        for each in step.iterations
    )
    step = replace(step, iterations=iterations)
    if step.state.ended:
        return step
    if run is State.SUCCEEDED:
        reason = "the run succeeded; Kubeflow does not say more of this step"
        return replace(step, state=State.SUCCEEDED, reason=reason)
    began = step.started is not None
    return replace(step, state=State.CANCELED, reason="" if began else "the run ended before it")
