"""Settings that cross between steps: how numpy prints, what is logged, which warnings show.

A setting is what a library keeps for the whole process and any cell may change. Each library is
asked for its settings when it has just been imported, so that only what differs from that is passed
on; and in a later step it is given them at that moment, so nothing is imported for their sake.
"""

from __future__ import annotations

import pickle
import sys

from .failure import StepFailure
from .logging_state import get_logging, put_logging
from .watch import LoadWatch

TYPE_CHECKING = False  # importing `typing` costs more than a short cell
if TYPE_CHECKING:
    from typing import Any


class Settings:
    """Knows what settings were when their library was loaded, and those that earlier steps made.

    As a value they are `{module: {key: pickled state}}`, of the keys that differ from that; of a
    module that is not in it, nothing is known but what runs again in each step.
    """

    def __init__(self, earlier: dict[str, dict[str, bytes]]) -> None:
        self._earlier = earlier
        self._first: dict[str, dict[str, bytes]] = {}
        for name in _AT_ONCE & earlier.keys():
            __import__(name)
        LoadWatch(frozenset(_PARTS), self._loaded)

    def restore_after_imports(self) -> None:
        """After the prelude: put in place what settings that ran again in it may have undone."""
        for name in self._earlier.keys() & self._first.keys():
            now = _state(name)
            state = {**self._first[name], **self._earlier[name]}
            undone = {key: each for key, each in state.items() if now.get(key) != each}
            if undone:
                _PARTS[name][1](sys.modules[name], _unpickled(undone))
        self._restore_filters()

    def _restore_filters(self) -> None:
        """Put the warning filters of earlier steps behind those made in the prelude.

        Imports put their filters first; but an import that an earlier step made came before them.
        """
        state = self._earlier.get("warnings")
        if state:
            import warnings

            first = _filters(_unpickled(self._first["warnings"]))
            earlier = _filters(_unpickled(state))
            new = [each for each in warnings.filters if each not in first and each not in earlier]
            _set_filters([*new, *earlier])
            packages = {kind.__module__ for _, _, kind, _, _ in earlier}
            LoadWatch(frozenset(packages - sys.modules.keys()), _name_categories)

    def value(self) -> dict[str, dict[str, bytes]]:
        """Return the settings that are not as their library makes them, of each that is loaded.

        Raises `StepFailure` (`value-cannot-cross`).
        """
        found = dict(self._earlier)
        for name, first in self._first.items():
            now = _state(name)
            found[name] = {key: each for key, each in now.items() if first.get(key) != each}
        return found

    def _loaded(self, name: str) -> None:
        self._first[name] = _state(name)
        if self._earlier.get(name):
            _PARTS[name][1](sys.modules[name], _unpickled(self._earlier[name]))


def _state(name: str) -> dict[str, bytes]:
    try:
        state = _PARTS[name][0](sys.modules[name])
        return {key: pickle.dumps(each, 5) for key, each in state.items()}
    except Exception as error:
        raise StepFailure(
            "value-cannot-cross",
            f"The settings of {name} cannot be passed to a later step: {str(error)[:500]}.",
            "Make this setting in each step that needs it: put it into a function, or move the"
            " cells that rely on it into one step.",
        ) from None


def _unpickled(state: dict[str, bytes]) -> dict[str, Any]:
    return {key: pickle.loads(each) for key, each in state.items()}


def _get_sys(module: Any) -> dict[str, Any]:
    return {"argv": module.argv, "recursionlimit": module.getrecursionlimit()}


def _put_sys(module: Any, state: dict[str, Any]) -> None:
    module.argv[:] = state.get("argv", module.argv)
    module.setrecursionlimit(state.get("recursionlimit", module.getrecursionlimit()))


def _get_warnings(module: Any) -> dict[str, Any]:
    # A category by its name: reading all filters must not import all packages.
    return {
        "filters": [
            (action, text, kind.__module__, kind.__name__, where, line)
            for action, text, kind, where, line in module.filters
        ]
    }


def _filters(state: dict[str, Any]) -> list[Any]:
    return [
        (action, text, _category(module, name), where, line)
        for action, text, module, name, where, line in state["filters"]
    ]


def _category(module: str, name: str) -> Any:
    """Return a class of warnings; a stand-in, of which nothing can warn, while it is not there."""
    found = getattr(sys.modules.get(module), name, None)
    return found or type(name, (Warning,), {"__module__": module})


def _name_categories(loaded: str) -> None:
    """Put classes in the place of their stand-ins, now that a module with some was imported."""
    import warnings

    _set_filters(_filters(_get_warnings(warnings)))


def _set_filters(filters: list[Any]) -> None:
    import warnings

    warnings.filters[:] = filters  # type: ignore[index]
    with warnings.catch_warnings():
        pass  # it tells the module that its filters are others now


def _get_pandas(module: Any) -> dict[str, Any]:
    return _flat("", module.options.d)


def _flat(prefix: str, options: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, each in options.items():
        found.update(_flat(f"{prefix}{key}.", each) if type(each) is dict else {prefix + key: each})
    return found


def _put_pandas(module: Any, state: dict[str, Any]) -> None:
    for key, each in state.items():
        module.set_option(key, each)


def _get_matplotlib(module: Any) -> dict[str, Any]:
    backend = {"backend", "backend_fallback", "interactive"}  # asking for it would choose one
    return {key: dict.__getitem__(module.rcParams, key) for key in module.rcParams.keys() - backend}


def _put_context(context: Any, state: Any) -> None:
    """Make a context of `decimal` like another; it stays the object that a name may refer to."""
    for name in ("prec", "rounding", "Emin", "Emax", "capitals", "clamp"):
        setattr(context, name, getattr(state, name))
    for signals, others in ((context.flags, state.flags), (context.traps, state.traps)):
        signals.update(others)


def _get_torch(module: Any) -> dict[str, Any]:
    from .torch_settings import get_torch

    return get_torch(module)


def _put_torch(module: Any, state: dict[str, Any]) -> None:
    from .torch_settings import put_torch

    put_torch(module, state)


_PARTS: dict[str, tuple[Any, Any]] = {
    "sys": (_get_sys, _put_sys),
    "warnings": (_get_warnings, lambda module, state: None),
    "logging": (get_logging, put_logging),
    "locale": (
        lambda module: {"all": module.setlocale(module.LC_ALL)},
        lambda module, state: module.setlocale(module.LC_ALL, state["all"]),
    ),
    "time": (  # the zone itself, the variable TZ, crosses with the environment
        lambda module: {"zone": module.tzname},
        lambda module, state: module.tzset(),
    ),
    "decimal": (
        lambda module: {"context": module.getcontext()},
        lambda module, state: _put_context(module.getcontext(), state["context"]),
    ),
    "numpy": (
        lambda module: {"print": module.get_printoptions(), "errors": module.geterr()},
        lambda module, state: (
            module.set_printoptions(**state.get("print", {})),
            module.seterr(**state.get("errors", {})),
        ),
    ),
    "pandas": (_get_pandas, _put_pandas),
    "matplotlib": (_get_matplotlib, lambda module, state: module.rcParams.update(state)),
    "sklearn": (
        lambda module: module.get_config(),
        lambda module, state: module.set_config(**state),
    ),
    "torch": (_get_torch, _put_torch),
}
"""For each module: how its settings are read (key to state), and how some of them are put back."""
_AT_ONCE = frozenset({"locale"})
"""Modules whose settings hold for programs that do not import them."""
