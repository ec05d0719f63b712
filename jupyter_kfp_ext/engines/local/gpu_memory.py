"""How much memory of its GPUs a step uses, asked of NVIDIA's management library (NVML)."""

import ctypes
from collections.abc import Sequence
from functools import cache
from typing import Any

_LIBRARY = "libnvidia-ml.so.1"


class _Memory(ctypes.Structure):
    """`nvmlMemory_t` of nvml.h: bytes."""

    _fields_ = (
        ("total", ctypes.c_ulonglong),
        ("free", ctypes.c_ulonglong),
        ("used", ctypes.c_ulonglong),
    )


def memory_in_use(gpus: Sequence[str]) -> int | None:
    """Return the bytes in use on GPUs (names of `gpus.find_gpus`); None where nobody tells.

    A step has its GPUs alone, so what is in use on them is its own, and the driver's share.
    """
    library = _library()
    if library is None or not gpus:
        return None
    found = [_used(library, each) for each in gpus]
    known = [each for each in found if each is not None]
    return sum(known) if known else None


@cache
def _library() -> Any:
    try:
        library = ctypes.CDLL(_LIBRARY)
        return library if library.nvmlInit_v2() == 0 else None
    except (OSError, AttributeError):
        return None


def _used(library: Any, gpu: str) -> int | None:
    handle, memory = ctypes.c_void_p(), _Memory()
    if gpu.isdecimal():
        failed = library.nvmlDeviceGetHandleByIndex_v2(ctypes.c_uint(int(gpu)), _by(handle))
    else:
        failed = library.nvmlDeviceGetHandleByUUID(gpu.encode(), _by(handle))
    if failed or library.nvmlDeviceGetMemoryInfo(handle, _by(memory)):
        return None
    return int(memory.used)


def _by(value: Any) -> Any:
    return ctypes.byref(value)
