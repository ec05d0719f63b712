"""JSON text by the C functions below Python's `json`, whose modules take longer than a short cell.

`json` imports `re`, and `re` imports half a dozen more: 10 ms, where a bare Python starts in 15.
"""

from __future__ import annotations

TYPE_CHECKING = False  # importing `typing` costs more than a short cell
if TYPE_CHECKING:
    from typing import Any


class _Plain:
    """What the scanner asks its decoder for: the settings of `json.loads` without arguments."""

    strict = True
    object_hook = None
    object_pairs_hook = None
    parse_float = float
    parse_int = int
    parse_constant = {
        "NaN": float("nan"),
        "Infinity": float("inf"),
        "-Infinity": float("-inf"),
    }.__getitem__


def _refuse(value: Any) -> Any:
    raise TypeError(f"Object of type {type(value).__name__} is not JSON serializable")


def _functions() -> tuple[Any, Any]:
    """Return scanner and encoder; None for both where this Python has no such functions."""
    try:
        _json: Any = __import__("_json")

        escape = _json.encode_basestring_ascii
        encoder = _json.make_encoder(None, _refuse, escape, None, ": ", ", ", False, False, True)
        return _json.make_scanner(_Plain), encoder
    except (ImportError, AttributeError, TypeError):
        return None, None


_scan, _encode = _functions()


def loads(text: str | bytes) -> Any:
    """Return the value of a JSON text; raises `ValueError` where it is none."""
    if isinstance(text, bytes):
        text = text.decode("utf-8")
    body = text.strip(" \t\n\r")
    try:
        value, end = _scan(body, 0)
        if end == len(body):
            return value
    except Exception:  # noqa: S110 - the error comes from `json`, in its words
        pass
    import json

    return json.loads(text)


def dumps(value: Any) -> str:
    """Return a value as JSON text in ASCII, as `json.dumps` writes it."""
    if _encode is None:
        import json

        return json.dumps(value)
    return "".join(_encode(value, 0))
