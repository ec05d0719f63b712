"""The examples that come with the package, written where a user can change and run them."""

import filecmp
import shutil
from collections.abc import Iterator
from pathlib import Path

from ..errors import Code, KfpExtError, Problem
from ..storage import storage_error

FIRST = "digits.ipynb"
"""The notebook to begin with."""

_NOT_COPIED = frozenset({"__pycache__", ".ipynb_checkpoints"})


def examples_folder() -> Path:
    """Return where the examples are: in the installed package, or beside it in a source tree."""
    package = Path(__file__).resolve().parents[1]
    for folder in (package / "examples", package.parent / "examples"):
        if (folder / FIRST).is_file():
            return folder
    raise KfpExtError(
        Problem(
            Code.STORAGE_FAILED,
            "The examples are not part of this installation.",
            "Install jupyter-kfp-ext again.",
        )
    )


def write_examples(source: Path, target: Path) -> list[Path]:
    """Copy the examples; returns the files that are there with other content and were kept.

    Raises `KfpExtError` (`storage-failed`).
    """
    kept = []
    for path in _files(source):
        copy = target / path.relative_to(source)
        if copy.exists():
            if not filecmp.cmp(path, copy, shallow=False):
                kept.append(copy)
            continue
        try:
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, copy)
        except OSError as error:
            raise storage_error(copy, error) from error
    return kept


def _files(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not _NOT_COPIED.intersection(path.relative_to(folder).parts):
            yield path
