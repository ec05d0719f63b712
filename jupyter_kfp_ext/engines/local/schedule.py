"""Which task of one DAG may go on now: pure bookkeeping, without clocks and processes."""

from collections import deque
from collections.abc import Iterable

from ..model import State
from .spec import Task


class Schedule:
    """The tasks of a DAG with what each still waits for."""

    def __init__(self, tasks: Iterable[Task]) -> None:
        """Take tasks in topological order."""
        self._tasks = {task.name: task for task in tasks}
        self._missing = {name: set(task.after) for name, task in self._tasks.items()}
        self._followers: dict[str, list[str]] = {name: [] for name in self._tasks}
        for name, task in self._tasks.items():
            for upstream in task.after:
                self._followers[upstream].append(name)
        self._ready = deque(name for name, missing in self._missing.items() if not missing)
        self._taken: set[str] = set()
        self.ended: dict[str, State] = {}
        """How each task ended that has."""

    @property
    def done(self) -> bool:
        """Whether every task has ended."""
        return len(self.ended) == len(self._tasks)

    def take(self) -> Task | None:
        """Return a task that may go on now; None where none may."""
        if not self._ready:
            return None
        name = self._ready.popleft()
        self._taken.add(name)
        return self._tasks[name]

    def end(self, name: str, state: State) -> tuple[Task, ...]:
        """Note how a task ended; return the tasks that can never run now, in order.

        They count as skipped. Tasks that run whatever happens wait for all before them instead.
        """
        lost = []
        pending = deque([(name, state)])
        while pending:
            each, how = pending.popleft()
            self.ended[each] = how
            for follower in self._followers[each]:
                if follower in self.ended or follower in self._taken:
                    continue
                missing = self._missing[follower]
                missing.discard(each)
                if how is not State.SUCCEEDED and not self._tasks[follower].whatever:
                    self.ended[follower] = State.SKIPPED
                    lost.append(follower)
                    pending.append((follower, State.SKIPPED))
                elif not missing:
                    self._ready.append(follower)
        return tuple(task for task in self._tasks.values() if task.name in lost)

    def abandon(self, at_exit: bool = False) -> tuple[Task, ...]:
        """Give up all tasks that have not been taken and return them.

        Those that run at the exit are given up only where that is said.
        """
        given_up = [
            task
            for name, task in self._tasks.items()
            if name not in self.ended and name not in self._taken and (at_exit or not task.at_exit)
        ]
        for task in given_up:
            self.ended[task.name] = State.CANCELED
        self._ready = deque(each for each in self._ready if each not in self.ended)
        for task in given_up:
            for follower in self._followers[task.name]:
                if task.name in self._missing[follower] and follower not in self.ended:
                    self._missing[follower].discard(task.name)
                    if not self._missing[follower]:
                        self._ready.append(follower)
        return tuple(given_up)
