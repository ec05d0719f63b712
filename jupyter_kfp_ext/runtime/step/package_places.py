"""Where a package can keep something between calls, as places that can be read and set.

A place is a path from a module: `(module, attribute)`, and from there into a class, a function's
attributes, its mutable defaults or the variables that it closes over. What compiled code keeps for
itself is in no place.
"""

from __future__ import annotations

import sys
import types

from .caches import Remembered, write_cache

TYPE_CHECKING = False  # importing `typing` costs more than a short cell
if TYPE_CHECKING:
    from typing import Any

MOST = 100_000
"""Places and objects that are looked at; a package that holds more is watched in part."""
_CODE = (
    types.FunctionType,
    types.BuiltinFunctionType,
    types.MethodType,
    types.ModuleType,
    types.WrapperDescriptorType,
    types.MethodDescriptorType,
    types.GetSetDescriptorType,
    types.MemberDescriptorType,
    type,
)
_DRAWING = frozenset({"Random", "Generator", "RandomState"})
"""Generators of random numbers, of which only their state tells that somebody drew."""
_PLAIN = (int, float, complex, str, bytes, bool, type(None), type(...), range)


def modules_of(package: str) -> list[str]:
    """Return the names of the loaded modules of a package."""
    start = package + "."
    return sorted(name for name in list(sys.modules) if name == package or name.startswith(start))


def places_in(module: str) -> Any:
    """Yield each place of a module with what is there now."""
    space = vars(sys.modules[module]) if sys.modules.get(module) is not None else {}
    for name, value in list(space.items()):
        if name.startswith("__"):
            continue
        if isinstance(value, types.FunctionType):
            if value.__module__ == module:
                yield from _in_function((module, name), value)
        elif isinstance(value, type) and value.__module__ == module:
            yield from _in_class((module, name), value)
        yield (module, name), value


def _in_class(path: tuple[Any, ...], kind: type) -> Any:
    for name, value in list(vars(kind).items()):
        inner = value.__func__ if isinstance(value, (classmethod, staticmethod)) else value
        if isinstance(inner, types.FunctionType):
            yield from _in_function((*path, name), inner)
        elif not name.startswith("__") and not isinstance(value, _CODE):
            yield (*path, name), value


def _in_function(path: tuple[Any, ...], function: Any) -> Any:
    for name, value in list(vars(function).items()):
        if not name.startswith("__"):
            yield (*path, name), value
    for number, value in enumerate(function.__defaults__ or ()):
        if not isinstance(value, _PLAIN):
            yield (*path, ("default", number)), value
    for number, cell in enumerate(function.__closure__ or ()):
        try:
            value = cell.cell_contents
        except ValueError:
            continue
        if not isinstance(value, _CODE):
            yield (*path, ("cell", number)), value


def put(path: tuple[Any, ...], value: Any) -> None:
    """Set what is at a place; a container keeps its identity, for whoever else holds it."""
    holder: Any = sys.modules[path[0]]
    for name in path[1:-1]:
        found = vars(holder)[name]
        holder = found.__func__ if isinstance(found, (classmethod, staticmethod)) else found
    last = path[-1]
    if isinstance(value, Remembered):
        write_cache(vars(holder)[last], value)
    elif isinstance(last, tuple):
        kind, number = last
        if kind == "cell":
            holder.__closure__[number].cell_contents = value
        else:
            _fill(holder.__defaults__[number], value)
    elif not _fill(vars(holder).get(last), value):
        setattr(holder, last, value)


def _fill(old: Any, new: Any) -> bool:
    """Give a container the content of another; tell whether that could be done."""
    if type(old) is not type(new) or old is new:
        return False
    if isinstance(old, list):
        old[:] = new
    elif isinstance(old, (dict, set)):
        old.clear()
        old.update(new)
    else:
        return False
    return True


class Shaper:
    """Says what places hold, so that a change shows; objects of others count by their identity."""

    def __init__(self, package: str) -> None:
        self._package = package
        self.looked = 0

    def _place_of(self, value: Any, inside: tuple[int, ...]) -> Any:
        """Return how far an iterator is, without going on with it."""
        if isinstance(value, types.GeneratorType):
            return None if value.gi_frame is None else value.gi_frame.f_lasti
        try:
            if hasattr(value, "tell"):
                return value.tell()
            return self.shape(value.__reduce__()[1:], inside)
        except Exception:  # whatever it is, it tells nobody
            return repr(value)

    def shape(self, value: Any, inside: tuple[int, ...] = ()) -> Any:
        """Return what can be compared with a later shape of the same place."""
        self.looked += 1
        kind = type(value)
        if isinstance(value, _PLAIN):
            return (
                value
                if len(str(value)) < 200 or not isinstance(value, (str, bytes))
                else hash(value)
            )
        if self.looked > MOST or id(value) in inside or isinstance(value, _CODE):
            return id(value)
        inside = (*inside, id(value))
        if kind.__name__ in _DRAWING and kind.__module__.partition(".")[0] in ("numpy", "random"):
            import pickle

            return (id(value), hash(pickle.dumps(value)))
        if kind.__name__ == "ContextVar":
            return (id(value), self.shape(value.get(None), inside))
        if kind.__name__ == "WeakSet":
            return (id(value), sorted(map(id, value)))
        if isinstance(value, dict):
            pairs = [(self.shape(k, inside), self.shape(v, inside)) for k, v in list(value.items())]
            return (kind, pairs)
        if isinstance(value, (list, tuple)) or kind.__name__ == "deque":
            return (kind, [self.shape(each, inside) for each in list(value)])
        if isinstance(value, (set, frozenset)):
            return (kind, sorted(repr(self.shape(each, inside)) for each in list(value)))
        if hasattr(kind, "__next__") and hasattr(kind, "__iter__"):
            return (id(value), self._place_of(value, inside))
        if kind.__name__ in ("_lru_cache_wrapper", "property", "cached_property"):
            return id(value)
        if kind.__module__.partition(".")[0] == self._package and hasattr(value, "__dict__"):
            return (id(value), self.shape(vars(value), inside))
        return id(value)
