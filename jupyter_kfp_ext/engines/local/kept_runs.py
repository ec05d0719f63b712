"""Runs that are kept in folders of a home: what is the same for every engine that keeps them so."""

import signal
from collections.abc import AsyncIterator
from pathlib import Path

from ...storage import home as default_home
from ...storage import write_atomically
from ..model import RunStatus
from . import lock
from .logs import follow_log, follow_size, state_of
from .lookup import existing_run, read_known


class KeptRuns:
    """Tells of runs, and asks the process that holds the lock of one to end it."""

    told_by = signal.SIGTERM
    """Has that process look at the request, which is on disk by then."""

    def __init__(self, home: Path | None = None) -> None:
        """Keep runs in a home; None is the user's own."""
        self.home = home or default_home()

    def status(self, run_id: str) -> RunStatus:
        """Return the run as it is now; raises `KfpExtError` (`run-missing`)."""
        return read_known(existing_run(self.home, run_id))

    def cancel(self, run_id: str) -> None:
        """Ask the run to end; returns at once. A run that has ended stays as it is.

        Raises `KfpExtError`: `run-missing`, `storage-failed`.
        """
        folder = existing_run(self.home, run_id)
        if folder.result.exists():
            return
        write_atomically(folder.cancel, "")
        lock.signal_holder(folder.lock, self.told_by)

    def log(self, run_id: str, task: str, follow: bool = False) -> AsyncIterator[str]:
        """Yield the text of a step's log, and with `follow` what comes until the step ends.

        Raises `KfpExtError`: `run-missing`, `step-missing`.
        """
        folder = existing_run(self.home, run_id)
        state_of(read_known(folder), task)
        return follow_log(folder, task, follow)

    def log_growth(self, run_id: str, task: str) -> AsyncIterator[int]:
        """Yield the size of a step's log in bytes whenever it grew, until the step ends.

        Raises `KfpExtError`: `run-missing`, `step-missing`.
        """
        folder = existing_run(self.home, run_id)
        state_of(read_known(folder), task)
        return follow_size(folder, task)
