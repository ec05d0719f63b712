"""Watching one run from a process that has nothing else to do, with a beat for running clocks."""

import queue
import threading
from collections.abc import Iterator

from ..engines.model import RunStatus
from .follow import follow_blocking

BEAT_SECONDS = 0.5
"""How often a view that shows running times is drawn anew."""


def watch(run_id: str) -> Iterator[RunStatus]:
    """Yield the run as it is now, at each change, and on each beat, until it has ended.

    Raises what following raises (`run-missing`). Waiting can be interrupted by Ctrl-C.
    """
    updates: queue.Queue[RunStatus | BaseException] = queue.Queue()

    def listen() -> None:
        try:
            for change in follow_blocking(run_id):
                updates.put(change.status)
        except BaseException as error:  # handed to the thread that waits
            updates.put(error)

    # A daemon: whoever stops watching (Ctrl-C twice) must not be held back by it.
    threading.Thread(target=listen, name=f"kfp-watch-{run_id}", daemon=True).start()
    status: RunStatus | None = None
    while status is None or not status.state.ended:
        try:
            item = updates.get(timeout=BEAT_SECONDS)
        except queue.Empty:
            if status is None:
                continue
            item = status
        if isinstance(item, BaseException):
            raise item
        status = item
        yield status
