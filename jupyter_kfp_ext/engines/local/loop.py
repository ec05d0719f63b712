"""The loop of a run: start what may start, take note of what ends, until nothing is left."""

import os
import signal
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ...errors import Code
from ..model import State, StepError
from . import outcome
from .attempt import Attempt, Ending
from .clock import now
from .dataflow import Results
from .executor_input import build_executor_input
from .guard import Guard
from .journal import Journal
from .keeping import Keeper
from .launch import Place, begin_warm, prepare_folder, start
from .layout import RunFolder
from .log_part import note_attempt
from .looks import Looks
from .needs import Need
from .pause import Pause
from .progress import Progress
from .replanning import Former, NewPlan, Replanner
from .reuse import NotRecordedError, Reuser
from .room import Room, Seat
from .sizes import Sizes
from .spec import Pipeline, Task
from .tree import Instance, Tree
from .used import Used
from .waiting import Waiter
from .warm import new_warm_parent, warm_for

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
        room: Room,
    ) -> None:
        """Take what is to be run; `given` are the pipeline's parameters, defaults included."""
        self._folder = folder
        self._given = given
        self._place = place
        self._journal = journal
        self._guard = guard
        self._waiter = waiter
        self._room = room
        self._progress = Progress(folder, journal, place.record.steps)
        self._tree = self._grow(pipeline)
        self._replanner = Replanner(folder, place.record)
        self.reuser = Reuser(folder, place.record, place.facts, self._add_note)
        self._keeper = Keeper(self.reuser, waiter)
        self._warm = new_warm_parent(waiter, self._add_note)
        self._asking: dict[str, Instance] = {}
        """Processes that wait for another plan. They are known by what `str` says of them: the
        same ones have other instances in another plan."""
        self._documents: dict[str, tuple[Task, dict[str, Any]]] = {}
        """The task of each process as it was last started, and its executor input."""
        self._former: dict[str, Former] = {}
        self._finished: dict[str, tuple[Results | None, StepError | None, Used]] = {}
        self._held: dict[str, Instance] = {}
        """What starts once its process of an earlier plan has ended."""
        self._attempts: dict[int, Attempt] = {}
        self._numbers: dict[str, int] = {}
        self._metrics: dict[str, float] = {}
        self._sizes = Sizes()
        self._looks = Looks(waiter, self._attempts)
        self._canceling = False
        self._pause = Pause(journal)
        self._message = ""

    def _grow(self, pipeline: Pipeline) -> Tree:
        run = self._place.record.id
        return Tree(pipeline, self._given, self._progress, run, self._room.need)

    def run(self) -> None:
        """Run all tasks; the journal says how it ended."""
        self._journal.run(state=State.RUNNING, started=now())
        if self._folder.cancel.exists():
            self._cancel()
        while True:
            self._follow_pause()
            with self._journal.together():
                self._start_ready()
            if self._tree.done:
                if not self._attempts and not self._keeper.busy:
                    break
                self._end_strays()
            signals = self._waiter.wait()
            if signals & {signal.SIGTERM, signal.SIGINT}:
                self._cancel()
            if signal.SIGCHLD in signals:
                self._reap()
            self._take_new_plan()
        if self._warm is not None:
            self._warm.close()
        self._journal.run(state=self._final_state(), ended=now(), message=self._message)

    def _final_state(self) -> State:
        steps = self._journal.status.steps
        if self._canceling and any(step.state is State.CANCELED for step in steps):
            return State.CANCELED
        return State.FAILED if self._tree.state is State.FAILED else State.SUCCEEDED

    def end_all(self) -> None:
        """End every process of the run at once (the runner itself cannot go on)."""
        self._replanner.end()
        for attempt in self._attempts.values():
            attempt.kill()

    # Starting

    def _start_ready(self) -> None:
        if self._replanner.busy or self._pause.on:
            return
        while (found := self._tree.take(self._enter, self._known)) is not None:
            if not self._start(*found):
                found[1].leave()
        for instance in self._tree.crowded_out():
            loading = self._warm.reason if self._warm else ""
            self._progress.waits(instance, self._room.why(instance.need) or loading)

    def _enter(self, need: Need) -> Seat | None:
        """Return a seat for what needs this much; None where it cannot start yet."""
        if self._warm is not None and begin_warm(self._warm, self._folder, self._place):
            return None
        return self._room.enter(need)

    def _start(self, instance: Instance, seat: Seat) -> bool:
        """Start a process; return whether one runs now that holds the seat."""
        task, name = instance.task, str(instance)
        folder, document = self._progress.folder(instance), self._document(instance)
        number = self._numbers[name] = self._numbers.get(name, 0) + 1
        again = name in self._documents
        self._documents[name] = (task, document)
        prepare_folder(folder, self._place.record.folder, self.reuser.keys.walks(task))
        if again:
            note_attempt(folder, number)
            what = f"attempt {number} of {task.retry.count + 1}" if number > 1 else "planned again"
            with open(folder.log, "a") as log:
                log.write(f"\n[{what}]\n")
        self._progress.started(instance, number)
        try:
            warm = warm_for(task, self.reuser.keys, seat, self._warm)
            launch = start(task, folder, document, number, self._place, seat, warm)
        except (OSError, ValueError) as error:
            self._fail(instance, outcome.cannot_start(error), Used(now()))
            return False
        attempt = Attempt(instance, number, folder, launch, seat)
        attempt.bytes_in = self._sizes.given(document)
        self._attempts[launch.pid] = attempt
        self._guard.started(launch.pid, folder.path)
        self._waiter.watch(launch.cells, lambda: self._read_cells(attempt))
        self._looks.begin()
        self._watch_time(attempt)
        return True

    def _watch_time(self, attempt: Attempt) -> None:
        """End a process once it has run for as long as it may; time in a pause does not count."""
        timeout = attempt.instance.task.timeout
        if timeout is None or self._pause.on:
            return
        left = timeout - attempt.ran
        if left > 0:
            self._waiter.after(left, lambda: self._watch_time(attempt))
        else:
            self._terminate(attempt, "timeout")

    def _document(self, instance: Instance) -> dict[str, Any]:
        folder, inputs = self._progress.folder(instance), instance.scope.inputs
        return build_executor_input(instance.task, folder, inputs, self._place.facts)

    def _known(self, instance: Instance) -> bool:
        """Tell whether a process that is ready has nothing to do, or nothing more."""
        document = self._document(instance)
        if self._counts_already(instance, document):
            return True
        return str(instance) not in self._numbers and self._need_not_run(instance, document)

    def _need_not_run(self, instance: Instance, document: dict[str, Any]) -> bool:
        """Tell whether a process is left out, or its results are those of an earlier run."""
        step, task = self._progress.task(instance), instance.task
        if step in self._place.record.reuse.left_out:
            self._tree.skip(instance, "not asked for")
            return True
        folder = self._progress.folder(instance)
        try:
            taken = self.reuser.take(step, task, document, folder)
        except NotRecordedError as error:
            remedy = "Run the whole notebook once."
            said = StepError(Code.RUN_MISSING.value, str(error), remedy=remedy)
            self._give_up(instance, said, Used(now()))
            return True
        if taken is None:
            return False
        self._documents[str(instance)] = (task, document)
        self._succeed(instance, taken.results, Used(now()), taken.run)
        return True

    def _add_note(self, text: str) -> None:
        notes = self._journal.status.notes
        if text not in notes:
            self._journal.run(notes=(*notes, text))

    def _read_cells(self, attempt: Attempt) -> None:
        if attempt.read_cells():
            self._progress.at_cell(attempt.instance, attempt.cell, attempt.reason)
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
            self._looks.last(attempt)
            self._guard.ended(pid)
            self._ended(attempt, os.waitstatus_to_exitcode(status), attempt.took(usage))

    def _ended(self, attempt: Attempt, code: int, used: Used) -> None:
        instance, task = attempt.instance, attempt.instance.task
        if attempt.ending == "cancel":
            self._progress.over(instance, State.CANCELED, None, used)
            self._tree.fail(instance, State.CANCELED)
            return
        if attempt.ending == "replan":
            held = self._held.pop(str(instance), None)
            if held is not None:
                self._tree.resume(held)
            return
        error: StepError | None = None
        results: Results | None = None
        if attempt.ending == "timeout" and task.timeout is not None:
            error = outcome.timed_out(task.timeout)
        elif code != 0:
            error = outcome.read_error(task, attempt.folder, code, used.peak)
        else:
            try:
                results = outcome.read_results(task, attempt.folder)
            except outcome.OutputMissingError as missing:
                error = outcome.left_nothing(missing)
        if error is not None:
            error = outcome.at_cell(error, attempt.cell, attempt.cell_number)
        elif results is not None:
            used = replace(used, bytes_out=self._sizes.left(task, results))
        if attempt.stray:
            self._former[str(instance)] = Former(attempt.key, results, error, used)
        elif results is None:
            self._settle(instance, None, error, used)
        else:
            got = self.reuser.before(task, attempt.folder) or results
            self._keeper.keep(task, attempt.folder, lambda: self._settle(instance, got, None, used))

    def _settle(
        self, instance: Instance, results: Results | None, error: StepError | None, used: Used
    ) -> None:
        """Take note of how a process ended: with results, or an error."""
        if error is None and results is not None:
            self._succeed(instance, results, used)
        elif error is not None and self._replanner.can_mend(error) and not self._canceling:
            self._tree.pause(instance)
            self._progress.waits(instance, f"planning again: {error.message}", ended=True)
            self._asking[str(instance)] = instance
            self._replanner.ask(str(instance), error)
        elif error is not None:
            self._fail(instance, error, used)

    def _succeed(self, instance: Instance, results: Results, used: Used, taken: str = "") -> None:
        self._finished[str(instance)] = (results, None, used)
        self._progress.over(instance, State.SUCCEEDED, None, used, taken)
        metrics = outcome.read_metrics(instance.task, results)
        if metrics:
            self._metrics.update(metrics)
            self._journal.run(metrics=self._metrics)
        charts = outcome.read_classification(instance.task, results)
        if charts:
            known = self._journal.status.classification
            self._journal.run(classification={**known, **charts})
        self._tree.succeed(instance, results)

    def _fail(self, instance: Instance, error: StepError, used: Used) -> None:
        number, retry = self._numbers.get(str(instance), 1), instance.task.retry
        if number <= retry.count and not self._canceling:
            wait = retry.wait(number)
            reason = f"attempt {number} of {retry.count + 1} failed; next in {wait:g} s"
            tree = self._tree
            tree.pause(instance)
            self._waiter.after(wait, lambda: tree.resume(instance))
            self._progress.waits(instance, reason, error, ended=True)
            return
        self._give_up(instance, error, used)

    def _give_up(self, instance: Instance, error: StepError, used: Used) -> None:
        self._finished[str(instance)] = (None, error, used)
        self._progress.over(instance, State.FAILED, error, used)
        self._tree.fail(instance, State.FAILED, f"{error.name}: {error.message}")

    # Planning again

    def _take_new_plan(self) -> None:
        # What is being kept is neither done nor runs: another plan would start it again.
        answer = None if self._keeper.busy else self._replanner.answer()
        if answer is None:
            return
        waiting, self._replanner.waiting = self._replanner.waiting, {}
        if isinstance(answer, NewPlan):
            self._adopt(answer)
            return
        for name, error in waiting.items():
            # An error of the user's own stays as it is: another plan would only have been a chance.
            if error.name == Code.ASSUMPTION_BROKEN.value:
                message = f"{error.message} It could not be planned again: {answer}."
                error = replace(error, message=message)
            self._give_up(self._asking.pop(name), error, Used(now()))

    def _adopt(self, plan: NewPlan) -> None:
        """Go on by another plan; what is the same work in it keeps its results."""
        keys = {name: self.reuser.keys.of(*each) for name, each in self._documents.items()}
        for name, (results, error, used) in self._finished.items():
            self._former[name] = Former(keys[name], results, error, used)
        for attempt in self._attempts.values():
            attempt.key, attempt.stray = attempt.key or keys[str(attempt.instance)], True
        self.reuser.keys.adopt(plan.bundle)
        record = replace(self._place.record, bundle=plan.bundle)
        self._place = replace(self._place, record=record)
        self._progress = Progress(self._folder, self._journal, record.steps)
        self._tree = self._grow(plan.pipeline)
        self._metrics, self._numbers, self._finished = {}, {}, {}
        self._asking.clear()
        self._held.clear()
        notes = (*self._journal.status.notes, f"Planned again: {plan.words}.")
        self._journal.run(notes=notes, metrics={}, classification={})
        self._start_ready()
        self._progress.show_plan(plan.pipeline)

    def _counts_already(self, instance: Instance, document: dict[str, Any]) -> bool:
        """Tell whether a process is done already, or runs already, by an earlier plan.

        Where it runs with another content, it is ended, and starts once it has.
        """
        name = str(instance)
        running = next(
            (each for each in self._attempts.values() if str(each.instance) == name), None
        )
        former = self._former.pop(name, None)
        if running is None and former is None:
            return False
        key = self.reuser.keys.of(instance.task, document)
        if running is not None:
            if running.key == key and not running.ending:
                running.instance, running.stray, running.key = instance, False, ""
                self._progress.resumed(instance)
            else:
                self._tree.pause(instance)
                self._held[name] = instance
                self._terminate(running, "replan")
            return True
        if former is None or former.key != key:
            return False
        self._progress.resumed(instance)
        self._settle(instance, former.results, former.error, former.used)
        return True

    def _end_strays(self) -> None:
        """End what only an earlier plan wanted."""
        for attempt in list(self._attempts.values()):
            self._terminate(attempt, "replan")

    # Standing still, and ending early

    def _follow_pause(self) -> None:
        if not self._canceling and self._pause.follow(self._attempts.values()):
            for attempt in self._attempts.values():
                self._watch_time(attempt)

    def _cancel(self) -> None:
        """End what runs and give up the rest, but for the exit task; a second time, that too."""
        if not self._canceling:
            self._canceling = True
            self._keeper.stop()
            self._replanner.end()
            self._held.clear()
            self._pause.end(self._attempts.values())
            if not self._folder.cancel.exists():
                self._message = "The runner was asked to stop (SIGTERM)."
            self._journal.run(state=State.CANCELING)
        self._tree.cancel()
        for attempt in list(self._attempts.values()):
            self._terminate(attempt, "cancel")

    def _terminate(self, attempt: Attempt, why: Ending) -> None:
        if not attempt.over:
            attempt.terminate(why)
            self._waiter.after(_GRACE, attempt.kill)
