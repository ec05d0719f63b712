"""Checks that values which the plan holds to share nothing do share nothing (docs/semantics.md).

Where two of them share an object that a later step changes, that step would change only its own
copy. What can be shared and changed is looked for in the objects themselves, a bounded number of
them: containers, arrays, instances of classes of the notebook and of packages nobody knows.
"""

from __future__ import annotations

import gc
import sys
import types

from .held import CODE

TYPE_CHECKING = False  # importing `typing` costs more than a short cell
if TYPE_CHECKING:
    from typing import Any

_MOST = 5_000
"""Objects looked at in one value."""
_COUNTED = frozenset(
    {"list", "dict", "set", "bytearray", "deque", "defaultdict", "OrderedDict", "Counter"}
    | {"DataFrame", "Series"}
)
_SKIPPED = (*CODE, types.CodeType, types.FrameType, str, bytes, int, float, complex, type(None))
_WHOLE = ("DataFrame", "Series", "Index", "Tensor")
"""What is looked at as one object: frames share indexes, and data until one of them changes it."""


def shared_pairs(
    groups: list[list[str]], changing: list[str], namespace: dict[str, Any], packages: list[str]
) -> list[tuple[str, str]]:
    """Return pairs of names of different groups that share an object, one of them to be changed.

    `packages`: those of which instances count, beside the notebook's own.
    """
    own = frozenset([*packages, "__main__"])
    owner: dict[int, tuple[str, int]] = {}
    objects: list[Any] = []  # alive, so that identities stay theirs
    found = []
    for number, names in enumerate(groups):
        for name in names:
            for each in _parts(namespace.get(name), own):
                objects.append(each)
                other, place = owner.setdefault(id(each), (name, number))
                if place != number and {name, other} & set(changing) and not _is_constant(each):
                    found.append((other, name))
    return sorted(set(found))


def _parts(root: Any, own: frozenset[str]) -> list[Any]:
    """Return the objects in a value that code may share and change."""
    found = []
    seen: set[int] = set()
    pending = [root]
    while pending and len(seen) < _MOST:
        value = pending.pop()
        if id(value) in seen or isinstance(value, _SKIPPED):
            continue
        seen.add(id(value))
        kind = type(value)
        if kind.__name__ == "ndarray":
            found.append(_owner(value))
            continue
        module = str(kind.__module__).partition(".")[0]
        if kind.__name__ in _COUNTED or module in own:
            found.append(value)
        if not any(base.__name__ in _WHOLE for base in kind.__mro__):
            pending += gc.get_referents(value)
    return found


def _owner(array: Any) -> Any:
    """Return the array or buffer whose memory an array shows."""
    while getattr(array, "base", None) is not None:
        array = array.base
    return array


def _is_constant(value: Any) -> bool:
    """Tell an object that code holds for all: a constant of a module or class, a default."""
    loaded = [each for each in list(sys.modules.values()) if isinstance(each, types.ModuleType)]
    spaces = {id(vars(each)) for each in loaded if each.__name__ != "__main__"}
    for each in gc.get_referrers(value):
        if isinstance(each, type) or id(each) in spaces:
            return True
        if isinstance(each, tuple):
            makers = gc.get_referrers(each)
            if any(isinstance(maker, types.FunctionType) for maker in makers):
                return True
    return False
