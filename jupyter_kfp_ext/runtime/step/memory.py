"""Keeps what code can see of where its values lie: `b.base is a`, `a.flags`, `sys.getsizeof(xs)`.

Arrays of an earlier step are mapped from a file and lists are as long as they have to be, which
hardly any code notices. Where the notebook names what tells (`memory` in the slice), arrays get
memory of their own again, views their base, lists the room that they had, and pandas' indexes
their tables of places, which `df.info()` counts.
"""

from __future__ import annotations

import sys

TYPE_CHECKING = False  # importing `typing` costs more than a short cell
if TYPE_CHECKING:
    from typing import Any


def reduce_seen(memory: frozenset[str], value: Any) -> Any:
    """Return how a container or an index of pandas is made again as large as it is."""
    if "rooms" in memory:
        if type(value) is list:
            return _reduce_list(value)
        if type(value) in (dict, set):
            _check_room(value)
    if "tables" in memory:
        package = str(type(value).__module__).partition(".")[0]
        if package == "pandas" and isinstance(value, sys.modules["pandas"].Index):
            return _reduce_index(value)
        if package == "pandas" and getattr(value, "_pa_array", None) is not None:
            return _reduce_column(value)
        if package == "pyarrow" and hasattr(value, "buffers"):
            return _reduce_arrow(value)
    return NotImplemented


def reduce_seen_array(numpy: Any, value: Any) -> Any:
    """Return how an array is made again with its base, or with memory of its own.

    `NotImplemented` for a base of another kind, whose memory arrays go on sharing as they do.
    Raises `TypeError` for views of views that have gaps.
    """
    base, owner = value.base, getattr(value.base, "base", None)
    if base is None:
        reduced = value.__reduce_ex__(5)
        return (own_memory, reduced) if len(reduced) == 2 else NotImplemented
    layout = (value.shape, value.dtype, value.strides, value.flags.writeable)
    if isinstance(base, (bytes, bytearray)):
        start = _address(value) - _address(numpy.frombuffer(base, "u1"))
        return make_window, (base, start, *layout)
    strided = type(base).__name__ == "DummyArray"
    seen = owner if strided else base
    if not isinstance(seen, numpy.ndarray):
        return NotImplemented
    if not seen.flags.forc or type(seen) is not numpy.ndarray:
        raise TypeError("a view of another view, cannot be made again with its base")
    return (make_strided if strided else make_window), (
        *(seen, _address(value) - _address(seen)),
        *layout,
    )


def _address(value: Any) -> int:
    return int(value.__array_interface__["data"][0])


def own_memory(make: Any, arguments: Any) -> Any:
    """Return an array that owns its memory, of what makes one on the memory of a file."""
    found = make(*arguments)
    made = found.copy("K")
    made.flags.writeable = found.flags.writeable
    return made


def make_window(
    base: Any, start: int, shape: Any, dtype: Any, strides: Any, writeable: bool
) -> Any:
    """Return an array on the memory of `base`, from its byte `start`."""
    import numpy

    if isinstance(base, numpy.ndarray):
        base = base.reshape(-1, order="A").view("u1")
    made = numpy.ndarray(shape, dtype, base, start, strides)
    made.flags.writeable = writeable and made.flags.writeable
    return made


def make_strided(
    base: Any, start: int, shape: Any, dtype: Any, strides: Any, writeable: bool
) -> Any:
    """Return what `numpy.lib.stride_tricks.as_strided` gives of an array, from its byte `start`."""
    import numpy

    items = base
    if start or base.dtype != dtype:
        items = make_window(base, start, (1,), dtype, (dtype.itemsize,), True)
    return numpy.lib.stride_tricks.as_strided(items, shape, strides, writeable=writeable)


def _reduce_index(value: Any) -> Any:
    """Return how an index of pandas, in which code looked something up, is made again so."""
    engine = value._cache.get("_engine")
    if not getattr(engine, "is_mapping_populated", False):
        return NotImplemented
    return make_index, value.__reduce__()[:2]


def make_index(make: Any, arguments: Any) -> Any:
    """Return an index with its table of places."""
    index = make(*arguments)
    index._engine.get_indexer(index._engine.values[:0])
    return index


def _reduce_column(value: Any) -> Any:
    """Return how a column of pandas on pyarrow is made again with the same pieces."""
    pieces = value._pa_array.chunks
    make, arguments, state = value.__reduce_ex__(4)[:3]
    return (make, arguments, {**state, "_pa_array": pieces}) if pieces else NotImplemented


def _reduce_arrow(value: Any) -> Any:
    """Return how an array of pyarrow without nulls is made again with its list of nulls.

    Pickling drops an empty one. `NotImplemented` where there is none.
    """
    if not value.nbytes or value.null_count or value.type.num_fields or not value.buffers()[0]:
        return NotImplemented
    return make_arrow, value.__reduce__()[:2]


def make_arrow(make: Any, arguments: Any) -> Any:
    """Return an array of pyarrow with a list of nulls that names none."""
    from importlib import import_module

    pyarrow, made = import_module("pyarrow"), make(*arguments)
    none = pyarrow.py_buffer(b"\xff" * ((made.offset + len(made) + 7) // 8))
    # The number of nulls is not said: pyarrow drops the list where it is told that there are none.
    return pyarrow.Array.from_buffers(
        made.type, len(made), [none, *made.buffers()[1:]], -1, made.offset
    )


def _reduce_list(value: list[Any]) -> Any:
    """Return how a list is made again with the room that it has (`sys.getsizeof`)."""
    room = (value.__sizeof__() - [].__sizeof__()) // tuple.__itemsize__
    return make_list, (room,), tuple(value), None, None, fill_list


def make_list(room: int) -> list[Any]:
    """Return a list that is full."""
    return [None] * room


def fill_list(made: list[Any], items: Any) -> None:
    """Put the items in; what is left stays as room."""
    made[: len(items)] = items
    del made[len(items) :]


def _check_room(value: Any) -> None:
    """Raise `TypeError` where a dictionary or set has more room than one that is made anew."""
    made: Any = type(value)()
    put = made.add if type(value) is set else lambda key: made.__setitem__(key, None)
    for each in value:
        put(each)
    if sys.getsizeof(made) < sys.getsizeof(value) and not _is_of_instance(value):
        raise TypeError("whose size (sys.getsizeof) depends on what once was in it")


def _is_of_instance(value: Any) -> bool:
    """Tell the attributes of an instance, which are made anew as large as they are."""
    import gc

    return any(getattr(each, "__dict__", None) is value for each in gc.get_referrers(value))
