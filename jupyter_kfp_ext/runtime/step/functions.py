"""Pickles functions of the notebook that no name leads to: lambdas, closures, inner functions.

In a kernel all of them have one global namespace, and closures made together share variables. So a
function keeps no copy of its globals: in the next step it reads those of that step's `__main__`;
and a variable that two closures share is stored once. What is written needs only the standard
library to be read.
"""

from __future__ import annotations

import marshal
import operator
import sys
import types

TYPE_CHECKING = False  # importing `typing` costs more than a short cell
if TYPE_CHECKING:
    from typing import Any

_KEPT = ("__defaults__", "__kwdefaults__", "__annotations__", "__module__", "__qualname__")


class LiveGlobals:
    """Stands in a pickle for the namespace of the `__main__` that reads it."""

    def __reduce__(self) -> Any:
        return getattr, (sys.modules["__main__"], "__dict__")


_GLOBALS = LiveGlobals()


class _Applied:
    """Stands in a pickle for the result of a call that the reader makes."""

    def __init__(self, function: Any, *arguments: Any) -> None:
        self._call = (function, arguments)

    def __reduce__(self) -> Any:
        return self._call


def is_of_main(value: Any) -> bool:
    """Tell a function that reads the globals of the notebook."""
    return type(value) is types.FunctionType and value.__globals__ is vars(sys.modules["__main__"])


def has_a_name(value: Any) -> bool:
    """Tell a function or class that `__main__` holds under the name that it was defined with."""
    if getattr(value, "__module__", None) != "__main__":
        return False
    found: Any = sys.modules["__main__"]
    for part in value.__qualname__.split("."):
        found = getattr(found, part, None)
    return found is value


def reduced(value: Any) -> Any:
    """Return what pickle is to write for a function of the notebook, a variable or a module.

    `NotImplemented` for anything else.
    """
    if type(value) is types.CellType:
        # What it holds is set once its functions are there: they may be in it.
        return types.CellType, ()
    if isinstance(value, types.ModuleType) and sys.modules.get(value.__name__) is value:
        return __import__("importlib").import_module, (value.__name__,)
    if not is_of_main(value):
        return NotImplemented
    code = _Applied(marshal.loads, marshal.dumps(value.__code__))
    cells = value.__closure__ or ()
    fills = [
        _Applied(setattr, cell, "cell_contents", cell.cell_contents)
        for cell in cells
        if not is_empty(cell)
    ]
    kept = {name: getattr(value, name) for name in _KEPT}
    # The tuple's first item is the docstring; making the others fills the variables.
    kept["__doc__"] = _Applied(operator.getitem, (value.__doc__, *fills), 0)
    made = (code, _GLOBALS, value.__name__, None, cells or None)
    return types.FunctionType, made, (dict(vars(value)), kept)


def is_empty(cell: Any) -> bool:
    """Tell a variable of a closure that has no value (yet)."""
    try:
        cell.cell_contents  # noqa: B018 - asking raises where nothing is in it
    except ValueError:
        return True
    return False
