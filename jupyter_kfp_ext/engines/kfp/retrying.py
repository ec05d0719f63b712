"""Runs what failed of an ended run again, in the same run: KFP's `:retry`.

What is asked for is on disk before the call (`retry.json`). KFP refuses to retry a run that goes
on, so whoever goes on after a crash may ask again; after a doubtful answer the run's history tells.
"""

import os
import shutil
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

from ...compiler.new_claims import NewClaim
from ...errors import Code, KfpExtError, Problem
from ...storage import read_json, write_json
from ..announce import announce
from ..local import lock
from ..local.journal import Journal
from ..local.layout import RunFolder
from ..local.lookup import read_known, run_active
from ..model import RunStatus, State, StepStatus
from .api import KfpApi
from .doubt import answered, comes_true
from .http import ClusterError
from .intent import Intent, read_intent

Json = Mapping[str, Any]
_ENDING, _GLANCE = 10.0, 0.02
"""Seconds that the keeper of an ended run is waited for, and between two looks."""


class RefusedError(Exception):
    """The run stays as it was before it was to be tried again; the text says why."""


def ask_to_retry(folder: RunFolder, start: Callable[[RunFolder, int], None]) -> None:
    """Note that the failed steps of a run are to run again, and start its keeper.

    Raises `KfpExtError`: `run-active` where it has not ended, `usage` where nothing failed or it
    never was on the cluster.
    """
    descriptor = _lock_of(folder)
    try:
        status = read_known(folder)
        _check(status)
        if claims := read_intent(folder.path).claims:
            raise KfpExtError(_without_claims(status.id, claims))
        before = {"state": status.state.value, "ended": status.ended, "message": status.message}
        write_json(folder.retry, before)
        folder.cancel.unlink(missing_ok=True)
        journal = Journal(folder)
        journal.become(replace(status, state=State.PENDING, ended=None, message=""))
        journal.close()
        # From here on the run goes on: whoever looks starts a keeper where there is none.
        folder.result.unlink(missing_ok=True)
        announce(folder.home, status.id, journal.status.seq)
        start(folder, descriptor)
    finally:
        os.close(descriptor)


def _lock_of(folder: RunFolder) -> int:
    # A keeper still writes and closes its files for a moment after it has told of the run's end.
    deadline = time.monotonic() + _ENDING
    while True:
        try:
            return lock.take(folder.lock)
        except BlockingIOError:
            if not read_known(folder).state.ended or time.monotonic() > deadline:
                raise run_active(folder.path.name) from None
        time.sleep(_GLANCE)


def _without_claims(run_id: str, claims: Iterable[NewClaim]) -> Problem:
    names = ", ".join(each.claim for each in claims)
    return Problem(
        Code.USAGE,
        f"What the steps of run {run_id} left on its own claims ({names}) went with its end: there "
        "is nothing to go on from.",
        f"`jupyter kfp clone {run_id}` runs it again from the start. What is to outlive a run "
        "belongs on a claim that is there (`volumes` without `size`).",
    )


def _check(status: RunStatus) -> None:
    if not status.state.ended:
        raise run_active(status.id)
    if status.state is State.SUCCEEDED:
        message = f"Nothing of the run {status.id} failed."
        raise KfpExtError(Problem(Code.USAGE, message, f"`jupyter kfp clone {status.id}` repeats."))
    if "run_id" not in status.remote:
        message = f"The run {status.id} never was on the cluster: there is nothing to try again."
        raise KfpExtError(Problem(Code.USAGE, message, "Run the notebook again."))


class Retrier:
    """Asks KFP once to go on with a run; may be made again after a crash."""

    def __init__(
        self,
        folder: RunFolder,
        intent: Intent,
        api: KfpApi,
        journal: Journal,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self._folder = folder
        self._run_id = intent.run_id
        self._api = api
        self._journal = journal
        self._pause = pause
        self._asked: dict[str, Any] = read_json(folder.retry)

    def retry(self) -> None:
        """Have the run go on; raises `RefusedError` where it does not."""
        try:
            self._go_on()
        except KfpExtError as error:
            raise RefusedError(f"It was not tried again: {error}") from error
        status = self._journal.status
        for step in status.steps:
            if _runs_again(step):
                # Its pods write their logs anew.
                shutil.rmtree(self._folder.step(step.task).path, ignore_errors=True)
        self._journal.become(replace(status, steps=tuple(map(_again, status.steps))))
        self._folder.retry.unlink()

    def before(self, status: RunStatus, why: str) -> RunStatus:
        """Return the run as it was before, with why it does not go on; it is asked no more."""
        self._folder.retry.unlink(missing_ok=True)
        state = State(self._asked["state"])
        return replace(status, state=state, ended=self._asked["ended"], message=why)

    def _go_on(self) -> None:
        if "history" not in self._asked:
            run = self._run()
            if run.get("state") != "FAILED":
                return  # someone else was quicker
            self._asked["history"] = len(run.get("state_history") or ())
            write_json(self._folder.retry, self._asked)
        elif comes_true(self._goes_on, self._pause):
            return  # an earlier keeper died with the call on its way
        if self._folder.cancel.exists():
            raise KfpExtError(Problem(Code.RUN_ENDED, "Someone asked to cancel before."))
        try:
            self._api.retry(self._run_id)
        except ClusterError as error:
            if not error.maybe_done or not comes_true(self._goes_on, self._pause):
                raise

    def _goes_on(self) -> bool:
        def say(words: str) -> None:
            told = f"{words} It is not known yet whether the run was tried again."
            self._journal.run(message=told)

        run = answered(self._run, say, self._pause)
        return len(run.get("state_history") or ()) > int(self._asked["history"])

    def _run(self) -> Json:
        run = self._api.run(self._run_id)
        if run is None:
            message = f"The run {self._run_id} is no longer in Kubeflow Pipelines."
            raise KfpExtError(Problem(Code.RUN_MISSING, message, "Run the notebook again."))
        return run


def _runs_again(step: StepStatus) -> bool:
    return step.state is not State.SUCCEEDED


def _again(step: StepStatus) -> StepStatus:
    if not _runs_again(step):
        return step
    return replace(
        step, state=State.PENDING, started=None, ended=None, error=None, reason="", iterations=()
    )
