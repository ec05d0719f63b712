"""Looks at values inside a kernel; its text is sent there, so it needs the standard library alone.

The kernel may be of another environment, without this package. Nothing is left behind in it, and
nothing but names, types, sizes and the words of errors leaves it. Pickling runs what the values'
own classes say of it: that is why the user is asked first.
"""

from __future__ import annotations

import inspect
import pickle
import time
import types
from collections.abc import Iterable, Mapping
from typing import Any


class _Enough(Exception):  # noqa: N818 - not an error: what was counted is all that is wanted
    """The time is up, or the value is larger than is counted."""


class _Counter:
    """A file that counts what is written to it and keeps nothing."""

    def __init__(self, most: int, until: float) -> None:
        self.count = 0
        self._most = most
        self._until = until

    def write(self, data: Any) -> None:
        self.add(len(data))

    def add(self, size: int) -> None:
        self.count += size
        if self.count > self._most or time.monotonic() > self._until:
            raise _Enough


def look(
    namespace: Mapping[str, Any],
    names: Iterable[str],
    sources: Mapping[str, str],
    seconds: float = 2.0,
    most: int = 2_000_000_000,
) -> dict[str, dict[str, Any]]:
    """Return what is known of names in a kernel.

    `sources`: of functions and classes, the text that their cell has now. `seconds`: for all names
    together. `most`: bytes after which a value is not counted further.
    """
    until = time.monotonic() + seconds
    found = {}
    for name in names:
        if name in namespace:
            found[name] = _look_at(namespace[name], sources.get(name), until, most)
    return found


def _look_at(value: Any, source: str | None, until: float, most: int) -> dict[str, Any]:
    kind = type(value)
    known: dict[str, Any] = {
        "type": kind.__qualname__
        if kind.__module__ == "builtins"
        else "%s.%s" % (kind.__module__, kind.__qualname__),
        "bytes": None,
        "error": None,
        "differs": source is not None and _differs(value, source),
    }
    if isinstance(value, (type, types.ModuleType, types.FunctionType)):
        return known
    counter = _Counter(most, until)
    try:
        _pickler(counter).dump(value)
        known["bytes"] = counter.count
    except _Enough:
        pass
    except Exception as error:  # a value's own code may raise anything
        known["error"] = ("%s: %s" % (type(error).__name__, error))[:300]
    return known


def _pickler(counter: _Counter) -> Any:
    def buffer(each: Any) -> None:
        counter.add(each.raw().nbytes)

    try:
        from cloudpickle import Pickler
    except ImportError:
        Pickler = pickle.Pickler  # noqa: N806 - it is a class
    return Pickler(counter, protocol=5, buffer_callback=buffer)


def _differs(value: Any, source: str) -> bool:
    """Tell whether the kernel's function or class was made from another text."""
    try:
        made = inspect.getsource(value)
    except (OSError, TypeError, IndentationError):
        return False
    return _plain(made) != _plain(source)


def _plain(source: str) -> list[str]:
    lines = inspect.cleandoc("\n" + source).splitlines()
    return [line.rstrip() for line in lines if line.strip()]
