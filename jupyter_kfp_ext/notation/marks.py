"""A notebook's marks to the typed pipeline model: cells with roles, steps with cells and options.

Nothing is raised: what is wrong is among the model's problems.
"""

from collections.abc import Mapping, Sequence
from pathlib import PurePath
from typing import Any

from ..errors import Code, Problem, Severity
from .cell_marks import CellMark, read_cell_mark
from .merge import join_options, under
from .model import MarkedCell, MarkSource, PipelineModel, Role, Step
from .notebook import Cell, Notebook
from .options import PipelineSettings, StepOptions
from .order import name_clashes, order_problems
from .said import Place
from .settings import read_settings, step_defaults
from .split import SPLITS, Split, cut, default_split


def read_marks(notebook: Notebook, split: str | None = None) -> PipelineModel:
    """Return what the marks of a notebook mean.

    `split` (`headings`, `cells` or `none`) cuts a notebook in which no cell is marked as a step;
    None takes the notebook's own setting, else headings where there are any.
    """
    settings, problems = read_settings(notebook)
    refused = _not_a_pipeline(notebook)
    if refused:
        return _model(notebook, settings, (), (), None, (*problems, refused))
    marks = [read_cell_mark(cell) for cell in notebook.cells if cell.kind == "code"]
    running = [mark for mark in marks if mark.cell.number is not None]
    found = [*problems, *(problem for mark in running for problem in mark.problems)]
    found += _empty_steps(marks)
    used: Split | None = None
    if any(mark.role is Role.STEP for mark in running):
        cells = _assign(running)
        found += _needless_split(split)
    else:
        used, wrong = _choose_split(split, settings, notebook.cells, running)
        found += wrong
        cells = _assign_split(running, notebook.cells, used)
    steps, wrong_options = _steps(running, cells, step_defaults(settings))
    found += [*wrong_options, *name_clashes(steps), *order_problems(steps, _waits(running))]
    return _model(notebook, settings, cells, steps, used, tuple(found))


def _model(
    notebook: Notebook,
    settings: PipelineSettings,
    cells: tuple[MarkedCell, ...],
    steps: tuple[Step, ...],
    split: str | None,
    problems: tuple[Problem, ...],
) -> PipelineModel:
    positions = {cell.id: cell.index for cell in notebook.cells}
    return PipelineModel(
        notebook=notebook,
        name=settings.name or PurePath(notebook.name).stem or "notebook",
        settings=settings,
        cells=cells,
        steps=steps,
        split=split,
        problems=tuple(sorted(problems, key=lambda each: positions.get(each.cell_id or "", -1))),
    )


def _not_a_pipeline(notebook: Notebook) -> Problem | None:
    """Return why the notebook as a whole cannot be one; None where it can."""
    language = _language(notebook.metadata)
    if language.lower() not in ("python", "ipython", "python3"):
        return Problem(
            Code.KERNEL_LANGUAGE,
            f"The notebook is in {language}; only Python notebooks can run as pipelines.",
            "Choose a Python kernel for the notebook.",
        )
    if not any(cell.number for cell in notebook.cells):
        return Problem(
            Code.NOTEBOOK_EMPTY,
            f"{notebook.name} has no code.",
            "Write code in a cell, then run again.",
        )
    return None


def _language(metadata: Mapping[str, Any]) -> str:
    for key, field in (("kernelspec", "language"), ("language_info", "name")):
        entry = metadata.get(key)
        said = entry.get(field) if isinstance(entry, Mapping) else None
        if isinstance(said, str) and said:
            return said
    return "python"


def _assign(marks: Sequence[CellMark]) -> tuple[MarkedCell, ...]:
    """Give each cell its role where steps are marked.

    An unmarked cell belongs to the last step before it, whatever other cells lie between.
    """
    step: str | None = None
    cells = []
    for mark in marks:
        if mark.role is Role.STEP:
            step = mark.step
        if mark.role is not None:
            cells.append(MarkedCell(mark.cell, mark.role, mark.source, mark.step, mark.body))
        else:
            cells.append(_unmarked(mark, step, MarkSource.IMPLIED))
    return tuple(cells)


def _assign_split(
    marks: Sequence[CellMark], cells: Sequence[Cell], split: Split
) -> tuple[MarkedCell, ...]:
    """Give each cell its role where no step is marked: other roles stay, the rest is cut."""
    steps = cut(cells, [mark.cell for mark in marks if mark.role is None], split)
    return tuple(
        MarkedCell(mark.cell, mark.role, mark.source, None, mark.body)
        if mark.role is not None
        else _unmarked(mark, steps[mark.cell.id], MarkSource.SPLIT)
        for mark in marks
    )


def _unmarked(mark: CellMark, step: str | None, source: MarkSource) -> MarkedCell:
    if step is None:
        return MarkedCell(mark.cell, Role.PREAMBLE, MarkSource.IMPLIED, None, mark.body)
    return MarkedCell(mark.cell, Role.STEP, source, step, mark.body)


def _choose_split(
    asked: str | None,
    settings: PipelineSettings,
    cells: Sequence[Cell],
    marks: Sequence[CellMark],
) -> tuple[Split, list[Problem]]:
    unmarked = [mark.cell for mark in marks if mark.role is None]
    default = default_split(cells, unmarked)
    wanted = asked or settings.split
    if wanted is None:
        return default, []
    known = next((each for each in SPLITS if each == wanted), None)
    if known is None:
        return default, [
            Problem(
                Code.USAGE,
                f"A notebook cannot be split by `{wanted}`.",
                f"Choose one of: {', '.join(SPLITS)}.",
            )
        ]
    if known == "headings" and default != "headings":
        return "none", [
            Problem(
                Code.USAGE,
                "No heading has code under it, so the notebook is one step.",
                "Write headings above the code, or split by `cells`.",
                severity=Severity.INFO,
            )
        ]
    return known, []


def _needless_split(asked: str | None) -> list[Problem]:
    if asked is None:
        return []
    return [
        Problem(
            Code.USAGE,
            f"The notebook has steps of its own, so it is not split by {asked}.",
            "Remove the marks to split it.",
            severity=Severity.INFO,
        )
    ]


def _empty_steps(marks: Sequence[CellMark]) -> list[Problem]:
    """Return a warning for each step all of whose cells are empty: it is left out."""
    full = {mark.step for mark in marks if mark.cell.number is not None}
    empty = {mark.step: mark for mark in marks if mark.step and mark.step not in full}
    return [
        Problem(
            Code.MARK_INVALID,
            f"The step `{name}` has no code, so it is left out.",
            "Write code in its cell, or remove the mark.",
            severity=Severity.WARNING,
            cell_id=mark.cell.id,
            step=name,
        )
        for name, mark in empty.items()
    ]


def _waits(marks: Sequence[CellMark]) -> Mapping[tuple[str, str], Place]:
    """Return where each step says that it comes after which other."""
    return {
        (mark.step, name): place
        for mark in reversed(marks)
        if mark.step is not None
        for place, options in mark.options
        for name in options.after
    }


def _steps(
    marks: Sequence[CellMark], cells: Sequence[MarkedCell], defaults: StepOptions
) -> tuple[tuple[Step, ...], list[Problem]]:
    by_step: dict[str, list[tuple[CellMark, MarkedCell]]] = {}
    for mark, cell in zip(marks, cells, strict=True):
        if cell.step is not None:
            by_step.setdefault(cell.step, []).append((mark, cell))
    steps = []
    problems: list[Problem] = []
    for name, members in by_step.items():
        said, wrong = join_options([each for mark, _ in members for each in mark.options])
        problems += wrong
        steps.append(
            Step(
                name=name,
                cells=tuple(cell for _, cell in members),
                options=under(defaults, said),
                said=said,
            )
        )
    return tuple(steps), problems
