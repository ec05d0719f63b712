"""The parts of the world that cross between steps as names do.

Random generators, working folder, environment, `sys.path`; files in the working folder and settings
of libraries have modules of their own.
"""

from __future__ import annotations

import os
import sys

from .files import changes, list_files, restore_files, save_files

TYPE_CHECKING = False  # importing `typing` costs more than a short cell
if TYPE_CHECKING:
    from typing import Any

    from .files import Listing


class World:
    """Knows how the world was when the step began, so that it can say what the cells changed."""

    def __init__(
        self, watch_files: bool, watch_settings: bool, watch_environ: bool = False
    ) -> None:
        self.folder = os.getcwd()
        self.root = _root_of(self.folder)
        self._watch_settings = watch_settings
        self._settings: Any = None
        self._torch: Any = None
        self.packages: Any = None
        self._environ = dict(os.environ)
        self._prelude_environ: frozenset[str] = frozenset()
        """Names that the prelude may have set, as it will set them in later steps."""
        self._deleted: set[str] = set()
        """Names deleted at some time, though cells may have set them first."""
        self._put: dict[str, str | None] = {}
        """What programs get as a variable, or that they get none, since it was set or deleted."""
        if watch_environ:
            sys.addaudithook(self._note_environ)
        self._path = list(sys.path)
        self._watch_files = watch_files
        self._files: Listing = self.listing() if watch_files else ({}, set())
        self._start: Listing = ({}, set())
        self._looks: Any = None
        self._imported: set[str] = set()
        """Modules that earlier steps imported, of those in `late`."""
        self.late: set[str] = set()
        """Modules of which it counts whether somebody imported them (`@imported`)."""

    def _note_environ(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event == "os.unsetenv":
            name = os.fsdecode(arguments[0])
            self._deleted.add(name)
            self._put[name] = None
        elif event == "os.putenv":
            self._put[os.fsdecode(arguments[0])] = os.fsdecode(arguments[1])

    def restore_before(
        self, values: dict[str, Any], files: list[str], own: list[str], in_loop: bool
    ) -> None:
        """Put environment, `sys.path`, files and working folder in place, before any import.

        `files` are the artifact folders that hold files; of those in `own`, of further iterations
        of a loop, what these did themselves is done.
        """
        path = values.get("@sys.path", {})
        sys.path[:0] = [self._absolute(each) for each in path.get("before", ())]
        sys.path += [self._absolute(each) for each in path.get("after", ())]
        if values.get("@imported"):
            from .imported import import_again

            _restore_environ(values)
            import_again(values["@imported"])
            self._files = self.listing() if self._watch_files else self._files
        for folder in (*files, *own):
            restore_files(folder, self.folder, folder in own)
        if in_loop and self._watch_files:
            from .iterations import Looks

            self._start = self.listing()
            self._looks = Looks(self.root, self.folder)
        _restore_environ(values)
        self._imported = set(values.get("@imported", ()))
        if "@cwd" in values:
            folder = self._absolute(values["@cwd"])
            os.makedirs(folder, exist_ok=True)
            os.chdir(folder)
        if self._watch_settings:
            from .settings import Settings

            self._settings = Settings(values.get("@settings", {}))

    def watch_packages(
        self,
        names: list[str],
        slice_: dict[str, Any],
        values: dict[str, Any],
        namespace: dict[str, Any],
    ) -> None:
        """Give packages what they kept in earlier steps, and look at what they keep from now on."""
        if names:
            from .packages import Packages

            kept, kept_as = slice_.get("kept", []), slice_.get("kept_as", {})
            earlier = values.get("@packages") or []
            self.packages = Packages(names, kept, kept_as, earlier, namespace)

    def restore_after_imports(self, values: dict[str, Any]) -> None:
        """Put in place what the prelude would change: filters, environment, random generators."""
        missing = [each for each in values.get("@imported", ()) if each not in sys.modules]
        if missing:  # until the prelude had set up what they need
            from .imported import import_again

            import_again(missing)
        self._prelude_environ = frozenset(os.environ)
        _restore_environ(values)
        if "@patches" in values:
            from .patches import put_patches

            put_patches(values["@patches"])
        if self._settings:
            self._settings.restore_after_imports()
        self._restore_random(values)

    def _restore_random(self, values: dict[str, Any]) -> None:
        if "@random" in values:
            import random

            random.setstate(values["@random"])
        if "@numpy.random" in values:
            import numpy

            numpy.random.set_state(values["@numpy.random"])
        self._torch = values.get("@torch.random")
        if self._torch:
            from .watch import LoadWatch

            # Not every step that may draw uses torch: it is not imported for its state's sake.
            LoadWatch(frozenset({"torch"}), lambda name: put_torch_state(self._torch))

    def value(self, name: str) -> Any:
        """Return the present state of a part of the world, as a value that can be pickled."""
        if name == "@random":
            import random

            return random.getstate()
        if name == "@numpy.random":
            import numpy

            return numpy.random.get_state()
        if name == "@torch.random":
            return torch_state() if "torch" in sys.modules else self._torch
        if name == "@packages":
            return self.packages.value()
        if name == "@patches":
            from .patches import patches

            return patches()
        if name == "@imported":
            return sorted({*self._imported, *(self.late & sys.modules.keys())})
        if name == "@settings":
            return self._settings.value()
        if name == "@cwd":
            return self._relative(os.getcwd())
        if name == "@environ":
            return self._changed_environ()
        if name == "@sys.path":
            return self._changed_path()
        return self._changed_files()

    def save_files(self, folder: str) -> None:
        """Copy the files that appeared or changed into an artifact's folder, under `files/`."""
        save_files(self._changed_files(), folder, self.folder)

    def _changed_environ(self) -> dict[str, Any]:
        now = dict(os.environ)
        return {
            "set": {key: text for key, text in now.items() if self._environ.get(key) != text},
            "unset": sorted(
                (self._environ.keys() | self._prelude_environ | self._deleted) - now.keys()
            ),
            # `os.putenv` and `os.unsetenv` do not tell `os.environ`.
            "put": {key: text for key, text in self._put.items() if now.get(key) != text},
        }

    def _changed_path(self) -> dict[str, Any]:
        before: list[str] = []
        after: list[str] = []
        seen = False
        for entry in sys.path:
            if entry in self._path:
                seen = True
            else:
                (after if seen else before).append(self._relative(entry))
        return {"before": before, "after": after}

    def _changed_files(self) -> Any:
        if self._looks:
            self._looks.pause()
        now = self.listing()
        state = changes(self._files, now, self.root, self.folder)
        if self._looks:
            from .iterations import own_changes

            state["own"] = own_changes(state, self._start, now)
            state["looked"] = sorted(self._looks.files)
            state["listed"] = sorted(self._looks.folders)
        return state

    def listing(self) -> Listing:
        """Return the files, links and folders of the step as they are now."""
        return list_files(self.root, self.folder)

    def _relative(self, path: str) -> str:
        """Return a path relative to the working folder if it is the step's own, as that is."""
        full = os.path.abspath(os.path.join(self.folder, path))
        inside = full == self.root or full.startswith(os.path.join(self.root, ""))
        return os.path.relpath(full, self.folder) if inside else path

    def _absolute(self, path: str) -> str:
        return os.path.normpath(os.path.join(self.folder, path))


def torch_state() -> dict[str, Any]:
    """Return the states of torch's generators as bytes, which can be read without torch."""
    torch = sys.modules["torch"]
    started = torch.cuda.is_available() and torch.cuda.is_initialized()
    cuda = torch.cuda.get_rng_state_all() if started else []
    return {
        "cpu": torch.get_rng_state().numpy().tobytes(),
        "cuda": [each.numpy().tobytes() for each in cuda],
    }


def put_torch_state(state: Any) -> None:
    """Put torch's generators into a state; those of devices that are not here stay as they are."""
    torch = sys.modules["torch"]
    here = torch.cuda.device_count() if state["cuda"] and torch.cuda.is_available() else 0
    states = [state["cpu"], *state["cuda"][:here]]
    cpu, *cuda = [torch.frombuffer(bytearray(each), dtype=torch.uint8) for each in states]
    torch.set_rng_state(cpu)
    if cuda:
        torch.cuda.set_rng_state_all(cuda)


def leave_root() -> None:
    """Go from `/`, where KFP starts images without a working folder, to an empty folder.

    Relative paths of the cells then lead to files of this step alone, also those with `..`.
    """
    if os.getcwd() == "/":
        from .place import private_folder

        folder = os.path.join(private_folder(), *_DEPTH)
        os.makedirs(folder)
        os.chdir(folder)


_DEPTH = ("step", "step", "step")
"""Folders above the working folder that are the step's own where it made them itself."""


def _root_of(folder: str) -> str:
    """Return the highest folder that is the step's own: what `..` leads to may be in it."""
    given = os.environ.get("KFP_STEP_FOLDER")
    if given and folder.startswith(os.path.join(given, "work", "")):
        return os.path.join(given, "work")
    above = os.path.join("", *_DEPTH)
    return folder[: -len(above)] if folder.endswith(os.sep + above) else folder


def _restore_environ(values: dict[str, Any]) -> None:
    environ = values.get("@environ", {})
    os.environ.update(environ.get("set", {}))
    for name in environ.get("unset", ()):
        os.environ.pop(name, None)
    for name, text in environ.get("put", {}).items():
        if text is None:
            os.unsetenv(name)
        else:
            os.putenv(name, text)
