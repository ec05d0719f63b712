"""Looks at what the running steps take, and at how long their logs have grown, while some run."""

from collections.abc import Mapping

from .attempt import Attempt
from .log_limit import log_limit, shorten
from .sampler import FIRST, look_at
from .waiting import Waiter


class Looks:
    """Comes back by itself until nothing runs any more."""

    def __init__(self, waiter: Waiter, running: Mapping[int, Attempt]) -> None:
        """Look at whatever is in `running` when the time has come."""
        self._waiter = waiter
        self._running = running
        self._limit = log_limit()
        self._going_on = False

    def begin(self) -> None:
        """Take note that something runs."""
        if not self._going_on:
            self._going_on = True
            self._waiter.after(FIRST, self._look)

    def last(self, attempt: Attempt) -> None:
        """Look at what a process has left."""
        shorten(attempt.folder.log, self._limit)

    def _look(self) -> None:
        running = self._running.values()
        self._going_on = bool(running)
        if running:
            for each in running:
                self.last(each)
            trees = [(each.seen, each.launch.pid, each.seat.gpus) for each in running]
            self._waiter.after(look_at(trees), self._look)
