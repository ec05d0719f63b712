"""Keeps the record of a cell that prints without end below a limit: beginning and end stay.

The limit is that of logs, `JUPYTER_KFP_LOG_LIMIT`. What comes beyond it is held back, and only the
last of it, until the cell ends; so neither the record nor this process grows.
"""

from __future__ import annotations

import os

TYPE_CHECKING = False  # importing `typing` costs more than a short cell
if TYPE_CHECKING:
    from typing import Any

_NAME = "JUPYTER_KFP_LOG_LIMIT"
_DEFAULT = 64 << 20
_UNITS = (("Ki", 1 << 10), ("Mi", 1 << 20), ("Gi", 1 << 30))
_LONGEST_TAIL = 1 << 20
"""Bytes that are held in memory, at most."""


def output_limit() -> int:
    """Return how many bytes of a cell's outputs are kept; 0 for all. Nonsense counts as not said.

    As `engines.local.log_limit.log_limit`, which is not there in a step.
    """
    text, unit = os.environ.get(_NAME, "").strip(), 1
    for ending, size in _UNITS:
        if text.endswith(ending):
            text, unit = text[: -len(ending)], size
    return int(text) * unit if text.isascii() and text.isdigit() else _DEFAULT


class CellLimit:
    """What may still be recorded of one cell, and what is held back."""

    def __init__(self, limit: int) -> None:
        """Take the limit in bytes; 0: none."""
        self._tail_size = min(limit // 4, _LONGEST_TAIL)
        self._room: float = limit - self._tail_size if limit else float("inf")
        self._over = False
        self._tail: list[tuple[dict[str, Any], int]] = []
        """Outputs that are held back, oldest first, with their sizes."""
        self._held = 0
        self._cleared: dict[str, Any] | None = None
        self._updates: dict[str, dict[str, Any]] = {}
        """The last update of each display."""
        self._characters = 0
        self._outputs = 0

    def admit(self, event: dict[str, Any], size: int) -> dict[str, Any] | None:
        """Return what of an event of `size` bytes is to be recorded now; the rest is held back."""
        if not self._over and size <= self._room:
            self._room -= size
            return event
        first = None
        if not self._over and _is_text(event):
            at = int(self._room)
            first, event = _part(event, slice(None, at)), _part(event, slice(at, None))
            size -= at
        self._over = True
        if event["event"] == "clear":
            self._tail, self._held, self._updates = [], 0, {}
            self._characters = self._outputs = 0
            self._cleared = event
        elif event["event"] == "update":
            self._updates[event["display_id"]] = event
        else:
            self._hold(event, size)
        return first

    def _hold(self, event: dict[str, Any], size: int) -> None:
        if _is_text(event) and size > self._tail_size:
            left_out = max(len(event["output"]["text"]) - self._tail_size, 0)
            self._characters += left_out
            event, size = _part(event, slice(left_out, None)), self._tail_size
        self._tail.append((event, size))
        self._held += size
        while self._held > self._tail_size and len(self._tail) > 1:
            old, its_size = self._tail.pop(0)
            self._held -= its_size
            if _is_text(old):
                self._characters += len(old["output"]["text"])
            else:
                self._outputs += 1

    def rest(self, cell_id: str) -> list[dict[str, Any]]:
        """Return what was held back, as events in order, with a word about what is left out."""
        found = [] if self._cleared is None else [self._cleared]
        said = [f"{self._characters} characters"] if self._characters else []
        said += [f"{self._outputs} outputs"] if self._outputs else []
        if said:
            text = f"\n[{' and '.join(said)} of this cell were left out ({_NAME})]\n"
            output = {"output_type": "stream", "name": "stderr", "text": text}
            found.append({"event": "output", "cell_id": cell_id, "output": output})
        return [*found, *(event for event, _ in self._tail), *self._updates.values()]


def _is_text(event: dict[str, Any]) -> bool:
    return bool(event["event"] == "output" and event["output"]["output_type"] == "stream")


def _part(event: dict[str, Any], part: slice) -> dict[str, Any]:
    output = event["output"]
    return {**event, "output": {**output, "text": output["text"][part]}}
