"""Instances whose dictionary of attributes somebody else has too: `kept = vars(instance)`, a Borg.

Pickle fills a new dictionary when it makes an instance. Here the instance is given the very
dictionary that the others have, so that all of them see each later change. The dictionary of an
ordinary instance is held by that instance alone, which its reference count tells.
"""

from __future__ import annotations

import gc
import sys
import types

from . import rebuilding

TYPE_CHECKING = False  # importing `typing` costs more than a short cell
if TYPE_CHECKING:
    from typing import Any

_OWN_WAYS = ("__reduce__", "__reduce_ex__", "__getstate__", "__setstate__")
_FINDING = ("__getattr__", "__getattribute__")


def _holders(value: Any) -> int:
    """Return how many hold the dictionary of an instance, with the instance and who asks."""
    try:
        return sys.getrefcount(object.__getattribute__(value, "__dict__"))
    except AttributeError:  # compiled code keeps it for itself
        return 0


class _Plain:
    """A class whose instances have their dictionaries for themselves."""


_ALONE = _holders(_Plain())


def shares_attributes(pickler: Any, value: Any) -> bool:
    """Tell an instance whose dictionary somebody else has too."""
    if not type(value).__dictoffset__:
        return False
    more = _holders(value) - _ALONE
    if more > 0:
        key = id(object.__getattribute__(value, "__dict__"))
        more -= sum(key in reached for reached in pickler.crossing.reached)
    return more > 0


def finds_attributes(kind: type) -> bool:
    """Tell a class that finds attributes by code of its own.

    That code may need attributes which an instance that is being made has not got yet.
    """
    return any(isinstance(getattr(kind, name, None), types.FunctionType) for name in _FINDING)


def reduce_with_attributes(pickler: Any, value: Any) -> Any:
    """Give an instance its dictionary itself, where pickle would fill a new one with its items."""
    kind = type(value)
    own = any(getattr(kind, name, None) is not getattr(object, name, None) for name in _OWN_WAYS)
    if isinstance(value, types.SimpleNamespace):
        pickler.namespaces.append(value)
        return NotImplemented
    if own and not shares_attributes(pickler, value):
        return NotImplemented
    reduced: Any = value.__reduce_ex__(4)
    if isinstance(reduced, str) or len(reduced) > 5:
        return reduced
    make, arguments, state, *items = (*reduced, None, None, None)[:5]
    attributes = object.__getattribute__(value, "__dict__") if kind.__dictoffset__ else None
    if not hasattr(kind, "__setstate__"):
        state = state[1] if isinstance(state, tuple) else None  # what is in slots
    return make, arguments, (state, attributes), *items, rebuilding.put_attributes


def check_namespaces(pickler: Any, reached: dict[int, Any]) -> None:
    """Refuse namespaces whose dictionary is pickled for somebody else, too.

    No other dictionary can be put into a `SimpleNamespace`. Raises `TypeError`.
    """
    held = [vars(each) for each in pickler.namespaces]
    own = {id(each) for each in pickler.namespaces}
    if any(
        any(part is each for part in gc.get_referents(value) for each in held)
        for key, value in reached.items()
        if key not in own
    ):
        raise TypeError("types.SimpleNamespace, whose vars() is held, cannot be given it again")
