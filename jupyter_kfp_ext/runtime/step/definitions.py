"""The state of functions and classes: what a step changed in them after their definition.

A later step defines them anew, so that they keep one identity, and is then given their state: the
attributes of a class, a function's defaults, attributes and the variables that its closure holds,
the results that a cache remembers. A definition is a tree: what belongs to it alone (methods, the
function that a decorator wraps) has a place in it and keeps its identity as well.
"""

from __future__ import annotations

import sys
import types

from .caches import is_cache, read_cache, write_cache
from .failure import StepFailure
from .functions import has_a_name, is_empty, is_of_main

TYPE_CHECKING = False  # importing `typing` costs more than a short cell
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from .grouping import Crossing

_WRAPPERS = (staticmethod, classmethod, property)
_INSIDE = {staticmethod: ("__func__",), classmethod: ("__func__",), property: ("fget", "fset")}
_OF_THE_LANGUAGE = frozenset(
    {
        "__module__",
        "__qualname__",
        "__doc__",
        "__dict__",
        "__weakref__",
        "__slots__",
        "__annotations__",
        "__parameters__",
        "__orig_bases__",
        "__abstractmethods__",
        "__hash__",
        "__match_args__",
        "__dataclass_fields__",
        "__dataclass_params__",
        "__static_attributes__",
        "__firstlineno__",
        "__annotate__",
        "__annotate_func__",
        "__annotations_cache__",
        "__type_params__",
        "__init_subclass__",
        "__class_getitem__",
        "__attrs_attrs__",
        "_abc_impl",
        "_field_defaults",
        "_fields",
    }
)
"""Attributes of classes that their definition makes and nobody changes."""
_KINDS_OF_THE_LANGUAGE = (
    types.GetSetDescriptorType,
    types.MemberDescriptorType,
    types.WrapperDescriptorType,
    types.BuiltinFunctionType,
)
_PROCESS_MODULES = frozenset({"_thread", "_contextvars", "threading"})
"""Locks and their like are made anew with their class."""


class State:
    """What is stored in a definition: for each place in it its kind and content."""

    def __init__(self, parts: list[tuple[tuple[str, ...], str, dict[str, Any]]]) -> None:
        self.parts = parts


_PUT_IN: set[int] = set()
"""Functions, by identity, that a class got after its definition: its state, no part of it."""


def take_states(values: dict[str, Any], names: set[str], crossing: Crossing) -> None:
    """Put the states of definitions in the place of their values, before they are pickled."""
    _PUT_IN.update(_functions_put_in(values, names, crossing.sources))
    for name in sorted(names & values.keys()):
        root = values[name]
        if not _has_state(root):
            continue  # an instance that a decorator made: it crosses as any value
        for place, each in _places(root):
            crossing.places[id(each)] = (find_inside, (name, place))
        values[name] = State([(place, _kind(each), _read(each)) for place, each in _places(root)])


def _functions_put_in(values: dict[str, Any], names: set[str], sources: list[str]) -> Iterator[int]:
    """Yield functions made in functions that the text of their class says nothing of."""
    for name in names & values.keys():
        made_inside = {
            key: held
            for key, held in (vars(values[name]) if isinstance(values[name], type) else {}).items()
            if isinstance(held, types.FunctionType) and "<locals>" in held.__qualname__
        }
        if made_inside:
            said = _said_in_class(name, sources)
            yield from (id(held) for key, held in made_inside.items() if said and key not in said)


def _said_in_class(name: str, sources: list[str]) -> set[str]:
    """Return the names in the body of a class; none where something else may add to them."""
    import ast

    found: set[str] = set()
    for source in sources:
        try:
            tree = ast.parse(source)
        except SyntaxError:
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef) and node.name == name:
                if node.decorator_list or node.keywords:
                    return set()
                found.add("__module__")
                found |= {each.id for each in ast.walk(node) if isinstance(each, ast.Name)}
                found |= {each.name for each in ast.walk(node) if hasattr(each, "name")}
    return found


def put_states(
    namespace: dict[str, Any], loaded: dict[str, Any], names: set[str]
) -> dict[str, Any]:
    """Give the definitions of this step the states that were loaded; return the other values."""
    rest = {}
    for name, value in loaded.items():
        if name in names and isinstance(value, State):
            _put(name, namespace.get(name), value)
        else:
            rest[name] = value
    return rest


def _has_state(value: Any) -> bool:
    """Tell what is defined again by a later step: functions, also cached ones, and classes."""
    return isinstance(value, (types.FunctionType, type)) or is_cache(value)


def _places(root: Any) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Yield each function and class that belongs to a definition, with its place in it."""
    pending: list[tuple[tuple[str, ...], Any]] = [((), root)]
    seen = set()
    while pending:
        place, value = pending.pop()
        if id(value) in seen:
            continue
        seen.add(id(value))
        yield place, value
        pending += [((*place, *step), inner) for step, inner in _parts(value)]


def _put(name: str, root: Any, state: State) -> None:
    for place, kind, stored in state.parts:
        try:
            value = _at(root, place)
        except (AttributeError, KeyError, ValueError, TypeError):
            value = None
        if value is None or _kind(value) != kind:
            raise StepFailure(
                "value-cannot-cross",
                f"What an earlier step stored in {name} does not fit {name} as it is defined here.",
                f"Define {name} once, in the same way for all steps, or keep its state in a"
                " variable of its own.",
            )
        _write(value, stored)


def _at(root: Any, place: tuple[str, ...]) -> Any:
    """Return what is at a place of a definition."""
    value = root
    for step in place:
        kind, _, key = step.partition(":")
        if kind == "attribute":
            value = vars(value)[key]
        elif kind == "variable":
            index = value.__code__.co_freevars.index(key)
            value = value.__closure__[index].cell_contents
        else:
            value = getattr(value, key)
    return value


def find_inside(name: str, place: tuple[str, ...]) -> Any:
    """Return what is at a place of a definition of `__main__` (pickles call this)."""
    return _at(getattr(sys.modules["__main__"], name), place)


def _parts(value: Any) -> list[tuple[tuple[str, ...], Any]]:
    """Return the functions and classes directly in a definition, with the steps that lead there."""
    if is_cache(value):
        return [(("part:__wrapped__",), value.__wrapped__)] if _belongs(value.__wrapped__) else []
    if isinstance(value, types.FunctionType):
        return [
            ((f"variable:{key}",), held)
            for key, held in _variables(value).items()
            if _belongs(held)
        ]
    found: list[tuple[tuple[str, ...], Any]] = []
    for key, held in vars(value).items():
        if isinstance(held, _WRAPPERS):
            for part in _INSIDE.get(type(held), ()):
                function = getattr(held, part)
                if _has_state(function) and _is_own(value, function):
                    found.append(((f"attribute:{key}", f"part:{part}"), function))
        elif _has_state(held) and _is_own(value, held):
            found.append(((f"attribute:{key}",), held))
    return found


def _variables(function: Any) -> dict[str, Any]:
    """Return the variables that a closure holds, but for those that have no value yet."""
    cells = zip(function.__code__.co_freevars, function.__closure__ or ())
    return {key: cell.cell_contents for key, cell in cells if not is_empty(cell)}


def _belongs(held: Any) -> bool:
    """Tell a function that only its closure holds: the one that a decorator wraps."""
    wrapped = is_cache(held) or is_of_main(held)
    return wrapped and not has_a_name(held)


def _is_own(owner: type, held: Any) -> bool:
    """Tell what a class body defined, also through a decorator, from what was put there later."""
    name = getattr(held, "__qualname__", "")
    if id(held) in _PUT_IN:
        return False
    if getattr(held, "__module__", None) != owner.__module__:
        return False
    inside: bool = name.startswith(owner.__qualname__ + ".")
    return inside or (not isinstance(held, type) and "<locals>" in name)


def _kind(value: Any) -> str:
    return f"{type(value).__name__} {getattr(value, '__qualname__', '')}"


def _read(value: Any) -> dict[str, Any]:
    if is_cache(value):
        return {"cache": read_cache(value)}
    if isinstance(value, types.FunctionType):
        attributes = vars(value)  # which may have another name, too: `kept = vars(f)`
        if "__wrapped__" in attributes:
            attributes = {key: held for key, held in attributes.items() if key != "__wrapped__"}
        variables = {key: held for key, held in _variables(value).items() if not _belongs(held)}
        registered = _registered(value)
        if registered is not None:
            return {"registered": registered}
        return {
            "defaults": value.__defaults__,
            "kwdefaults": value.__kwdefaults__,
            "attributes": attributes,
            "variables": variables,
        }
    attributes = {key: held for key, held in vars(value).items() if _is_state(value, key, held)}
    stored = {"attributes": attributes, "virtual": _virtual_subclasses(value)}
    if _has_field_defaults(value):
        stored["field_defaults"] = dict(value._field_defaults)
    return stored


def _write(value: Any, stored: dict[str, Any]) -> None:
    if "cache" in stored:
        write_cache(value, stored["cache"])
    elif "registered" in stored:
        known = _registered(value) or {}
        for kind, function in stored["registered"].items():
            if _kind(known.get(kind)) != _kind(function):
                value.register(kind, function)
    elif isinstance(value, types.FunctionType):
        value.__defaults__ = stored["defaults"]
        value.__kwdefaults__ = stored["kwdefaults"]
        wrapped = vars(value).get("__wrapped__")
        value.__dict__ = stored["attributes"]
        if wrapped is not None:
            vars(value)["__wrapped__"] = wrapped
        for key, held in stored["variables"].items():
            cells = value.__closure__ or ()
            cells[value.__code__.co_freevars.index(key)].cell_contents = held
    else:
        _write_class(value, stored)


def _write_class(value: type, stored: dict[str, Any]) -> None:
    for key, held in list(vars(value).items()):
        if key not in stored["attributes"] and _is_state(value, key, held):
            type.__delattr__(value, key)
    for key, held in stored["attributes"].items():
        if vars(value).get(key) is not held:
            type.__setattr__(value, key, held)
    if "field_defaults" in stored and _has_field_defaults(value):
        named: Any = value
        named._field_defaults.update(stored["field_defaults"])
        named.__new__.__defaults__ = tuple(named._field_defaults.values())
    for each in stored["virtual"]:
        if not issubclass(each, value):
            value.register(each)  # type: ignore[attr-defined]


def _is_state(owner: type, key: str, held: Any) -> bool:
    """Tell an attribute of a class that code can have changed."""
    if key in _OF_THE_LANGUAGE or isinstance(held, _KINDS_OF_THE_LANGUAGE):
        return False
    if key == "__new__" and _has_field_defaults(owner):
        return False
    if type(held).__module__ in _PROCESS_MODULES or _is_enum(owner):
        return False
    if isinstance(held, _WRAPPERS):
        function = getattr(held, "__func__", None) or getattr(held, "fget", None)
        return not _is_own(owner, function)
    if type(held).__module__ == "functools" and not is_cache(held):
        return False  # cached_property, singledispatchmethod: made by the class body
    made_by_dataclass = key.startswith("__") and isinstance(held, types.FunctionType)
    if made_by_dataclass and not has_a_name(held):
        return False
    return not (_has_state(held) and _is_own(owner, held))


def _has_field_defaults(value: type) -> bool:
    """Tell a named tuple, whose `__new__` has the defaults of its fields."""
    return issubclass(value, tuple) and isinstance(vars(value).get("_field_defaults"), dict)


def _is_enum(owner: type) -> bool:
    enum = sys.modules.get("enum")
    return enum is not None and isinstance(owner, enum.EnumMeta)


def _virtual_subclasses(value: type) -> list[type]:
    """Return the classes that were registered with an abstract base class."""
    if "_abc_impl" not in vars(value):
        return []
    import _abc  # type: ignore[import-not-found]  # no stubs: it is CPython's own

    registry: set[Any] = _abc._get_dump(value)[0]
    return [each() for each in registry if each() is not None]


def _registered(function: Any) -> dict[type, Any] | None:
    """Return what `functools.singledispatch` keeps of a function; None for any other function."""
    registry = vars(function).get("registry")
    if not isinstance(registry, types.MappingProxyType):
        return None
    return dict(registry)
