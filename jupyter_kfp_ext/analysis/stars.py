"""Names that `from module import *` binds, where no package of the notebook is needed to tell."""

import importlib
import sys
from functools import lru_cache

_WITH_EFFECTS = frozenset({"antigravity", "this", "idlelib", "turtle", "tkinter", "__main__"})
"""Modules of the standard library whose import does something (opens a browser, prints)."""


@lru_cache(maxsize=64)
def exported(module: str) -> frozenset[str]:
    """Return what a star import of a module of the standard library binds; nothing for others."""
    top = module.partition(".")[0]
    if top not in sys.stdlib_module_names or top in _WITH_EFFECTS:
        return frozenset()
    try:
        found = importlib.import_module(module)
    except ImportError:
        return frozenset()  # of another platform
    names = getattr(found, "__all__", None)
    return frozenset(names or (each for each in vars(found) if not each.startswith("_")))
