"""Where the memory of a buffer lies."""

from __future__ import annotations

import sys


def address_range(buffer: memoryview) -> tuple[int, int]:
    """Return the first address of a buffer's memory, and the one after its last."""
    numpy = sys.modules.get("numpy")
    if numpy is not None:
        start = numpy.frombuffer(buffer, "u1").__array_interface__["data"][0]
    else:
        start = _address(buffer)
    return (start, start + buffer.nbytes)


def _address(buffer: memoryview) -> int:
    import ctypes

    class Description(ctypes.Structure):
        """The first fields of `Py_buffer`, and room for the others."""

        _fields_ = [
            ("buf", ctypes.c_void_p),
            ("obj", ctypes.py_object),
            ("rest", ctypes.c_char * 96),
        ]

    described = Description()
    ctypes.pythonapi.PyObject_GetBuffer(ctypes.py_object(buffer), ctypes.byref(described), 0)
    start: int = described.buf
    ctypes.pythonapi.PyBuffer_Release(ctypes.byref(described))
    return start
