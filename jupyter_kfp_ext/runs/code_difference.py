"""Which cells differ between the notebooks that two runs were started with."""

import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

_CONTEXT = 2
"""Unchanged lines around a change."""


class CellChange(str, Enum):
    """What became of a cell."""

    CHANGED = "changed"
    ADDED = "added"
    REMOVED = "removed"


@dataclass(frozen=True)
class CodeCell:
    """A code cell as it was run."""

    cell_id: str
    number: int
    """As a fresh kernel counts it."""
    step: str | None
    source: str


@dataclass(frozen=True)
class CellDifference:
    """A cell that differs."""

    change: CellChange
    cell_id: str
    number: int
    """In the second notebook; of a removed one in the first."""
    step: str | None
    lines: tuple[str, ...]
    """The lines with ` `, `-` or `+` before them; `@@` between parts."""

    def to_json(self) -> dict[str, Any]:
        """Return the wire form (docs/api.md, `CellDifference`)."""
        return {
            "change": self.change.value,
            "cell_id": self.cell_id,
            "number": self.number,
            "step": self.step,
            "lines": list(self.lines),
        }


def compare_code(
    first: Sequence[CodeCell], second: Sequence[CodeCell]
) -> tuple[CellDifference, ...]:
    """Return what differs, in the order of the second notebook; removed cells where they were.

    Cells are matched by their ids; those without a partner by their place among the others, which
    is what is left of cells whose ids a tool made anew. A cell that only moved is no difference of
    its text.
    """
    pairs = _pairs(first, second)
    partners = {id(new): old for old, new in pairs if old is not None and new is not None}
    found = [
        _changed(partners[id(new)], new) if id(new) in partners else _whole(new, CellChange.ADDED)
        for new in second
        if id(new) not in partners or partners[id(new)].source != new.source
    ]
    removed = [
        _whole(old, CellChange.REMOVED) for old, new in pairs if old is not None and new is None
    ]
    # A removed cell stands where its number was.
    return tuple(sorted([*found, *removed], key=lambda each: each.number))


Pair = tuple[CodeCell | None, CodeCell | None]


def _pairs(first: Sequence[CodeCell], second: Sequence[CodeCell]) -> list[Pair]:
    old_by_id = {cell.cell_id: cell for cell in first}
    new_ids = {cell.cell_id for cell in second}
    pairs: list[Pair] = [
        (old_by_id[cell.cell_id], cell) for cell in second if cell.cell_id in old_by_id
    ]
    old = [cell for cell in first if cell.cell_id not in new_ids]
    new = [cell for cell in second if cell.cell_id not in old_by_id]
    matcher = difflib.SequenceMatcher(
        None, [cell.source for cell in old], [cell.source for cell in new], autojunk=False
    )
    for kind, low, high, start, end in matcher.get_opcodes():
        olds, news = old[low:high], new[start:end]
        if kind == "replace" and len(olds) != len(news):
            pairs += [(each, None) for each in olds] + [(None, each) for each in news]
        else:
            count = max(len(olds), len(news))
            pairs += zip(_filled(olds, count), _filled(news, count), strict=True)
    return pairs


def _filled(cells: Sequence[CodeCell], count: int) -> list[CodeCell | None]:
    return [*cells, *[None] * (count - len(cells))]


def _changed(old: CodeCell, new: CodeCell) -> CellDifference:
    unified = difflib.unified_diff(
        old.source.splitlines(), new.source.splitlines(), lineterm="", n=_CONTEXT
    )
    # The first three lines name files and a place, which a cell has not.
    lines = tuple("@@" if line.startswith("@@") else line for line in [*unified][3:])
    return CellDifference(CellChange.CHANGED, new.cell_id, new.number, new.step, lines)


def _whole(cell: CodeCell, change: CellChange) -> CellDifference:
    sign = "+" if change is CellChange.ADDED else "-"
    lines = tuple(sign + line for line in cell.source.splitlines())
    return CellDifference(change, cell.cell_id, cell.number, cell.step, lines)
