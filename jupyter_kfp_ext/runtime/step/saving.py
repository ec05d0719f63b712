"""Writes the names that a step leaves into its output artifacts (docs/step-runtime.md)."""

from __future__ import annotations

import os
import sys

from .atoms import SMALL, dump_atom, is_atom
from .failure import StepFailure
from .fast_modules import sha256
from .jsontext import dumps
from .loading import is_whole, stamp
from .record import Cell, write_all
from .summaries import is_told, summary, type_name

TYPE_CHECKING = False  # importing `typing` costs more than a short cell
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from .data_volume import DataVolume
    from .grouping import Crossing, Graph

_ALIGNMENT = 64
"""Bytes; numpy's and the vector units' largest wish."""
_LARGE = 4 << 20
"""Bytes from which on a second thread pays."""
_COMPARED = 1 << 20
"""Bytes that are compared at a time."""


class Group:
    """A pickled group, to be written into every slot that needs one of its names."""

    def __init__(
        self,
        parts: list[Any],
        buffers: list[memoryview],
        names: list[str],
        loaded: Mapping[str, int],
    ) -> None:
        self._parts = [memoryview(each) for each in parts]
        self._blocks, self._layout = _lay_out(buffers) if buffers else ([], [])
        self._names = names
        self._loaded = loaded
        self._place = ""
        self.has_figures = "matplotlib.pyplot" in sys.modules and any(
            b"matplotlib.figure" in each for each in parts
        )
        own = sys.modules.get(f"{__package__}.own_modules")
        self.code: str = own.code_of(self._parts) if own else ""
        """Of objects of the user's own classes: the hash of the code that made them."""
        stream = sum(each.nbytes for each in self._parts)
        self.bytes = stream + sum(block.nbytes for _, block in self._blocks)

    def write(self, folder: str, volume: DataVolume | None = None) -> str:
        """Write the group below an artifact's folder as `groups/<sha>/` and return its sha.

        With `volume` it lies there instead. Bytes go to the disk once: a second slot, and a group
        that this step was given and leaves as it was, are hard links where the file system has
        them. Raises `StepFailure`.
        """
        groups = volume.root if volume else os.path.join(folder, "groups")
        aside = volume.aside() if volume else os.path.join(groups, f".{os.getpid()}")
        try:
            os.makedirs(groups, exist_ok=True)
            if not self._place:
                self._place = self._find() or self._write(groups, aside)
            sha = os.path.basename(self._place)
            target = os.path.join(groups, sha)
            if target != self._place and not os.path.isdir(target):
                _copy(self._place, target, aside)
            if volume:
                from .data_volume import note_use

                note_use(volume.root, sha)
        except OSError as error:
            raise StepFailure(
                "storage-failed",
                f"{', '.join(self._names)} ({_size(self.bytes)}) cannot be written to {groups}:"
                f" {error.strerror or error}.",
                "Free or enlarge that disk (steps keep what later ones need there), or pass on less"
                " data.",
            ) from None
        return sha

    def _find(self) -> str | None:
        """Return the place of the same group among those that this step was given."""
        layout = dumps(self._layout).encode() if self._layout else b""
        for place, size in self._loaded.items():
            if (
                size == self.bytes
                and _read(place, "layout.json") == layout
                and _holds(place, "pickle", self._stream())
                and (not layout or _holds(place, "buffers", self._blocks))
            ):
                return place
        return None

    def _stream(self) -> list[tuple[int, memoryview]]:
        placed = []
        offset = 0
        for each in self._parts:
            placed.append((offset, each))
            offset += each.nbytes
        return placed

    def _write(self, groups: str, aside: str) -> str:
        os.makedirs(aside, exist_ok=True)
        try:
            digest = self._digest()
            hashing = None
            if self.bytes > _LARGE:  # both leave the interpreter's lock alone
                import threading

                hashing = threading.Thread(target=self._hash_blocks, args=(digest,))
                hashing.start()
            try:
                self._write_files(aside)
            finally:
                if hashing:
                    hashing.join()
            if not hashing:
                self._hash_blocks(digest)
            place = os.path.join(groups, digest.hexdigest())
            if os.path.isdir(place):
                if is_whole(place):
                    return place
                import shutil

                shutil.rmtree(place)  # damaged on the volume: nobody can read it
            _rename(aside, place)
            return place
        finally:
            if os.path.isdir(aside):
                import shutil

                shutil.rmtree(aside)

    def _write_files(self, place: str) -> None:
        files = ["pickle"]
        _write(os.path.join(place, "pickle"), self._stream())
        if self._layout:
            files += ["buffers", "layout.json"]
            _write(os.path.join(place, "buffers"), self._blocks)
            layout = dumps(self._layout).encode()
            _write(os.path.join(place, "layout.json"), [(0, memoryview(layout))])
        if self.bytes >= SMALL:
            stamp(place, files)

    def _digest(self) -> Any:
        size = sum(each.nbytes for each in self._parts)
        digest = sha256(self.bytes)
        digest.update(size.to_bytes(8, "big"))
        for each in self._parts:
            digest.update(each)
        digest.update(dumps(self._layout).encode())
        return digest

    def _hash_blocks(self, digest: Any) -> None:
        for _, block in self._blocks:
            digest.update(block)


def _read(place: str, name: str) -> bytes:
    try:
        with open(os.path.join(place, name), "rb") as file:
            return file.read()
    except FileNotFoundError:
        return b""


def _holds(place: str, name: str, blocks: list[tuple[int, memoryview]]) -> bool:
    """Whether a file has these bytes; the first part that differs ends it.

    A large block that is that part of the file, mapped and never written to, is not read.
    """
    path = os.path.join(place, name)
    mapped = None
    if any(block.nbytes >= _COMPARED for _, block in blocks):
        from .fingerprint import MappedFiles

        path = os.path.realpath(path)
        mapped = MappedFiles()
    with open(path, "rb") as file:
        for offset, block in blocks:
            if mapped and mapped.place_of(block) == (path, offset, block.nbytes):
                continue
            for start in range(0, block.nbytes, _COMPARED):
                part = block[start : start + _COMPARED]
                if os.pread(file.fileno(), part.nbytes, offset + start) != bytes(part):
                    return False
    return True


def _rename(aside: str, place: str) -> None:
    try:
        os.rename(aside, place)
    except OSError:
        if not os.path.isdir(place):  # another step wrote the same to the volume just now
            raise


def _copy(source: str, target: str, aside: str) -> None:
    os.makedirs(aside)
    for name in os.listdir(source):
        ours, theirs = os.path.join(aside, name), os.path.join(source, name)
        try:
            os.link(theirs, ours)
        except OSError:  # another file system, or one without links
            import shutil

            shutil.copyfile(theirs, ours)
    _rename(aside, target)


def _size(number: int) -> str:
    for unit in ("bytes", "kB", "MB", "GB"):
        if number < 1000 or unit == "GB":
            break
        number //= 1000
    return f"{number} {unit}"


def _lay_out(
    buffers: list[memoryview],
) -> tuple[list[tuple[int, memoryview]], list[list[int]]]:
    """Place buffers in one file: blocks (offset, bytes), and offset and length of each buffer.

    Buffers that overlap in memory overlap in the file as well, so they still share when mapped.
    """
    from .addresses import address_range

    ranges = [address_range(each) if each.nbytes else (0, 0) for each in buffers]
    order = sorted(range(len(buffers)), key=lambda each: (ranges[each][0], -ranges[each][1]))
    layout = [[0, 0] for _ in buffers]
    blocks: list[tuple[int, memoryview]] = []
    end = 0
    block_offset = block_start = block_end = -1
    for each in order:
        low, high = ranges[each]
        if low == high:
            continue
        if blocks and low < block_end:
            if high > block_end:
                inside = block_end - low
                blocks.append((end, buffers[each][inside:]))
                end += high - block_end
                block_end = high
            layout[each] = [block_offset + low - block_start, high - low]
            continue
        end += -end % _ALIGNMENT
        block_offset = end
        block_start, block_end = low, high
        blocks.append((end, buffers[each]))
        layout[each] = [end, high - low]
        end += high - low
    return blocks, layout


def _write(path: str, blocks: list[tuple[int, memoryview]]) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o666)
    try:
        for offset, block in blocks:
            os.lseek(descriptor, offset, os.SEEK_SET)
            write_all(descriptor, block)
    finally:
        os.close(descriptor)


def save_values(
    slots: list[tuple[str, list[str]]],
    values: dict[str, Any],
    cells: list[Cell],
    crossing: Crossing | None = None,
    loaded: Mapping[str, int] | None = None,
    shown: bool = False,
    volume: DataVolume | None = None,
) -> None:
    """Write names into slots, `(artifact folder, names)`; a name without value is left out.

    `crossing` says how functions and classes go; `loaded` has the places of the groups that this
    step was given, and their bytes; `shown`: `_` is what a cell showed last (IPython goes on
    setting it only then); `volume` takes what is large. Raises `StepFailure`: `value-cannot-cross`
    for a value that cannot be pickled, `storage-failed`.
    """
    loaded = loaded or {}
    present = dict.fromkeys(name for _, names in slots for name in names if name in values)
    group_of: dict[str, Group] = {}
    others = []
    for name in present:
        if is_atom(values[name]):  # nothing else is this object
            group_of[name] = Group([dump_atom(name, values[name])], [], [name], loaded)
        else:
            others.append(name)
    if others:
        group_of.update(_grouped(others, values, cells, crossing, loaded))
    for folder, names in slots:
        os.makedirs(folder, exist_ok=True)
        index = {}
        for name in names:
            if name in group_of:
                group = group_of[name]
                there = volume if volume and volume.takes(group.bytes) else None
                index[name] = {
                    "group": group.write(folder, there),
                    "type": type_name(values[name]),
                    "summary": summary(values[name]),
                    "bytes": group.bytes,
                    **({"figures": True} if group.has_figures else {}),
                    **({"code": group.code} if group.code else {}),
                    **({"shown": True} if name == "_" and shown else {}),
                    **({"volume": there.name} if there else {}),
                }
        data = dumps({"version": 1, "names": index}).encode()
        _write(os.path.join(folder, "index.json"), [(0, memoryview(data))])
        if not all(is_told(values[name]) for name in index):
            from .heads import write_heads

            sizes = {name: group_of[name].bytes for name in index}
            write_heads(folder, {name: values[name] for name in index}, sizes)


def _grouped(
    present: list[str],
    values: dict[str, Any],
    cells: list[Cell],
    crossing: Crossing | None,
    loaded: Mapping[str, int],
) -> dict[str, Group]:
    """Return the group of each name: names that share mutable objects are in one."""
    from .grouping import Crossing, find_groups

    crossing = crossing or Crossing({}, {})
    crossing.reached.clear()
    graphs: dict[str, Graph] = {}
    for name in present:
        graphs[name] = _dump({name: values[name]}, cells, crossing)
        crossing.reached.append(graphs[name].reached)
    group_of: dict[str, Group] = {}
    for names in find_groups(graphs, values):
        graph = graphs[names[0]]
        if len(names) > 1 or graph.shares_memory:
            graph = _dump({name: values[name] for name in names}, cells, crossing, True)
        group = Group(graph.parts, graph.buffers, names, loaded)
        for name in names:
            group_of[name] = group
    return group_of


def _dump(
    values: dict[str, Any], cells: list[Cell], crossing: Crossing, views: bool = False
) -> Graph:
    from .grouping import dump

    try:
        return dump(values, views, crossing)
    except Exception as error:
        from .cannot_cross import cannot_cross

        name, value = next(iter(values.items()))
        raise cannot_cross(
            name,
            value,
            cells,
            f"{type(error).__name__}: {str(error)[:500]}",
            f"Make {name} again in the step that needs it (put what makes it into a function), or"
            " move the cells that use it into one step.",
        ) from None
