"""What a result depends on beside its content key: files, modules, things that were not there.

A step of ours says what it read (`runtime.step.reads`); here that becomes a record which a later
run compares with what is there then, as ccache does with the headers of a source. A file counts as
the same where its state is (size, times, inode), else where its content is.
"""

import json
import os
import re
import stat
from collections.abc import Iterable, Iterator, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

from .work_folder import source_of

_READ, _WRITTEN = 1, 2
"""As in `runtime.step.reads`."""
_LARGE = 64 << 20
"""Bytes from which on a file is known by its state alone, not by its content."""
_FRESH = 2.0
"""Seconds: a file changed within them before it was looked at may change again in the same tick."""
_LITERAL = re.compile(r"""['"]([^'"\\\n*?]{1,200})['"]""")
_MOST_NAMED = 200
_PASSED_OVER = ("/proc/", "/sys/", "/dev/")
_INSTALLED = "-packages/"
_METADATA = "METADATA"
_CODE = (".py", ".pyc", ".so", ".pyd", ".ipynb")
"""Modules are known by what was imported; the notebook by the code of its steps."""

State = list[Any]
"""Of a file: size, time of its content and of its inode (ns), inode number."""


def read_seen(path: Path) -> Mapping[str, Any] | None:
    """Return what a step says that it read; None where it says nothing."""
    try:
        seen = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return None
    return seen if isinstance(seen, dict) else None


class Observer:
    """Makes and checks records for the steps of one run; looks at no file twice."""

    def __init__(self, home: Path, folder: str | None) -> None:
        """Take the home and the folder of the notebook."""
        self._home = f"{home}{os.sep}"
        self._folder = folder
        self._hashes: dict[str, tuple[State, str]] = {}
        self._listings: dict[str, tuple[int, list[str]]] = {}

    def record(
        self, seen: Mapping[str, Any], work: Path, texts: Iterable[str], now: float
    ) -> tuple[dict[str, Any], str]:
        """Return what a step that just ended depends on, and why it cannot be repeated (if so).

        `work` is its working folder, `texts` are its cells.
        """
        mine = [self._home, str(work), *seen["own"]]
        files: dict[str, Any] = {}
        left: dict[str, Any] = {}
        problem = ""
        for path, what, size, time, inode in seen["files"]:
            real = self._outside(path, work, mine, inode)
            if real is None:
                continue
            state = _state(real)
            if state is None and os.path.exists(real):
                # A pipe or a device: opening it to look at its content would wait for another end.
                if what == _READ:
                    problem = problem or f"{real} is a pipe or a device"
                continue
            before = None if size is None else [size, time, inode]
            changed = before != (None if state is None else [state[0], state[1], state[3]])
            if (what & _WRITTEN or changed) and self._is_passing(real):
                continue
            if what & _WRITTEN and (changed or not what & _READ):
                left[real] = self._known(real, state, now)
            if what & _READ and changed:
                problem = problem or f"{real} changed while it ran"
            elif what & _READ:
                files[real] = self._known(real, state, now)
        for real in self._named([*texts, *seen["started"]], work):
            if real not in left:
                files.setdefault(real, self._known(real, _state(real), now))
        folders = (self._outside(path, work, mine) for path in seen["folders"])
        return {
            "files": files,
            "left": left,
            "folders": {path: self._names(path) for path in folders if path is not None},
            "modules": self._modules(seen["modules"], mine, now),
            "absent": self._absent(seen, mine),
        }, problem

    def difference(self, record: Mapping[str, Any]) -> str:
        """Return what is not as it was, in a few words; empty where all is.

        A record that another version wrote counts as different.
        """
        try:
            return self._difference(record)
        except (KeyError, TypeError, IndexError, AttributeError) as error:
            return f"the record cannot be read: {error!r}"

    def _difference(self, record: Mapping[str, Any]) -> str:
        for kind in ("files", "left", "modules"):
            for path, known in record[kind].items():
                if not self._is_as(path, known):
                    return f"{path} changed"
        for path, names in record["folders"].items():
            if self._names(path) != names:
                return f"{path} holds other files"
        for place in record["absent"]["path"]:
            stems = {name.partition(".")[0] for name in self._names(place)}
            found = stems.intersection(record["absent"]["names"])
            if found:
                return f"there is a module {min(found)} now"
        return ""

    def _outside(
        self, path: str, work: Path, mine: list[str], inode: int | None = None
    ) -> str | None:
        """Return the real path of what a step used; None where it is the step's own or passing.

        Where the step put a file of its own in the place of a link, `inode` tells what it read.
        """
        real = os.path.realpath(path)
        if real.startswith(f"{work}{os.sep}"):
            there = source_of(path, work, self._folder)
            state = _state(there)
            if os.path.isfile(real) and inode != (state and state[3]):
                return None
            real = os.path.realpath(there)
        if any(real.startswith(each) for each in mine) or real.startswith(_PASSED_OVER):
            return None
        if _INSTALLED in real or "/.ipynb_checkpoints" in real:
            return None
        return real

    def _is_passing(self, path: str) -> bool:
        """Tell where programs keep what they can do without: temporary files, hidden folders."""
        inside = f"{self._folder}{os.sep}"
        if self._folder and path.startswith(inside):
            return f"{os.sep}." in path[len(inside) - 1 :]
        import tempfile  # with `random`, which a run that knows nothing yet does not need

        return path.startswith(f"{tempfile.gettempdir()}{os.sep}") or f"{os.sep}." in path

    def _named(self, texts: Iterable[str], work: Path) -> Iterator[str]:
        """Yield the files that literals name: compiled code may read them without a word."""
        names = dict.fromkeys(name for text in texts for name in _LITERAL.findall(text))
        words = (word for text in texts for word in text.split() if "/" in word or "." in word)
        places = [name for name in (*names, *words) if not name.endswith(_CODE)]
        folders = [name for name in places if self._is_folder(name)]
        joined = (os.path.join(each, name) for each in folders for name in names)
        for name in dict.fromkeys((*places[:_MOST_NAMED], *list(joined)[:_MOST_NAMED])):
            path = os.path.join(self._folder or "", name)
            if os.path.isabs(path) and os.path.isfile(path) and not path.startswith(_PASSED_OVER):
                yield os.path.realpath(path)

    def _is_folder(self, name: str) -> bool:
        return bool(self._folder) and os.path.isdir(os.path.join(self._folder or "", name))

    def _modules(self, paths: Iterable[str], mine: list[str], now: float) -> dict[str, Any]:
        """Return the state of each module, and of what says its package's version."""
        found: dict[str, Any] = {}
        for path in paths:
            if any(path.startswith(each) for each in mine):
                continue
            found[path] = self._known(path, _state(path), now)
            place, _, inside = path.rpartition(_INSTALLED)
            if place:
                name = inside.partition("/")[0].partition(".")[0]
                for each in self._versions(f"{place}{_INSTALLED}".rstrip("/"), name):
                    found[each] = self._known(each, _state(each), now)
        return found

    def _versions(self, site: str, name: str) -> Iterator[str]:
        start = f"{name.replace('_', '-').lower()}-"
        for each in self._names(site):
            plain = each.replace("_", "-").lower()
            if plain.endswith((".dist-info", ".egg-info")) and plain.startswith(start):
                yield os.path.join(site, each, _METADATA)

    def _absent(self, seen: Mapping[str, Any], mine: list[str]) -> dict[str, list[str]]:
        if not seen["absent"]:
            return {"names": [], "path": []}
        path = [each for each in seen["path"] if each and not any(map(each.startswith, mine))]
        path += [self._folder] if self._folder else []
        return {"names": seen["absent"], "path": list(dict.fromkeys(path))}

    # What is there

    def _names(self, folder: str) -> list[str]:
        """Return the names in a folder, without hidden ones and what Jupyter and Python keep."""
        try:
            time = os.stat(folder).st_mtime_ns
        except OSError:
            return []
        if folder not in self._listings or self._listings[folder][0] != time:
            try:
                names = sorted(os.listdir(folder))
            except OSError:
                names = []
            kept = [name for name in names if name[0] != "." and name != "__pycache__"]
            self._listings[folder] = (time, kept)
        return self._listings[folder][1]

    def _known(self, path: str, state: State | None, now: float) -> Any:
        """Return what is to be known of a file: state and content; None of one that is absent."""
        if state is None:
            return None
        fresh = now - state[1] / 1e9 < _FRESH
        content = self._content(path, state) if state[0] <= _LARGE else ""
        return {"state": state, "content": content, "fresh": fresh}

    def _is_as(self, path: str, known: Any) -> bool:
        state = _state(path)
        if known is None or state is None:
            return known is None and state is None
        if _INSTALLED in path and not path.endswith(_METADATA):
            # Not by content: another version may differ in other files alone.
            return bool([state[0], *state[1::2]] == [known["state"][0], *known["state"][1::2]])
        if state == known["state"] and not (known["fresh"] and known["content"]):
            return True
        if state[0] != known["state"][0] or not known["content"]:
            return False
        return bool(self._content(path, state) == known["content"])

    def _content(self, path: str, state: State) -> str:
        if path not in self._hashes or self._hashes[path][0] != state:
            try:
                with open(path, "rb") as file:
                    digest = sha256()
                    while chunk := file.read(1 << 20):
                        digest.update(chunk)
            except OSError:  # a folder, or one that cannot be read
                return ""
            self._hashes[path] = (state, digest.hexdigest())
        return self._hashes[path][1]


def _state(path: str) -> State | None:
    """Return the state of a file or folder; of pipes and devices none, for they hold nothing."""
    try:
        found = os.stat(path)
    except (OSError, ValueError):
        return None
    if not (stat.S_ISREG(found.st_mode) or stat.S_ISDIR(found.st_mode)):
        return None
    return [found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino]
