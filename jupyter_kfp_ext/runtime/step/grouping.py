"""Pickles the names that a step leaves, and finds which of them share mutable objects.

Names that share form a group and are pickled as one graph, so that what is one object in the
notebook is one object in the next step. Sharing is read off the picklers' own memos: they hold
every object that a name's graph reaches, with no second walk of our own. Arrays that share memory
without sharing an object (numpy views) are found by the address ranges of their buffers.
"""

from __future__ import annotations

import io
import pickle
import sys
import types

TYPE_CHECKING = False  # importing `typing` costs more than a short cell
if TYPE_CHECKING:
    from typing import Any

_IMMUTABLE = (
    str,
    bytes,
    int,
    float,
    complex,
    tuple,
    frozenset,
    range,
    slice,
    type,
    type(None),
    types.FunctionType,
    types.BuiltinFunctionType,
    types.MethodDescriptorType,
    types.ModuleType,
    types.CodeType,
)
_IMMUTABLE_NAMES = frozenset(
    {
        "dtype",
        "ExtensionDtype",
        "Enum",
        "date",
        "time",
        "timedelta",
        "tzinfo",
        "Decimal",
        "Fraction",
    }
    | {"PurePath", "UUID", "Pattern", "ufunc", "Logger"}
)
"""Names of classes whose objects nobody changes, and which many values therefore share."""


class Graph:
    """The pickled form of a value: the stream, its out-of-band buffers, and what it reaches."""

    def __init__(self, stream: bytes, buffers: list[Any], reached: dict[int, Any]) -> None:
        self.stream = stream
        self.buffers = buffers
        self.reached = reached
        self.ranges: list[tuple[int, int]] = []
        """Addresses of the memory of its arrays: first byte, and one after the last."""

    @property
    def shares_memory(self) -> bool:
        """Whether arrays inside this one value share memory."""
        ordered = sorted(each for each in self.ranges if each[1] > each[0])
        return any(after[0] < before[1] for before, after in zip(ordered, ordered[1:]))


def dump(value: Any, views: bool = False) -> Graph:
    """Pickle a value with protocol 5; with `views`, strided arrays keep sharing their memory.

    Functions and classes that cannot be found by name need cloudpickle. Raises what pickling
    raises where the value cannot be pickled.
    """
    try:
        return _dump_with(_Pickler, value, views)
    except Exception as first:
        cloudpickle = _cloudpickle()
        if cloudpickle is None:
            raise
        try:
            return _dump_with(_by_value_pickler(cloudpickle), value, views)
        except Exception:
            raise first from None


def _dump_with(kind: Any, value: Any, views: bool) -> Graph:
    file = io.BytesIO()
    buffers: list[Any] = []
    pickler = kind(file, protocol=5, buffer_callback=buffers.append)
    pickler.keep_views = views
    pickler.strided = []
    pickler.dump(value)
    reached = {key: each for key, (_, each) in pickler.memo.copy().items()}
    graph = Graph(file.getvalue(), [each.raw() for each in buffers], reached)
    graph.ranges = [address_range(each) for each in graph.buffers if each.nbytes]
    graph.ranges += pickler.strided
    return graph


class _Pickler(pickle.Pickler):
    keep_views = False
    strided: list[tuple[int, int]]

    def reducer_override(self, value: Any) -> Any:
        return _reduce_strided(self, value)


def _reduce_strided(pickler: Any, value: Any) -> Any:
    """Pickle a strided numpy view as a window on its memory; `NotImplemented` for all else."""
    numpy = sys.modules.get("numpy")
    if numpy is None or type(value) is not numpy.ndarray or value.dtype.hasobject:
        return NotImplemented
    if value.flags.forc or value.base is None or not value.size:
        return NotImplemented
    bounds = getattr(numpy, "byte_bounds", None) or numpy.lib.array_utils.byte_bounds
    low, high = bounds(value)
    pickler.strided.append((low, high))
    if not pickler.keep_views:
        return NotImplemented
    window = _memory_of(value, low, high)
    if window is None:
        return NotImplemented
    start = value.__array_interface__["data"][0] - low
    arguments = (value.shape, value.dtype, pickle.PickleBuffer(window), start, value.strides)
    return numpy.ndarray, arguments


def _memory_of(view: Any, low: int, high: int) -> Any:
    """Return the bytes from `low` to `high` (addresses) as an array on the same memory."""
    base = view
    while base is not None and type(base) is type(view):
        if base.flags.forc:
            start = base.__array_interface__["data"][0]
            if start <= low and high <= start + base.nbytes:
                flat = (base if base.flags.c_contiguous else base.T).reshape(-1).view("u1")
                return flat[low - start : high - start]
        base = base.base
    return None


def _cloudpickle() -> Any:
    try:
        import cloudpickle
    except ImportError:
        return None
    return cloudpickle


def _by_value_pickler(cloudpickle: Any) -> Any:
    class ByValuePickler(cloudpickle.Pickler):  # type: ignore[misc]
        """Pickles lambdas and local classes by value, but what `__main__` defines by name.

        The next step defines it too, and its classes must stay one class.
        """

        keep_views = False
        strided: list[tuple[int, int]]

        def reducer_override(self, value: Any) -> Any:
            if isinstance(value, (type, types.FunctionType)) and _is_in_main(value):
                return NotImplemented
            reduced = _reduce_strided(self, value)
            return super().reducer_override(value) if reduced is NotImplemented else reduced

    return ByValuePickler


def _is_in_main(value: Any) -> bool:
    if getattr(value, "__module__", None) != "__main__":
        return False
    return getattr(sys.modules["__main__"], value.__name__, None) is value


def address_range(buffer: memoryview) -> tuple[int, int]:
    """Return the first address of a buffer's memory, and the one after its last."""
    numpy = sys.modules.get("numpy")
    if numpy is not None:
        start = numpy.frombuffer(buffer, "u1").__array_interface__["data"][0]
    else:
        import ctypes

        if buffer.readonly:  # ctypes refuses these; nobody can change them, so nothing is shared
            return (0, 0)
        start = ctypes.addressof(ctypes.c_char.from_buffer(buffer))
    return (start, start + buffer.nbytes)


def find_groups(graphs: dict[str, Graph]) -> list[list[str]]:
    """Return the names in groups that share mutable objects or memory, each sorted."""
    leader = {name: name for name in graphs}

    def find(name: str) -> str:
        while leader[name] != name:
            name = leader[name]
        return name

    owner: dict[int, str] = {}
    ranges: list[tuple[int, int, str]] = []
    for name in sorted(graphs):
        for key, each in graphs[name].reached.items():
            if not _is_shareable(each):
                continue
            if key in owner:
                leader[find(name)] = find(owner[key])
            else:
                owner[key] = name
        ranges += [(low, high, name) for low, high in graphs[name].ranges if high > low]
    end, last = -1, ""
    for low, high, name in sorted(ranges):
        if low < end:
            leader[find(name)] = find(last)
        if high > end:
            end, last = high, name
    groups: dict[str, list[str]] = {}
    for name in sorted(graphs):
        groups.setdefault(find(name), []).append(name)
    return list(groups.values())


def _is_shareable(value: Any) -> bool:
    kind = type(value)
    if kind in _IMMUTABLE or isinstance(value, (type, types.ModuleType)):
        return False
    return not any(base.__name__ in _IMMUTABLE_NAMES for base in kind.__mro__)
