"""What a value is, in a few bytes: to tell later whether somebody changed it.

A value's content is what it pickles to, without what its classes only keep to be faster
(`functools.cached_property`): filling such a cache is no change. Buffers that are mapped from an
artifact cost nothing, as long as the kernel of the system says that no page was written to.
"""

from __future__ import annotations

import functools
import hashlib
import io
import pickle
import zlib

from .addresses import address_range
from .grouping import dump

TYPE_CHECKING = False  # importing `typing` costs more than a short cell
if TYPE_CHECKING:
    from typing import Any

_LARGE = 1 << 20
"""Bytes from which on a buffer gets the faster checksum: 32 bits, against accidents."""


class Content:
    """The content of a value: hash of its stream, and what is known of each buffer."""

    def __init__(self, stream: bytes, buffers: list[Any], size: int) -> None:
        self.stream = stream
        self.buffers = buffers
        self.bytes = size

    def equals(self, other: Content) -> bool:
        """Tell whether two contents are the same."""
        if self.stream != other.stream or len(self.buffers) != len(other.buffers):
            return False
        return all(_same(one, two) for one, two in zip(self.buffers, other.buffers))


def _same(one: Any, two: Any) -> bool:
    if isinstance(one, Place) == isinstance(two, Place):
        return bool(one == two)
    return bool(_checked(one) == _checked(two))


def _checked(known: Any) -> Any:
    return known.checksum() if isinstance(known, Place) else known


class Place(tuple):  # type: ignore[type-arg]
    """A part of a mapped file that nobody wrote to: path, offset and length in bytes."""

    def checksum(self) -> Any:
        """Return the checksum of what the file holds there."""
        path, offset, length = self
        with open(path, "rb") as file:
            file.seek(offset)
            return checksum(memoryview(file.read(length)))


def content_of(value: Any, mapped: MappedFiles) -> Content:
    """Return what a value is now."""
    stream, found = _dump(value)
    buffers = []
    for buffer in found:
        place = mapped.place_of(buffer) if buffer.nbytes >= _LARGE else None
        buffers.append(place or checksum(buffer))
    size = len(stream) + sum(each.nbytes for each in found)
    return Content(hashlib.sha256(stream).digest(), buffers, size)


def _dump(value: Any) -> tuple[bytes, list[memoryview]]:
    file = io.BytesIO()
    buffers: list[Any] = []
    try:
        _Pickler(file, protocol=5, buffer_callback=buffers.append).dump(value)
        return file.getvalue(), [each.raw() for each in buffers]
    except Exception:  # a lambda, a local class: as it is saved, caches and all
        graph = dump({"": value})
        return b"".join(graph.parts), graph.buffers


class _Pickler(pickle.Pickler):
    """Pickles objects without their caches, and tensors with their gradients."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.memory: dict[Any, Any] = {}

    def reducer_override(self, value: Any) -> Any:
        if type(value).__module__.partition(".")[0] == "torch":
            from .tensors import reduce_torch

            reduced = reduce_torch(self, value)
            if reduced is not NotImplemented:
                return reduced
        state = getattr(value, "__dict__", None)
        if type(state) is not dict or isinstance(value, type):
            return NotImplemented
        caches = [each for each in state if _is_cached(type(value), each)]
        if not caches:
            return NotImplemented
        reduced = list(value.__reduce_ex__(5))
        if len(reduced) > 2 and type(reduced[2]) is dict:
            reduced[2] = {key: each for key, each in reduced[2].items() if key not in caches}
        return tuple(reduced)


def _is_cached(kind: type, name: str) -> bool:
    """Tell an attribute that the class computes when it is first read, and then keeps."""
    for base in kind.__mro__:
        if name in vars(base):
            return isinstance(vars(base)[name], functools.cached_property)
    return False


def checksum(buffer: memoryview) -> Any:
    """Return what stands for the bytes of a buffer."""
    if buffer.nbytes < _LARGE:
        return hashlib.sha256(buffer).digest()
    return (buffer.nbytes, zlib.crc32(buffer))


class MappedFiles:
    """The private file mappings of this process that nobody has written to (Linux).

    Read when first asked for: `/proc/self/smaps` takes milliseconds (proc(5)).
    """

    def __init__(self) -> None:
        self._clean: list[tuple[int, int, str, int]] | None = None

    def place_of(self, buffer: memoryview) -> Place | None:
        """Return where in a file the bytes of a buffer are, if they are as the file has them."""
        if self._clean is None:
            self._clean = list(_clean_mappings())
        low, high = address_range(buffer)
        for start, end, path, offset in self._clean:
            if start <= low and high <= end:
                return Place((path, offset + low - start, high - low))
        return None


def _clean_mappings() -> Any:
    """Yield start, end, path and offset of each private mapping without a page of its own."""
    try:
        with open("/proc/self/smaps", encoding="utf-8", errors="surrogateescape") as file:
            lines = file.read().splitlines()
    except OSError:
        return
    found = None
    for line in lines:
        word = line.split(None, 1)[0]
        if not word.endswith(":"):
            fields = line.split(None, 5)
            # An inode, and a path that is still there: a deleted file cannot be read again.
            usable = len(fields) == 6 and fields[4] != "0" and not line.endswith(" (deleted)")
            found = None
            if usable and fields[1][3] == "p" and fields[1][1] == "w":
                start, end = (int(each, 16) for each in fields[0].split("-"))
                found = (start, end, fields[5], int(fields[2], 16))
        elif word == "Anonymous:" and found is not None:
            if line.split()[1] == "0":
                yield found
            found = None
