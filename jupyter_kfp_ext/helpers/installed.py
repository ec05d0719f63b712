"""What is installed for an interpreter, and what of it is the user's own, installed to be edited.

Read from the files that installers leave (https://packaging.python.org/en/latest/specifications/):
nothing is started, and the interpreter need not be the one that this runs with.
"""

import ast
import json
import os
import sys
from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from urllib.parse import unquote, urlparse

from .locate import Folders, Root, locate

_PACKAGES = ("site-packages", "dist-packages")
_OWN = __name__.partition(".")[0]
"""This package itself, when it is being worked on, is no helper."""


def site_folders(python: str | None = None) -> tuple[Path, ...]:
    """Return the folders of installed packages of an interpreter (None: of this one)."""
    if python is None or Path(python) == Path(sys.executable):
        entries = [Path(each) for each in sys.path]
        return tuple(each for each in entries if each.name in _PACKAGES and each.is_dir())
    prefix = Path(python).absolute().parent.parent
    found = list(_below(prefix))
    settings = _settings(prefix / "pyvenv.cfg")
    if settings is None or settings.get("include-system-site-packages", "").lower() == "true":
        base = Path(settings["home"]).parent if settings and "home" in settings else prefix
        for each in (base, Path(python).resolve().parent.parent):
            found += _below(each)
        found += _below(Path("~/.local").expanduser())
    return tuple(dict.fromkeys(found))


def is_target(folder: Path) -> bool:
    """Tell whether packages were installed into a folder (`pip install --target`)."""
    return folder.name in _PACKAGES or any(folder.glob("*.dist-info"))


def is_installed(name: str, sites: Sequence[Path], folders: Folders) -> bool:
    """Tell whether a top-level module is installed; parts of namespace packages are not."""
    return bool(locate(folders, [Root(each) for each in sites], name).files)


def is_there(name: str, sites: Sequence[Path], folders: Folders) -> bool:
    """Tell whether a top-level module, or a part of a namespace package, is installed.

    What the variable `PYTHONPATH` names counts as installed.
    """
    named = (Path(each) for each in os.environ.get("PYTHONPATH", "").split(os.pathsep) if each)
    found = locate(folders, [Root(each) for each in (*sites, *named)], name)
    return bool(found.files or found.folders)


def editable_roots(folders: Sequence[Path]) -> tuple[Root, ...]:
    """Return where the sources of what is installed to be edited lie, in the order of the path."""
    found: dict[tuple[Path, str], Root] = {}
    for folder in folders:
        for root in _roots_of(folder, _stamp(folder)):
            found.setdefault((root.folder, root.top), root)
    return tuple(found.values())


def added_by_pth(folder: Path) -> tuple[Path, ...]:
    """Return the folders that the `.pth` files of a folder add to the path."""
    return tuple(root.folder for root in _of_pth(folder))


def _stamp(folder: Path) -> int:
    try:
        return folder.stat().st_mtime_ns
    except OSError:
        return 0


@lru_cache(maxsize=64)
def _roots_of(folder: Path, stamp: int) -> tuple[Root, ...]:
    """Return the roots of one folder; `stamp` changes when something is installed into it."""
    return (*_of_pth(folder), *_of_finders(folder), *_of_urls(folder))


def _of_pth(folder: Path) -> Iterator[Root]:
    for file in sorted(folder.glob("*.pth")):
        why = f"`{file.name}` of the environment adds it to the path"
        try:
            lines = file.read_text(encoding="utf-8", errors="replace").splitlines()
        except OSError:
            continue
        for line in map(str.strip, lines):
            if not line or line.startswith(("#", "import ", "import\t")):
                continue
            place = Path(os.path.normpath(folder / line))
            if place.is_dir() and not is_target(place) and not (place / _OWN).is_dir():
                yield Root(place, why)


def _of_finders(folder: Path) -> Iterator[Root]:
    """Yield what setuptools' finders say: `MAPPING` from modules to their places."""
    for file in sorted(folder.glob("__editable___*.py")):
        why = f"`{file.name}` of the environment says where it is"
        try:
            tree = ast.parse(file.read_bytes())
        except (OSError, SyntaxError, ValueError):
            continue
        for node in tree.body:
            if isinstance(node, (ast.Assign, ast.AnnAssign)) and node.value is not None:
                target = node.targets[0] if isinstance(node, ast.Assign) else node.target
                if getattr(target, "id", "") == "MAPPING":
                    for name, text in ast.literal_eval(node.value).items():
                        yield from _mapped(name, Path(text), why)


def _mapped(name: str, place: Path, why: str) -> Iterator[Root]:
    parts = name.split(".")
    if name == _OWN:
        return
    if len(parts) > 1:  # of a namespace package
        if list(place.parts[-len(parts) :]) == parts and place.is_dir():
            yield Root(place.parents[len(parts) - 1], why, only=(parts[0],))
    elif place.name == name and place.is_dir():
        yield Root(place.parent, why, only=(name,))
    elif place.is_dir():
        yield Root(place, why, top=name)
    elif (module := place.with_name(f"{place.name}.py")).is_file():
        if place.name == name:
            yield Root(place.parent, why, only=(name,))
        else:
            yield Root(module, why, top=name)


def _of_urls(folder: Path) -> Iterator[Root]:
    """Yield the sources that `direct_url.json` (PEP 610) names, for finders of other builders."""
    for file in sorted(folder.glob("*.dist-info/direct_url.json")):
        try:
            said = json.loads(file.read_bytes())
            editable = said["dir_info"]["editable"]
            project = Path(unquote(urlparse(said["url"]).path))
        except (OSError, ValueError, KeyError, TypeError):
            continue
        name = file.parent.name.partition("-")[0]
        if editable is not True or name == _OWN:
            continue
        for place in (project / "src", project):
            if place.is_dir():
                yield Root(place, f"{name} is installed from there to be edited", only=(name,))


def _below(prefix: Path) -> Iterator[Path]:
    for pattern in ("lib/python3*/site-packages", "lib/python3*/dist-packages"):
        yield from sorted(prefix.glob(pattern))


def _settings(file: Path) -> dict[str, str] | None:
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except OSError:
        return None
    pairs = (line.partition("=") for line in lines)
    return {key.strip().lower(): value.strip() for key, _, value in pairs}
