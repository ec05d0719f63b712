"""What packages keep between calls: noticed where the plan does not know it, carried where it does.

Installed packages may count, register or remember what they are given. In a notebook that lasts
from cell to cell; a step would start without it (docs/semantics.md).
"""

from __future__ import annotations

import sys
import types

from .caches import is_cache, read_cache
from .failure import StepFailure
from .held import CODE, Held
from .package_places import Shaper, modules_of, places_in, put

TYPE_CHECKING = False  # importing `typing` costs more than a short cell
if TYPE_CHECKING:
    from typing import Any

_CHEAP = 5_000
"""Places and objects that may be looked at after each cell."""


class Packages:
    """Knows what packages (top-level names) hold since each of their modules was loaded."""

    def __init__(
        self,
        names: list[str],
        kept: list[str],
        kept_as: dict[str, str],
        earlier: list[tuple[tuple[Any, ...], Any]],
        namespace: dict[str, Any],
    ) -> None:
        """Take what earlier steps left in them, places and values, and the cells' variables.

        What is at places that are `kept` is handed on from the first import, also to variables
        that are one by `kept_as`.
        """
        self._namespace = namespace
        self.names = frozenset(names)
        self._kept = frozenset(kept)
        self._caches: dict[tuple[Any, ...], Any] = {}
        """Cached functions that a later step may see to be called again."""
        self._kept_as: dict[str, list[str]] = {}
        for name, place in kept_as.items():
            self._kept_as.setdefault(place, []).append(name)
        self._known: dict[str, dict[tuple[Any, ...], Any]] = {}
        self._waiting = list(earlier)
        self._left: dict[tuple[Any, ...], Any] = {}
        """Places that differ from what they were when their module was loaded."""
        self._loading: set[str] = set()
        self.looked = 0
        for name in names:
            for module in modules_of(name):
                self._loaded(module)
        sys.meta_path.insert(0, self)

    @property
    def cheap(self) -> bool:
        """Whether looking at all of it costs next to nothing."""
        return self.looked <= _CHEAP

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> Any:
        """Return what the other finders find, made to tell when the module is loaded."""
        if name.partition(".")[0] not in self.names or name in self._loading:
            return None
        from importlib.util import find_spec

        self._loading.add(name)
        spec = find_spec(name)
        self._loading.discard(name)
        loader = None if spec is None else spec.loader
        if loader is not None and not isinstance(loader, type):
            execute = loader.exec_module

            def execute_and_tell(module: Any) -> None:
                loader.__dict__.pop("exec_module", None)
                execute(module)
                self._loaded(name)

            loader.exec_module = execute_and_tell  # type: ignore[method-assign]
        return spec

    def _loaded(self, module: str) -> None:
        due = [each for each in self._waiting if each[0][0] == module]
        self._waiting = [each for each in self._waiting if each[0][0] != module]
        places = dict(places_in(module)) if due and self._kept_as else {}
        for path, value in due:
            for name in self._kept_as.get(_dotted(path), ()):
                if self._namespace.get(name, _dotted) is places.get(path):
                    self._namespace[name] = value
            put(path, value)
            self._left[path] = None
        self._known[module] = self._shapes(module)
        self._left.update(
            dict.fromkeys(
                path for path in self._known[module] if self._kept and _dotted(path) in self._kept
            )
        )

    def _shapes(self, module: str) -> dict[tuple[Any, ...], Any]:
        shaper = Shaper(module.partition(".")[0])
        shapes = {}
        for path, value in places_in(module):
            shapes[path] = shaper.shape(value)
            if is_cache(value) and _dotted(path) in self._kept:
                self._caches[path] = value
        self.looked += shaper.looked
        for path in shapes.keys() & self._caches.keys():
            shapes[path] = tuple(self._caches[path].cache_info())
        return shapes

    def changed(self) -> list[str]:
        """Return the packages that hold something new since this was last asked."""
        self.looked = 0
        found = set()
        mine = Held(self._namespace)
        for module in sorted(self._known):
            now = self._shapes(module)
            before, self._known[module] = self._known[module], now
            values = dict(places_in(module))
            for path, shape in now.items():
                if path in before and before[path] == shape:
                    continue
                if path not in before and isinstance(values.get(path), CODE):
                    continue  # loaded only now, or defined on first use
                value = values.get(path)
                if _is_cache(path) and not (mine.name_of_key(value) or mine.name_of([value])):
                    continue
                self._left[path] = None
                found.add(module.partition(".")[0])
            for path, value in values.items():
                if is_cache(value) and path not in self._caches and mine.name_of([value]):
                    self._left[path] = None
                    found.add(module.partition(".")[0])
        return sorted(found)

    def value(self) -> list[tuple[tuple[Any, ...], Any]]:
        """Return places and what they hold, of those that are not as they were when loaded."""
        self.changed()
        mine = Held(self._namespace)
        places: list[tuple[tuple[Any, ...], Any]] = list(self._waiting)
        for module in sorted({path[0] for path in self._left}):
            for path, value in places_in(module):
                if path not in self._left:
                    continue
                if path in self._caches:
                    places.append((path, read_cache(value)))
                    continue
                if is_cache(value):
                    raise StepFailure(
                        "value-cannot-cross",
                        f"{_dotted(path)} keeps an object in its cache that the"
                        " notebook holds too: a later step would get another one.",
                        "Put the cells that call it into one step, or copy what it returns.",
                    )
                if isinstance(value, types.GeneratorType):
                    raise StepFailure(
                        "value-cannot-cross",
                        f"{_dotted(path)} is a generator that has begun, which no later step can"
                        " go on with.",
                        "Put the cells that go on with it into one step, or keep a list.",
                    )
                if name := mine.name_of_key(value):
                    raise StepFailure(
                        "value-cannot-cross",
                        f"{_dotted(path)} knows {name} by its address (id), which is"
                        " another one in a later step.",
                        "Put the cells that call it into one step.",
                    )
                places.append((path, value))
        return places


def _dotted(path: tuple[Any, ...]) -> str:
    return ".".join(map(str, path))


def _is_cache(path: tuple[Any, ...]) -> bool:
    """Tell what an installed package only keeps to be quick; the user's own module may count."""
    file = getattr(sys.modules.get(path[0]), "__file__", None) or ""
    installed = "site-packages" in file or "dist-packages" in file
    return installed and any(word in str(path[-1]).lower() for word in ("cache", "memo"))
