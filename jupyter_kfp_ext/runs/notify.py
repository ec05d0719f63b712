"""Hear that runs have news: a datagram socket that runners write to (`engines/announce.py`)."""

import contextlib
import json
import secrets
import select
import shutil
import socket
import tempfile
from pathlib import Path
from types import TracebackType

from ..engines.announce import host_prefix, listeners_folder
from ..storage import home as default_home

AVAILABLE = hasattr(socket, "AF_UNIX")
"""Whether this platform has the sockets; without them, look at the files now and then."""

_LARGEST = 4096


_LONGEST = 80
"""Characters of a folder in which a socket still has a legal path (104 on macOS)."""


def _short_folder() -> str | None:
    return "/tmp" if len(tempfile.gettempdir()) > _LONGEST else None  # noqa: S108


class Listener:
    """Hears announcements of one home from its creation on, until it is closed.

    An announcement is a hint: some may be lost when very many come at once. For asyncio give
    `fileno()` to `loop.add_reader` and call `drain()`; elsewhere call `wait()`.
    """

    def __init__(self, home: Path | None = None) -> None:
        """Start listening. Raises `OSError` where no socket can be made."""
        folder = listeners_folder(home or default_home())
        folder.mkdir(parents=True, exist_ok=True)
        # mkdtemp makes a folder that only its owner may enter.
        self._place = Path(tempfile.mkdtemp(prefix="kfp-", dir=_short_folder()))
        self._link = folder / f"{host_prefix()}{secrets.token_hex(8)}"
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        try:
            self._socket.setblocking(False)
            path = self._place / "s"
            self._socket.bind(str(path))
            self._link.symlink_to(path)
        except OSError:
            self.close()
            raise

    def fileno(self) -> int:
        """Return the descriptor that becomes readable with an announcement."""
        return self._socket.fileno()

    def drain(self) -> frozenset[str]:
        """Return the ids of the runs announced since the last call, without waiting."""
        found: set[str] = set()
        with contextlib.suppress(BlockingIOError):
            while True:
                message = self._socket.recv(_LARGEST)
                with contextlib.suppress(ValueError, KeyError, TypeError):
                    found.add(str(json.loads(message)["run_id"]))
        return frozenset(found)

    def wait(self, timeout: float | None = None) -> frozenset[str]:
        """Wait up to `timeout` seconds for an announcement; empty where none came."""
        select.select([self._socket], [], [], timeout)
        return self.drain()

    def close(self) -> None:
        """Stop listening and leave nothing behind."""
        with contextlib.suppress(OSError):
            self._link.unlink(missing_ok=True)
        self._socket.close()
        shutil.rmtree(self._place, ignore_errors=True)

    def __enter__(self) -> "Listener":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
