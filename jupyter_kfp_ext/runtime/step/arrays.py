"""Takes numpy's arrays apart where pickle would lose what they share: views, mapped files."""

from __future__ import annotations

import os
import sys

from .fast_modules import c_pickle

TYPE_CHECKING = False  # importing `typing` costs more than a short cell
if TYPE_CHECKING:
    from typing import Any

pickle: Any = c_pickle()


def reduce_array(pickler: Any, value: Any) -> Any:
    """Return how a strided view or a memory map is made again; `NotImplemented` for all else.

    A strided view is a window on its memory where `pickler.keep_views` says that others share it,
    and where it cannot be written to (a broadcast one may be far smaller than its content).
    """
    numpy = sys.modules.get("numpy")
    if numpy is None or not isinstance(value, numpy.ndarray):
        return NotImplemented
    if type(value) is numpy.memmap:
        return _reduce_memmap(numpy, value)
    if type(value) is numpy.recarray and not value.dtype.hasobject:
        return as_records, (value.view(numpy.ndarray),)
    if type(value) is not numpy.ndarray or not value.size:
        return NotImplemented
    bounds = getattr(numpy, "byte_bounds", None) or numpy.lib.array_utils.byte_bounds
    low, high = bounds(value)
    if value.dtype.hasobject:
        return _reduce_objects(pickler, numpy, value, low, high)
    if "arrays" in pickler.crossing.memory:
        from .memory import reduce_seen_array

        reduced = reduce_seen_array(numpy, value)
        if reduced is not NotImplemented:
            return reduced
    if value.flags.forc or value.base is None:
        return NotImplemented
    pickler.strided.append((low, high))
    if not pickler.keep_views and value.flags.writeable:
        return NotImplemented
    start = _address(value) - low
    layout = (value.shape, value.dtype, start, value.strides, value.flags.writeable)
    return make_view, (pickle.PickleBuffer(_memory(low, high)), *layout)


def _reduce_objects(pickler: Any, numpy: Any, value: Any, low: int, high: int) -> Any:
    """Return how a view of an array of objects is made again on that array, where it is shared."""
    pickler.strided.append((low, high))
    owner = value.base
    while owner is not None and not (isinstance(owner, numpy.ndarray) and owner.base is None):
        owner = getattr(owner, "base", None)
    if owner is None or not pickler.keep_views:
        return NotImplemented
    start = _address(value) - _address(owner)
    if owner.dtype != value.dtype or not owner.flags.forc or start % owner.itemsize:
        raise TypeError("a part of the fields of an array of objects, cannot be made again")
    layout = (value.shape, value.strides, value.flags.writeable)
    return view_objects, (owner, start // owner.itemsize, *layout)


def view_objects(owner: Any, first: int, shape: Any, strides: Any, writeable: bool) -> Any:
    """Return an array as a window on the items of another, from its item `first` on."""
    import numpy

    items = owner.reshape(-1, order="A")[first:]
    return numpy.lib.stride_tricks.as_strided(items, shape, strides, writeable=writeable)


def _address(value: Any) -> int:
    return int(value.__array_interface__["data"][0])


def _memory(low: int, high: int) -> memoryview:
    """Return the bytes from one address to another; who asks keeps their array alive."""
    import ctypes

    return memoryview((ctypes.c_ubyte * (high - low)).from_address(low)).cast("B")


def make_view(
    buffer: Any, shape: Any, dtype: Any, start: int, strides: Any, writeable: bool
) -> Any:
    """Return an array as a window on memory that others may share."""
    import numpy

    made = numpy.ndarray(shape, dtype, buffer, start, strides)
    made.flags.writeable = writeable and made.flags.writeable
    return made


def as_records(array: Any) -> Any:
    """Return an array as one of records, on the same memory."""
    import numpy

    return array.view(numpy.recarray)


def _reduce_memmap(numpy: Any, value: Any) -> Any:
    """Map the file again where writing to the array writes to the file, or nobody can write."""
    if value._mmap is None:
        return NotImplemented  # the result of a calculation: it has only the class of a map
    if value.mode == "c":
        return NotImplemented  # changes are in this process alone; the content crosses
    if value.filename is None or not os.path.isfile(value.filename) or not value.flags.forc:
        raise TypeError("a memory map without a file, or with gaps, cannot be made again")
    value.flush()
    whole = value
    while isinstance(whole.base, numpy.memmap):
        whole = whole.base
    from .resources import travelling

    offset = value.offset + _address(value) - _address(whole)
    order = "C" if value.flags.c_contiguous else "F"
    mode = "r" if value.mode == "r" else "r+"
    path = travelling(str(value.filename))
    return map_again, (path, value.dtype, mode, offset, value.shape, order)


def map_again(path: str, dtype: Any, mode: Any, offset: int, shape: Any, order: Any) -> Any:
    """Map a file as an array."""
    import numpy

    return numpy.memmap(path, dtype, mode, offset, shape, order)
