"""Notices files of the working folder that cells read or write though the plan does not know it.

Python tells of each file that it opens, renames or removes (`sys.addaudithook`); what compiled code
writes is found by listing the folder before and after the cells.
"""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False  # importing `typing` costs more than a short cell
if TYPE_CHECKING:
    from typing import Any

_WRITING = frozenset(
    ["os.mkdir", "os.rmdir", "os.remove", "os.rename", "os.link", "os.symlink", "os.truncate"]
)
_MAKING = frozenset(["os.mkdir", "os.symlink"])
"""Those of them for which nothing has to be there."""
_LISTING = frozenset(["os.listdir", "os.scandir", "glob.glob"])
_CODE = (".py", ".pyc", ".so", ".pyd")
_PASSING = ("__pycache__", ".ipynb_checkpoints")
"""Folders that hold nothing a cell would miss."""


class SeenFiles:
    """Watches the files below a folder; `listing` returns what is there now."""

    def __init__(self, root: str, watch: list[str], listing: Any) -> None:
        self._prefix = os.path.join(root, "")
        self._watch = watch
        self._listing = listing
        self._seen: dict[str, str] = {}
        self._on = True
        self._before: Any = listing() if "writes" in watch else None
        sys.addaudithook(self._hear)

    def pause(self) -> None:
        """Look away: what comes is the runtime's own doing."""
        self._on = False

    def _hear(self, event: str, arguments: tuple[Any, ...]) -> None:
        if not self._on:
            return
        if event == "open":
            path, mode, flags = arguments
            writes = bool(flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC))
            self._note(path, "writes" if writes else "reads")
            if writes and (flags & os.O_RDWR or (mode and "a" in str(mode))):
                self._note(path, "reads")
        elif event in _WRITING:
            for path in arguments[:2]:
                self._note(path, "writes")
            if event not in _MAKING:
                self._note(arguments[0], "reads")
        elif event in _LISTING and not by_import(sys._getframe(1)):
            self._note(arguments[0], "reads")
        elif event == "sqlite3.connect":
            self._note(arguments[0], "reads")
            self._note(arguments[0], "writes")

    def _note(self, path: Any, what: str) -> None:
        if what not in self._watch or what in self._seen or isinstance(path, int):
            return
        try:
            full = os.path.abspath(os.fsdecode(path if path is not None else "."))
        except TypeError:
            return
        if (full + os.sep).startswith(self._prefix) and not _is_passing(full):
            self._seen[what] = os.path.relpath(full, self._prefix)

    def changed(self, last: bool) -> dict[str, str]:
        """Return what was seen (`reads`, `writes`) with a path each; `last`: also by listing."""
        if last and self._before is not None and "writes" not in self._seen:
            self.pause()
            path = self._difference()
            if path is not None:
                self._seen["writes"] = path
        return self._seen

    def _difference(self) -> str | None:
        (files, folders), (old_files, old_folders) = self._listing(), self._before
        differing = [each for each in files if old_files.get(each) != files[each]]
        differing += (old_files.keys() - files.keys()) | (folders ^ old_folders)
        return next((each for each in sorted(differing) if not _is_passing(each)), None)


def by_import(frame: Any) -> bool:
    """Tell whether the import system asks: it lists each folder of `sys.path`."""
    return frame is not None and frame.f_code.co_filename.startswith("<frozen importlib")


def _is_passing(path: str) -> bool:
    return path.endswith(_CODE) or any(each in path for each in _PASSING)
