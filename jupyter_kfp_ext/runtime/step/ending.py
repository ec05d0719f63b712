"""Ends the process of a step as Python ends, but leaves its modules and objects to the system.

Python takes them apart one by one, which takes longer than a short cell. So it still does where the
cells have imported more than Python text of the standard library (compiled code may have to tidy
up, the user's own modules hold objects), or where an object is there that does something at its
end: an open file, a generator, an instance with `__del__`.
"""

from __future__ import annotations

import gc
import os
import sys

TYPE_CHECKING = False  # importing `typing` costs more than a short cell
if TYPE_CHECKING:
    from typing import Any


def end(status: int, loaded: frozenset[str]) -> None:
    """End the process; `loaded` are the modules that were there before this runtime."""
    threading: Any = sys.modules.get("threading")
    if threading:
        threading._shutdown()  # it waits for threads that are no daemons
    __import__("atexit")._run_exitfuncs()
    gc.collect()
    if all(map(_is_plain, sys.modules.keys() - loaded)) and not any(
        hasattr(type(each), "__del__") for each in gc.get_objects()
    ):
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)
    sys.exit(status)


def _is_plain(name: str) -> bool:
    """Tell whether a module is text of the standard library, or of this runtime."""
    module = sys.modules[name]
    if name.partition(".")[0] == __package__ or name in sys.builtin_module_names:
        return True
    if type(module) is not type(sys):
        return False
    file = module.__dict__.get("__file__") or ""
    return file.startswith(_LIBRARY) and file.endswith(".py") and "-packages" not in file


_LIBRARY = os.path.dirname(os.__file__) + os.sep
