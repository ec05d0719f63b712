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
        "pandas",
        "tqdm.auto",
        "tqdm.autonotebook",
        "tqdm.notebook",
    }
)
"""Modules that look for a running shell when they are imported, or that the shell changes."""


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
