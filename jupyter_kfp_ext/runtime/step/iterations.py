"""Files of a loop's iterations: what each did itself, and what it looked for that others wrote.

Each iteration starts from the files of before the loop, in a folder of its own. A kernel's second
one would find what the first wrote: where that can be told, it is an error of who takes the files.
"""

from __future__ import annotations

import filecmp
import functools
import os
import sys

from .failure import StepFailure
from .seen_files import by_import

TYPE_CHECKING = False  # importing `typing` costs more than a short cell
if TYPE_CHECKING:
    from typing import Any

    from .files import Listing

_MOVING = frozenset(["os.rename", "os.link"])
_LISTING = frozenset(["os.listdir", "os.scandir"])


class Looks:
    """Notes the files that cells look at before they wrote them, and the folders that they list."""

    def __init__(self, root: str, start: str) -> None:
        self._prefix = os.path.join(root, "")
        self._start = start
        self._on = True
        self._written: set[str] = set()
        self.files: set[str] = set()
        """Paths from the working folder, also of files that are not there."""
        self.folders: set[str] = set()
        sys.addaudithook(self._hear)
        self._hear_stat()

    def pause(self) -> None:
        """Look away: what comes is the runtime's own doing."""
        self._on = False

    def _hear(self, event: str, arguments: tuple[Any, ...]) -> None:
        if not self._on:
            return
        if event == "open":
            path, mode, flags = arguments
            writes = bool(flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC))
            if not writes or flags & os.O_RDWR or (mode and set("a+") & set(str(mode))):
                self._look(path)
            if writes:
                self._write(path)
        elif event in _MOVING and arguments[2:] == (-1, -1):
            self._look(arguments[0])
            self._write(arguments[0])
            self._write(arguments[1])
        elif event == "sqlite3.connect" or (event == "os.remove" and arguments[1] == -1):
            self._look(arguments[0])
            self._write(arguments[0])
        elif event in _LISTING and not by_import(sys._getframe(1)):
            path = self._path(arguments[0] if arguments[0] is not None else ".")
            self.folders |= {path} if path else set()

    def _hear_stat(self) -> None:
        """No event tells that a cell asks whether a file is there."""
        real = os.stat

        @functools.wraps(real)
        def stat(path: Any, **options: Any) -> os.stat_result:
            if self._on:
                self._look(path)
            return real(path, **options)

        for supporting in (os.supports_dir_fd, os.supports_fd, os.supports_follow_symlinks):
            if real in supporting:
                supporting.add(stat)
        os.stat = stat

    def _look(self, path: Any) -> None:
        found = self._path(path)
        if found and found not in self._written:
            self.files.add(found)

    def _write(self, path: Any) -> None:
        self._written.add(self._path(path))

    def _path(self, path: Any) -> str:
        """Return a path of the step's own files from the working folder, or empty."""
        if isinstance(path, int):
            return ""
        try:
            full = os.path.abspath(os.fsdecode(path))
        except (TypeError, ValueError):
            return ""
        inside = (full + os.sep).startswith(self._prefix) and "__pycache__" not in full
        return os.path.relpath(full, self._start) if inside else ""


def own_changes(state: dict[str, Any], before: Listing, now: Listing) -> dict[str, Any]:
    """Return what of a state of files came about since `before`."""
    (old, old_folders), (files, folders) = before, now
    return {
        "changed": [each for each in state["changed"] if old.get(each) != files[each]],
        "links": {key: link for key, link in state["links"].items() if old.get(key) != files[key]},
        "twins": {key: first for key, first in state["twins"].items() if key not in old},
        "deleted": sorted(old.keys() - files.keys()),
        "folders": sorted(folders - old_folders),
        "removed": sorted(old_folders - folders, reverse=True),
    }


def check_files(folders: list[str]) -> None:
    """Refuse files of which iterations in one process would have made something else."""
    from .loading import Loader

    written: dict[str, str] = {}
    deleted: set[str] = set()
    for folder in folders:
        state = Loader().load(folder, ["@files"]).get("@files", {})
        own = state.get("own", state)
        looked = [*state.get("looked", ()), *own.get("deleted", ())]
        listed = set(state.get("listed", ()))
        for path in sorted({*written, *deleted}):
            if path in looked or (os.path.dirname(path) or ".") in listed:
                raise _refused(
                    f"An iteration of a loop looked for {path}, which an earlier one wrote or "
                    "deleted: each starts from the files of before the loop."
                )
        for path in own.get("changed", ()):
            place = os.path.join(folder, "files", path)
            other = written.setdefault(path, place)
            if other != place and not filecmp.cmp(other, place, shallow=False):
                raise _refused(
                    f"Several iterations of a loop wrote {path}, each as if it were the first."
                )
        written.update(dict.fromkeys(own.get("links", ()), ""))
        written.update(dict.fromkeys(own.get("twins", ()), ""))
        deleted.update(own.get("deleted", ()))


def _refused(message: str) -> StepFailure:
    return StepFailure(
        "value-cannot-cross",
        message,
        "Let each iteration write a file of its own: put the item into its name.",
    )
