"""Data files that modules read: templates, tables and settings, beside them or in their package."""

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from .locate import COMPILED
from .mentions import Mention

# What tools leave behind, and what is loaded as code on its own account.
_NO_DATA_SUFFIXES = (".py", ".pyc", ".pyo", ".ipynb", *COMPILED)
_NO_DATA_FOLDERS = ("__pycache__", "node_modules")
_MOST_FILES = 200
"""A folder with more is no part of the code."""


def package_data(package: Path) -> Iterator[Path]:
    """Yield the data files of a package's folder, sorted by path.

    Folders that hold Python files are packages of their own and are left out, as are hidden
    folders; a hidden file is data only where its name says that it is a secret to be refused.
    """
    seen = set()
    for folder, folders, names in os.walk(package, followlinks=True):
        here = Path(folder)
        real = here.resolve()
        if real in seen:  # a link that leads back up
            folders[:] = []
            continue
        seen.add(real)
        folders[:] = sorted(
            name
            for name in folders
            if not name.startswith(".")
            and name not in _NO_DATA_FOLDERS
            and not any((here / name).glob("*.py"))
        )
        for name in sorted(names):
            if not name.endswith(_NO_DATA_SUFFIXES) and (
                not name.startswith(".") or name.startswith(".env")
            ):
                yield here / name


def files_beside(module: Path, named: Iterable[Mention], own: Iterable[str]) -> Iterator[Path]:
    """Yield the data files that a module's text names, sorted by path.

    `named` are literals that stand for a file in the module's own folder, `own` are paths that
    the text makes from `__file__`; a folder among them stands for the files in it.
    """
    patterns = {each.pattern for each in named if not each.written and "/" not in each.pattern}
    found = set()
    for path in (*patterns, *own):
        place = Path(os.path.normpath(module.parent / path))
        if place.is_file():
            found.add(place)
        elif path in own and place.is_dir() and not module.is_relative_to(place):
            below = sorted(package_data(place))
            found.update(below if len(below) <= _MOST_FILES else ())
    yield from sorted(each for each in found if not each.name.endswith(_NO_DATA_SUFFIXES))
