"""When a step must end early: it was asked to stop, or whoever started it is gone."""

from __future__ import annotations

# `signal` itself imports `enum`, which costs more than a short cell.
import _signal as signal  # type: ignore[import-not-found]
import os

TYPE_CHECKING = False  # importing `typing` costs more than a short cell
if TYPE_CHECKING:
    from typing import Any

STOPPED: int = 128 + signal.SIGTERM
"""Exit status of a step that was asked to stop."""


class StopWatch:
    """Turns SIGTERM into a `KeyboardInterrupt` in the cell that runs, as a kernel's stop button."""

    def __init__(self) -> None:
        self.stopped = False
        signal.signal(signal.SIGTERM, self._stop)
        # A process pool ends its workers by this signal: they die of it, as a kernel's. It is held
        # back while a fork goes on, because Python forgets there what came before its end.
        os.register_at_fork(
            before=lambda: signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM}),
            after_in_parent=_let_in,
            after_in_child=_die_of_it,
        )

    def _stop(self, number: int, frame: Any) -> None:
        self.stopped = True
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        raise KeyboardInterrupt


def _let_in() -> None:
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})


def _die_of_it() -> None:
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    _let_in()


def parent_pipe() -> int:
    """Return the pipe `KFP_PARENT_FD`, whose other end the local engine holds, or -1."""
    number = os.environ.pop("KFP_PARENT_FD", "")
    if not number.isdigit():
        return -1
    try:
        os.set_inheritable(int(number), False)
    except OSError:
        return -1
    return int(number)


def die_with_parent(pipe: int) -> None:
    """Wait until the pipe of the engine closes, and end the whole process group: no orphans.

    A runner that is killed cannot tidy up itself.
    """
    try:
        while os.read(pipe, 1):
            pass
    except OSError:
        return
    os.killpg(os.getpgrp(), signal.SIGKILL)
