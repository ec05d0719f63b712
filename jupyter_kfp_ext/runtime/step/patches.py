"""Functions of the standard library that a package has put its own in the place of.

In a notebook such a patch holds for all later cells, also those that never name the package.
"""

from __future__ import annotations

import sys
import types

TYPE_CHECKING = False  # importing `typing` costs more than a short cell
if TYPE_CHECKING:
    from typing import Any

_OURS = frozenset([__name__.partition(".")[0], "IPython", "ipykernel", "__main__"])


def patches() -> dict[tuple[str, str], Any]:
    """Return the patched functions by module and name."""
    library: Any = getattr(sys, "stdlib_module_names", frozenset())
    found = {}
    for name, module in list(sys.modules.items()):
        if name.partition(".")[0] not in library or not isinstance(module, types.ModuleType):
            continue
        for attribute, value in list(vars(module).items()):
            if isinstance(value, types.FunctionType):
                origin = str(value.__globals__.get("__name__", "")).partition(".")[0]
                if origin and origin not in library and origin not in _OURS:
                    found[name, attribute] = value
    return found


def put_patches(found: dict[tuple[str, str], Any]) -> None:
    """Patch the functions again."""
    for (module, attribute), value in found.items():
        __import__(module)
        setattr(sys.modules[module], attribute, value)
