"""Takes apart functions that no name leads to: lambdas, closures, functions made in functions.

In a kernel all functions of a module read one live set of globals, and closures made together
share their variables. So a function keeps no copy of its globals: in the next step it reads those
of the module there (of `__main__`: what the plan brings and what the cells assign); and a variable
that two closures share is stored once. Reading it needs the standard library alone.
"""

from __future__ import annotations

import sys
import types

TYPE_CHECKING = False  # importing `typing` costs more than a short cell
if TYPE_CHECKING:
    from typing import Any

_CODE_PARTS = (
    ("argcount", "posonlyargcount", "kwonlyargcount", "nlocals", "stacksize", "flags", "code")
    + ("consts", "names", "varnames", "filename", "name")
    + (
        ("qualname", "firstlineno", "linetable", "exceptiontable")
        if sys.version_info >= (3, 11)
        else ("firstlineno", "linetable" if sys.version_info >= (3, 10) else "lnotab")
    )
    + ("freevars", "cellvars")
)
"""Arguments of `types.CodeType`, in order. (`marshal` would give other bytes each time.)"""
_KEPT = ("__defaults__", "__kwdefaults__", "__annotations__", "__doc__", "__module__")


class Globals:
    """Stands in a pickle for a dictionary that functions have as globals, as `exec` gives them."""

    def __reduce__(self) -> Any:
        return make_globals, ()


class BuiltIn:
    """Stands in a pickle for the dictionary of built-in names, which such globals hold."""

    def __reduce__(self) -> Any:
        return module_globals, ("builtins",)


BUILT_IN = BuiltIn()


class ModuleGlobals:
    """Stands in a pickle for the live globals of a module of the step that reads it."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __reduce__(self) -> Any:
        return module_globals, (self._name,)


class Code:
    """Stands in a pickle for a code object."""

    def __init__(self, code: types.CodeType) -> None:
        self._code = code

    def __reduce__(self) -> Any:
        return reduce_code(self._code)


def has_a_name(value: Any) -> bool:
    """Tell a function or class that its module holds under the name that it was defined with."""
    module = sys.modules.get(getattr(value, "__module__", None) or "")
    found: Any = module
    for part in str(getattr(value, "__qualname__", "")).split("."):
        found = getattr(found, part, None)
    return module is not None and found is value


def is_of_main(value: Any) -> bool:
    """Tell a function that reads the globals of the notebook."""
    return type(value) is types.FunctionType and value.__globals__ is vars(sys.modules["__main__"])


def reduce_code(code: types.CodeType) -> Any:
    """Return how a code object is made again, by the same version of Python."""
    parts = tuple(getattr(code, f"co_{name}") for name in _CODE_PARTS)
    consts = tuple(
        Code(each) if isinstance(each, types.CodeType) else each for each in code.co_consts
    )
    place = _CODE_PARTS.index("consts")
    return make_code, (sys.version_info[:2], parts[:place], consts, parts[place + 1 :])


def make_code(version: tuple[int, int], first: Any, consts: Any, last: Any) -> types.CodeType:
    """Make a code object; raises `RuntimeError` in another version of Python."""
    if version != sys.version_info[:2]:
        ours, theirs = (".".join(map(str, each)) for each in (sys.version_info[:2], version))
        raise RuntimeError(
            f"it holds a function compiled by Python {theirs}, and this step runs Python {ours};"
            " define the function with a name at the top level of a cell"
        )
    return types.CodeType(*first, consts, *last)  # type: ignore[call-arg]  # as many as it takes


def reduce_function(value: types.FunctionType, pickler: Any) -> Any:
    """Return how a function is made again.

    `pickler.spaces` holds stand-ins for globals; `pickler.whole_spaces` says that globals of no
    module cross as a whole, as they are one object with what the notebook may hold.
    """
    space = value.__globals__
    name = space.get("__name__")
    module = sys.modules.get(name) if isinstance(name, str) else None
    used: dict[str, Any] = {}
    if module is not None and vars(module) is space:
        live: Any = pickler.spaces.setdefault(id(space), ModuleGlobals(module.__name__))
    else:
        live = pickler.spaces.get(id(space))
        used = {} if pickler.whole_spaces and live else _used(value.__code__, space)
        if live is None:
            live = space
            if not pickler.whole_spaces:
                live = Globals()
            elif id(space) not in pickler.memo.copy():
                live = Globals()
                used = {k: BUILT_IN if k == "__builtins__" else each for k, each in space.items()}
                pickler.pending.append((live, space))
            else:
                used = {}  # they are in that dictionary, which keeps the order of its keys
            pickler.spaces[id(space)] = live
    cells = value.__closure__ or ()
    fills = [(cell, cell.cell_contents) for cell in cells if not is_empty(cell)]
    kept = {key: getattr(value, key) for key in _KEPT}
    arguments = (live, Code(value.__code__), value.__name__, value.__qualname__, cells)
    return make_function, arguments, (fills, kept, vars(value), used), None, None, fill_function


def _used(code: types.CodeType, space: dict[str, Any]) -> dict[str, Any]:
    """Return the globals that a function's code names; not all can be pickled, or are needed."""
    found = {name: space[name] for name in code.co_names if name in space}
    for each in code.co_consts:
        if isinstance(each, types.CodeType):
            found.update(_used(each, space))
    return found


def make_function(space: Any, code: Any, name: str, qualname: str, cells: Any) -> Any:
    """Make a function whose variables are filled later: they may hold the function itself."""
    made = types.FunctionType(code, space, name, None, cells or None)
    made.__qualname__ = qualname
    return made


def fill_function(function: Any, state: Any) -> None:
    """Give a function its variables, defaults and attributes."""
    fills, kept, attributes, used = state
    function.__globals__.update(used)
    for cell, content in fills:
        cell.cell_contents = content
    for key, each in kept.items():
        setattr(function, key, each)
    vars(function).update(attributes)


def make_globals() -> dict[str, Any]:
    """Make a namespace, which functions fill with what they need of it."""
    return {}


def module_globals(name: str) -> dict[str, Any]:
    """Return the live globals of a module."""
    import importlib

    return vars(importlib.import_module(name))


def is_empty(cell: Any) -> bool:
    """Tell a closure's variable that holds nothing yet."""
    try:
        cell.cell_contents  # noqa: B018 - asking raises where nothing is in it
    except ValueError:
        return True
    return False
