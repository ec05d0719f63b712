"""Checks the plan's assumption that a step only reads some of its inputs (docs/semantics.md)."""

from __future__ import annotations

import hashlib

from .failure import StepFailure
from .grouping import dump
from .record import Cell

TYPE_CHECKING = False  # importing `typing` costs more than a short cell
if TYPE_CHECKING:
    from typing import Any

_CONSTANT = frozenset({str, bytes, int, float, complex, bool, type(None), range})


class ReadOnly:
    """Remembers the content of input values, to compare it after the cells have run.

    The comparison is between two dumps of the loaded object, before and after: a dump made by the
    producer may differ from them where nothing changed (which equal strings are one object).
    """

    def __init__(self, names: list[str], values: dict[str, Any]) -> None:
        self._values = {
            name: values[name]
            for name in names
            if name in values and type(values[name]) not in _CONSTANT
        }
        self._before = {name: _content(value) for name, value in self._values.items()}

    def check(self, cells: list[Cell]) -> None:
        """Raise `StepFailure` (`assumption-broken`) where one was changed."""
        for name, value in self._values.items():
            if _content(value) != self._before[name]:
                only = cells[0] if len(cells) == 1 else None
                where = f"cell {only.number}" if only else "a cell of this step"
                raise StepFailure(
                    "assumption-broken",
                    f"{name} was changed by {where}, but the plan took it for only read here, and"
                    " a later step needs it: that step would have got the unchanged value.",
                    f"Assign it where it is changed ({name} = ...), copy it before, or put the"
                    " cells that change and use it into one step.",
                    cell=only,
                    broken=[
                        {
                            "kind": "changes",
                            "names": [name],
                            "cells": [cell.cell_id for cell in cells],
                        }
                    ],
                )


def _content(value: Any) -> bytes:
    graph = dump({"": value})
    digest = hashlib.sha256()
    for part in graph.parts:
        digest.update(part)
    for buffer in graph.buffers:
        digest.update(buffer)
    return digest.digest()
