"""Says of a value that later steps take why it cannot be passed to them, and where it was made."""

from __future__ import annotations

from .failure import StepFailure
from .summaries import type_name

TYPE_CHECKING = False  # importing `typing` costs more than a short cell
if TYPE_CHECKING:
    from typing import Any

    from .record import Cell


def cannot_cross(name: str, value: Any, cells: list[Cell], why: str, remedy: str) -> StepFailure:
    """Return the failure of a step that would have to pass a value on."""
    cell, line = binding_cell(name, cells) or (None, None)
    return StepFailure(
        "value-cannot-cross",
        f"{name} ({type_name(value)}) cannot be passed to a later step: {why}.",
        remedy,
        cell=cell,
        line=line,
        source=cell.source.splitlines()[line - 1].strip() if cell and line else "",
    )


def binding_cell(name: str, cells: list[Cell]) -> tuple[Cell, int] | None:
    """Return the last cell that binds a name, and the line; None if it is not known."""
    import ast

    found = None
    for cell in cells:
        try:
            tree = ast.parse(cell.source)
        except SyntaxError:
            continue  # IPython syntax: the name's maker stays unknown rather than guessed
        for node in ast.walk(tree):
            if isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Store):
                found = (cell, node.lineno)
    return found
