"""Where a module lies below the folders of a search path, by the rules of Python's path finder.

Rules: https://docs.python.org/3/reference/import.html#the-path-based-finder. In one folder a
package wins over a compiled extension, that over a `.py` file. A folder without `__init__.py`
is a part of a namespace package, which all folders of the search path make up together.
"""

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

COMPILED = (".so", ".pyd", ".dylib", ".dll")
_INIT = "__init__.py"
_SHARES = (b"extend_path", b"declare_namespace")
"""A package that says so takes modules from folders of its name further along the path, too."""


@dataclass(frozen=True)
class Root:
    """A folder in which modules are looked up, as an entry of `sys.path`."""

    folder: Path
    why: str = ""
    """What made it one, in words; empty for the notebook's own folder."""
    top: str = ""
    """Where an installer says that the folder itself (or the file) is the module of that name."""
    only: tuple[str, ...] = ()
    """Top-level names that are looked up in it; empty: all."""


@dataclass(frozen=True)
class ModuleFile:
    """A file that runs (or is loaded) when a module is imported."""

    name: str
    """Dotted name of the module."""
    path: Path
    is_package: bool
    """Whether it is the `__init__.py` of a package."""
    root: Root

    @property
    def package(self) -> str:
        """Dotted name that relative imports in the file start from."""
        return self.name if self.is_package else self.name.rpartition(".")[0]

    @property
    def compiled(self) -> bool:
        """Whether it is a compiled extension, which is bound to one machine."""
        return self.path.suffix in COMPILED


@dataclass(frozen=True)
class Located:
    """What importing a dotted name leads to."""

    files: tuple[ModuleFile, ...] = ()
    """The files that it runs, outermost first; a namespace folder runs none."""
    folders: tuple[tuple[Root, Path], ...] = ()
    """Of a package: the folders in which its modules are looked up."""
    whole: bool = False
    """Whether all parts of the name are modules (`from a import b` may name a function)."""


class Folders:
    """Listings of folders, each read once: one look at a project."""

    def __init__(self) -> None:
        self._entries: dict[Path, dict[str, bool]] = {}
        self._compiled: dict[Path, dict[str, str]] = {}
        self._shares: dict[Path, bool] = {}

    def of(self, folder: Path) -> dict[str, bool]:
        """Return the names in a folder and whether each is a folder; none where it is none."""
        known = self._entries.get(folder)
        if known is None:
            try:
                with os.scandir(folder) as entries:
                    known = {each.name: each.is_dir() for each in entries if _is_there(each)}
            except OSError:
                known = {}
            self._entries[folder] = known
        return known

    def compiled(self, folder: Path) -> dict[str, str]:
        """Return the compiled extensions of a folder by the names of their modules."""
        known = self._compiled.get(folder)
        if known is None:
            # `part.cpython-311-x86_64-linux-gnu.so`, `part.abi3.so` and `part.so` are all found.
            names = sorted(name for name in self.of(folder) if name.endswith(COMPILED))
            known = {name.partition(".")[0]: name for name in reversed(names)}
            self._compiled[folder] = known
        return known

    def shares(self, init: Path) -> bool:
        """Return whether a package takes modules from further folders of its name."""
        known = self._shares.get(init)
        if known is None:
            try:
                text = init.read_bytes()
            except OSError:
                text = b""
            known = self._shares[init] = any(each in text for each in _SHARES)
        return known


def _is_there(entry: "os.DirEntry[str]") -> bool:
    """Tell whether an entry is a file or folder, and no link that leads nowhere."""
    return entry.is_file() or entry.is_dir()


def locate(folders: Folders, roots: Sequence[Root], dotted: str) -> Located:
    """Return what importing a dotted name leads to; nothing where its first part is not there."""
    files: list[ModuleFile] = []
    places: tuple[tuple[Root, Path], ...] = ()
    name = ""
    for part in dotted.split("."):
        if not part.isidentifier():
            return Located(tuple(files), places)  # computed from something else
        top = not name
        name = f"{name}.{part}" if name else part
        if top:
            found, inside = _top(folders, roots, part)
        else:
            found, inside = _in_folders(folders, places, part, name)
        if found is None and not inside:
            return Located(tuple(files), places if files else ())
        places = inside
        files += [found] if found else []
    return Located(tuple(files), places, True)


def modules_in(folders: Folders, places: Iterable[tuple[Root, Path]]) -> tuple[str, ...]:
    """Return the names of the modules and packages in a package's folders, sorted."""
    found = set()
    for _, folder in places:
        for entry, is_folder in folders.of(folder).items():
            name = entry if is_folder else entry.removesuffix(".py")
            module = _INIT in folders.of(folder / entry) if is_folder else name != entry
            if module and name.isidentifier() and name != "__init__":
                found.add(name)
    return tuple(sorted(found))


_Found = tuple[ModuleFile | None, tuple[tuple[Root, Path], ...]]


def _top(folders: Folders, roots: Sequence[Root], part: str) -> _Found:
    places = []
    for root in roots:
        if root.top == part:
            return _renamed(root, part)
        if not root.top and (not root.only or part in root.only):
            places.append((root, root.folder))
    return _in_folders(folders, tuple(places), part, part)


def _renamed(root: Root, name: str) -> _Found:
    """Return a package whose folder has another name than it."""
    init = root.folder / _INIT
    if root.folder.is_file():
        return ModuleFile(name, root.folder, False, root), ()
    found = ModuleFile(name, init, True, root) if init.is_file() else None
    return found, ((root, root.folder),)


def _in_folders(
    folders: Folders, places: tuple[tuple[Root, Path], ...], part: str, name: str
) -> _Found:
    parts: list[tuple[Root, Path]] = []
    for number, (root, folder) in enumerate(places):
        found = _in_folder(folders, root, folder, part, name)
        if found is None:
            if folders.of(folder).get(part):
                parts.append((root, folder / part))
        elif not found.is_package:
            return found, ()
        else:
            rest = places[number + 1 :]
            if rest and not folders.shares(found.path):
                rest = ()
            more = [(each, path / part) for each, path in rest if folders.of(path).get(part)]
            return found, ((root, folder / part), *more)
    return None, tuple(parts)


def _in_folder(
    folders: Folders, root: Root, folder: Path, part: str, name: str
) -> ModuleFile | None:
    entries = folders.of(folder)
    if entries.get(part) and _INIT in folders.of(folder / part):
        return ModuleFile(name, folder / part / _INIT, True, root)
    if part in folders.compiled(folder):
        return ModuleFile(name, folder / folders.compiled(folder)[part], False, root)
    if entries.get(f"{part}.py") is False:
        return ModuleFile(name, folder / f"{part}.py", False, root)
    return None
