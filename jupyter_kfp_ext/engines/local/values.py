"""Parameter values as KFP passes them: typed JSON, and text inside a command."""

import json
from typing import Any

_EXACT = 2**53
"""Numbers travel as doubles in KFP; integers are exact up to here."""


def as_passed(value: Any, kind: str) -> Any:
    """Return a value as KFP gives it to a step.

    A number without a fraction is an integer, inside lists and structs too, as Go's protojson
    prints it (kfp.local passes floats there, where a cluster passes integers).
    """
    if kind == "STRING" and not isinstance(value, str):
        return as_text(value)
    if kind in ("LIST", "STRUCT") and isinstance(value, str):
        return _integral(json.loads(value))
    return _integral(value)


def _integral(value: Any) -> Any:
    if isinstance(value, float) and value.is_integer() and abs(value) <= _EXACT:
        return int(value)
    if isinstance(value, list):
        return [_integral(each) for each in value]
    if isinstance(value, dict):
        return {name: _integral(each) for name, each in value.items()}
    return value


def field_of(value: Any, name: str) -> Any:
    """Return a field of a struct, which may be JSON text (`parseJson(string_value)["name"]`)."""
    return (json.loads(value) if isinstance(value, str) else value)[name]


def as_text(value: Any) -> str:
    """Return a value as text inside an argument: strings as they are, the rest as JSON."""
    if isinstance(value, str):
        return value
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def from_text(text: str, kind: str) -> Any:
    """Read an output parameter from the text of its file.

    Raises `ValueError` where the text is not of the type.
    """
    if kind == "STRING":
        return text
    if kind == "NUMBER_INTEGER":
        return int(text)
    if kind == "NUMBER_DOUBLE":
        return float(text)
    if kind == "BOOLEAN":
        lowered = text.strip().lower()
        if lowered not in ("true", "false"):
            raise ValueError(f"{text.strip()!r} is not a boolean")
        return lowered == "true"
    return json.loads(text)
