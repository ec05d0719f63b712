"""How parameter values travel: KFP rewrites text on its way and sends all numbers as doubles.

What would not arrive as it was is sent as marked, escaped ASCII JSON (docs/architecture.md,
"Parameter values"); the step runtime decodes it.
"""

import json
import math
import re
from collections.abc import Mapping
from typing import Any

from .names import key_of

MARK = "json:"
EXACT = 2**53
"""The largest integer that a double, KFP's only number, holds exactly with all below it."""

_REWRITTEN = re.compile(r"[^ -~]|[${}]")


def parameter_key(name: str) -> str:
    """Return the key that a parameter has in KFP: its own name, other than ASCII escaped."""
    return key_of(name)


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
