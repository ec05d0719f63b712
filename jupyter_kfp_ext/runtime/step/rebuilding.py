"""Makes objects again that `reducers` took apart; pickles name these functions."""

from __future__ import annotations

import weakref

from .caches import write_cache
from .classes import known, remember

TYPE_CHECKING = False  # importing `typing` costs more than a short cell
if TYPE_CHECKING:
    from typing import Any

MISSING = object()
_HELD: list[Any] = []
"""What global names of the notebook keep alive in a kernel though no step needs those names."""


def make_view(name: str, mapping: Any) -> Any:
    """Return the keys, values or items of a dictionary."""
    return {"dict_keys": dict.keys, "dict_values": dict.values, "dict_items": dict.items}[name](
        mapping
    )


def make_memory(owner: Any, offset: int, size: int, form: str, shape: Any, readonly: bool) -> Any:
    """Return a memoryview of a part of its owner's memory."""
    part: Any = memoryview(owner).cast("B")[offset : offset + size]
    view: memoryview = part.cast(form, shape) if form != "B" or len(shape) != 1 else part
    return view.toreadonly() if readonly else view


def make_match(pattern: Any, text: Any, start: int, end: int, how: str, regs: Any) -> Any:
    """Find a match again; None where the pattern finds none at that place in this way."""
    found = getattr(pattern, how)(text, start, end)
    matches = found if how == "finditer" else [found]
    return next((each for each in matches if each is not None and each.regs == regs), None)


def make_reference(target: Any, held: bool, callback: Any) -> Any:
    """Return a weak reference."""
    if held:
        _HELD.append(target)
    return weakref.ref(_Gone() if target is None else target, callback)


class _Gone:
    """What a dead weak reference once led to."""

    def leave(self) -> None:
        """Stand for a method."""


def make_weak_method(method: Any, held: bool) -> Any:
    """Return a weak reference to a bound method."""
    if held:
        _HELD.append(method.__self__)
    return weakref.WeakMethod(_Gone().leave if method is None else method)


def make_weak_proxy(target: Any, held: bool) -> Any:
    """Return a weak proxy."""
    if held:
        _HELD.append(target)
    return weakref.proxy(target)


def make_weak_container(kind: Any, content: Any, held: Any) -> Any:
    """Return a weak set or dictionary."""
    _HELD.extend(held)
    made = kind()
    made.update(content)
    return made


def make_context_variable(name: str, title: str, default: Any, now: Any) -> Any:
    """Return the context variable of a token, with its value."""
    import contextvars

    made = known(name)
    if made is None:
        options = {"default": default[0]} if default else {}
        made = remember(contextvars.ContextVar(title, **options), name)
    if now:
        made.set(now[0])
    return made


def make_cached(function: Any, maxsize: Any, typed: bool) -> Any:
    """Return a function with a cache."""
    import functools

    return functools.lru_cache(maxsize, typed)(function)


def fill_cached(function: Any, state: Any) -> None:
    """Give a cached function its attributes, and the results that it remembers."""
    attributes, remembered = state
    vars(function).update(attributes)
    write_cache(function, remembered)


def make_bare(kind: Any) -> Any:
    """Return an instance whose `__init__` has not run."""
    return kind.__new__(kind)


def put_attributes(value: Any, state: Any) -> None:
    """Give an instance its state, and the dictionary that others may have too.

    The class is asked for `__setstate__`, not the instance: its `__getattr__` may need attributes.
    """
    own, attributes = state
    restore = getattr(type(value), "__setstate__", None)
    if own is not None and restore is not None:
        restore(value, own)
    elif own is not None:
        for name, each in own.items():
            object.__setattr__(value, name, each)
    if attributes is not None:
        object.__setattr__(value, "__dict__", attributes)


def fill_argparse(value: Any, state: Any) -> None:
    """Give a parser or action its attributes."""
    import argparse

    attributes, marked = state
    vars(value).update(attributes)
    for key in marked:
        setattr(value, key, argparse.SUPPRESS)


def make_exception(kind: Any, base: Any, *arguments: Any) -> Any:
    """Make an error as `base`, its built-in class, does."""
    made = base.__new__(kind, *arguments)
    base.__init__(made, *arguments)
    return made


def fill_exception(error: Any, state: Any) -> None:
    """Give an error its attributes and those that led to it."""
    attributes, held, cause, context, suppress = state
    if attributes is not None:
        error.__setstate__(attributes)
    if held is not None:
        error.__dict__ = held
    error.__cause__ = cause
    error.__context__ = context
    error.__suppress_context__ = suppress
