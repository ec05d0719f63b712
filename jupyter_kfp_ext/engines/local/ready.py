"""What waits to be started, in order, by what it needs: a refusal counts for all alike."""

from collections import deque
from collections.abc import Callable, Iterator
from typing import Generic, TypeVar

from .needs import Need

Item = TypeVar("Item")
Seat = TypeVar("Seat")


class ReadyQueue(Generic[Item]):
    """First come, first served among those that need the same; the others are not held up."""

    def __init__(self) -> None:
        """Start empty."""
        self._count = 0
        self._queues: dict[Need, deque[tuple[int, Item]]] = {}
        self._fresh: dict[Need, int] = {}
        """The first of each need that `left_over` has not spoken of yet."""

    def add(self, need: Need, item: Item) -> None:
        """Put something at the end."""
        self._count += 1
        self._queues.setdefault(need, deque()).append((self._count, item))
        self._fresh.setdefault(need, self._count)

    def take(self, enter: Callable[[Need], Seat | None]) -> tuple[Item, Seat] | None:
        """Return the first for whose need `enter` gives something, and that; None where none."""
        for need in sorted(self._queues, key=lambda each: self._queues[each][0][0]):
            seat = enter(need)
            if seat is not None:
                queue = self._queues[need]
                _, item = queue.popleft()
                if not queue:
                    del self._queues[need]
                return item, seat
        return None

    def left_over(self) -> Iterator[Item]:
        """Yield what came since the last call and is still here."""
        fresh, self._fresh = self._fresh, {}
        for need, first in fresh.items():
            found = []
            # The newest stand last: what was here before is not walked through again.
            for number, item in reversed(self._queues.get(need, ())):
                if number < first:
                    break
                found.append(item)
            yield from reversed(found)

    def empty(self) -> list[Item]:
        """Take everything out, in order."""
        found = sorted((each for queue in self._queues.values() for each in queue), key=_number)
        self._queues.clear()
        return [item for _, item in found]


def _number(entry: tuple[int, object]) -> int:
    return entry[0]
