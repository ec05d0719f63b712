"""Threads that cells leave behind, and that hold objects of the notebook: they end with the step.

In a notebook such a thread goes on and may change what it holds at any time; nothing can carry it
to a later step.
"""

from __future__ import annotations

import sys
import threading

from .failure import StepFailure
from .held import Held

TYPE_CHECKING = False  # importing `typing` costs more than a short cell
if TYPE_CHECKING:
    from typing import Any


class LeftThreads:
    """Knows the threads that were there before the cells ran."""

    def __init__(self, packages: list[str], namespace: dict[str, Any]) -> None:
        """Take the packages whose threads count, beside the notebook's own."""
        self._packages = frozenset([*packages, "__main__"])
        self._namespace = namespace
        self._before = {each.ident for each in threading.enumerate()}

    def check(self) -> None:
        """Raise `StepFailure` where a thread is left that holds a value of the notebook."""
        fresh = [each for each in threading.enumerate() if each.ident not in self._before]
        if not fresh:
            return
        held = Held(self._namespace)
        frames = sys._current_frames()
        for thread in fresh:
            frame = frames.get(thread.ident or 0)
            while frame is not None:
                origin = str(frame.f_globals.get("__name__", "")).partition(".")[0]
                if origin in self._packages:
                    name = held.name_of(list(frame.f_locals.values()))
                    if name:
                        raise _failure(thread.name, frame.f_code.co_name, name)
                frame = frame.f_back


def _failure(thread: str, function: str, name: str) -> StepFailure:
    return StepFailure(
        "assumption-broken",
        f"A thread that was started here ({thread}, in {function}) still runs and holds {name}: it"
        " may change it after this step, where no later step would see it.",
        "Wait for the thread in the cell that starts it, or put the cells that use"
        f" {name} into one step.",
    )
