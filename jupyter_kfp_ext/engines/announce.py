"""Tell every listener of a home that a run has news, without waiting for anyone.

`<home>/listeners/` holds one symbolic link for each listener, `<host>-<random>`, that points to
its datagram socket: sockets need short paths (108 bytes, unix(7)), homes may be deep, and the
temporary folder differs between a server, its kernels and a terminal. `runs/notify.py` listens.
"""

import contextlib
import json
import os
import socket
from pathlib import Path


def listeners_folder(home: Path) -> Path:
    """Return the folder of links to the listeners' sockets."""
    return home / "listeners"


def host_prefix() -> str:
    """Return what the links of this machine start with (a home may be on a shared disk)."""
    return socket.gethostname().replace("/", "_") + "-"


def announce(home: Path, run_id: str, seq: int) -> None:
    """Send `{"run_id", "seq"}` to each listener.

    Never blocks and never raises: an announcement is a hint, the journal is the truth. Links to
    listeners that are gone are removed.
    """
    if not hasattr(socket, "AF_UNIX"):
        return
    folder = listeners_folder(home)
    prefix = host_prefix()
    try:
        links = [each.name for each in os.scandir(folder) if each.name.startswith(prefix)]
    except OSError:
        return
    if not links:
        return
    message = json.dumps({"run_id": run_id, "seq": seq}).encode()
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
        sender.setblocking(False)
        for link in links:
            _send(sender, folder / link, message)


def _send(sender: socket.socket, link: Path, message: bytes) -> None:
    try:
        sender.sendto(message, str(link.readlink()))
    except (FileNotFoundError, ConnectionRefusedError):
        with contextlib.suppress(OSError):
            link.unlink()
    except OSError:
        # A full queue (EAGAIN): that listener has something to read and then looks for itself.
        return
