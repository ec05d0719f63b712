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
from functools import lru_cache

from .caches import is_cache
from .functions import has_a_name, reduced

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
    | {"PurePath", "UUID", "Pattern", "ufunc", "Logger", "LiveGlobals"}
)
"""Names of classes whose objects nobody changes, and which many values therefore share."""


_DEFINITIONS = (type, types.FunctionType, types.CellType, types.ModuleType, type(lru_cache(len)))


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


class Crossing:
    """How functions and classes of the notebook cross: most are defined again, so a name does.

    `places`: by the identity of a definition or a part of one, the call that finds it again.
    `by_value`: names of definitions that no other step makes.
    """

    def __init__(self, namespace: dict[str, Any], slice_: dict[str, Any]) -> None:
        self.by_value = frozenset(slice_.get("by_value") or ())
        self.places: dict[int, Any] = {}
        for name in slice_.get("made") or ():
            value = namespace.get(name)
            if isinstance(value, (type, types.FunctionType)) or is_cache(value):
                self.places[id(value)] = (getattr, (sys.modules["__main__"], name))

    def reduced(self, value: Any) -> Any:
        """Return what pickle is to write for a function or class; `NotImplemented`: its name."""
        if id(value) in self.places:
            return self.places[id(value)]
        named = has_a_name(value)
        if named and value.__qualname__.partition(".")[0] not in self.by_value:
            return NotImplemented
        return reduced(value)


def dump(value: Any, views: bool = False, crossing: Crossing | None = None) -> Graph:
    """Pickle a value with protocol 5; with `views`, strided arrays keep sharing their memory.

    Classes that cannot be found by name need cloudpickle. Raises what pickling raises where the
    value cannot be pickled.
    """
    crossing = crossing or Crossing({}, {})
    try:
        return _dump_with(_Pickler, value, views, crossing)
    except Exception as first:
        cloudpickle = _cloudpickle()
        if cloudpickle is None:
            raise
        try:
            return _dump_with(_by_value_pickler(cloudpickle), value, views, crossing)
        except Exception:
            raise first from None


def _dump_with(kind: Any, value: Any, views: bool, crossing: Crossing) -> Graph:
    file = io.BytesIO()
    buffers: list[Any] = []
    pickler = kind(file, protocol=5, buffer_callback=buffers.append)
    pickler.keep_views = views
    pickler.crossing = crossing
    pickler.strided = []
    pickler.dump(value)
    reached = {key: each for key, (_, each) in pickler.memo.copy().items()}
    graph = Graph(file.getvalue(), [each.raw() for each in buffers], reached)
    graph.ranges = [address_range(each) for each in graph.buffers if each.nbytes]
    graph.ranges += pickler.strided
    return graph


class _Pickler(pickle.Pickler):
    keep_views = False
    crossing: Crossing
    strided: list[tuple[int, int]]

    def reducer_override(self, value: Any) -> Any:
        if isinstance(value, _DEFINITIONS):
            crosses = self.crossing.reduced(value)
            if crosses is NotImplemented and _is_by_value(value, self.crossing):
                raise pickle.PicklingError(f"{value!r} is defined in one step only")
            return crosses
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
        """Pickles local classes by value, but what `__main__` defines by name.

        The next step defines it too, and its classes must stay one class.
        """

        keep_views = False
        crossing: Crossing
        strided: list[tuple[int, int]]

        def reducer_override(self, value: Any) -> Any:
            if isinstance(value, _DEFINITIONS):
                found = self.crossing.reduced(value)
                named = found is NotImplemented and has_a_name(value)
                if named and not _is_by_value(value, self.crossing):
                    return NotImplemented
            else:
                found = _reduce_strided(self, value)
            return super().reducer_override(value) if found is NotImplemented else found

    return ByValuePickler


def _is_by_value(value: Any, crossing: Crossing) -> bool:
    own = getattr(value, "__module__", None) == "__main__"
    return own and value.__qualname__.partition(".")[0] in crossing.by_value


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
