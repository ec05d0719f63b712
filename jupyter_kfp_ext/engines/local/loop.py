"""The loop of a run: start what may start, take note of what ends, until nothing is left."""

import os
import signal
import time
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from ..model import State, StepError
from . import outcome
from .attempt import Attempt, Ending
from .executor_input import Results, build_executor_input
from .guard import Guard
from .journal import Journal
from .launch import Place, prepare_folder, start
from .layout import RunFolder
from .schedule import Schedule
from .spec import Pipeline, Task
from .waiting import Waiter

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
        self._schedule = Schedule(pipeline.tasks, slots)
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
            self._start_ready()
            if self._schedule.done:
                break
            signals = self._waiter.wait()
            if signals & {signal.SIGTERM, signal.SIGINT}:
                self._cancel()
            if signal.SIGCHLD in signals:
                self._reap()
        self._journal.run(state=self._final_state(), ended=time.time(), message=self._message)

    def _final_state(self) -> State:
        if self._canceling:
            steps = self._journal.status.steps
            if any(step.state is State.CANCELED for step in steps):
                return State.CANCELED
        return State.FAILED if self._failed else State.SUCCEEDED

    def end_all(self) -> None:
        """End every process of the run at once (the runner itself cannot go on)."""
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
        number = self._numbers[task.name] = self._numbers.get(task.name, 0) + 1
        folder = self._folder.step(task.name)
        prepare_folder(folder, self._place.record.folder)
        if number > 1:
            with open(folder.log, "a") as log:
                log.write(f"\n[attempt {number} of {task.retry.count + 1}]\n")
        document = build_executor_input(task, folder, self._given, self._results, self._place.facts)
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
        if attempt.ending == "cancel":
            self._schedule.fail(task.name)
            self._journal.step(
                task.name, state=State.CANCELED, ended=time.time(), cell=None, **used
            )
            return
        error: StepError | None = None
        if attempt.ending == "timeout" and task.timeout is not None:
            error = outcome.timed_out(task.timeout)
        elif code != 0:
            error = outcome.read_error(attempt.folder, code, used["peak_memory_bytes"])
        else:
            try:
                self._results[task.name] = outcome.read_results(task, attempt.folder)
            except outcome.OutputMissingError as missing:
                error = outcome.left_nothing(missing)
        if error is None:
            self._succeed(task, used)
        else:
            error = outcome.at_cell(error, attempt.cell, attempt.cell_number)
            self._fail(task, error, **used)

    def _succeed(self, task: Task, used: dict[str, Any]) -> None:
        self._schedule.succeed(task.name)
        self._journal.step(task.name, state=State.SUCCEEDED, ended=time.time(), cell=None, **used)
        metrics = outcome.read_metrics(task, self._results[task.name])
        if metrics:
            self._metrics.update(metrics)
            self._journal.run(metrics=self._metrics)

    def _fail(self, task: Task, error: StepError, **used: Any) -> None:
        number = self._numbers[task.name]
        if number <= task.retry.count and not self._canceling:
            wait = task.retry.wait(number)
            reason = f"attempt {number} of {task.retry.count + 1} failed; next in {wait:g} s"
            self._schedule.pause(task.name)
            self._waiter.after(wait, lambda: self._schedule.resume(task.name))
            self._journal.step(
                task.name, state=State.PENDING, reason=reason, error=asdict(error), cell=None
            )
            return
        self._failed = True
        skipped = self._schedule.fail(task.name)
        self._journal.step(
            task.name,
            state=State.FAILED,
            ended=time.time(),
            error=asdict(error),
            cell=None,
            **used,
        )
        for name in skipped:
            self._journal.step(name, state=State.SKIPPED, reason=f"{task.name} failed")

    # Ending early

    def _cancel(self) -> None:
        if self._canceling:
            return
        self._canceling = True
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
