"""A runner that was started before its run: Python and its imports take most of a short run.

It does nothing and knows nothing of any run until one is handed over: the run's folder and its
held lock. It ends with the process that started it, or when nothing came for a while. Whoever
submits takes it only where a runner started now would be the same.
"""

import json
import os
import resource
import socket
import subprocess
from dataclasses import dataclass
from typing import Any

from . import clock
from .layout import RunFolder
from .own_process import start_module

RUNNER = f"{__package__}.runner"
WAIT = "--wait"
"""What the runner is called with instead of a run, before the descriptor that it waits on."""
PATIENCE = 600.0
"""Seconds after which a runner that nobody needed gives its memory back."""
_LONGEST = 64 * 1024
"""Bytes: more than a folder's path has."""


@dataclass(frozen=True)
class _Spare:
    """A runner that waits."""

    channel: socket.socket
    """The one end that keeps it waiting."""
    surroundings: Any
    """What it has inherited."""


_waiting: list[_Spare] = []
"""None or one. Taking and adding are single operations: submitters may be threads."""


def keep_ready() -> None:
    """Have a runner wait, unless one does that a run may be handed over to.

    What fails here costs the next run some time, and nothing else.
    """
    surroundings = _surroundings()
    while (before := _taken()) is not None:
        if before.surroundings == surroundings and _lives(before):
            _waiting.append(before)
            return
        before.channel.close()
    ours, theirs = socket.socketpair()
    with theirs:
        try:
            words = [WAIT, str(theirs.fileno())]
            start_module(RUNNER, words, (theirs.fileno(),), subprocess.DEVNULL)
        except OSError:
            ours.close()
            return
    _waiting.append(_Spare(ours, surroundings))


def hand_over(folder: RunFolder, descriptor: int) -> bool:
    """Give a run and its held lock to the runner that waits; False where none takes it."""
    spare = _taken()
    if spare is None:
        return False
    with spare.channel:
        if spare.surroundings != _surroundings():
            return False
        try:
            with open(folder.runner_log, "ab") as log:
                said = json.dumps(str(folder.path)).encode() + b"\n"
                socket.send_fds(spare.channel, [said], [descriptor, log.fileno()])
        except OSError:
            return False
    return True


def wait_for_run(descriptor: int) -> list[str] | None:
    """Wait for a run in the runner itself; return its folder and its lock, None where none came."""
    with socket.socket(fileno=descriptor) as channel:
        channel.settimeout(PATIENCE)
        try:
            said, handed, *_ = socket.recv_fds(channel, _LONGEST, 2)
        except TimeoutError:
            # From here on nobody can hand over; what was handed over just before counts.
            channel.shutdown(socket.SHUT_RDWR)
            said, handed, *_ = socket.recv_fds(channel, _LONGEST, 2)
    if not said.endswith(b"\n"):
        return None
    clock.look_again()
    held, log = handed
    for stream in (1, 2):
        os.dup2(log, stream)
    os.close(log)
    return [json.loads(said), str(held)]


def _taken() -> _Spare | None:
    try:
        return _waiting.pop()
    except IndexError:
        return None


def _lives(spare: _Spare) -> bool:
    """Tell whether a runner that waits still does: its end of the channel is open."""
    try:
        return spare.channel.recv(1, socket.MSG_DONTWAIT) != b""
    except BlockingIOError:
        return True
    except OSError:
        return False


def _surroundings() -> Any:
    """Return what a process that is started now inherits from this one.

    Of the process itself, too: one that was forked does not share what its parent has waiting.
    """
    limits = [
        resource.getrlimit(getattr(resource, name))
        for name in dir(resource)
        if name.startswith("RLIMIT_")
    ]
    cores = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else ()
    return os.getpid(), dict(os.environ), limits, cores, os.nice(0)
