"""Whether a run's runner lives: a lock that the kernel frees when its holders are gone.

`flock` belongs to the open file, so the submitter takes it and the runner and its guard inherit
it: there is no moment at which a new run looks lost (flock(2)).
"""

import contextlib
import fcntl
import os
from pathlib import Path


def take(path: Path) -> int:
    """Take the lock and return its descriptor; `BlockingIOError` where someone holds it."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        raise
    return descriptor


def is_held(path: Path) -> bool:
    """Return whether a living process holds the lock.

    It is tried as a shared lock, so that readers never disturb each other.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


def write_pid(descriptor: int) -> None:
    """Say who to signal: the calling process."""
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)


def signal_holder(path: Path, number: int) -> None:
    """Send a signal to the runner that holds the lock; nothing where none does."""
    if not is_held(path):
        return
    with contextlib.suppress(OSError, ValueError):
        os.kill(int(path.read_text()), number)
