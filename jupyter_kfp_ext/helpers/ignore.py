"""What the user keeps from being sent: `.kfpignore` files and the setting `exclude`.

Both are written as a `.gitignore` (https://git-scm.com/docs/gitignore); a file in a folder counts
for what is below that folder, the deeper one decides.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

FILE = ".kfpignore"


class Ignored:
    """Tells whether a file is kept back; reads each `.kfpignore` once."""

    def __init__(self, folder: Path, top: Path, exclude: Sequence[str] = ()) -> None:
        """Take the notebook's folder, where `exclude` starts, and the project's."""
        self._folder = folder
        self._top = top
        self._exclude = _spec(exclude)
        self._specs: dict[Path, Any] = {}

    def __call__(self, path: Path) -> bool:
        """Tell whether the file must not be sent."""
        inside = self._exclude is not None and path.is_relative_to(self._folder)
        if inside and self._exclude.match_file(path.relative_to(self._folder).as_posix()):
            return True
        for folder in path.parents:
            spec = self._of(folder)
            if spec is not None:
                said = spec.check_file(path.relative_to(folder).as_posix()).include
                if said is not None:
                    return bool(said)
            if folder == self._top:
                break
        return False

    def _of(self, folder: Path) -> Any:
        if folder not in self._specs:
            try:
                lines = (folder / FILE).read_text(encoding="utf-8", errors="replace").splitlines()
            except OSError:
                lines = []
            self._specs[folder] = _spec(lines)
        return self._specs[folder]


def _spec(lines: Sequence[str]) -> Any:
    if not lines:
        return None
    from pathspec import GitIgnoreSpec

    return GitIgnoreSpec.from_lines(lines)
