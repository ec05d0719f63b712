"""The running DAGs of a run: loops opened into iterations, conditions decided, outputs collected.

Pure bookkeeping without clocks and processes: the loop of the runner takes what is to be started
and tells what ended.
"""

import json
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

from ..model import State
from .condition import ConditionError
from .dataflow import (
    Inputs,
    Results,
    artifact_values,
    collected,
    dag_results,
    parameter_value,
    parameter_values,
)
from .needs import Need
from .ready import ReadyQueue
from .schedule import Schedule
from .spec import Dag, Loop, Pipeline, Task

Seat = TypeVar("Seat")
"""What a process holds of the machine while it runs."""

FALSE = "its condition is false"
"""Why a task was skipped."""


class Observer(Protocol):
    """Is told what happens to tasks that are not processes themselves."""

    def opened(self, task: Task, key: str, items: list[Any]) -> None:
        """Take note that a loop starts; `key` tells the iteration that it is in itself."""

    def ended(self, task: Task, key: str, state: State, reason: str) -> None:
        """Take note that a task of any kind ended, or never will run."""

    def broke(self, task: Task, key: str, reason: str) -> None:
        """Take note that a task failed that is no process."""


@dataclass(eq=False)
class Scope:
    """A DAG that runs."""

    dag: Dag
    inputs: Inputs
    key: str
    """The iteration that it is in: `2`, in a loop within a loop `1.2`; empty outside of loops."""
    owner: "Group | None"
    schedule: Schedule
    results: dict[str, Results]
    final: dict[str, Mapping[str, Any]]

    @property
    def state(self) -> State:
        """How it ended."""
        ended = set(self.schedule.ended.values())
        for state in (State.FAILED, State.CANCELED):
            if state in ended:
                return state
        return State.SUCCEEDED


@dataclass(eq=False)
class Group:
    """A task that is a DAG, once or as a loop, while it runs."""

    task: Task
    scope: Scope
    inputs: Inputs
    waiting: deque[tuple[int, Any]]
    count: int = 1
    """Of iterations."""
    open: int = 0
    over: dict[int, Scope] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Instance:
    """A task that is a process, in one iteration of the loops around it."""

    task: Task
    scope: Scope
    need: Need

    @property
    def key(self) -> str:
        """The iteration; empty outside of loops."""
        return self.scope.key

    def __str__(self) -> str:
        return f"{self.task.path}[{self.key}]" if self.key else self.task.path


class Tree:
    """All DAGs of a run."""

    def __init__(
        self,
        pipeline: Pipeline,
        given: Mapping[str, Any],
        observer: Observer,
        run: str,
        need: Callable[[Task, Mapping[str, Any]], Need] = lambda task, values: Need(),
    ) -> None:
        """Take what is to be run; `given` are the pipeline's parameters, `run` is its name.

        `need` says what a process needs, from its task and its input parameters; `ValueError`
        where it can never run.
        """
        self._observer = observer
        self._run = run
        self._need = need
        self._paused: set[Instance] = set()
        self._fresh: deque[Instance] = deque()
        """What is ready and was not looked at yet: its results may be known."""
        self._ready = ReadyQueue[Instance]()
        self._active: deque[Scope] = deque()
        self._open: dict[Scope, None] = {}
        self._groups: dict[Group, None] = {}
        self._canceling = False
        self.errors: dict[str, str] = {}
        """What went wrong below each task, for `PipelineTaskFinalStatus`."""
        self._root = self._scope(pipeline.root, Inputs(given), "", None)

    @property
    def done(self) -> bool:
        """Whether every task has ended."""
        return self._root not in self._open

    @property
    def state(self) -> State:
        """How the whole ended."""
        return self._root.state

    def take(
        self,
        enter: Callable[[Need], Seat | None],
        known: Callable[[Instance], bool] = lambda instance: False,
    ) -> tuple[Instance, Seat] | None:
        """Return what to start now, with what `enter` gave it; None where nothing may start.

        Whoever is ready first is asked first; one that needs less may overtake it. `known` is
        asked of each once it is ready, before it waits for anything: whether it need not run.
        """
        self._advance()
        while (found := self._ready.take(enter)) is None and self._fresh:
            instance = self._fresh.popleft()
            if not known(instance):
                self._ready.add(instance.need, instance)
        return found

    def crowded_out(self) -> Iterator[Instance]:
        """Yield what is ready but could not start, each once."""
        return self._ready.left_over()

    def pause(self, instance: Instance) -> None:
        """Take note that its process ended; it is not ready until `resume`."""
        self._paused.add(instance)

    def resume(self, instance: Instance) -> None:
        """Make it ready again, if it still is to run."""
        if instance in self._paused:
            self._paused.remove(instance)
            self._fresh.append(instance)

    def succeed(self, instance: Instance, results: Results) -> None:
        """Note what it left; what waits for it may become ready."""
        instance.scope.results[instance.task.name] = results
        self._end(instance.scope, instance.task, State.SUCCEEDED)
        self._advance()

    def fail(self, instance: Instance, state: State, reason: str = "") -> None:
        """Note that it failed or was cancelled."""
        self._paused.discard(instance)
        self._note_error(instance.scope, instance.task, reason)
        self._end(instance.scope, instance.task, state)
        self._advance()

    def skip(self, instance: Instance, reason: str) -> None:
        """Note that it is not to run; what waits for it does not run either."""
        self._end(instance.scope, instance.task, State.SKIPPED, reason)
        self._advance()

    def cancel(self) -> None:
        """Give up all that does not run, but for what is to run at the exit.

        A second time, that is given up as well.
        """
        at_exit, self._canceling = self._canceling, True
        waiting = [*self._ready.empty(), *self._fresh, *self._paused]
        self._fresh.clear()
        self._paused.clear()
        for group in self._groups:
            group.waiting.clear()
        for scope in list(self._open):
            for task in scope.schedule.abandon(at_exit):
                self._observer.ended(task, scope.key, State.CANCELED, "the run was cancelled")
        for instance in waiting:
            if instance.task.at_exit and not at_exit:
                self._fresh.append(instance)
            else:
                self._end(instance.scope, instance.task, State.CANCELED, "the run was cancelled")
        for scope in reversed(list(self._open)):
            self._settle(scope)
        self._advance()

    # Opening

    def _scope(self, dag: Dag, inputs: Inputs, key: str, owner: Group | None) -> Scope:
        results: dict[str, Results] = {}
        final: dict[str, Mapping[str, Any]] = {}
        own = Inputs(inputs.parameters, inputs.artifacts, results, final)
        scope = Scope(dag, own, key, owner, Schedule(dag.tasks), results, final)
        self._open[scope] = None
        self._active.append(scope)
        return scope

    def _advance(self) -> None:
        while self._active:
            scope = self._active.popleft()
            while (task := scope.schedule.take()) is not None:
                self._begin(scope, task)
            self._settle(scope)

    def _begin(self, scope: Scope, task: Task) -> None:
        try:
            values = parameter_values(task, scope.inputs)
            if task.condition is not None and not task.condition.holds(values):
                self._end(scope, task, State.SKIPPED, FALSE)
            elif task.dag is not None:
                self._begin_dag(scope, task, task.dag, values)
            elif task.importer is not None:
                scope.results[task.name] = self._imported(task, scope.inputs)
                self._end(scope, task, State.SUCCEEDED)
            else:
                need = self._need(task, values)
                self._fresh.append(Instance(task, scope, need))
        except (ConditionError, ValueError, KeyError, TypeError) as error:
            self._observer.broke(task, scope.key, str(error))
            self._note_error(scope, task, str(error))
            self._end(scope, task, State.FAILED)

    def _begin_dag(self, scope: Scope, task: Task, dag: Dag, values: dict[str, Any]) -> None:
        inputs = Inputs(values, artifact_values(task, scope.inputs))
        if task.loop is None:
            group = Group(task, scope, inputs, deque())
            self._groups[group] = None
            group.open = 1
            self._scope(dag, inputs, scope.key, group)
            return
        items = _items(task.loop, values, inputs)
        group = Group(task, scope, inputs, deque(enumerate(items)), len(items))
        self._groups[group] = None
        shown = [each["uri"] for each in items] if task.loop.artifacts else items
        self._observer.opened(task, scope.key, shown)
        self._open_iterations(group)

    def _open_iterations(self, group: Group) -> None:
        loop, dag = group.task.loop, group.task.dag
        if loop is None or dag is None:
            return
        while group.waiting and (not loop.limit or group.open < loop.limit):
            index, item = group.waiting.popleft()
            group.open += 1
            outer = group.scope.key
            key = f"{outer}.{index}" if outer else str(index)
            parameters, artifacts = group.inputs.parameters, group.inputs.artifacts
            if loop.artifacts:
                artifacts = {**artifacts, loop.item: (item,)}
            else:
                parameters = {**parameters, loop.item: item}
            self._scope(dag, Inputs(parameters, artifacts), key, group)
        if not group.waiting and not group.open:
            self._close(group)

    def _imported(self, task: Task, inputs: Inputs) -> Results:
        importer = task.importer
        uri = None if importer is None else parameter_value(importer.uri, inputs)
        path = uri.removeprefix("file://") if isinstance(uri, str) else ""
        if importer is None or not path.startswith("/"):
            raise ValueError(f"only files of this machine can be imported here, not {uri!r}")
        return Results(
            artifacts={
                name: (
                    {
                        "name": name,
                        "uri": path,
                        "type": dict(kind or importer.kind),
                        "metadata": dict(importer.metadata),
                    },
                )
                for name, kind in task.output_artifacts.items()
            }
        )

    # Ending

    def _end(self, scope: Scope, task: Task, state: State, reason: str = "") -> None:
        if state is State.FAILED:
            self._note_error(scope, task, reason)
        scope.final[task.name] = {
            "state": state.value,
            "pipelineJobResourceName": self._run,
            "pipelineTaskName": task.name,
            "error": {"message": self.errors[task.path]} if task.path in self.errors else {},
        }
        lost = scope.schedule.end(task.name, state)
        self._observer.ended(task, scope.key, state, reason)
        why = "was skipped" if state is State.SKIPPED else "failed"
        for each in lost:
            scope.final[each.name] = {"state": State.SKIPPED.value, "pipelineTaskName": each.name}
            self._observer.ended(each, scope.key, State.SKIPPED, f"{task.name} {why}")
        self._active.append(scope)

    def _note_error(self, scope: Scope, task: Task, reason: str) -> None:
        at: Scope | None = scope
        path = task.path
        while reason and at is not None:
            self.errors.setdefault(path, reason)
            path = at.owner.task.path if at.owner else ""
            at = at.owner.scope if at.owner else None

    def _settle(self, scope: Scope) -> None:
        """Close a DAG whose tasks have all ended."""
        if not scope.schedule.done or scope not in self._open:
            return
        del self._open[scope]
        group = scope.owner
        if group is None:
            return
        group.open -= 1
        if group.task.loop is None:
            group.over[0] = scope
            self._close(group)
        else:
            group.over[int(scope.key.rpartition(".")[2])] = scope
            self._open_iterations(group)

    def _close(self, group: Group) -> None:
        del self._groups[group]
        dag = group.task.dag or Dag(())
        scopes = [group.over[index] for index in sorted(group.over)]
        each = [dag_results(dag, scope.results, scope.schedule.ended) for scope in scopes]
        if group.task.loop is None:
            results = each[0]
        else:
            results = collected(dag, each, any(task.loop for task in dag.tasks))
        group.scope.results[group.task.name] = results
        states = {scope.state for scope in scopes}
        if len(scopes) < group.count:
            states.add(State.CANCELED)
        state = next((s for s in (State.FAILED, State.CANCELED) if s in states), State.SUCCEEDED)
        self._end(group.scope, group.task, state)


def _items(loop: Loop, values: Mapping[str, Any], inputs: Inputs) -> list[Any]:
    if loop.artifacts:
        if loop.parameter not in inputs.artifacts:
            raise ValueError(f"there is no artifact {loop.parameter!r} to loop over")
        return list(inputs.artifacts[loop.parameter])
    items = values.get(loop.parameter) if loop.values is None else list(loop.values)
    if isinstance(items, str):
        items = json.loads(items)
    if not isinstance(items, list):
        raise ValueError(f"it is a loop over {items!r}, which is no list")
    return items
