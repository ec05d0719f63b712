"""Where a module lies below a folder, by the rules of Python's own path finder.

Rules: https://docs.python.org/3/reference/import.html#the-path-based-finder. In one folder a
package wins over a compiled extension, that over a `.py` file, that over a namespace folder.
"""

from dataclasses import dataclass
from pathlib import Path

COMPILED = (".so", ".pyd", ".dylib", ".dll")
_INIT = "__init__.py"


@dataclass(frozen=True)
class ModuleFile:
    """A file that runs (or is loaded) when a module is imported."""

    name: str
    """Dotted name of the module."""
    path: Path
    is_package: bool
    """Whether it is the `__init__.py` of a package."""

    @property
    def package(self) -> str:
        """Dotted name that relative imports in the file start from."""
        return self.name if self.is_package else self.name.rpartition(".")[0]

    @property
    def compiled(self) -> bool:
        """Whether it is a compiled extension, which is bound to one machine."""
        return self.path.suffix in COMPILED


def locate(root: Path, dotted: str) -> tuple[ModuleFile, ...]:
    """Return the files below `root` that importing a dotted name runs, outermost first.

    Empty where its first part is not there. Where a later part is not (`from a import b` names a
    function), the files up to it. A namespace folder runs no file of its own.
    """
    files: list[ModuleFile] = []
    folder = root
    name = ""
    for part in dotted.split("."):
        if not part.isidentifier():
            break  # a name computed from something else, never a path to follow
        name = f"{name}.{part}" if name else part
        found = _in_folder(folder, part, name)
        if found is not None:
            files.append(found)
        if found is not None and not found.is_package:
            break
        folder = folder / part
        if not folder.is_dir():
            break
    return tuple(files)


def _in_folder(folder: Path, part: str, name: str) -> ModuleFile | None:
    init = folder / part / _INIT
    if init.is_file():
        return ModuleFile(name, init, True)
    for suffix in COMPILED:
        # `part.cpython-311-x86_64-linux-gnu.so`, `part.abi3.so` and `part.so` are all found.
        compiled = sorted(folder.glob(f"{part}*{suffix}"))
        matching = [path for path in compiled if path.name.split(".")[0] == part]
        if matching:
            return ModuleFile(name, matching[0], False)
    module = folder / f"{part}.py"
    return ModuleFile(name, module, False) if module.is_file() else None
