"""Temporary files and folders that cells left, which end with their process.

In a kernel they are there for later cells. A variable that leads to one does not cross; this finds
values that only name its path.
"""

from __future__ import annotations

import os
import sys

from .cannot_cross import cannot_cross

TYPE_CHECKING = False  # importing `typing` costs more than a short cell
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from .record import Cell

_MOST = 10_000
"""Objects of one value that are looked at."""


def check_temporary(values: dict[str, Any], cells: list[Cell], namespace: dict[str, Any]) -> None:
    """Raise `StepFailure` where a value that later steps take names what ends with this one."""
    places = [*_folders(), *_files(namespace)]
    for name, value in values.items() if places else ():
        for text in _texts(value):
            place = next((p for p in places if text == p or text.startswith(p + os.sep)), "")
            if place:
                raise cannot_cross(
                    name,
                    value,
                    cells,
                    f"it names the temporary place {place}, which ends with this step",
                    f"Make {name} again in the step that needs it, put the cells that use it into"
                    " one step, or write to the notebook's folder, which later steps see.",
                )


def _folders() -> Iterator[str]:
    weakref, tempfile = sys.modules.get("weakref"), sys.modules.get("tempfile")
    ends: Any = getattr(getattr(weakref, "finalize", None), "_registry", {})
    for each in list(ends.values()):
        if getattr(each.func, "__self__", None) is getattr(tempfile, "TemporaryDirectory", 0):
            yield str(each.args[0])


def _files(namespace: dict[str, Any]) -> Iterator[str]:
    for value in list(namespace.values()):
        if type(value).__name__ == "_TemporaryFileWrapper" and getattr(value, "delete", False):
            yield str(value.name)


def _texts(value: Any) -> Iterator[str]:
    """Yield the texts and paths in a value."""
    pending: list[Any] = [value]
    seen: set[int] = set()
    while pending and len(seen) < _MOST:
        each = pending.pop()
        if id(each) in seen:
            continue
        seen.add(id(each))
        if isinstance(each, str):
            yield each
        elif isinstance(each, os.PathLike):
            yield os.fsdecode(each)
        elif isinstance(each, (list, tuple, set, frozenset)):
            pending += each
        elif isinstance(each, dict):
            pending += [*each, *each.values()]
        elif type(each).__module__ == "__main__":
            pending += getattr(each, "__dict__", {}).values()
