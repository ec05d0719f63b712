"""What a live kernel's values say of a plan: asked for by the user, found inside the kernel."""

import ast
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from ..analysis.plan import Plan
from ..errors import Code, Problem, Severity
from .name_fixes import named
from .reading import ReadCell, Reading

_REMADE = re.compile(
    r"'(_io\.|sqlite3\.|sqlalchemy|weakref|re\.|memoryview|code|cell|argparse|"
    r"_thread\.R?[lL]ock|_thread\._local|_queue)|annot pickle file"
)
"""What pickle refuses and a step hands on all the same (docs/step-runtime.md)."""

_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


@dataclass(frozen=True)
class KernelValue:
    """What is known of one name in a kernel."""

    type: str
    bytes: int | None
    """Size when pickled; None where it was not counted to its end."""
    error: str | None
    """Why it cannot be pickled; None where it can, or where that is not known."""
    differs: bool
    """It is a function or class that was made from another text than its cell has now."""


KernelValues = Mapping[str, KernelValue]


def probe_arguments(plan: Plan) -> tuple[list[str], dict[str, str]]:
    """Return the names to look at, and the text of functions and classes as the cells have it.

    Names that cross between steps, names that nothing defines, and definitions.
    """
    reading = Reading(plan, None)
    sources = {name: source for name, (_, _, source) in _definitions(reading).items()}
    crossing = {name for step in plan.steps for name in step.outputs if name[0] != "@"}
    missing = {
        name
        for each in plan.problems
        if (name := named(each, reading.cell(each.cell_id))) is not None
    }
    return sorted(crossing | missing | sources.keys()), sources


def parse_values(said: Mapping[str, Any]) -> KernelValues:
    """Read what `kernel_probe.look` gave; raises `ValueError`, `TypeError` or `KeyError`."""
    return {str(name): _value(each) for name, each in said.items()}


def _value(data: Mapping[str, Any]) -> KernelValue:
    size, error = data["bytes"], data["error"]
    if not (size is None or isinstance(size, int)) or not (error is None or isinstance(error, str)):
        raise TypeError("not what the probe says")
    return KernelValue(str(data["type"]), size, error, bool(data["differs"]))


def sharpen(problems: Iterable[Problem], plan: Plan, values: KernelValues) -> tuple[Problem, ...]:
    """Return the problems with what the kernel's values add to them."""
    reading = Reading(plan, None)
    found = [_told_of(each, reading, values) for each in problems]
    said = {each.step for each in found if each.code is Code.VALUE_CANNOT_CROSS}
    for step in plan.steps:
        for name in step.outputs:
            value = values.get(name)
            if value is not None and _stays(value) and step.name not in said:
                cell = _binding(reading, step.name, name)
                if cell is not None:
                    found.append(_cannot_cross(cell, name, value, step.name))
    for name, (cell, node, _) in _definitions(reading).items():
        value = values.get(name)
        if value is not None and value.differs:
            found.append(
                cell.problem(
                    Code.KERNEL_DIFFERS,
                    f"The kernel's {name} was made from another text than this cell has now.",
                    "Run the cell again, and the cells that use it.",
                    Severity.INFO,
                    node,
                )
            )
    return tuple(found)


def _stays(value: KernelValue) -> bool:
    """Tell whether a value cannot leave its process."""
    return value.error is not None and not _REMADE.search(value.error)


def _told_of(problem: Problem, reading: Reading, values: KernelValues) -> Problem:
    """Add to an undefined name that the kernel has it."""
    if problem.code is not Code.NAME_UNDEFINED:
        return problem
    name = named(problem, reading.cell(problem.cell_id))
    value = values.get(name or "")
    if value is None:
        return problem
    return replace(
        problem,
        message=f"{problem.message} Only the kernel has it (type {value.type}): the cell that "
        "made it is gone or was changed.",
    )


def _cannot_cross(cell: ReadCell, name: str, value: KernelValue, step: str) -> Problem:
    return cell.problem(
        Code.VALUE_CANNOT_CROSS,
        f"{name}, as the kernel has it (type {value.type}), cannot be saved at the end of step "
        f"'{step}': {value.error}.",
        "Make it again in the step that needs it (in a function, say), or put the cells into one "
        "step.",
        Severity.WARNING,
    )


def _binding(reading: Reading, step: str, name: str) -> ReadCell | None:
    """Return the last cell of a step that binds or mentions a name."""
    own = [cell for cell in reading.cells if cell.marked.step == step]
    for cell in reversed(own):
        if any(isinstance(node, ast.Name) and node.id == name for node in ast.walk(cell.tree)):
            return cell
    return own[-1] if own else None


def _definitions(reading: Reading) -> dict[str, tuple[ReadCell, ast.stmt, str]]:
    """Return the last definition of each function and class at the top of a cell."""
    found: dict[str, tuple[ReadCell, ast.stmt, str]] = {}
    for cell in reading.cells:
        for node in cell.tree.body:
            if isinstance(node, _DEFINITIONS):
                first = min([node.lineno, *(each.lineno for each in node.decorator_list)])
                lines = cell.marked.body.split("\n")[first - 1 : node.end_lineno]
                found[node.name] = (cell, node, "\n".join(lines))
    return found
