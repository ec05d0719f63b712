"""Makes locks, and queues between threads, again: a lock that nobody holds is as good as a new one.

That is so where the notebook itself made them. A package's object that has a lock (a process, a
pool, a handler of loggers) mostly has more that lives in one process, so it is refused for its
lock. Threads that may use them yet: `unfinished`.
"""

from __future__ import annotations

import gc
import sys

TYPE_CHECKING = False  # importing `typing` costs more than a short cell
if TYPE_CHECKING:
    from typing import Any

_FREE = "<unlocked "
_SYNCHRONIZING = frozenset({"_thread", "_queue", "queue", "threading"})
"""Modules of locks and their like."""
_PLAIN = _SYNCHRONIZING | {"__main__", "abc", "builtins", "collections", "enum", "typing"}
"""Modules whose classes, and classes made of them, may have a lock."""


def reduce_lock(pickler: Any, value: Any) -> Any:
    """Return how a lock is made again; raises `TypeError` where somebody holds it."""
    if not repr(value).startswith(_FREE):
        raise TypeError("a lock that is held (release it in the cell that takes it)")
    pickler.locks.append(value)
    thread: Any = sys.modules["_thread"]
    kind: Any = type(value)
    return kind if kind is thread.RLock else thread.allocate_lock, ()


def reduce_local(pickler: Any, value: Any) -> Any:
    """Return how a `threading.local` is made again, with what the main thread sees of it."""
    pickler.locks.append(value)
    return type(value), (), vars(value), None, None, fill_local


def fill_local(value: Any, attributes: dict[str, Any]) -> None:
    """Give a `threading.local` its attributes."""
    vars(value).update(attributes)


def reduce_simple_queue(pickler: Any, value: Any) -> Any:
    """Return how a `queue.SimpleQueue` is made again; nobody can look into one."""
    pickler.locks.append(value)
    items = [value.get_nowait() for _ in range(value.qsize())]
    fill_simple_queue(value, items)
    return type(value), (), items, None, None, fill_simple_queue


def fill_simple_queue(value: Any, items: list[Any]) -> None:
    """Put items into a queue."""
    for each in items:
        value.put(each)


def reduce_asynchronous(pickler: Any, value: Any) -> Any:
    """Return how a lock or queue of `asyncio` is made again, for the event loop of its step."""
    reduced: Any = value.__reduce_ex__(4)
    state = reduced[2]
    if not isinstance(state, dict) or state.get("_loop") is None:
        return reduced
    return *reduced[:2], {**state, "_loop": None}, *reduced[3:]


def check_locks(locks: list[Any], reached: dict[int, Any]) -> None:
    """Refuse locks of packages' objects.

    `reached`: all objects that were pickled, by identity. Raises `TypeError`.
    """
    synchronizing = {
        key for key, each in reached.items() if type(each).__module__ in _SYNCHRONIZING
    }
    synchronizing.update(map(id, locks))
    for value in reached.values():
        kind = type(value)
        if not _is_plain(kind) and any(id(each) in synchronizing for each in _parts(value)):
            name = f"{kind.__module__}.{kind.__qualname__}"
            raise TypeError(f"{name} has a lock, so it lives in one process only")


def _is_plain(kind: type) -> bool:
    own = sys.modules.get(f"{__package__}.own_modules")
    modules = {base.__module__ for base in kind.__mro__}
    if "threading" in modules and issubclass(kind, sys.modules["threading"].Thread):
        return False
    return all(
        each.partition(".")[0] in _PLAIN or (own is not None and own.is_own(each))
        for each in modules
    )


def _parts(value: Any) -> list[Any]:
    """Return what an object refers to: its attributes, or its items."""
    return [*gc.get_referents(value), *(getattr(value, "__dict__", None) or {}).values()]
