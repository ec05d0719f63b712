"""Which task may start now: pure bookkeeping over the DAG, without clocks and processes."""

import os
from collections import deque
from collections.abc import Iterable

from .spec import Task

_FEWEST_SLOTS = 8
"""Steps that wait for a disk or network do not need a processor each."""


def default_slots() -> int:
    """Return how many steps may run at once on this machine."""
    return max(os.cpu_count() or 1, _FEWEST_SLOTS)


class Schedule:
    """The tasks of a run with what each still waits for.

    `slots` bounds how many run at once; what a task asks for can later be weighed in `_fits`.
    """

    def __init__(self, tasks: Iterable[Task], slots: int) -> None:
        """Take tasks in topological order."""
        self._slots = slots
        self._tasks = {task.name: task for task in tasks}
        self._missing = {name: set(task.after) for name, task in self._tasks.items()}
        self._followers: dict[str, list[str]] = {name: [] for name in self._tasks}
        for name, task in self._tasks.items():
            for upstream in task.after:
                self._followers[upstream].append(name)
        self._ready = deque(name for name, missing in self._missing.items() if not missing)
        self._running: set[str] = set()
        self._open = set(self._tasks)

    @property
    def done(self) -> bool:
        """Whether every task has ended."""
        return not self._open

    def is_open(self, name: str) -> bool:
        """Return whether a task has yet to end."""
        return name in self._open

    def take(self) -> Task | None:
        """Return a task to start now and count it as running; None where none may start."""
        if not self._ready or not self._fits():
            return None
        name = self._ready.popleft()
        self._running.add(name)
        return self._tasks[name]

    def _fits(self) -> bool:
        return len(self._running) < self._slots

    def crowded_out(self) -> tuple[str, ...]:
        """Return the tasks that could start but for the slots."""
        return tuple(self._ready)

    def pause(self, name: str) -> None:
        """Give a running task's slot back; it is not ready until `resume`."""
        self._running.remove(name)

    def resume(self, name: str) -> None:
        """Make a paused task ready again."""
        self._ready.append(name)

    def succeed(self, name: str) -> None:
        """Count a task as succeeded; its followers may become ready."""
        self._end(name)
        for follower in self._followers[name]:
            missing = self._missing[follower]
            missing.discard(name)
            if not missing and follower in self._open:
                self._ready.append(follower)

    def fail(self, name: str) -> tuple[str, ...]:
        """Count a task as failed; return the tasks that can never run now, in order."""
        self._end(name)
        lost: set[str] = {name}
        for each, task in self._tasks.items():
            if each in self._open and not lost.isdisjoint(task.after):
                lost.add(each)
        skipped = tuple(each for each in self._tasks if each in lost and each != name)
        self._open.difference_update(skipped)
        return skipped

    def abandon(self) -> tuple[str, ...]:
        """Give up all tasks that do not run; return them in order."""
        given_up = tuple(each for each in self._tasks if each in self._open - self._running)
        self._open.difference_update(given_up)
        self._ready.clear()
        return given_up

    def _end(self, name: str) -> None:
        self._running.discard(name)
        self._open.discard(name)
