"""Checks the plan's assumption that a step only reads some of its inputs (docs/semantics.md)."""

from __future__ import annotations

from .fingerprint import MappedFiles, content_of

TYPE_CHECKING = False  # importing `typing` costs more than a short cell
if TYPE_CHECKING:
    from typing import Any

_CONSTANT = frozenset({str, bytes, int, float, complex, bool, type(None), range})
_CHEAP = 1 << 20
"""Bytes that may be compared after each cell, which tells the cell that changed them."""


class ReadOnly:
    """Remembers the content of input values, to compare it while and after the cells run.

    The comparison is between two dumps of the loaded object, before and after: a dump made by the
    producer may differ from them where nothing changed (which equal strings are one object).
    """

    def __init__(self, names: list[str], values: dict[str, Any]) -> None:
        self._values = {
            name: values[name]
            for name in names
            if name in values and type(values[name]) not in _CONSTANT
        }
        self._mapped = MappedFiles()
        self._before = {
            name: content_of(value, self._mapped) for name, value in self._values.items()
        }
        self.cheap = sum(each.bytes for each in self._before.values()) <= _CHEAP

    def changed(self) -> list[str]:
        """Return the names whose values are not what they were."""
        now = MappedFiles()
        return [
            name
            for name, value in self._values.items()
            if not self._before[name].equals(content_of(value, now))
        ]
