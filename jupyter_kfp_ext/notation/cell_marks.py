"""One cell's mark: the three notations put together, contradictions named."""

from dataclasses import dataclass, replace

from ..errors import Code, Problem
from .magic import runnable
from .merge import said_options
from .model import MarkSource, Role
from .notebook import Cell
from .options import StepOptions
from .said import Place, Said, read_magic, read_metadata
from .tags import read_tags


@dataclass(frozen=True)
class CellMark:
    """What a cell says of itself. `role` is None where it is unmarked."""

    cell: Cell
    role: Role | None
    step: str | None
    source: MarkSource
    options: tuple[tuple[Place, StepOptions], ...]
    """The step options with where they were said; empty where the cell is no step."""
    body: str
    problems: tuple[Problem, ...]


def read_cell_mark(cell: Cell) -> CellMark:
    """Read the mark of a code cell from its metadata, its magic line and its tags."""
    words = [each for read in (read_metadata, read_magic, read_tags) if (each := read(cell))]
    problems = [problem for each in words for problem in each.problems]
    marks = [each for each in words if each.role is not None]
    problems += [
        other.place.locate(_contradiction(marks[0], other))
        for other in marks[1:]
        if (other.role, other.step) != (marks[0].role, marks[0].step)
    ]
    role = marks[0].role if marks else None
    options = tuple((each.place, each.options) for each in words if said_options(each.options))
    if options and role is not Role.STEP:
        # Where a mark is already refused, its options need no second message.
        if not problems:
            problems += [_without_step(place, said, role) for place, said in options]
        options = ()
    return CellMark(
        cell=cell,
        role=role,
        step=marks[0].step if marks else None,
        source=marks[0].place.source if marks else MarkSource.IMPLIED,
        options=options,
        body=runnable(cell.source),
        problems=tuple(replace(each, step=marks[0].step) if marks else each for each in problems),
    )


def _contradiction(first: Said, other: Said) -> Problem:
    return Problem(
        Code.MARK_CONFLICT,
        f"{_word(first)} in {first.place}, but {_word(other)} in {other.place}.",
        "Keep one of them.",
    )


def _word(said: Said) -> str:
    return f"step `{said.step}`" if said.step or not said.role else f"role `{said.role.value}`"


def _without_step(place: Place, options: StepOptions, role: Role | None) -> Problem:
    named = ", ".join(f"`{option}`" for option in said_options(options))
    whose = f"a cell with the role `{role.value}`" if role else "a cell that names no step"
    return place.locate(
        Problem(
            Code.MARK_INVALID,
            f"{named} in {place}: {whose} has no options.",
            "Name the step in the same cell, or remove the option.",
            option=next(iter(said_options(options))),
        )
    )
