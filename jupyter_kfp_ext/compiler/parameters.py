"""Pipeline parameters: their KFP types and defaults, and the values that a user gives for them."""

import ast
import json
import math
from collections.abc import Callable, Mapping
from typing import Any

from ..analysis.plan import Parameter, Plan
from ..errors import Code, KfpExtError, Problem
from .encoding import EXACT, encode_parameter, parameter_key
from .new_claims import claim_defaults
from .suggestions import closest

KFP_TYPES = {
    "int": "NUMBER_INTEGER",
    "float": "NUMBER_DOUBLE",
    "str": "STRING",
    "bool": "BOOLEAN",
    "list": "LIST",
    "dict": "STRUCT",
}


def root_inputs(plan: Plan) -> dict[str, dict[str, Any]]:
    """Return the pipeline's `inputDefinitions.parameters` with their defaults."""
    own = {parameter_key(each.name): _root_input(each, plan) for each in plan.parameters}
    return {**own, **claim_defaults(plan)}


def _root_input(parameter: Parameter, plan: Plan) -> dict[str, Any]:
    definition: dict[str, Any] = {
        "parameterType": KFP_TYPES[parameter.type],
        "isOptional": True,
    }
    if parameter.default is not None:
        value = _checked(parameter, parameter.default, plan)
        definition["defaultValue"] = encode_parameter(value)
    return definition


def declaration_problems(plan: Plan) -> tuple[Problem, ...]:
    """Return what is wrong with the parameters themselves: defaults, and names that fall together.

    Names are escaped to ASCII for KFP, so two different ones could become the same key.
    """
    problems: list[Problem] = []
    owners: dict[str, str] = {}
    for each in plan.parameters:
        owner = owners.setdefault(parameter_key(each.name), each.name)
        if owner != each.name:
            message = f"KFP cannot tell it from {owner!r}"
            problems.append(_invalid(each, message, "Rename one of them.", plan=plan))
        elif (wrong := _wrong(each, each.default)) is not None:
            problems.append(_invalid(each, *wrong, plan=plan))
    return tuple(problems)


def check_parameters(plan: Plan, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values given at submit, each in its declared type.

    Raises `KfpExtError` with every problem: `parameter-unknown`, `parameter-invalid`.
    """
    declared = {each.name: each for each in plan.parameters}
    problems: list[Problem] = []
    values: dict[str, Any] = {}
    for name, value in given.items():
        if name not in declared:
            problems.append(_unknown(name, declared, plan))
            continue
        try:
            values[name] = _checked(declared[name], value, plan)
        except KfpExtError as error:
            problems.extend(error.problems)
    problems += [
        _not_given(each)
        for each in plan.parameters
        if each.required and values.get(each.name) is None
    ]
    if problems:
        raise KfpExtError(problems)
    return values


def _not_given(parameter: Parameter) -> Problem:
    example = _EXAMPLES.get(parameter.type, "text")
    return Problem(
        Code.PARAMETER_INVALID,
        f"Parameter {parameter.name!r} has no default and was given no value.",
        f"Give it one, for example -p {parameter.name}={example}.",
    )


def _unknown(name: str, declared: Mapping[str, Parameter], plan: Plan) -> Problem:
    if not declared and not plan.steps:
        return Problem(
            Code.PARAMETER_UNKNOWN,
            f"The pipeline has no parameter {name!r}; it has no parameters at all.",
            "Leave the value out.",
        )
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
        cell=plan.model.notebook.cell(parameter.cell_id).number if parameter.cell_id else None,
        cell_id=parameter.cell_id or None,
    )


_WORDS = {
    "true": True,
    "yes": True,
    "on": True,
    "1": True,
    "false": False,
    "no": False,
    "off": False,
    "0": False,
}
_KINDS = {
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "list": "a list",
    "dict": "a dictionary",
}
_EXAMPLES = {
    "int": "3",
    "float": "0.1",
    "bool": "true",
    "list": "[1, 2]",
    "dict": '{"a": 1}',
}


def parse_parameter(parameter: Parameter, text: str) -> Any:
    """Return the value that text means for a parameter's type; lists and dicts as JSON or Python.

    Raises `KfpExtError` (`parameter-invalid`).
    """
    if parameter.type == "str":
        return text
    try:
        return _READERS[parameter.type](text.strip())
    except (ValueError, SyntaxError, KeyError, MemoryError, RecursionError):
        raise KfpExtError(
            Problem(
                Code.PARAMETER_INVALID,
                f"Parameter {parameter.name!r} must be {_KINDS[parameter.type]}, not {text!r}.",
                f"Write {parameter.name}={_EXAMPLES[parameter.type]}, for example.",
                cell_id=parameter.cell_id or None,
            )
        ) from None


def _structure(kind: type) -> Callable[[str], Any]:
    def read(text: str) -> Any:
        try:
            value = json.loads(text)
        except ValueError:
            value = ast.literal_eval(text)
        if not isinstance(value, kind):
            raise ValueError(text)
        return value

    return read


_READERS: dict[str, Callable[[str], Any]] = {
    "int": int,
    "float": float,
    "bool": lambda text: _WORDS[text.lower()],
    "list": _structure(list),
    "dict": _structure(dict),
}
