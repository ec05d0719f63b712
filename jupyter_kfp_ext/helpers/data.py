"""Data files that modules read: templates, tables and settings, beside them or in their package."""

import os
from collections.abc import Iterator
from pathlib import Path

from .locate import COMPILED
from .mentions import mentions

# What tools leave behind, and what is loaded as code on its own account.
_NO_DATA_SUFFIXES = (".py", ".pyc", ".pyo", ".ipynb", *COMPILED)
_NO_DATA_FOLDERS = ("__pycache__", "node_modules")


def package_data(package: Path) -> Iterator[Path]:
    """Yield the data files of a package's folder, sorted by path.

    Folders that hold Python files are packages of their own and are left out, as are hidden
    folders; a hidden file is data only where its name says that it is a secret to be refused.
    """
    for folder, folders, names in os.walk(package):
        here = Path(folder)
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


def files_beside(module: Path, source: str) -> Iterator[Path]:
    """Yield the data files in a module's own folder that its text names, sorted by name."""
    named = {each.pattern for each in mentions(source) if not each.written}
    for name in sorted(named):
        path = module.parent / name
        if "/" not in name and not name.endswith(_NO_DATA_SUFFIXES) and path.is_file():
            yield path
