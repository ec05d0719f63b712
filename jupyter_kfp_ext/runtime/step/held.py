"""The mutable objects that variables of the notebook hold, to find who else holds them."""

from __future__ import annotations

import gc
import types

TYPE_CHECKING = False  # importing `typing` costs more than a short cell
if TYPE_CHECKING:
    from typing import Any

CODE = (types.ModuleType, types.FunctionType, types.BuiltinFunctionType, type)
_PLAIN = (str, bytes, int, float, complex, tuple, type(None))
_MOST = 5_000
"""Objects looked at in one search."""
_DEEPEST = 3
"""Containers within containers that are looked into."""


class Held:
    """The objects of a namespace, each with the variable that leads to it."""

    def __init__(self, namespace: dict[str, Any]) -> None:
        self._names: dict[int, str] = {}
        level = [(name, each) for name, each in namespace.items() if not name.startswith("_")]
        for _ in range(_DEEPEST):
            inner: list[tuple[str, Any]] = []
            for name, value in level:
                if isinstance(value, (*CODE, *_PLAIN)) or id(value) in self._names:
                    continue
                self._names[id(value)] = name
                if len(self._names) < _MOST:
                    inner += [(name, each) for each in gc.get_referents(value)]
            level = inner

    def name_of_one(self, value: Any) -> str:
        """Return the variable that leads to this very object; empty where none does."""
        return self._names.get(id(value), "")

    def name_of_key(self, value: Any) -> str:
        """Return the variable whose object a dictionary knows by its address (`id(x)`)."""
        for key in list(value) if isinstance(value, dict) else ():
            for part in key if isinstance(key, tuple) else (key,):
                if type(part) is int and part in self._names:
                    return self._names[part]
        return ""

    def name_of(self, roots: list[Any]) -> str:
        """Return the variable that holds something that the roots lead to; empty where none."""
        seen: set[int] = set()
        pending = list(roots)
        while pending and len(seen) < _MOST:
            value = pending.pop()
            if id(value) in self._names:
                return self._names[id(value)]
            if id(value) not in seen and not isinstance(value, CODE):
                seen.add(id(value))
                pending += [each for each in gc.get_referents(value) if not isinstance(each, CODE)]
        return ""
