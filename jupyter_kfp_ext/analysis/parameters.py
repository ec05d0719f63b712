"""Simple assignments of `parameters` cells: the pipeline's parameters with types and defaults."""

import math
import re
from collections.abc import Iterable

from ..errors import Code, Problem
from ..notation.model import MarkedCell, PipelineModel, Role
from .cell import analyse_cell
from .facts import Statement
from .plan import Parameter, ParameterType

_TYPES: tuple[tuple[type, ParameterType], ...] = (
    (bool, "bool"), (int, "int"), (float, "float"), (str, "str"), (list, "list"), (dict, "dict"),
)  # fmt: skip
_ANNOTATIONS: dict[str, ParameterType] = {
    "int": "int", "float": "float", "str": "str", "bool": "bool", "list": "list", "dict": "dict",
    "List": "list", "Dict": "dict",
}  # fmt: skip


_ANY_NAME = frozenset(
    {
        *("globals", "locals", "vars", "dir", "eval", "exec", "__main__", "get_ipython", "inspect"),
        *("f_globals", "f_locals", "_getframe", "dump_session"),
    }
)
"""Words of code that may read names which it does not say."""
_MAGIC = re.compile(r"^\s*[%!]", re.MULTILINE)


def may_read(names: Iterable[str], texts: Iterable[str]) -> set[str]:
    """Return those of the names that code may read, judged by its words alone."""
    text = "\n".join(texts)
    words = set(re.findall(r"\w+", text))
    if words & _ANY_NAME or _MAGIC.search(text):
        return set(names)
    return words & set(names)


def find_parameters(model: PipelineModel) -> tuple[tuple[Parameter, ...], tuple[Problem, ...]]:
    """Return the parameters in notebook order, and what is wrong with them."""
    found: dict[str, Parameter] = {}
    problems: list[Problem] = []
    for cell in model.cells:
        if cell.role is not Role.PARAMETERS:
            continue
        for statement in analyse_cell(cell.body).statements:
            name = statement.target
            if not statement.literal or name is None:
                continue
            type_ = _type_of(statement)
            if type_ is None or _not_json(statement.value) or repr(statement.value) == "-0.0":
                # KFP sends a negative zero as 0.
                continue
            if name in found:
                problems.append(_twice(name, cell, statement))
                continue
            value = statement.value
            found[name] = Parameter(name, type_, value, cell.cell.id)
    return tuple(found.values()), tuple(problems)


def _type_of(statement: Statement) -> ParameterType | None:
    """Infer the type: from the annotation where there is one, else from the value."""
    if statement.annotation:
        words = statement.annotation.replace("typing.", "").replace(" ", "").strip("'\"")
        for word in words.removeprefix("Optional[").split("|"):
            base = word.split("[")[0].strip("]'\"")
            if base in _ANNOTATIONS and _fits(statement.value, _ANNOTATIONS[base]):
                return _ANNOTATIONS[base]
    for python, name in _TYPES:
        if isinstance(statement.value, python):
            return name
    return "str" if statement.value is None else None


def _fits(value: object, type_: ParameterType) -> bool:
    if value is None or (type_ == "float" and type(value) is int):
        return True
    return next((name for python, name in _TYPES if isinstance(value, python)), None) == type_


def _not_json(value: object) -> bool:
    """Tell infinities and NaN, which no JSON value can hold."""
    if isinstance(value, float):
        return not math.isfinite(value)
    if isinstance(value, list):
        return any(map(_not_json, value))
    return isinstance(value, dict) and any(map(_not_json, value.values()))


def _twice(name: str, cell: MarkedCell, statement: Statement) -> Problem:
    return Problem(
        Code.PARAMETER_INVALID,
        f"The parameter {name} is assigned twice.",
        "Keep one assignment of it in the parameters cells.",
        cell=cell.cell.number,
        cell_id=cell.cell.id,
        line=statement.line,
    )
