"""Waits for processes that were ended: each lives on for a moment after the signal."""

import contextlib
import fcntl
import os
import select

from jupyter_kfp_ext.engines.local.processes import marked


def until_gone(folder):
    """Wait until no process of a step is left whose folder is this one or lies in it."""
    for pid in marked(folder):
        with contextlib.suppress(ProcessLookupError):
            handle = os.pidfd_open(pid)
            select.select([handle], [], [])
            os.close(handle)


def until_left(folder):
    """Wait until runner and guard, or the keeper, of a run are gone: they outlive its end a bit."""
    with folder.lock.open() as held:
        fcntl.flock(held, fcntl.LOCK_SH)
