"""Where the user's files stand in the bundle: as they lie to each other on this machine.

So a path that a module makes from its `__file__` leads where it leads in the kernel. `helpers/` is
the notebook's folder and `helpers/@parent/` the one above it; a folder far away from the notebook
has a place of its own, `helpers/@name/`.
"""

import os
from collections.abc import Iterable
from pathlib import Path

from .locate import Root

FOLDER = "helpers"
"""Folder of the bundle that holds the user's modules."""
PARENT = "@parent"
"""A part `..`, so that nothing lies outside."""
_HIGHEST = 4
"""Folders above the notebook's that are mirrored."""


class Places:
    """Gives each file its place in the bundle."""

    def __init__(self, folder: Path) -> None:
        """Take the notebook's folder, without links in its path."""
        self._folder = folder
        self._below = os.path.join(folder, "")  # noqa: PTH118
        self._far: dict[Path, str] = {}

    def of(self, path: Path, root: Root) -> str:
        """Return the path in the bundle of a file that was found by a root."""
        if not root.top and not self._is_far(path):
            return f"{FOLDER}/{self._mirrored(path)}"
        inside = os.path.relpath(path, root.folder)
        if root.top:
            inside = f"{root.top}.py" if path == root.folder else f"{root.top}/{inside}"
        parts = [PARENT if part == os.pardir else part for part in Path(inside).parts]
        return "/".join((FOLDER, self._name(root), *parts))

    def entry(self, root: Root) -> str:
        """Return what stands for a root on the step's `sys.path`: a place below `helpers/`."""
        if root.top or self._is_far(root.folder):
            return self._name(root)
        place = self._mirrored(root.folder)
        return "" if place == os.curdir else place

    def shown(self, path: Path) -> str:
        """Return a path as the user is told it: from the notebook's folder, if it is not far."""
        return str(path) if self._is_far(path) else self._relative(path)

    def above(self, paths: Iterable[str]) -> tuple[str, ...]:
        """Return the names of the folders down to the notebook's that paths in the bundle need.

        The notebook's own is the last; empty where nothing lies above it.
        """
        up = max((_leading(path) for path in paths), default=0)
        return self._folder.parts[-up:] if up else ()

    def _relative(self, path: Path) -> str:
        text = str(path)
        # Nearly all files lie below; `relpath` takes ten times as long.
        if text.startswith(self._below) and os.pardir not in text:
            return text[len(self._below) :]
        return os.path.relpath(path, self._folder)

    def _mirrored(self, path: Path) -> str:
        parts = Path(self._relative(path)).parts
        return "/".join(PARENT if part == os.pardir else part for part in parts) or os.curdir

    def _is_far(self, path: Path) -> bool:
        up = Path(self._relative(path)).parts.count(os.pardir)
        # The root of the file system is nobody's project.
        return up > _HIGHEST or up >= len(self._folder.parts) - 1

    def _name(self, root: Root) -> str:
        if root.folder not in self._far:
            name = f"@{root.top or root.folder.name}"
            taken = set(self._far.values())
            number = 2
            while name in taken:
                name = f"@{root.top or root.folder.name}-{number}"
                number += 1
            self._far[root.folder] = name
        return self._far[root.folder]


def _leading(path: str) -> int:
    """Count the folders above the notebook's that a path of the bundle goes up to."""
    parts = path.split("/")[1:]
    return next((n for n, part in enumerate(parts) if part != PARENT), len(parts))
