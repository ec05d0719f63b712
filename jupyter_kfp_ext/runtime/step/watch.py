"""Notices imports that need IPython to be there first, wherever they are written."""

from __future__ import annotations

import sys

TYPE_CHECKING = False  # importing `typing` costs more than a short cell
if TYPE_CHECKING:
    from typing import Any

NEED_SHELL = frozenset(
    {
        "IPython",
        "getpass",
        "ipywidgets",
        "matplotlib",
        "tqdm.auto",
        "tqdm.autonotebook",
        "tqdm.notebook",
    }
)
"""Modules that look for a running shell when they are imported, or that the shell changes."""
ONLY_LOOK = frozenset({"pandas.core.config_init", "pandas.io.formats.console"})
"""Modules that ask for the shell only to see of what kind it is."""


class ZMQInteractiveShell:
    """What a notebook's shell looks like to those who only look."""

    kernel = None


class ImportWatch:
    """A finder that calls `start` before the first import of one of `names` goes on."""

    def __init__(self, names: frozenset[str], start: Any) -> None:
        self._names = names
        self._start = start
        sys.meta_path.insert(0, self)

    def stop(self) -> None:
        """Watch no longer."""
        if self in sys.meta_path:
            sys.meta_path.remove(self)

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> Any:
        """Call `start` if the module is one of the names; the other finders find it."""
        if name not in self._names:
            return None
        self.stop()
        self._start()
        # What `start` does may itself have imported the module that is asked for.
        return _Loaded.spec(sys.modules[name]) if name in sys.modules else None


class _Loaded:
    """A loader that hands out a module that is loaded already, instead of loading it again."""

    def __init__(self, module: Any) -> None:
        self._module = module
        self._spec = module.__spec__

    @staticmethod
    def spec(module: Any) -> Any:
        loader = _Loaded(module)
        # `importlib` prefers the spec that it finds on the module to the one that it gets here.
        module.__spec__ = type(__spec__)(module.__name__, loader)  # type: ignore[arg-type]
        return module.__spec__

    def create_module(self, spec: Any) -> Any:
        return self._module

    def exec_module(self, module: Any) -> None:
        module.__spec__ = self._spec


class LoadWatch:
    """Calls `done` with the name of each of `names` that is imported, now or when it will be.

    A finder that finds nothing itself: it makes the loader which others found say when it is done.
    """

    def __init__(self, names: frozenset[str], done: Any) -> None:
        from importlib.util import find_spec

        # Now, and not when a module is looked for: this imports some of them itself.
        self._find_spec = find_spec
        self._names = set(names)
        self._done = done
        for name in sorted(names & sys.modules.keys()):
            self._tell(name)
        sys.meta_path.insert(0, self)

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> Any:
        """Return what the other finders find, if the module is one of the names."""
        if name not in self._names:
            return None
        self._names.discard(name)
        spec = self._find_spec(name)
        self._names.add(name)
        if spec is not None and spec.loader is not None and not isinstance(spec.loader, type):
            execute = spec.loader.exec_module

            def execute_and_tell(module: Any) -> None:
                spec.loader.__dict__.pop("exec_module", None)
                execute(module)
                self._tell(name)

            spec.loader.exec_module = execute_and_tell  # type: ignore[method-assign]
        return spec

    def _tell(self, name: str) -> None:
        self._names.discard(name)
        self._done(name)
