"""Which warnings were shown, so that a module gives each only once in a run, as in a kernel.

Python notes them in the module that warns (`__warningregistry__`); all these notes are void as soon
as a filter changes anywhere.
"""

from __future__ import annotations

import os
import sys

from .jsontext import dumps, loads
from .watch import LoadWatch

TYPE_CHECKING = False  # importing `typing` costs more than a short cell
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

_FILE = "warned.json"
_NOTES = "__warningregistry__"


class Warned:
    """What was shown before a step and in it."""

    def __init__(self, folders: list[str]) -> None:
        """Take what steps before this one left in the folders of their values."""
        found = [each for each in map(_read, folders) if each]
        self._changes = max((each["changes"] for each in found), default=0)
        """How often filters changed since the first note that is passed on."""
        self._known = bool(found)
        self._earlier = [each["shown"] for each in found if each["changes"] == self._changes]
        self._version: Any = None

    def restore(self) -> None:
        """Before the cells: note it again, in each module when it is there."""
        if not self._known:
            return
        shown: dict[str, list[Any]] = {}
        for each in self._earlier:
            for name, keys in each.items():
                shown.setdefault(name, []).extend(keys)
        LoadWatch(frozenset(shown), lambda name: put_shown({name: shown[name]}))
        self._version = _version()

    def take(self) -> str:
        """After the cells: return what later steps are to know, as JSON; empty for nothing."""
        shown = get_shown()
        if not shown and not self._known:
            return ""
        changed = self._known and _version() != self._version
        return dumps({"changes": self._changes + changed, "shown": shown})


def get_shown() -> dict[str, list[Any]]:
    """Return what was shown and is not to be shown again, by the module that noted it."""
    found = {}
    version: Any = None
    for name, notes in _notes():
        version = version or _version()
        if notes.get("version") == version:
            found[name] = [_plain(key) for key in notes if type(key) is tuple]
    return found


def put_shown(shown: dict[str, list[Any]]) -> None:
    """Note, under the filters as they are now, what `get_shown` returned."""
    for name, keys in shown.items():
        if name not in sys.modules:
            continue
        notes = vars(sys.modules[name]).setdefault(_NOTES, {})
        version = _version()
        if notes.get("version") != version:
            notes.clear()
        notes["version"] = version
        for text, home, kind, *line in keys:
            category = getattr(sys.modules.get(home), kind, None)
            if category is not None:
                key = (text, category, *line)
                notes[key] = True


def _notes() -> Iterator[tuple[str, dict[Any, Any]]]:
    for name, module in [*sys.modules.items()]:
        notes = getattr(module, "__dict__", {}).get(_NOTES)
        if type(notes) is dict and len(notes) > 1 and name != "__main__":
            yield name, notes


def _plain(key: Any) -> list[Any]:
    text, category, *line = key
    return [str(text), category.__module__, category.__name__, *line]


def _version() -> Any:
    """Return what counts the changes of filters; only a warning given now can tell."""
    import warnings

    module: Any = warnings
    notes: dict[Any, Any] = {}
    show, module._showwarnmsg = module._showwarnmsg, lambda message: None
    try:
        warnings.warn_explicit("", UserWarning, "", 0, registry=notes)
    except UserWarning:
        pass
    finally:
        module._showwarnmsg = show
    return notes.get("version")


def _read(folder: str) -> Any:
    try:
        with open(os.path.join(folder, _FILE), "rb") as file:
            return loads(file.read())
    except FileNotFoundError:
        return None
