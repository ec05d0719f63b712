"""One place where the runner sleeps: until a signal, a pipe or a timer has something for it."""

import contextlib
import heapq
import itertools
import os
import selectors
import signal
import time
from collections import deque
from collections.abc import Callable
from types import FrameType

Callback = Callable[[], None]


class Waiter:
    """Signals, readable descriptors and timers of a single-threaded process.

    Signals arrive as bytes on a pipe (`signal.set_wakeup_fd`), so none is lost between looking
    and sleeping, and nothing is done inside a signal handler.
    """

    def __init__(self, signals: tuple[int, ...]) -> None:
        """Take over these signals (they keep their default meaning in children)."""
        self._selector = selectors.DefaultSelector()
        self._timers: list[tuple[float, int, Callback]] = []
        self._order = itertools.count()
        self._called: deque[Callback] = deque()
        self._signal_pipe, self._waker = os.pipe()
        for descriptor in (self._signal_pipe, self._waker):
            os.set_blocking(descriptor, False)
        signal.set_wakeup_fd(self._waker, warn_on_full_buffer=False)
        for number in signals:
            signal.signal(number, _nothing)
        self._selector.register(self._signal_pipe, selectors.EVENT_READ)

    def watch(self, descriptor: int, callback: Callback) -> None:
        """Call back whenever the descriptor can be read or is at its end."""
        self._selector.register(descriptor, selectors.EVENT_READ, callback)

    def forget(self, descriptor: int) -> None:
        """Stop watching a descriptor; nothing where it is not watched."""
        with contextlib.suppress(KeyError):
            self._selector.unregister(descriptor)

    def after(self, seconds: float, callback: Callback) -> None:
        """Call back once, after some seconds of the monotonic clock."""
        heapq.heappush(self._timers, (time.monotonic() + seconds, next(self._order), callback))

    def call(self, callback: Callback) -> None:
        """Call back once, as soon as the one who waits is awake; any thread may say it."""
        self._called.append(callback)
        with contextlib.suppress(BlockingIOError):  # it is full: enough to wake up for
            os.write(self._waker, b"\0")  # no signal has this number

    def wait(self) -> set[int]:
        """Sleep until something happens, call back, and return the signals that came."""
        signals: set[int] = set()
        for key, _ in self._selector.select(self._until_next_timer()):
            if key.fd == self._signal_pipe:
                signals.update(os.read(self._signal_pipe, 4096))
            else:
                key.data()
        while self._called:
            self._called.popleft()()
        while self._timers and self._timers[0][0] <= time.monotonic():
            heapq.heappop(self._timers)[2]()
        return signals - {0}

    def _until_next_timer(self) -> float | None:
        if not self._timers:
            return None
        return max(0.0, self._timers[0][0] - time.monotonic())


def _nothing(_number: int, _frame: FrameType | None) -> None:
    """Catch a signal: unlike SIG_IGN, a handler is not inherited by the steps (execve(2))."""
