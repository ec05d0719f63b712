"""A parameter's value from text, as given on a command line or in a magic (`-p lr=0.1`)."""

import ast
import json
from collections.abc import Callable
from typing import Any

from ..analysis.plan import Parameter
from ..errors import Code, KfpExtError, Problem

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
                f"Parameter {parameter.name!r} is of type {parameter.type}: {text!r} is none.",
                f"Write {parameter.name}={_EXAMPLES[parameter.type]}, for example.",
                cell_id=parameter.cell_id,
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
