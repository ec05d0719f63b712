"""Pipeline parameters: their KFP types, the values a user gives, and how values travel.

KFP rewrites text on its way and sends all numbers as doubles; what would not arrive as it was is
sent as marked, escaped ASCII JSON (docs/architecture.md, "Parameter values").
"""

import json
import math
import re
from collections.abc import Mapping
from typing import Any

from ..analysis.plan import Parameter, Plan
from ..errors import Code, KfpExtError, Problem
from .names import ascii_identifier
from .suggestions import closest

MARK = "json:"
EXACT = 2**53
"""The largest integer that a double, KFP's only number, holds exactly with all below it."""

KFP_TYPES = {
    "int": "NUMBER_INTEGER",
    "float": "NUMBER_DOUBLE",
    "str": "STRING",
    "bool": "BOOLEAN",
    "list": "LIST",
    "dict": "STRUCT",
}
_REWRITTEN = re.compile(r"[^ -~]|[${}]")


def parameter_key(name: str) -> str:
    """Return the key that a parameter has in KFP: its own name, other than ASCII escaped."""
    return ascii_identifier(name)


def root_inputs(plan: Plan) -> dict[str, dict[str, Any]]:
    """Return the pipeline's `inputDefinitions.parameters` with their defaults."""
    return {parameter_key(each.name): _root_input(each, plan) for each in plan.parameters}


def _root_input(parameter: Parameter, plan: Plan) -> dict[str, Any]:
    definition: dict[str, Any] = {
        "parameterType": KFP_TYPES[parameter.type],
        "isOptional": True,
    }
    if parameter.default is not None:
        value = _checked(parameter, parameter.default, plan)
        definition["defaultValue"] = encode_parameter(value)
    return definition


def encode_parameter(value: Any) -> Any:
    """Return the JSON value to send for a parameter's value.

    Strings that KFP would rewrite carry the mark `json:`; a top-level number goes as it is (its
    declared type brings it back), inside lists and dicts the mark keeps `1.0` apart from `1`.
    """
    if isinstance(value, str):
        return _encode_text(value)
    return _encode_item(value) if isinstance(value, (list, tuple, dict)) else value


def encode_parameters(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the `parameters` of a KFP runtime configuration for values by parameter name."""
    return {parameter_key(name): encode_parameter(value) for name, value in values.items()}


def _encode_item(value: Any) -> Any:
    if isinstance(value, str):
        return _encode_text(value)
    if isinstance(value, dict):
        return _encode_dict(value)
    if isinstance(value, (list, tuple)):
        return [_encode_item(item) for item in value]
    return value if value is None or isinstance(value, bool) or _arrives(value) else _marked(value)


def _arrives(number: int | float) -> bool:
    """Whether a number inside a list or dict is the same after protobuf's JSON, where 1.0 is 1."""
    if isinstance(number, int):
        return abs(number) <= EXACT
    return math.isfinite(number) and not number.is_integer()


def _encode_text(text: str) -> str:
    return _marked(text) if text.startswith(MARK) or _REWRITTEN.search(text) else text


def _encode_dict(value: Mapping[Any, Any]) -> dict[str, Any]:
    """Return a dict as it is where KFP, which sorts keys, gives it back in the same order."""
    pairs = [[_encode_item(key), _encode_item(item)] for key, item in value.items()]
    keys = [key for key, _ in pairs]
    if all(isinstance(key, str) for key in value) and keys == sorted(keys):
        return dict(pairs)
    return {MARK: pairs}


def _marked(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=True)
    return MARK + _REWRITTEN.sub(lambda found: f"\\u{ord(found.group()):04x}", text)


def check_parameters(plan: Plan, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values given at submit, each in its declared type.

    Raises `KfpExtError` with every problem: `parameter-unknown`, `parameter-invalid`.
    """
    declared = {each.name: each for each in plan.parameters}
    problems: list[Problem] = []
    values: dict[str, Any] = {}
    for name, value in given.items():
        if name not in declared:
            problems.append(_unknown(name, declared))
            continue
        try:
            values[name] = _checked(declared[name], value, plan)
        except KfpExtError as error:
            problems.extend(error.problems)
    if problems:
        raise KfpExtError(problems)
    return values


def _unknown(name: str, declared: Mapping[str, Parameter]) -> Problem:
    if not declared:
        return Problem(
            Code.PARAMETER_UNKNOWN,
            f"The pipeline has no parameter {name!r}; it has no parameters at all.",
            "Mark the cell that assigns it as `parameters`, or leave the value out.",
        )
    return Problem(
        Code.PARAMETER_UNKNOWN,
        f"The pipeline has no parameter {name!r}.",
        f"{closest(name, declared)}Its parameters are {', '.join(declared)}.",
    )


def _checked(parameter: Parameter, value: Any, plan: Plan) -> Any:
    """Return the value in the parameter's type; raises `parameter-invalid`."""
    wrong = _wrong(parameter, value)
    if wrong:
        raise KfpExtError(_invalid(parameter, *wrong, plan=plan))
    if parameter.type == "int" and value is not None:
        return int(value)
    return float(value) if parameter.type == "float" and value is not None else value


def _wrong(parameter: Parameter, value: Any) -> tuple[str, str] | None:
    """Return what is wrong with a value and what to do, or None."""
    if value is None:
        if parameter.default is None:
            return None
        return "None was given", "Leave it out to get its default."
    if not _has_type(parameter.type, value):
        shown = type(value).__name__
        return f"{value!r} is of type {shown}", f"Give a value of type {parameter.type}."
    if isinstance(value, float) and not math.isfinite(value):
        return f"{value!r} cannot be sent to KFP", "Give a finite number."
    if parameter.type == "int" and abs(value) > EXACT:
        remedy = "Pass it as a str parameter and convert it in the notebook."
        return f"{value} is beyond 2**53, which KFP's numbers do not hold exactly", remedy
    if isinstance(value, (list, tuple, dict)) and (odd := _not_json(value)) is not None:
        return f"it holds {odd}", "Keep to numbers, text, True, False, None, lists and dicts."
    return None


def _has_type(kind: str, value: Any) -> bool:
    if isinstance(value, bool):
        return kind == "bool"
    if kind == "int":
        return isinstance(value, int) or (isinstance(value, float) and value.is_integer())
    accepted: dict[str, tuple[type, ...]] = {
        "float": (int, float),
        "str": (str,),
        "list": (list, tuple),
        "dict": (dict,),
    }
    return isinstance(value, accepted.get(kind, ()))


def _not_json(value: Any) -> str | None:
    """Return the first thing inside that JSON has no form for, in words."""
    if value is None or isinstance(value, (bool, int, float, str)):
        return None
    if isinstance(value, dict):
        parts = [*value.keys(), *value.values()]
    elif isinstance(value, (list, tuple)):
        parts = list(value)
    else:
        return f"a {type(value).__name__}"
    return next((odd for each in parts if (odd := _not_json(each)) is not None), None)


def _invalid(parameter: Parameter, message: str, remedy: str, *, plan: Plan) -> Problem:
    return Problem(
        Code.PARAMETER_INVALID,
        f"Parameter {parameter.name!r} is of type {parameter.type}: {message}.",
        remedy,
        cell=plan.model.notebook.cell(parameter.cell_id).number,
        cell_id=parameter.cell_id,
    )
