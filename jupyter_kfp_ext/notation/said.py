"""What one notation says about one cell, before the notations are put together."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import msgspec

from ..errors import Code, Problem
from .convert import convert_options, suggest
from .magic import misplaced_magic, parse_component_line, split_magic
from .model import MarkSource, Role
from .names import clean_name, name_problem
from .notebook import Cell
from .options import StepOptions

_SPOKEN = {
    MarkSource.METADATA: "metadata",
    MarkSource.MAGIC: "magic line",
    MarkSource.TAGS: "tags",
}
_NOTHING = StepOptions()
ROLES = tuple(role for role in Role if role is not Role.PREAMBLE)
"""The roles that a mark can give; the preamble is what has none."""


@dataclass(frozen=True)
class Place:
    """Where something was said: a cell, and the notation."""

    cell: Cell
    source: MarkSource
    line: int | None = None

    def __str__(self) -> str:
        return f"the {_SPOKEN[self.source]} of cell {self.cell.number}"

    def locate(self, problem: Problem) -> Problem:
        """Return the problem with this place's cell, and its line where it has none."""
        return replace(
            problem,
            cell=self.cell.number,
            cell_id=self.cell.id,
            line=self.line if problem.line is None else problem.line,
        )


@dataclass(frozen=True)
class Said:
    """One notation's word on one cell."""

    place: Place
    role: Role | None = None
    step: str | None = None
    """Name of the step, cleaned; only with the role `step`."""
    options: StepOptions = _NOTHING
    problems: tuple[Problem, ...] = ()


def read_metadata(cell: Cell) -> Said | None:
    """Return what the cell's own `kfp` metadata says; None where it has none."""
    kfp = cell.metadata.get("kfp")
    if kfp is None or kfp == {}:
        return None
    place = Place(cell, MarkSource.METADATA)
    if not isinstance(kfp, Mapping):
        return Said(place, problems=(place.locate(_no_object(kfp)),))
    problems: list[Problem] = []
    role, step = None, None
    if kfp.get("role") is not None:
        role = _role(kfp["role"], problems)
    if kfp.get("step") is not None:
        step = _step(kfp["step"], problems)
        if step and role is not None and role is not Role.STEP:
            problems.append(
                Problem(
                    Code.MARK_CONFLICT,
                    f"The metadata says both the role `{role.value}` and the step `{step}`.",
                    "Remove one of them.",
                )
            )
            step = None
        elif step:
            role = Role.STEP
    if role is Role.STEP and step is None:
        if not problems:
            problems.append(
                Problem(
                    Code.MARK_INVALID,
                    "The metadata has the role `step` but no step name.",
                    'Write `"step": "NAME"`.',
                )
            )
        role = None
    raw = {name: value for name, value in kfp.items() if name not in ("role", "step")}
    options, wrong = convert_options(raw, StepOptions)
    problems += wrong
    return Said(place, role, step, _cleaned(options), tuple(map(place.locate, problems)))


def read_magic(cell: Cell) -> Said | None:
    """Return what the cell's `%%component` line says; None where it has none."""
    misplaced = misplaced_magic(cell.source)
    problems: list[Problem] = []
    if misplaced is not None:
        problems.append(
            Problem(
                Code.MARK_INVALID,
                "`%%component` is not the first line of its cell.",
                "Move it to the top of the cell, one in each cell.",
                line=misplaced,
            )
        )
    magic = split_magic(cell.source)
    if magic is None:
        place = Place(cell, MarkSource.MAGIC, misplaced)
        return Said(place, problems=tuple(map(place.locate, problems))) if problems else None
    place = Place(cell, MarkSource.MAGIC, magic.line)
    said = parse_component_line(magic.rest)
    problems += [replace(each, line=magic.line) for each in said.problems]
    step = _step(said.name, problems) if said.name else None
    role = Role.STEP if step else None
    return Said(place, role, step, _cleaned(said.options), tuple(map(place.locate, problems)))


def _cleaned(options: StepOptions) -> StepOptions:
    """Return the options with names of steps written as steps are compared."""
    return msgspec.structs.replace(options, after=tuple(map(clean_name, options.after)))


def _no_object(value: Any) -> Problem:
    return Problem(
        Code.MARK_INVALID,
        f"The cell's `kfp` metadata is {type(value).__name__}, not an object.",
        'Write for example `"kfp": {"step": "train"}`.',
    )


def _role(value: Any, problems: list[Problem]) -> Role | None:
    names = [role.value for role in ROLES]
    if isinstance(value, str) and value in names:
        return Role(value)
    near = suggest(value, names) if isinstance(value, str) else ""
    problems.append(
        Problem(
            Code.MARK_INVALID,
            f"There is no role `{value}`.",
            f"{near}Roles are: {', '.join(names)}.",
        )
    )
    return None


def _step(value: Any, problems: list[Problem]) -> str | None:
    if not isinstance(value, str):
        problems.append(
            Problem(
                Code.STEP_NAME_INVALID,
                f"The step's name is {value!r}, not a text.",
                'Write `"step": "NAME"`.',
            )
        )
        return None
    name = clean_name(value)
    wrong = name_problem(name)
    if wrong:
        problems.append(wrong)
    return name or None
