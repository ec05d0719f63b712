"""What is said of a value in a few words, beside it: its class, and its size or text."""

from __future__ import annotations

from .atoms import is_atom

TYPE_CHECKING = False  # importing `typing` costs more than a short cell
if TYPE_CHECKING:
    from typing import Any

_SHOWN = 40
"""Characters of a text that its summary shows."""


def type_name(value: Any) -> str:
    """Return a value's class with its module, as `numpy.ndarray`; builtins without."""
    kind = type(value)
    module = getattr(kind, "__module__", "builtins")
    return kind.__qualname__ if module == "builtins" else f"{module}.{kind.__qualname__}"


def summary(value: Any) -> str:
    """Return a few words about a value: number, shape and dtype, or length; never fails.

    Nothing of an instance of the notebook's own class: what it would say runs the notebook's code.
    """
    if type(value).__module__ == "__main__":
        return ""
    try:
        if isinstance(value, (bool, int, float, complex, type(None))):
            return repr(value)[:60]
        shape = getattr(value, "shape", None)
        if isinstance(shape, tuple):
            return f"{shape} {getattr(value, 'dtype', '')}".strip()[:60]
        if isinstance(value, (str, bytes)) and len(value) <= _SHOWN:
            return repr(value)
        return f"{len(value)} items" if hasattr(value, "__len__") else ""
    except Exception:
        return ""


def is_told(value: Any) -> bool:
    """Whether the summary says all of a value."""
    return is_atom(value) and not (type(value) is str and len(value) > _SHOWN)
