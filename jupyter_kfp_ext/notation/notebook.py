"""A notebook as it lies on disk: cells in order, nothing interpreted yet."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal


@dataclass(frozen=True)
class Cell:
    """One cell of a notebook."""

    index: int
    """Position among all cells, from 0."""
    number: int | None
    """What a fresh kernel running top to bottom shows as `In [n]`; None where it runs nothing
    (markdown, raw, and code cells without text)."""
    id: str
    kind: Literal["code", "markdown", "raw"]
    source: str
    metadata: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Notebook:
    """A notebook that could be read. `raw` is its JSON, for writing it again with outputs."""

    name: str
    """File name without folder, or `notebook` where there is none."""
    path: str | None
    """Absolute path on disk; None for a notebook that was never saved."""
    cells: tuple[Cell, ...]
    metadata: Mapping[str, Any]
    raw: Mapping[str, Any] = field(repr=False, default_factory=dict)

    def cell(self, cell_id: str) -> Cell:
        """Return the cell with an id; `KeyError` where there is none."""
        for cell in self.cells:
            if cell.id == cell_id:
                return cell
        raise KeyError(cell_id)
