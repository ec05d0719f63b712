"""Modules beside the notebook: which names are theirs, and what the plan has to know of their text.

They lie beside the notebook, or in a folder that cells add to `sys.path` or settings name.
"""

import re
from collections.abc import Callable, Iterator
from functools import cache
from itertools import islice
from pathlib import Path

from ..notation.model import PipelineModel
from .cell import analyse_cell
from .path_changes import path_changes

_IMPORTED = re.compile(r"^\s*(?:from|import)\s+\.?(\w+)", re.MULTILINE)
_MOST_FILES = 200
"""Files of a package whose text is looked at."""


def local_modules(folders: list[Path]) -> Callable[[str], bool]:
    """Return what tells whether a module is the user's own; `folders`: see `module_folders`."""

    @cache
    def is_local(module: str) -> bool:
        if module.startswith("."):
            return True
        return any(
            (each / f"{module}.py").is_file() or (each / module).is_dir() for each in folders
        )

    return is_local


def helpers_end(model: PipelineModel, folders: list[Path]) -> bool:
    """Tell whether something runs at the end of objects of the user's own modules (`__del__`)."""
    pending = sorted({each for cell in model.cells for each in analyse_cell(cell.body).modules})
    seen: set[str] = set()
    while pending:
        module = pending.pop().split(".")[0]
        if module in seen:
            continue
        seen.add(module)
        for text in _texts(folders, module):
            if "__del__" in text:
                return True
            pending += _IMPORTED.findall(text)
    return False


def _texts(folders: list[Path], module: str) -> Iterator[str]:
    for folder in folders:
        inside = (folder / module).rglob("*.py") if module else ()
        for path in (folder / f"{module}.py", *islice(inside, _MOST_FILES)):
            if path.is_file():
                yield path.read_text(encoding="utf-8", errors="replace")


def module_folders(model: PipelineModel) -> list[Path]:
    """Return the folders where modules of the user's own lie."""
    folder = Path(model.notebook.path).parent if model.notebook.path else None
    if folder is None:
        return []
    known: tuple[tuple[str, str], ...] = ()
    entries = list(model.settings.roots or ())
    for cell in model.cells:
        changes, known = path_changes(cell.body, known)
        entries += [each.entry for each in changes if each.entry]
    return [folder, *(folder.resolve() / each for each in entries)]
