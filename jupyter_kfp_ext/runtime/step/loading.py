"""Reads names from input artifacts: each group once, its buffers mapped copy-on-write."""

from __future__ import annotations

import hashlib
import os
import pickle

from .failure import StepFailure
from .jsontext import dumps, loads

TYPE_CHECKING = False  # importing `typing` costs more than a short cell
if TYPE_CHECKING:
    from typing import Any


class Loader:
    """Loads names; what is one object in several artifacts becomes one object here."""

    def __init__(self) -> None:
        self._groups: dict[str, dict[str, Any]] = {}

    def load(self, folder: str, names: list[str]) -> dict[str, Any]:
        """Return the names that an artifact holds, of those asked for.

        Raises `StepFailure` where the artifact is missing or damaged, or a value cannot be read.
        """
        index = _read_index(folder)
        loaded = {
            name: self._group(os.path.join(folder, "groups", index[name]["group"]), name)[name]
            for name in names
            if name in index
        }
        if any(index[name].get("figures") for name in loaded):
            _show_figures()
        return loaded

    def _group(self, place: str, name: str) -> dict[str, Any]:
        sha = os.path.basename(place)
        if sha not in self._groups:
            try:
                self._groups[sha] = load_group(place)
            except StepFailure:
                raise
            except Exception as error:
                raise StepFailure(
                    "value-cannot-cross",
                    f"{name} cannot be read in this step: {type(error).__name__}: {error}",
                    f"See that what {name} is made of (its class, its package) is there in this"
                    " step too, in the same version.",
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


def _show_figures() -> None:
    """Choose matplotlib's backend, as the first figure does: the backend lets figures be shown."""
    import matplotlib  # type: ignore[import-not-found,unused-ignore]
    from matplotlib import pyplot

    pyplot.switch_backend(matplotlib.get_backend())


def load_group(place: str) -> dict[str, Any]:
    """Return names and values of one group, `groups/<sha>`; raises `StepFailure` on damage."""
    with open(os.path.join(place, "pickle"), "rb") as file:
        stream = file.read()
    buffers, memory = _map_buffers(place)
    digest = hashlib.sha256(len(stream).to_bytes(8, "big"))
    digest.update(stream)
    digest.update(dumps(buffers).encode())
    for start, end in _blocks(buffers):
        digest.update(memory[start:end])
    if digest.hexdigest() != os.path.basename(place):
        raise StepFailure(
            "storage-failed",
            f"The stored values at {place} are damaged: their checksum is another.",
            "Run the step that makes them again, without the cache.",
        )
    views = [memory[offset : offset + length] for offset, length in buffers]
    values: dict[str, Any] = pickle.loads(stream, buffers=views)
    return values


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
