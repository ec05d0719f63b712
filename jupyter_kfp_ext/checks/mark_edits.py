"""Edits of what the marks say: a step's options, a cell's role, steps put together."""

from collections.abc import Iterable, Mapping
from typing import Any

from ..edits import Edit, Replace, SetMetadata
from ..notation.magic import component_line, parse_component_line, split_magic
from ..notation.model import MarkedCell, MarkSource, PipelineModel, Step
from ..notation.options import StepOptions


def set_option(model: PipelineModel, step: Step, option: str, value: Any) -> tuple[Edit, ...]:
    """Return edits that give a step's option a value; empty where its marks are not ours to change.

    A step that only the splitting makes has no mark: then all steps that it makes are written.
    """
    if model.split is not None:
        return write_split(model, {step.cells[0].cell.id: {option: value}})
    for cell in step.cells:
        mark = cell.cell.metadata.get("kfp")
        if cell.source is MarkSource.METADATA and isinstance(mark, Mapping):
            return (SetMetadata(cell.cell.id, "kfp", {**mark, option: value}),)
        edit = _magic_option(cell, option, value)
        if edit is not None:
            return (edit,)
    return ()


def set_setting(model: PipelineModel, **settings: Any) -> tuple[Edit, ...]:
    """Return the edit that gives settings of the whole pipeline their values."""
    own = model.notebook.metadata.get("kfp")
    kept = dict(own) if isinstance(own, Mapping) else {}
    return (SetMetadata(None, "kfp", {**kept, **settings}),)


def set_role(cells: Iterable[MarkedCell], role: str) -> tuple[Edit, ...]:
    """Return edits that give cells a role; empty where one is marked by its text or its tags."""
    cells = list(cells)
    ours = (MarkSource.METADATA, MarkSource.IMPLIED)
    if any(cell.source not in ours for cell in cells):
        return ()
    return tuple(SetMetadata(cell.cell.id, "kfp", {"role": role}) for cell in cells)


def join_steps(model: PipelineModel, names: list[str]) -> tuple[Edit, ...]:
    """Return edits that make steps, which follow each other in the notebook, one with one name.

    Empty where it is not plain what is meant: a later one has options or tags.
    """
    first, *others = names
    joined = [cell for cell in model.cells if cell.step in others]
    if model.split is not None:
        return write_split(model, {}, without=set(others))
    edits: list[Edit] = []
    for cell in joined:
        mark = cell.cell.metadata.get("kfp")
        if cell.source is MarkSource.METADATA and isinstance(mark, Mapping):
            if set(mark) - {"step", "role"}:
                return ()
            edits.append(SetMetadata(cell.cell.id, "kfp", {**mark, "step": first}))
        elif cell.source is MarkSource.MAGIC:
            edit = _magic_name(cell, first)
            if edit is None:
                return ()
            edits.append(edit)
        elif cell.source is not MarkSource.IMPLIED:
            return ()
    return tuple(edits)


def write_split(
    model: PipelineModel,
    options: Mapping[str, Mapping[str, Any]],
    without: set[str] | None = None,
) -> tuple[Edit, ...]:
    """Return edits that write down the steps of an unmarked notebook: each in its first cell.

    `options`: what else to say, by cell id. Steps in `without` get no mark and so join the one
    before.
    """
    return tuple(
        SetMetadata(
            step.cells[0].cell.id,
            "kfp",
            {"step": step.name, **options.get(step.cells[0].cell.id, {})},
        )
        for step in model.steps
        if step.name not in (without or ())
    )


def _magic_option(cell: MarkedCell, option: str, value: Any) -> Edit | None:
    """Return the edit that adds a yes-or-no option to a cell's magic line, or turns it round."""
    magic = split_magic(cell.cell.source)
    if magic is None or cell.source is not MarkSource.MAGIC or not isinstance(value, bool):
        return None
    line = cell.cell.source.split("\n")[magic.line - 1]
    flag = f"--{option.replace('_', '-')}"
    wanted = flag if value else f"--no-{flag[2:]}"
    words = [word for word in line.split(" ") if word not in (flag, f"--no-{flag[2:]}")]
    return Replace(cell.cell.id, magic.line, 0, line, " ".join([*words, wanted]))


def _magic_name(cell: MarkedCell, name: str) -> Edit | None:
    """Return the edit that names another step in a magic line; None where it has options."""
    magic = split_magic(cell.cell.source)
    if magic is None:
        return None
    said = parse_component_line(magic.rest)
    if said.problems or said.options != StepOptions():
        return None
    line = cell.cell.source.split("\n")[magic.line - 1]
    return Replace(cell.cell.id, magic.line, 0, line, component_line(name, said.options))
