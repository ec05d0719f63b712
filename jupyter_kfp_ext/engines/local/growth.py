"""Wakes who follows files of this machine as they grow: Linux tells (inotify(7)), others look."""

import asyncio
import contextlib
import ctypes
import os
import sys
from pathlib import Path
from typing import Any

_MODIFY, _MOVED_TO, _CREATE = 0x2, 0x80, 0x100
_TICK = 0.2
"""Seconds between looks where nothing tells that a file has grown."""
_LIVENESS = 2.0
"""Seconds between looks where it does: a runner that was killed writes nothing, and writing of
another machine is not told."""
_PAUSE = 0.02
"""Seconds in which what follows the first news is taken together: a log may grow by the line."""


class Growth:
    """Tells that something in a few folders was written. Use it within one event loop."""

    def __init__(self) -> None:
        """Watch nothing yet."""
        self._watched: set[Path] = set()
        self._descriptor = _start()

    def watch(self, folder: Path) -> None:
        """Hear of the files of a folder from now on; nothing where it is not there (yet)."""
        if self._descriptor is None or folder in self._watched:
            return
        what = _MODIFY | _MOVED_TO | _CREATE
        if _libc().inotify_add_watch(self._descriptor, os.fsencode(folder), what) >= 0:
            self._watched.add(folder)

    async def wait(self) -> None:
        """Return once a watched folder had news since the last call, or after some time."""
        if self._descriptor is None:
            await asyncio.sleep(_TICK)
            return
        loop, news = asyncio.get_running_loop(), asyncio.Event()
        loop.add_reader(self._descriptor, news.set)
        try:
            await asyncio.wait_for(news.wait(), _LIVENESS)
            await asyncio.sleep(_PAUSE)
        except asyncio.TimeoutError:
            return
        finally:
            loop.remove_reader(self._descriptor)
            self._drain()

    def _drain(self) -> None:
        with contextlib.suppress(BlockingIOError):
            while self._descriptor is not None and os.read(self._descriptor, 65536):
                pass

    def close(self) -> None:
        """Let go of it."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


def _libc() -> Any:
    return ctypes.CDLL(None, use_errno=True)


def _start() -> int | None:
    """Return a descriptor of inotify; None where there is none (another system, too many)."""
    if sys.platform != "linux":
        return None
    try:
        descriptor: int = _libc().inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
    except (OSError, AttributeError):
        return None
    return descriptor if descriptor >= 0 else None
