"""Notices that code of unknown packages changed the environment or the working folder."""

from __future__ import annotations

import os
import sys

from .seen_files import by_import

TYPE_CHECKING = False  # importing `typing` costs more than a short cell
if TYPE_CHECKING:
    from typing import Any

_ENVIRONMENT = frozenset(["os.putenv", "os.unsetenv"])
_OF_ENVIRON = frozenset(["os", "collections.abc", "_collections_abc"])
"""Names of the modules in which methods of `os.environ` are written."""


class WorldParts:
    """Knows the parts of the world (`@environ`, `@cwd`) as they were before the cells."""

    def __init__(self, parts: list[str], with_imports: bool) -> None:
        """Take the parts; `with_imports`: what imports set counts, too."""
        self._parts = parts
        self._with_imports = with_imports
        self._environ = dict(os.environ)
        self._folder = _folder()
        """As the plan knows it: with what cells set themselves."""
        if "@environ" in parts:
            sys.addaudithook(self._hear)

    def changed(self) -> list[tuple[str, str]]:
        """Return the parts that are not as they were, each in words."""
        found = []
        now = os.environ
        differing = sorted(
            each
            for each in self._environ.keys() | now.keys()
            if self._environ.get(each) != now.get(each)
        )
        if "@environ" in self._parts and differing:
            found.append(("@environ", f"the environment variable {differing[0]}"))
        if "@cwd" in self._parts and _folder() != self._folder:
            found.append(("@cwd", "the working folder"))
        return found

    def _hear(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event not in _ENVIRONMENT or not self._is_known(sys._getframe(1)):
            return
        name, *value = map(os.fsdecode, arguments)
        if value:
            self._environ[name] = value[0]
        else:
            self._environ.pop(name, None)

    def _is_known(self, frame: Any) -> bool:
        """Tell what a cell does itself, or its `import`, which later steps do again.

        What this runtime does is no cell's: IPython starts, matplotlib is told where to draw.
        """
        while frame is not None and frame.f_globals.get("__name__") in _OF_ENVIRON:
            frame = frame.f_back
        if frame is not None and frame.f_globals.get("__package__") == __package__:
            return True
        called = None
        while frame is not None and frame.f_globals.get("__name__") != "__main__":
            called, frame = frame, frame.f_back
        if frame is None:
            return False
        return called is None or (by_import(called) and not self._with_imports)


def _folder() -> str:
    try:
        return os.getcwd()
    except OSError:  # it was removed
        return ""
