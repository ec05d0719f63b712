"""Notes what the cells read beside their inputs, so that an engine can tell whether it changed.

The local engine asks for it (`KFP_SEEN` names the file) and takes an earlier result only where all
of this is as it was: files, listings of folders, modules, modules that were looked for and are not
there. What compiled code and other processes read, Python does not tell; the words of started
commands are noted.
"""

from __future__ import annotations

import os
import sys

from .jsontext import dumps

TYPE_CHECKING = False  # importing `typing` costs more than a short cell
if TYPE_CHECKING:
    from typing import Any

READ, WRITTEN = 1, 2
_WRITING = frozenset(
    ["os.mkdir", "os.rmdir", "os.remove", "os.rename", "os.link", "os.symlink", "os.truncate"]
)
_LISTING = frozenset(["os.listdir", "os.scandir"])
_STARTING = frozenset(["subprocess.Popen", "os.system", "os.posix_spawn", "os.exec", "os.spawn"])
_HEARD = frozenset(["open", "sqlite3.connect"]) | _WRITING | _LISTING | _STARTING
_MOST = 2_000
"""Files that are noted; a step that uses more is not worth looking at each of them again."""


class Reads:
    """What was read and written while it was `on`."""

    def __init__(self, target: str, own: list[str]) -> None:
        """Take the file to write, and folders whose content is part of the code."""
        self._target = target
        self._own = own
        self.on = False
        self._files: dict[str, list[Any]] = {}
        """By absolute path: what was done, and size, time and inode before that (None: absent)."""
        self._folders: dict[str, None] = {}
        self._started: list[str] = []
        self._absent: dict[str, None] = {}
        self._package = (__package__ or "").partition(".")[0]
        sys.addaudithook(self._hear)
        sys.meta_path.append(self)

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> None:
        """Note a module that no finder has found: the last of `sys.meta_path` is asked then."""
        if self.on and "." not in name:
            self._absent[name] = None

    def _hear(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event not in _HEARD or not self.on:
            return
        frame = sys._getframe(1)
        if frame.f_code.co_filename.startswith("<frozen importlib"):
            return  # modules are told of by `sys.modules`
        if frame.f_globals.get("__name__", "").partition(".")[0] == self._package:
            return
        if event == "open":
            path, _, flags = arguments
            if flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC):
                keeps = not flags & (os.O_TRUNC | os.O_EXCL)
                self._note(path, WRITTEN | READ if keeps else WRITTEN)
            else:
                self._note(path, READ)
        elif event in _WRITING:
            for path in arguments[:2]:
                if isinstance(path, (str, bytes)):
                    self._note(path, WRITTEN)
        elif event in _LISTING:
            folder = arguments[0]
            if not isinstance(folder, int):
                self._folders[os.path.abspath(os.fsdecode(folder or "."))] = None
        elif event == "sqlite3.connect":
            self._note(arguments[0], READ)
        else:
            self._started.append(_words(arguments))

    def _note(self, path: Any, what: int) -> None:
        if isinstance(path, int) or len(self._files) > _MOST:
            return
        try:
            full = os.path.abspath(os.fsdecode(path))
        except TypeError:
            return
        known = self._files.get(full)
        if known is not None:
            known[0] |= what
            return
        try:
            state = os.stat(full)
            self._files[full] = [what, state.st_size, state.st_mtime_ns, state.st_ino]
        except (OSError, ValueError):
            self._files[full] = [what, None, None, None]

    def write(self) -> None:
        """Write what was noted; an engine that finds nothing keeps no result."""
        self.on = False
        if len(self._files) > _MOST:
            return
        seen = {
            "files": [[path, *said] for path, said in self._files.items()],
            "folders": list(self._folders),
            "started": self._started,
            "absent": [name for name in self._absent if name not in sys.modules],
            "path": [each for each in sys.path if os.path.isabs(each)],
            "modules": self._modules(),
            "own": self._own,
        }
        try:
            # Not aside: it counts only where the process ended well after it.
            with open(self._target, "wb") as file:
                file.write(dumps(seen).encode())
        except OSError:
            return  # a full disk: the step is done, only it will not be known again

    def _modules(self) -> list[str]:
        """Return the files of modules: of installed packages the top, of the user's own all.

        Those of the standard library come with the interpreter.
        """
        library = os.path.dirname(os.__file__) + os.sep
        found: dict[str, None] = {}
        for name, module in list(sys.modules.items()):
            path = getattr(module, "__file__", None)
            if not isinstance(path, str):
                path = next(iter(getattr(module, "__path__", None) or ()), None)
                if not isinstance(path, str) or "." in name:
                    continue
            installed = f"{os.sep}site-packages{os.sep}" in path or "dist-packages" in path
            if (installed and "." in name) or (not installed and path.startswith(library)):
                continue
            if os.path.isabs(path):
                found[path] = None
        return list(found)


def _words(arguments: tuple[Any, ...]) -> str:
    """Return the words of a started command as one text."""
    words: list[Any] = []
    for each in arguments[:2]:
        words += each if isinstance(each, (list, tuple)) else [each]
    return " ".join(os.fsdecode(each) for each in words if isinstance(each, (str, bytes)))
