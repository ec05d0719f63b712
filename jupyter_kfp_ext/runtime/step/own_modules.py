"""The user's own modules in a step: as they were when the pipeline was submitted, and no others.

They are copied from the bundle into a private folder, where they lie to each other as on the user's
machine, so that data beside them is found. Tracebacks name the user's file, not the copy. On the
user's machine, where the project itself can be reached, modules in it are not imported: a step runs
the code that was sent, also where a file was edited since.
"""

from __future__ import annotations

import os
import sys

from .failure import StepFailure
from .fast_modules import sha256
from .place import LIVE_VARIABLE, private_folder, write_file

TYPE_CHECKING = False  # importing `typing` costs more than a short cell
if TYPE_CHECKING:
    from importlib.machinery import FileFinder, SourceFileLoader
    from typing import Any

    from .place import CodePlace

_machinery: Any = __import__("_frozen_importlib_external")
"""What `importlib.machinery` shows, which imports much else."""
if not TYPE_CHECKING:
    FileFinder, SourceFileLoader = _machinery.FileFinder, _machinery.SourceFileLoader

REFUSED: set[str] = set()
"""Names of modules that lie in the user's project, but did not come with this step."""
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_CHANGING = frozenset(["os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.truncate"])
_here: list[OwnModules] = []
"""Those of this step."""
_PACKAGES = ("site-packages", "dist-packages")


def code_of(pickle: list[memoryview]) -> str:
    """Return the hash of the user's modules where a pickle names one of them; else an empty text.

    What a later step does with such an object is up to its class, so a result of that step counts
    only where the class is what it was.
    """
    own = _here[0] if _here else None
    if own is None or not own.copies:
        return ""
    names = [
        name.encode()
        for name, module in list(sys.modules.items())
        if (getattr(module, "__file__", None) or "").startswith(own.copies)
    ]
    # As pickle writes a short text: its code, its length in one byte, itself.
    marks = [b"\x8c" + bytes([len(name)]) + name for name in names if len(name) < 256]
    stream = [bytes(each) for each in pickle] if marks else []
    return own.code if any(mark in each for mark in marks for each in stream) else ""


def is_own(module: str) -> bool:
    """Tell a module that came with this step."""
    own = _here[0] if _here else None
    file = getattr(sys.modules.get(module), "__file__", None) or ""
    return own is not None and own.copies != "" and file.startswith(own.copies)


class OwnModules:
    """Where they lie in this step, and what is imported instead of what."""

    def __init__(self, place: CodePlace, slice_: dict[str, Any]) -> None:
        given = os.environ.pop("KFP_OWN_FOLDERS", "")
        self._closed = [os.path.realpath(each) for each in given.split(os.pathsep) if each]
        self._notebook = given.split(os.pathsep)[0]
        """Where the notebook's folder is on the user's machine; empty where that is not known."""
        self._made = {
            os.path.realpath(os.path.join(self._notebook, each))
            for each in slice_.get("own_made") or ()
        }
        """Modules that the notebook writes: those are the step's, wherever a link leads."""
        self._step = os.environ.get("KFP_STEP_FOLDER", "")
        self._library = os.path.dirname(os.__file__)
        self._texts: dict[str, str] = {}
        self.copies = ""
        self.code = ""
        """Hash of all that was copied."""
        _here[:] = [self]
        self._beside = ""
        paths = [each for each in slice_.get("helpers") or () if each.startswith("helpers/")]
        live = os.environ.get(LIVE_VARIABLE, "")
        if live:
            self._live(live, slice_)
        elif paths:
            self._copy(place, paths, slice_)
        sys.path_hooks.insert(0, self._finder)
        for entry in map(os.path.abspath, sys.path):
            if not self._is_installed(entry) and self._takes(os.path.realpath(entry)):
                sys.path_importer_cache.pop(entry, None)

    def tell_linecache(self) -> None:
        """Give the texts as they were sent to whoever shows tracebacks."""
        import linecache

        for path, text in self._texts.items():
            linecache.cache[path] = (len(text), None, text.splitlines(True), path)
        self._texts.clear()

    def shown(self, path: str) -> str:
        """Return where a copied file lies on the user's machine, as far as that is known."""
        if not path.startswith(f"{self.copies}{os.sep}notebook{os.sep}"):
            return os.path.relpath(path, self.copies).lstrip("@")
        relative = os.path.relpath(path, self._beside)
        return os.path.normpath(os.path.join(self._notebook, relative))

    def remember(self, shown: str, text: str) -> None:
        """Keep the text of a module for tracebacks."""
        self._texts[shown] = text
        if "linecache" in sys.modules:
            self.tell_linecache()

    def _live(self, folder: str, slice_: dict[str, Any]) -> None:
        """Take the modules from the working tree itself; copies are of no use then."""
        if not os.path.isdir(folder) or not os.listdir(folder):
            raise StepFailure(
                "storage-failed",
                "There is no working tree where this step should find it on the claim.",
                "Check `live` in `helpers_volume`: the folder of the notebook within the claim.",
            )
        self._beside = folder
        sys.path[:0] = [self._at(each) for each in slice_.get("path") or [""]]

    def _copy(self, place: CodePlace, paths: list[str], slice_: dict[str, Any]) -> None:
        self.copies = os.path.realpath(private_folder())
        self._beside = os.path.join(
            self.copies, "notebook", *(slice_.get("above") or [os.path.basename(self._notebook)])
        )
        os.makedirs(self._beside)
        digest = sha256()
        for path in sorted(paths):
            data = place.read(path)
            digest.update(f"{path}\0{len(data)}\0".encode())
            digest.update(data)
            write_file(self._at(path.partition("/")[2]), data)
        self.code = digest.hexdigest()
        sys.path[:0] = [self._at(each) for each in slice_.get("path") or [""]]
        sys.addaudithook(self._hear)

    def _at(self, place: str) -> str:
        """Return where a place below `helpers/` is in this step."""
        parts = place.split("/")
        if parts[0].startswith("@") and parts[0] != "@parent":
            return os.path.join(self.copies, *parts)
        up = (os.pardir if part == "@parent" else part for part in parts)
        return os.path.normpath(os.path.join(self._beside, *up))

    def _finder(self, entry: str) -> Any:
        """Return what finds modules in a folder (an entry of `sys.path_hooks`)."""
        real = os.path.realpath(entry)
        if self.copies and _is_in(real, self.copies):
            return FileFinder(entry, (_loader(self), [".py"]))
        if self._takes(real) and os.path.isdir(entry) and not _is_target(entry):
            return _Filtered(entry, self)
        raise ImportError

    def _takes(self, real: str) -> bool:
        """Tell whether modules in a folder are of the user's project, or of this step."""
        mine = self._step and _is_in(real, self._step)
        return bool(mine) or self.is_closed(real)

    def is_closed(self, real: str) -> bool:
        """Tell whether a file lies in the user's project, apart from what is installed there."""
        if real in self._made or (self._step and _is_in(real, self._step)):
            return False
        if self._is_installed(real):
            return False
        return any(_is_in(real, folder) for folder in self._closed)

    def _is_installed(self, place: str) -> bool:
        return _is_in(place, self._library) or any(
            each in place.split(os.sep) for each in _PACKAGES
        )

    def _hear(self, event: str, arguments: tuple[Any, ...]) -> None:
        """Refuse that a module writes beside itself: nobody would find it there again."""
        if event == "open":
            path, _, flags = arguments
            if not isinstance(flags, int) or not flags & _WRITING:
                return
        elif event in _CHANGING:
            path = arguments[0]
        else:
            return
        path = path if isinstance(path, str) else os.fsdecode(path) if _is_path(path) else ""
        if path.startswith(self.copies + os.sep):
            raise PermissionError(
                13,
                "This module writes beside itself. Its folder is a copy of your code that ends "
                "with the step: write to the working folder instead",
                self.shown(path),
            )


def _is_path(value: Any) -> bool:
    return isinstance(value, bytes) or hasattr(value, "__fspath__")


def _is_in(path: str, folder: str) -> bool:
    return path == folder or path.startswith(folder + os.sep)


def _is_target(folder: str) -> bool:
    """Tell whether packages were installed into a folder of the project (`pip install -t`)."""
    return any(name.endswith(".dist-info") for name in os.listdir(folder))


def _loader(own: OwnModules) -> Any:
    """Return a class of loaders whose code names the user's files."""

    class Loader(SourceFileLoader):
        def source_to_code(  # type: ignore[override]
            self, data: Any, path: Any, *, _optimize: int = -1
        ) -> Any:
            shown = own.shown(path)
            own.remember(shown, self.get_source(self.name) or "")
            return compile(data, shown, "exec", dont_inherit=True, optimize=_optimize)

        def _cache_bytecode(self, *_: Any) -> None:
            """Keep nothing: the copy ends with the step."""

    return Loader


class _Filtered(FileFinder):
    """Finds the modules of a folder that the step made itself, not those of the user's project."""

    def __init__(self, folder: str, own: OwnModules) -> None:
        super().__init__(
            folder,
            (_machinery.ExtensionFileLoader, __import__("_imp").extension_suffixes()),
            (SourceFileLoader, [".py"]),
            (_machinery.SourcelessFileLoader, [".pyc"]),
        )
        self._own = own

    def find_spec(self, fullname: str, target: Any = None) -> Any:
        spec = super().find_spec(fullname, target)
        if spec is None:
            return None
        places = [spec.origin] if spec.origin else list(spec.submodule_search_locations or ())
        if any(self._own.is_closed(os.path.realpath(each)) for each in places):
            REFUSED.add(fullname)
            return None
        return spec
