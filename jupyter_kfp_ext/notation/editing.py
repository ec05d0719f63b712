"""Making the edits of a fix on a notebook: pure, and of the file only what the edits are about."""

import json
import re
import secrets
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ..edits import Edit, Fix, Insert, Move, Replace, SetMetadata
from .notebook import Cell, Notebook


class StaleFixError(ValueError):
    """The notebook is no longer the one that the fix was made for."""


def apply_fix(notebook: Notebook, fix: Fix) -> Notebook:
    """Return the notebook with all edits of a fix; the one that is given stays as it is.

    Raises `StaleFixError` where a cell is gone, or a text to replace is another one by now.
    """
    for edit in fix.edits:
        notebook = _apply(notebook, edit)
    return notebook


def notebook_text(raw: Mapping[str, Any], original: str) -> str:
    """Return a notebook's JSON in the style that its file had.

    Indentation, escapes of other letters and the line end at the end are those of `original`.
    """
    found = re.match(r"\s*\{\r?\n([ \t]+)", original)
    indent = found[1] if found else None
    escaped = original.isascii() and "\\u" in original
    separators = (",", ": ") if indent or ": " in original[:200] else (",", ":")
    if indent is None and separators[1] == ": ":
        separators = (", ", ": ")
    text = json.dumps(raw, ensure_ascii=escaped, indent=indent, separators=separators)
    ending = original[len(original.rstrip()) :]
    return text + ending


def _apply(notebook: Notebook, edit: Edit) -> Notebook:
    cells = list(notebook.cells)
    entries = list(notebook.raw.get("cells", []))
    if isinstance(edit, SetMetadata) and edit.cell_id is None:
        metadata = _with(notebook.metadata, edit)
        return replace(notebook, metadata=metadata, raw={**notebook.raw, "metadata": metadata})
    if isinstance(edit, Insert):
        at = len(cells) if edit.before is None else _index(cells, edit.before)
        entry = _new_entry(notebook, edit)
        cells.insert(at, Cell(at, None, entry["id"], "code", edit.source, dict(edit.metadata)))
        entries.insert(at, entry if _has_ids(notebook) else _without_id(entry))
    elif isinstance(edit, Move):
        at = _index(cells, edit.cell_id)
        cell, entry = cells.pop(at), entries.pop(at)
        to = len(cells) if edit.before is None else _index(cells, edit.before)
        cells.insert(to, cell)
        entries.insert(to, entry)
    else:
        at = _index(cells, edit.cell_id)
        cell, entry = cells[at], dict(entries[at])
        if isinstance(edit, Replace):
            source = _replaced(cell.source, edit)
            cells[at] = replace(cell, source=source)
            entry["source"] = _like(entry.get("source"), source)
        else:
            metadata = _with(cell.metadata, edit)
            cells[at] = replace(cell, metadata=metadata)
            entry["metadata"] = metadata
        entries[at] = entry
    return replace(notebook, cells=_numbered(cells), raw={**notebook.raw, "cells": entries})


def _index(cells: list[Cell], cell_id: str | None) -> int:
    for index, cell in enumerate(cells):
        if cell.id == cell_id:
            return index
    raise StaleFixError(f"There is no cell {cell_id} any more.")


def _replaced(source: str, edit: Replace) -> str:
    lines = source.split("\n")
    if edit.line > len(lines):
        raise StaleFixError("The cell was edited since.")
    start = sum(len(line) + 1 for line in lines[: edit.line - 1]) + edit.column
    if source[start : start + len(edit.old)] != edit.old:
        raise StaleFixError("The cell was edited since.")
    return source[:start] + edit.new + source[start + len(edit.old) :]


def _like(before: Any, source: str) -> str | list[str]:
    """Return a cell's text as its file had it: as one text, or as a list of lines."""
    old = "".join(before) if isinstance(before, list) else before
    if isinstance(old, str) and "\r\n" in old:
        source = source.replace("\n", "\r\n")
    return source.splitlines(keepends=True) if isinstance(before, list) else source


def _with(metadata: Mapping[str, Any], edit: SetMetadata) -> dict[str, Any]:
    kept = dict(metadata)
    if edit.value is None:
        kept.pop(edit.key, None)
    else:
        kept[edit.key] = edit.value
    return kept


def _has_ids(notebook: Notebook) -> bool:
    """Tell whether cells of this format have ids (nbformat 4.5, JEP 62)."""
    return bool(notebook.raw.get("nbformat_minor", 0) >= 5)


def _without_id(entry: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in entry.items() if key != "id"}


def _new_entry(notebook: Notebook, edit: Insert) -> dict[str, Any]:
    taken = {cell.id for cell in notebook.cells}
    made = secrets.token_hex(4)
    while made in taken:
        made = secrets.token_hex(4)
    return {
        "cell_type": "code",
        "execution_count": None,
        "id": made,
        "metadata": dict(edit.metadata),
        "outputs": [],
        "source": edit.source.splitlines(keepends=True),
    }


def _numbered(cells: list[Cell]) -> tuple[Cell, ...]:
    """Return the cells with places and numbers as reading the notebook would give them."""
    number = 0
    found = []
    for index, cell in enumerate(cells):
        runs = cell.kind == "code" and bool(cell.source.strip())
        number += runs
        found.append(replace(cell, index=index, number=number if runs else None))
    return tuple(found)
