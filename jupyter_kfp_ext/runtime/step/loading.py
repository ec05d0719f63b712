"""Reads names from input artifacts: each group once, its buffers mapped copy-on-write."""

from __future__ import annotations

import os

from .atoms import SMALL, load_atom
from .failure import StepFailure
from .fast_modules import c_pickle, sha256
from .jsontext import dumps, loads

TYPE_CHECKING = False  # importing `typing` costs more than a short cell
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

_STAMP = "written"
_READ = 1 << 20
"""Bytes that are read at a time."""


class Loader:
    """Loads names; what is one object in several artifacts becomes one object here."""

    def __init__(self) -> None:
        self._groups: dict[str, dict[str, Any]] = {}
        self.places: dict[str, int] = {}
        """Where the groups that were read lie, and their bytes."""
        self.shown = False
        """Whether `_` was read, and is what a cell showed last, not what the user bound."""

    def load(self, folder: str, names: list[str]) -> dict[str, Any]:
        """Return the names that an artifact holds, of those asked for.

        Raises `StepFailure` where the artifact is missing or damaged, or a value cannot be read.
        """
        index = _read_index(folder)
        places = {name: _place(folder, name, index[name]) for name in names if name in index}
        loaded = {name: self._group(place, name)[name] for name, place in places.items()}
        for name, place in places.items():
            self.places[place] = index[name]["bytes"]
        self.shown |= "_" in loaded and index["_"].get("shown", False)
        if any(index[name].get("figures") for name in loaded):
            _show_figures()
        return loaded

    def release(self) -> None:
        """Let go of the values: from now on only the notebook's names keep them alive."""
        self._groups.clear()

    def _group(self, place: str, name: str) -> dict[str, Any]:
        sha = os.path.basename(place)
        if sha not in self._groups:
            try:
                self._groups[sha] = load_group(place)
            except StepFailure:
                raise
            except Exception as error:
                # An array or a database is opened again from its file: who uses it reads that.
                missing = isinstance(error, FileNotFoundError)
                seen = {"kind": "reads", "names": ["@files"], "cells": []}
                yours = isinstance(error, ModuleNotFoundError)
                raise StepFailure(
                    "value-cannot-cross",
                    f"{name} cannot be read in this step: {type(error).__name__}: {error}",
                    f"See that what {name} is made of (its class, its package) is there in this"
                    " step too, in the same version."
                    + " A module of yours: name it in the setting `include`."
                    * yours,
                    broken=[seen] if missing else [],
                ) from None
        return self._groups[sha]


def _read_index(folder: str) -> dict[str, Any]:
    try:
        with open(os.path.join(folder, "index.json"), "rb") as file:
            names: dict[str, Any] = loads(file.read())["names"]
    except FileNotFoundError:
        raise StepFailure(
            "storage-failed",
            f"The input {os.path.basename(folder)} is not at {folder}.",
            "Run the step that makes it again.",
        ) from None
    return names


def _place(folder: str, name: str, entry: dict[str, Any]) -> str:
    sha = entry["group"]
    if "volume" not in entry:
        return os.path.join(folder, "groups", sha)
    from .data_volume import referred

    return referred(name, sha, entry["volume"])


def _show_figures() -> None:
    """Choose matplotlib's backend, as the first figure does: the backend lets figures be shown."""
    import matplotlib  # type: ignore[import-not-found,unused-ignore]
    from matplotlib import pyplot

    pyplot.switch_backend(matplotlib.get_backend())


def load_group(place: str) -> dict[str, Any]:
    """Return names and values of one group, `groups/<sha>`; raises `StepFailure` on damage."""
    buffers, memory = _map_buffers(place)
    views = [memory[offset : offset + length] for offset, length in buffers]
    with open(os.path.join(place, "pickle"), "rb") as file:
        size = os.fstat(file.fileno()).st_size
        if size + len(memory) < SMALL:
            data = file.read()
            _check(place, _digest_of(size, [data], buffers, memory))
            atom = load_atom(data) if not views else None
            return atom or dict(c_pickle().loads(data, buffers=views))
        if not _is_stamped(place):
            _check(place, _digest(place, buffers, memory))
        # From the file: large bytes are read to their place.
        values: dict[str, Any] = c_pickle().load(file, buffers=views)
    return values


def _check(place: str, digest: str) -> None:
    if digest != os.path.basename(place):
        raise StepFailure(
            "storage-failed",
            f"The stored values at {place} are damaged: their checksum is another.",
            "Run the step that makes them again, without the cache.",
        )


def is_whole(place: str, small: int = 0) -> bool:
    """Tell whether a group's files are what was written; below `small` bytes by checksum only."""
    try:
        size = sum(each.stat().st_size for each in os.scandir(place))
        if size >= small and _is_stamped(place):
            return True
        return _digest(place, *_map_buffers(place)) == os.path.basename(place)
    except (OSError, ValueError):
        return False


def _digest(place: str, buffers: list[list[int]], memory: memoryview) -> str:
    path = os.path.join(place, "pickle")
    with open(path, "rb") as file:
        parts = iter(lambda: file.read(_READ), b"")
        return _digest_of(os.path.getsize(path), parts, buffers, memory)


def _digest_of(
    size: int, parts: Iterable[bytes], buffers: list[list[int]], memory: memoryview
) -> str:
    """Return the hash that names a group: of its pickle, in parts, and its buffers."""
    digest = sha256(size + len(memory))
    digest.update(size.to_bytes(8, "big"))
    for part in parts:
        digest.update(part)
    digest.update(dumps(buffers).encode())
    for start, end in _blocks(buffers):
        digest.update(memory[start:end])
    return str(digest.hexdigest())


def digest_of_pickle(data: bytes) -> str:
    """Return the hash that names a group which is a pickle alone."""
    return _digest_of(len(data), [data], [], memoryview(b""))


def stamp(place: str, files: list[str]) -> None:
    """Write down which files hold a group, so that those very files need no checksum again.

    Of a small group the checksum is sooner made than this is read.
    """
    stamps = _stamps(place, files)
    if stamps:
        with open(os.path.join(place, _STAMP), "w") as file:
            file.write(dumps(stamps))


def _is_stamped(place: str) -> bool:
    """Whether the files are those that were written, untouched and since this machine started.

    What came from an object store or another machine, or was written to later, is not: a copy has
    another inode, a change another time.
    """
    try:
        with open(os.path.join(place, _STAMP), "rb") as file:
            found: dict[str, Any] = loads(file.read())
        return bool(found) and found == _stamps(place, [name for name in found if name != "boot"])
    except (OSError, ValueError):
        return False


def _stamps(place: str, files: list[str]) -> dict[str, Any]:
    try:
        with open("/proc/sys/kernel/random/boot_id") as file:
            boot = file.read().strip()
    except OSError:
        return {}
    found: dict[str, Any] = {"boot": boot}
    for name in files:
        state = os.stat(os.path.join(place, name))
        found[name] = [state.st_dev, state.st_ino, state.st_size, state.st_mtime_ns]
    return found


def _map_buffers(place: str) -> tuple[list[list[int]], memoryview]:
    try:
        with open(os.path.join(place, "layout.json"), "rb") as file:
            layout: list[list[int]] = loads(file.read())
    except FileNotFoundError:
        return [], memoryview(b"")
    with open(os.path.join(place, "buffers"), "rb") as file:
        if not os.fstat(file.fileno()).st_size:
            return layout, memoryview(bytearray())  # an empty file cannot be mapped
        import mmap

        return layout, memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY))


def _blocks(layout: list[list[int]]) -> list[tuple[int, int]]:
    """Return the parts of the buffers file that hold something, without the alignment gaps."""
    blocks: list[tuple[int, int]] = []
    for offset, length in sorted(layout):
        if not length:
            continue
        if blocks and offset <= blocks[-1][1]:
            start, end = blocks.pop()
            blocks.append((start, max(end, offset + length)))
        else:
            blocks.append((offset, offset + length))
    return blocks
