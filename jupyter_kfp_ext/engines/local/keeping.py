"""Keeps results beside the loop of a run: what is copied and hashed for that may be large.

A thread copies; all else is done in the loop's own thread. A step has succeeded once what it left
is kept: a runner that is killed leaves no step that is done and yet runs again.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass

from .layout import StepFolder
from .results import Kept, Staged
from .reuse import Reuser
from .spec import Task
from .waiting import Waiter

Then = Callable[[], None]


@dataclass(frozen=True)
class _Keeping:
    """What a process left, while it is copied."""

    task: Task
    folder: StepFolder
    kept: Kept
    then: Then


class Keeper:
    """Keeps what processes have left."""

    def __init__(self, reuser: Reuser, waiter: Waiter) -> None:
        """Take who knows what is to be kept, and where the loop waits."""
        self._reuser = reuser
        self._waiter = waiter
        self._busy = 0
        self._stopped = False

    @property
    def busy(self) -> bool:
        """Whether something is not kept yet."""
        return self._busy > 0

    def keep(self, task: Task, folder: StepFolder, then: Then) -> None:
        """Keep what a process has left for later runs; `then` is called once others may take it.

        What fails here (a full disk) costs time later, and nothing else.
        """
        kept = self._reuser.begin(task, folder)
        if kept is None:
            then()
            return
        keeping = _Keeping(task, folder, kept, then)
        self._busy += 1
        try:
            threading.Thread(target=self._copy, args=(keeping,), daemon=True).start()
        except RuntimeError:  # no more threads: it is done here
            self._copy(keeping)

    def stop(self) -> None:
        """Leave what is not copied yet: somebody waits for the end of the run."""
        self._stopped = True

    def _copy(self, keeping: _Keeping) -> None:
        try:
            made: Staged | Exception = self._reuser.stage(
                keeping.task, keeping.folder, keeping.kept, lambda: self._stopped
            )
        except Exception as error:
            made = error
        self._waiter.call(lambda: self._finish(keeping, made))

    def _finish(self, keeping: _Keeping, made: Staged | Exception) -> None:
        self._busy -= 1
        self._reuser.finish(keeping.task, keeping.folder, keeping.kept, made)
        keeping.then()
