"""Takes apart classes that no name leads to: those made in functions, by factories, by `type()`.

A class is one object in a process: every value of a step that is an instance of it must agree. So
each such class has a token, by which a step knows a class that it has already made or read.
"""

from __future__ import annotations

import sys
import types

TYPE_CHECKING = False  # importing `typing` costs more than a short cell
if TYPE_CHECKING:
    from typing import Any

_HEAP_TYPE = 1 << 9
"""`Py_TPFLAGS_HEAPTYPE`: made by Python code, or by C code as if by it."""
_NOT_STATE = frozenset(
    {"__dict__", "__weakref__", "_abc_impl", "__module__", "__slots__", "__qualname__"}
)
_class_of: dict[str, Any] = {}
_token_of: dict[Any, str] = {}
"""Both ways between classes (also type variables and context variables) and their tokens."""


def token(value: Any) -> str:
    """Return what names an object that must stay one in every process."""
    if value not in _token_of:
        import uuid

        remember(value, uuid.uuid4().hex)
    return _token_of[value]


def remember(value: Any, name: str) -> Any:
    """Keep an object under its token and return it."""
    _token_of[value] = name
    _class_of[name] = value
    return value


def known(name: str) -> Any:
    """Return the object of a token, or None."""
    return _class_of.get(name)


def reduce_class(value: type) -> Any:
    """Return how a class is made again; `NotImplemented` where only pickle can tell."""
    for name, each in vars(types).items():
        if each is value:  # such as the class of functions, which calls itself `builtins.function`
            return getattr, (types, name)
    if not value.__flags__ & _HEAP_TYPE:
        return NotImplemented
    enum = sys.modules.get("enum")
    if enum is not None and isinstance(value, enum.EnumMeta):
        return _reduce_enum(value)
    space = {"__module__": value.__module__, "__qualname__": value.__qualname__}
    if "__slots__" in vars(value):
        space["__slots__"] = _own_slots(value)
    if "__orig_bases__" in vars(value):  # `typing.Generic` looks there when a class is made
        space["__orig_bases__"] = vars(value)["__orig_bases__"]
    arguments = (token(value), type(value), value.__name__, value.__bases__, space)
    return make_class, arguments, (_state(value), _registered(value)), None, None, fill_class


def _own_slots(value: Any) -> Any:
    slots = vars(value)["__slots__"]
    # An iterator was used up by the class statement; a mapping also holds texts for help().
    return slots if isinstance(slots, (str, tuple, list, dict)) else _slot_names(value)


def _slot_names(value: type) -> tuple[str, ...]:
    members = types.MemberDescriptorType
    return tuple(key for key, each in vars(value).items() if isinstance(each, members))


def _state(value: type) -> dict[str, Any]:
    state = {key: each for key, each in vars(value).items() if key not in _NOT_STATE}
    for key, each in list(state.items()):
        if isinstance(each, (types.MemberDescriptorType, types.GetSetDescriptorType)):
            del state[key]  # a slot: the class makes it from `__slots__`
    return state


def _registered(value: Any) -> list[Any]:
    """Return the classes that were registered with an abstract class."""
    if "_abc_impl" not in vars(value):
        return []
    import abc

    found = [each() for each in abc._get_dump(value)[0]]  # type: ignore[attr-defined]
    return [each for each in found if each is not None]


def make_class(name: str, kind: Any, title: str, bases: Any, space: Any) -> Any:
    """Return the class of a token, made without its attributes if it is new here."""
    found = known(name)
    if found is None:
        found = remember(kind.__new__(kind, title, bases, dict(space)), name)
        _unfilled.add(name)
    return found


_unfilled: set[str] = set()


def fill_class(value: Any, state: Any) -> None:
    """Give a class that was made here its attributes; one that was there has them."""
    name = _token_of[value]
    if name not in _unfilled:
        return
    _unfilled.discard(name)
    attributes, registered = state
    for key, each in attributes.items():
        type.__setattr__(value, key, each)
    for each in registered:
        value.register(each)


def _reduce_enum(value: Any) -> Any:
    members = {name: each.value for name, each in value.__members__.items()}
    own = {"__module__": value.__module__, "__qualname__": value.__qualname__}
    skipped = {*members, *vars(sys.modules["enum"].Enum), "_generate_next_value_", "__new__"}
    skipped |= {"_member_names_", "_member_map_", "_value2member_map_", "_member_type_"}
    state = {
        key: each
        for key, each in _state(value).items()
        if key not in skipped
        and not key.startswith(("_unhashable", "_hashable", "_flag", "_all_b"))
    }
    arguments = (token(value), type(value), value.__name__, value.__bases__, members, own)
    return make_enum, arguments, (state, []), None, None, fill_class


def make_enum(name: str, kind: Any, title: str, bases: Any, members: Any, own: Any) -> Any:
    """Return the enumeration of a token, with its members."""
    found = known(name)
    if found is None:
        space = kind.__prepare__(title, bases)
        for key, each in {**own, **members}.items():
            space[key] = each
        found = remember(kind.__new__(kind, title, bases, space), name)
        _unfilled.add(name)
    return found


def reduce_type_variable(value: Any) -> Any:
    """Return how a `typing.TypeVar` that no name leads to is made again."""
    options = {"covariant": value.__covariant__, "contravariant": value.__contravariant__}
    arguments = (token(value), value.__name__, value.__constraints__, value.__bound__, options)
    return make_type_variable, arguments


def make_type_variable(name: str, title: str, constraints: Any, bound: Any, options: Any) -> Any:
    """Return the type variable of a token."""
    import typing

    made = known(name)
    if made is None:
        made = typing.TypeVar(title, *constraints, bound=bound, **options)  # type: ignore[misc]
        remember(made, name)
    return made
