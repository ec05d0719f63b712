"""From processes to steps: what happens to each process of a run, told as states of its steps.

A step may have several: the iterations of its loop, and the small task that decides on it.
"""

import shutil
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from ..model import Iteration, State, StepError
from .clock import now
from .journal import Journal
from .layout import RunFolder, StepFolder
from .log_limit import log_limit, pieces, shorten
from .record import StepRecord
from .spec import Pipeline, Task
from .tree import FALSE, Instance
from .upstream import upstream
from .used import Used
from .values import as_text

_LABEL = 60
"""Letters of an item that are shown."""


@dataclass
class _Step:
    record: StepRecord
    folder: StepFolder
    node: str
    started: bool = False
    began: float | None = None
    """When it started, where no process of it did before."""
    ran: bool = False
    """Whether the process that runs its cells was started."""
    taken: str = ""
    """The run that its cells' results were taken from."""
    fresh: bool = False
    """Whether any of its cells' processes ran in this run."""
    ended: bool = False
    failed: bool = False
    skipped: str = ""
    """Why its cells did not run."""
    logged: int = 0
    """Iterations whose logs have been joined to the step's."""
    over: set[str] = field(default_factory=set)
    keys: list[str] = field(default_factory=list)
    used: Used = field(default_factory=lambda: Used(0.0))


class Progress:
    """Writes the journal of a run (the `Observer` of its tree)."""

    def __init__(self, folder: RunFolder, journal: Journal, steps: Iterable[StepRecord]) -> None:
        """Take the steps as they were recorded."""
        self._journal = journal
        self._steps: dict[str, _Step] = {}
        self._of_path: dict[str, tuple[_Step, str]] = {}
        self._within: dict[str, list[_Step]] = {}
        for record in steps:
            step = _Step(record, folder.step(record.task), record.node or record.task)
            self._steps[record.task] = step
            paths = {step.node}
            for path, name in record.parts or ((record.task, ""),):
                self._of_path[path] = (step, name)
                words = path.split("/")
                paths |= {"/".join(words[: n + 1]) for n in range(len(words))}
            for path in paths:
                self._within.setdefault(path, []).append(step)

    def folder(self, instance: Instance) -> StepFolder:
        """Return the folder of a process."""
        step, name = self._of_path[instance.task.path]
        return step.folder.part(name, instance.key)

    def task(self, instance: Instance) -> str:
        """Return the task name of the step that a process belongs to."""
        return self._of_path[instance.task.path][0].record.task

    # Processes

    def started(self, instance: Instance, number: int) -> None:
        """Note that a process starts, for the `number`th time."""
        step, name = self._of_path[instance.task.path]
        step.ran = step.ran or not name
        step.fresh = step.fresh or not name
        started = now()
        changes: dict[str, Any] = {}
        if not name and instance.key:
            iteration: dict[str, Any] = {"state": State.RUNNING, "attempt": number, "error": None}
            if number == 1:
                iteration["started"] = started
            changes["iteration"] = {"key": instance.key, **iteration}
        if not step.started:
            step.started = True
            changes.update(
                state=State.RUNNING, started=started, attempt=number, reason="", error=None
            )
        elif not name and not instance.key:
            changes.update(state=State.RUNNING, attempt=number, reason="", error=None)
        if changes:
            if self._journal.step_status(step.record.task).cached:
                changes.update(cached=False, cached_from=None)  # another plan runs it after all
            self._journal.step(step.record.task, **changes)

    def at_cell(self, instance: Instance, cell: str | None, reason: str) -> None:
        """Note which cell a process runs, or what it is busy with before its first."""
        task = self.task(instance)
        before = self._journal.step_status(task)
        changes = {"cell": cell} if cell != before.cell else {}
        if reason != before.reason:
            changes["reason"] = reason
        if changes:
            self._journal.step(task, **changes)

    def resumed(self, instance: Instance) -> None:
        """Note that a process of an earlier plan counts in this one: the journal knows it."""
        step, name = self._of_path[instance.task.path]
        step.started = True
        step.ran = step.ran or not name

    def waits(
        self,
        instance: Instance,
        reason: str,
        error: StepError | None = None,
        ended: bool = False,
    ) -> None:
        """Note that a process waits: for a slot, or where it `ended`, to be started again."""
        step, name = self._of_path[instance.task.path]
        changes: dict[str, Any] = {}
        if ended:
            changes = {"state": State.PENDING, "error": None if error is None else asdict(error)}
        if instance.key and not name:
            if ended:
                iteration = {"key": instance.key, **changes}
                self._journal.step(step.record.task, iteration=iteration)
        elif not name:
            changes |= {"cell": None} if ended else {}
            self._journal.step(step.record.task, reason=reason, **changes)

    def over(
        self,
        instance: Instance,
        state: State,
        error: StepError | None,
        used: Used,
        taken: str = "",
    ) -> None:
        """Note that a process ended for good, or that its results were `taken` from a run."""
        step, name = self._of_path[instance.task.path]
        if taken:
            if not step.started:
                step.started, step.began = True, used.ended
            if not name:
                step.ran, step.taken = True, taken
        step.used = step.used.beside(used)
        changes: dict[str, Any] = {}
        said = None if error is None else asdict(error)
        if not name and instance.key:
            iteration = {"state": state, "ended": used.ended, "error": said}
            if taken:
                iteration["started"] = used.ended
            changes["iteration"] = {"key": instance.key, **iteration}
            self._join_logs(step, instance.key)
        if error is not None and not step.failed:
            step.failed = True
            changes["error"] = said
        if instance.task.path == step.node:
            step.ended = True
            changes.update(state=state, error=said, cell=None, ended=used.ended, **_taken(step))
        if changes:
            self._journal.step(step.record.task, **changes)

    def _join_logs(self, step: _Step, key: str) -> None:
        """Add the logs of iterations to the step's own, in the order of the items."""
        step.over.add(key)
        while step.logged < len(step.keys) and step.keys[step.logged] in step.over:
            part = step.folder.part("", step.keys[step.logged])
            step.logged += 1
            if part.log.is_file():
                with open(step.folder.log, "ab") as log:
                    log.writelines(pieces(part.log))
                shorten(step.folder.log, log_limit())

    # Loops, conditions and DAGs

    def opened(self, task: Task, key: str, items: list[Any]) -> None:
        """Note that a loop knows its items."""
        for step in self._inside(task):
            outer = f"{key}." if key else ""
            fresh = [Iteration(f"{outer}{n}", _label(item)) for n, item in enumerate(items)]
            known = self._journal.step_status(step.record.task).iterations
            # A loop within it makes more of each iteration.
            kept = tuple(each for each in known if each.key != key)
            iterations = sorted([*kept, *fresh], key=lambda each: _numbers(each.key))
            step.keys = [each.key for each in iterations]
            step.folder.path.mkdir(parents=True, exist_ok=True)
            for path in step.folder.path.glob("iterations/*"):
                if path.name not in step.keys:  # of an earlier plan, which had more of them
                    shutil.rmtree(path, ignore_errors=True)
            self._journal.step(step.record.task, iterations=[asdict(each) for each in iterations])

    def ended(self, task: Task, key: str, state: State, reason: str) -> None:
        """Note that a task of the specification ended, or never will run."""
        if task.path in self._of_path:
            step, name = self._of_path[task.path]
            if not name and state in (State.SKIPPED, State.CANCELED):
                step.skipped = step.skipped or reason
                if key and not step.ended:
                    self._journal.step(step.record.task, iteration={"key": key, "state": state})
        for step in self._inside(task):
            if not key and not step.ended and step.node == task.path:
                self._end_step(step, state, reason)
            elif not key and not step.ended and state in (State.SKIPPED, State.CANCELED):
                # What was never opened has nothing inside that could end by itself.
                if task.path != step.node and task.condition is not None and step.record.when:
                    continue  # the step's own condition: its group ends it
                self._end_step(step, state, reason)

    def show_plan(self, pipeline: Pipeline) -> None:
        """Show the steps that another plan has yet to run as such, and what they wait for."""
        parts = {
            path.rpartition("/")[2]: step.record.task
            for step in self._steps.values()
            for path, _ in step.record.parts
        }
        after = upstream(pipeline.root, parts)
        for name, step in self._steps.items():
            before = self._journal.step_status(name)
            changes: dict[str, Any] = {}
            waits = tuple(each for each in after.get(step.node, ()) if each != name)
            if before.after != waits:
                changes["after"] = waits
            if before.state.ended and not step.ended:
                changes |= {"state": State.PENDING, "ended": None, "error": None, "reason": ""}
            if changes:
                self._journal.step(name, **changes)

    def broke(self, task: Task, key: str, reason: str) -> None:
        """Note that a condition or a loop does not fit its values: its task fails."""
        error = StepError("step-failed", reason)
        for step in self._inside(task):
            if not step.failed:
                step.failed = True
                self._journal.step(step.record.task, error=asdict(error))

    def _end_step(self, step: _Step, state: State, reason: str) -> None:
        step.ended = True
        if step.failed:
            state, reason = State.FAILED, ""
        elif state is State.SUCCEEDED and step.skipped and not step.ran:
            state, reason = State.SKIPPED, step.skipped
            if step.record.when and reason == FALSE:
                reason = f"`{step.record.when}` is not true"
        changes: dict[str, Any] = {"state": state, "cell": None}
        if state in (State.SKIPPED, State.CANCELED):
            changes["reason"] = reason
        if step.started:
            changes.update(ended=now(), **_taken(step))
        iterations = self._journal.step_status(step.record.task).iterations
        if any(not each.state.ended for each in iterations):
            left = [e if e.state.ended else replace(e, state=State.CANCELED) for e in iterations]
            changes["iterations"] = [asdict(each) for each in left]
        self._journal.step(step.record.task, **changes)

    def _inside(self, task: Task) -> list[_Step]:
        return self._within.get(task.path, [])


def _taken(step: _Step) -> dict[str, Any]:
    """Return what the step took of the machine, or where it was taken from."""
    changes: dict[str, Any] = {} if step.began is None else {"started": step.began}
    if step.taken and not step.fresh:
        return {**changes, "cached": True, "cached_from": step.taken}
    return {**changes, **step.used.fields(step.record.requests)}


def _label(item: Any) -> str:
    """Return an item in short; those that a notebook computed say their text themselves."""
    if isinstance(item, dict) and set(item) == {"index", "item"}:
        item = item["item"]
    text = as_text(item)
    return text if len(text) <= _LABEL else f"{text[: _LABEL - 3]}..."


def _numbers(key: str) -> list[int]:
    return [int(each) for each in key.split(".")]
