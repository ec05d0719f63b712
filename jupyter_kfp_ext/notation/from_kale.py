"""Kale's tags and metadata turned into this project's own marks, with the same meaning."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from ..edits import Edit, Fix, SetMetadata
from ..errors import Problem, Severity
from .editing import apply_fix
from .model import Role
from .notebook import Cell, Notebook
from .options import PipelineSettings, as_json
from .said import Said
from .settings import KALE_KEYS, read_settings
from .tags import is_kale_tag, read_tags


@dataclass(frozen=True)
class Converted:
    """A notebook with marks of its own, and what was done."""

    notebook: Notebook
    changes: tuple[str, ...]
    """A sentence each, in the order of the notebook."""
    problems: tuple[Problem, ...] = ()
    """What could not be carried over, or stayed as it was."""


def from_kale(notebook: Notebook) -> Converted:
    """Return a notebook whose Kale marks are metadata of this project.

    Tags of others stay, also papermill's `parameters`. A cell whose tags are wrong stays as it is,
    with its problem. What Kale means by a cell without tags (the role of the cell before it) is
    written down where it means something else here.
    """
    edits: list[Edit] = []
    changes: list[str] = []
    problems: list[Problem] = []
    settings = _settings(notebook, edits, changes, problems)
    role: Role | None = None
    for cell in notebook.cells:
        if cell.kind != "code":
            continue
        said = read_tags(cell)
        if said is None:
            _unmarked(cell, role, edits, changes)
            continue
        gone = [tag for tag in cell.metadata["tags"] if isinstance(tag, str) and is_kale_tag(tag)]
        if gone and said.role is not Role.SKIP:  # cells below that belong to what was before it
            role = said.role or role
        wrong = [each for each in said.problems if each.severity is Severity.ERROR]
        problems += said.problems
        if said.role is None or wrong or not gone or "kfp" in cell.metadata:
            continue
        mark = _mark(said.role, said)
        kept = [tag for tag in cell.metadata["tags"] if tag not in gone]
        edits += [
            SetMetadata(cell.id, "kfp", mark),
            SetMetadata(cell.id, "tags", kept or None),
        ]
        tags = ", ".join(f"`{tag}`" for tag in gone)
        changes.append(f"Cell {_number(cell)}: {tags} became {_in_words(mark)}.")
    edits += settings
    changed = apply_fix(notebook, Fix("Convert Kale's marks", tuple(edits)))
    return Converted(changed, tuple(changes), tuple(problems))


def _settings(
    notebook: Notebook, edits: list[Edit], changes: list[str], problems: list[Problem]
) -> list[Edit]:
    """Return the edits of the notebook's own metadata."""
    keys = [key for key in KALE_KEYS if isinstance(notebook.metadata.get(key), Mapping)]
    if not keys:
        return []
    settings, found = read_settings(notebook)
    problems += found
    said = settings_json(settings)
    if said:
        changes.append(f"Notebook: Kale's settings became {_in_words(said)}.")
    return [
        SetMetadata(None, "kfp", said or None),
        *(SetMetadata(None, key, None) for key in keys),
    ]


def settings_json(settings: PipelineSettings) -> dict[str, Any]:
    """Return settings as notebook metadata has them."""
    said = as_json(settings)
    if not said.get("defaults"):
        said.pop("defaults", None)
    return said


def _mark(role: Role, said: Said) -> dict[str, Any]:
    if role is Role.STEP:
        return {"step": said.step, **as_json(said.options)}
    return {"role": role.value}


def _unmarked(cell: Cell, role: Role | None, edits: list[Edit], changes: list[str]) -> None:
    """Write down what Kale means by a cell without tags, where it is no step."""
    if role in (None, Role.STEP) or "kfp" in cell.metadata or not cell.source.strip():
        return
    mark = {"role": role.value}
    edits.append(SetMetadata(cell.id, "kfp", mark))
    changes.append(f"Cell {_number(cell)}: no tags, so as in Kale {_in_words(mark)}.")


def _number(cell: Cell) -> str:
    return str(cell.number) if cell.number is not None else f"(empty, at {cell.index + 1})"


def _in_words(mark: Mapping[str, Any]) -> str:
    if "role" in mark:
        return f"the role `{mark['role']}`"
    named = [f"the step `{mark['step']}`"] if "step" in mark else []
    return " with ".join(
        [*named, *filter(None, [", ".join(f"`{key}`" for key in mark if key != "step")])]
    )


def without_marks(cell: Cell) -> Mapping[str, Any]:
    """Return a cell's metadata without what is a mark in any notation."""
    kept = {key: value for key, value in cell.metadata.items() if key != "kfp"}
    tags = kept.get("tags")
    if isinstance(tags, list):
        kept["tags"] = [
            tag for tag in tags if read_tags(replace(cell, metadata={"tags": [tag]})) is None
        ]
    return kept
