"""The loop of a run: start what may start, take note of what ends, until nothing is left."""

import os
import signal
import time
from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any

from ..model import State, StepError
from . import outcome
from .attempt import Attempt, Ending
from .content_key import content_key
from .executor_input import Results, build_executor_input
from .guard import Guard
from .journal import Journal
from .launch import Place, prepare_folder, start
from .layout import RunFolder
from .replanning import Former, NewPlan, Replanner
from .schedule import Schedule
from .spec import Pipeline, Task
from .waiting import Waiter

_OF_AN_END = ("started", "ended", "peak_memory_bytes", "cpu_seconds", "attempt")
"""What the journal says of a step's end, beside its state and error."""
_GRACE = 1.0
"""Seconds between asking a step's processes to end and ending them."""


class Loop:
    """A run that goes on. Everything happens in `run`, in one thread."""

    def __init__(
        self,
        folder: RunFolder,
        pipeline: Pipeline,
        given: Mapping[str, Any],
        place: Place,
        journal: Journal,
        guard: Guard,
        waiter: Waiter,
        slots: int,
    ) -> None:
        """Take what is to be run; `given` are the pipeline's parameters, defaults included."""
        self._folder = folder
        self._given = given
        self._place = place
        self._journal = journal
        self._guard = guard
        self._waiter = waiter
        self._slots = slots
        self._schedule = Schedule(pipeline.tasks, slots)
        self._replanner = Replanner(folder, place.record)
        self._documents: dict[str, tuple[Task, dict[str, Any]]] = {}
        """Each task as it was last started, and its executor input."""
        self._former: dict[str, Former] = {}
        self._held: set[str] = set()
        """Tasks that start once their process of an earlier plan has ended."""
        self._attempts: dict[int, Attempt] = {}
        self._numbers: dict[str, int] = {}
        self._results: dict[str, Results] = {}
        self._metrics: dict[str, float] = {}
        self._crowded: set[str] = set()
        self._failed = False
        self._canceling = False
        self._message = ""

    def run(self) -> None:
        """Run all tasks; the journal says how it ended."""
        self._journal.run(state=State.RUNNING, started=time.time())
        if self._folder.cancel.exists():
            self._cancel()
        while True:
            if not self._replanner.busy:
                self._start_ready()
            if self._schedule.done:
                if not self._attempts:
                    break
                self._end_strays()
            signals = self._waiter.wait()
            if signals & {signal.SIGTERM, signal.SIGINT}:
                self._cancel()
            if signal.SIGCHLD in signals:
                self._reap()
                self._take_new_plan()
        self._journal.run(state=self._final_state(), ended=time.time(), message=self._message)

    def _final_state(self) -> State:
        if self._canceling:
            steps = self._journal.status.steps
            if any(step.state is State.CANCELED for step in steps):
                return State.CANCELED
        return State.FAILED if self._failed else State.SUCCEEDED

    def end_all(self) -> None:
        """End every process of the run at once (the runner itself cannot go on)."""
        self._replanner.end()
        for attempt in self._attempts.values():
            attempt.kill()

    # Starting

    def _start_ready(self) -> None:
        while (task := self._schedule.take()) is not None:
            self._start(task)
        for name in self._schedule.crowded_out():
            if name not in self._crowded:
                self._crowded.add(name)
                self._journal.step(name, reason=f"{len(self._attempts)} steps run already")

    def _start(self, task: Task) -> None:
        folder = self._folder.step(task.name)
        document = build_executor_input(task, folder, self._given, self._results, self._place.facts)
        if self._counts_already(task, document):
            return
        number = self._numbers[task.name] = self._numbers.get(task.name, 0) + 1
        again = task.name in self._documents
        self._documents[task.name] = (task, document)
        prepare_folder(folder, self._place.record.folder)
        if again:
            what = f"attempt {number} of {task.retry.count + 1}" if number > 1 else "planned again"
            with open(folder.log, "a") as log:
                log.write(f"\n[{what}]\n")
        changes: dict[str, Any] = {"state": State.RUNNING, "attempt": number, "reason": ""}
        if number == 1:
            changes["started"] = time.time()
        self._journal.step(task.name, **changes, error=None)
        try:
            launch = start(task, folder, document, number, self._place)
        except (OSError, ValueError) as error:
            self._fail(task, outcome.cannot_start(error))
            return
        attempt = Attempt(task, number, folder, launch)
        self._attempts[launch.pid] = attempt
        self._guard.started(launch.pid, task.name)
        self._waiter.watch(launch.cells, lambda: self._read_cells(attempt))
        if task.timeout is not None:
            self._waiter.after(task.timeout, lambda: self._terminate(attempt, "timeout"))

    def _read_cells(self, attempt: Attempt) -> None:
        if attempt.read_cells():
            self._journal.step(attempt.task.name, cell=attempt.cell)
        if attempt.at_end:
            self._waiter.forget(attempt.launch.cells)

    # Ending

    def _reap(self) -> None:
        for pid, attempt in list(self._attempts.items()):
            waited, status, usage = os.wait4(pid, os.WNOHANG)
            if not waited:
                continue
            del self._attempts[pid]
            if not attempt.at_end:
                self._read_cells(attempt)
            self._waiter.forget(attempt.launch.cells)
            attempt.close()
            self._guard.ended(pid)
            # ru_maxrss: KiB on Linux, bytes on macOS (getrusage(2)).
            peak = usage.ru_maxrss * (1 if os.uname().sysname == "Darwin" else 1024)
            used = {"peak_memory_bytes": peak, "cpu_seconds": usage.ru_utime + usage.ru_stime}
            self._ended(attempt, os.waitstatus_to_exitcode(status), used)

    def _ended(self, attempt: Attempt, code: int, used: dict[str, Any]) -> None:
        task = attempt.task
        used |= {"ended": time.time(), "cell": None}
        if attempt.ending == "cancel":
            self._schedule.fail(task.name)
            self._journal.step(task.name, state=State.CANCELED, **used)
            return
        if attempt.ending == "replan":
            if task.name in self._held:
                self._held.remove(task.name)
                self._schedule.resume(task.name)
            return
        error: StepError | None = None
        results: Results | None = None
        if attempt.ending == "timeout" and task.timeout is not None:
            error = outcome.timed_out(task.timeout)
        elif code != 0:
            error = outcome.read_error(attempt.folder, code, used["peak_memory_bytes"])
        else:
            try:
                results = outcome.read_results(task, attempt.folder)
            except outcome.OutputMissingError as missing:
                error = outcome.left_nothing(missing)
        if error is not None:
            error = outcome.at_cell(error, attempt.cell, attempt.cell_number)
        if attempt.stray:
            self._former[task.name] = Former(attempt.key, results, error, used)
        else:
            self._settle(task, results, error, used)

    def _settle(
        self, task: Task, results: Results | None, error: StepError | None, used: dict[str, Any]
    ) -> None:
        """Take note of how a step ended: with results, or an error."""
        if error is None and results is not None:
            self._succeed(task, results, used)
        elif error is not None and self._replanner.can_mend(error) and not self._canceling:
            self._schedule.pause(task.name)
            self._journal.step(
                task.name, state=State.PENDING, cell=None, reason=f"planning again: {error.message}"
            )
            self._replanner.ask(task.name, error)
        elif error is not None:
            self._fail(task, error, **used)

    def _succeed(self, task: Task, results: Results, used: dict[str, Any]) -> None:
        self._results[task.name] = results
        self._schedule.succeed(task.name)
        self._journal.step(task.name, **used, state=State.SUCCEEDED, error=None)
        metrics = outcome.read_metrics(task, results)
        if metrics:
            self._metrics.update(metrics)
            self._journal.run(metrics=self._metrics)

    def _fail(self, task: Task, error: StepError, **used: Any) -> None:
        number = self._numbers.get(task.name, 1)
        if number <= task.retry.count and not self._canceling:
            wait = task.retry.wait(number)
            reason = f"attempt {number} of {task.retry.count + 1} failed; next in {wait:g} s"
            schedule = self._schedule
            schedule.pause(task.name)
            self._waiter.after(wait, lambda: schedule.resume(task.name))
            self._journal.step(
                task.name, state=State.PENDING, reason=reason, error=asdict(error), cell=None
            )
            return
        self._give_up(task.name, error, **used)

    def _give_up(self, name: str, error: StepError, **used: Any) -> None:
        self._failed = True
        skipped = self._schedule.fail(name)
        used.setdefault("ended", time.time())
        self._journal.step(name, **used, state=State.FAILED, error=asdict(error))
        for each in skipped:
            self._journal.step(each, state=State.SKIPPED, reason=f"{name} failed")

    # Planning again

    def _take_new_plan(self) -> None:
        answer = self._replanner.answer()
        if answer is None:
            return
        waiting, self._replanner.waiting = self._replanner.waiting, {}
        if isinstance(answer, NewPlan):
            self._adopt(answer)
            return
        for name, error in waiting.items():
            message = f"{error.message} It could not be planned again: {answer}."
            self._give_up(name, replace(error, message=message))

    def _adopt(self, plan: NewPlan) -> None:
        """Go on by another plan; what is the same work in it keeps its results."""
        keys = {name: content_key(*started) for name, started in self._documents.items()}
        for step in self._journal.status.steps:
            if step.state in (State.SUCCEEDED, State.FAILED) and step.task in keys:
                changes = {each: getattr(step, each) for each in _OF_AN_END}
                results = self._results.get(step.task)
                self._former[step.task] = Former(keys[step.task], results, step.error, changes)
        for attempt in self._attempts.values():
            attempt.key, attempt.stray = attempt.key or keys[attempt.task.name], True
        self._place = replace(self._place, record=replace(self._place.record, bundle=plan.bundle))
        self._schedule = Schedule(plan.pipeline.tasks, self._slots)
        self._results, self._metrics, self._numbers = {}, {}, {}
        self._failed = False
        self._held.clear()
        notes = (*self._journal.status.notes, f"Planned again: {plan.words}.")
        self._journal.run(notes=notes, metrics={})
        self._start_ready()
        for task in plan.pipeline.tasks:
            self._show_as_planned(task)

    def _show_as_planned(self, task: Task) -> None:
        before = self._journal.step_status(task.name)
        changes: dict[str, Any] = {}
        if before.after != task.after:
            changes["after"] = task.after
        if before.state.ended and self._schedule.is_open(task.name):
            changes |= {"state": State.PENDING, "ended": None, "error": None, "reason": ""}
        if changes:
            self._journal.step(task.name, **changes)

    def _counts_already(self, task: Task, document: dict[str, Any]) -> bool:
        """Tell whether a task is done already, or runs already, by an earlier plan.

        Where it runs with another content, it is ended, and starts once it has.
        """
        running = next(
            (each for each in self._attempts.values() if each.task.name == task.name), None
        )
        former = self._former.pop(task.name, None)
        if running is None and former is None:
            return False
        key = content_key(task, document)
        if running is not None:
            if running.key == key and not running.ending:
                running.stray, running.key = False, ""
            else:
                self._schedule.pause(task.name)
                self._held.add(task.name)
                self._terminate(running, "replan")
            return True
        if former is None or former.key != key:
            return False
        self._settle(task, former.results, former.error, former.changes)
        return True

    def _end_strays(self) -> None:
        """End what only an earlier plan wanted."""
        for attempt in list(self._attempts.values()):
            self._terminate(attempt, "replan")

    # Ending early

    def _cancel(self) -> None:
        if self._canceling:
            return
        self._canceling = True
        self._replanner.end()
        self._held.clear()
        if not self._folder.cancel.exists():
            self._message = "The runner was asked to stop (SIGTERM)."
        self._journal.run(state=State.CANCELING)
        for name in self._schedule.abandon():
            self._journal.step(name, state=State.CANCELED, reason="the run was cancelled")
        for attempt in list(self._attempts.values()):
            self._terminate(attempt, "cancel")

    def _terminate(self, attempt: Attempt, why: Ending) -> None:
        if not attempt.over:
            attempt.terminate(why)
            self._waiter.after(_GRACE, attempt.kill)
