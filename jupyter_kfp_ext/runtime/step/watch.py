"""Notices imports that need IPython to be there first, wherever they are written."""

from __future__ import annotations

import sys
from typing import Any

_TRIGGERS = frozenset(
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
    """A finder that finds nothing, but calls `start` before the first of these imports goes on."""

    def __init__(self, start: Any) -> None:
        self._start = start
        sys.meta_path.insert(0, self)

    def stop(self) -> None:
        """Watch no longer."""
        if self in sys.meta_path:
            sys.meta_path.remove(self)

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> Any:
        """Start IPython if the module needs it; the other finders find the module."""
        if name not in _TRIGGERS:
            return None
        self.stop()
        self._start()
        # Starting IPython may itself have imported the module that is asked for.
        return _Loaded.spec(sys.modules[name]) if name in sys.modules else None


class _Loaded:
    """A loader that hands out a module that is loaded already."""

    def __init__(self, module: Any) -> None:
        self._module = module
        self._spec = module.__spec__

    @staticmethod
    def spec(module: Any) -> Any:
        return type(__spec__)(module.__name__, _Loaded(module), origin=module.__spec__.origin)  # type: ignore[arg-type]

    def create_module(self, spec: Any) -> Any:
        return self._module

    def exec_module(self, module: Any) -> None:
        module.__spec__ = self._spec
