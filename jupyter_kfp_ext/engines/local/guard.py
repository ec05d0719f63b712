"""A small process that outlives the runner: if the runner is killed, it ends the steps and says so.

It is forked before anything else and only waits on a pipe, whose other end the runner alone
holds. It holds the run's lock as the runner does, so a run counts as living until its processes
are gone and its end is on disk.
"""

import contextlib
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

from .clock import now
from .fold import as_lost
from .journal import Journal
from .layout import RunFolder
from .processes import end_marked, signal_tree

_DONE = b"done"


class Guard:
    """The runner's end of the pipe."""

    def __init__(self, writer: int, pid: int) -> None:
        """Keep the pipe's write end and the guard's process id."""
        self._writer = writer
        self.pid = pid
        self.has_steps = False
        """Whether any step's process was started."""

    def started(self, leader: int, folder: Path) -> None:
        """Say that a step runs in a folder: `leader` is its process group."""
        self.has_steps = True
        self._say(f"+ {leader} {folder}")

    def ended(self, leader: int) -> None:
        """Say that a step's processes are gone."""
        self._say(f"- {leader}")

    def dismiss(self) -> None:
        """Say that the run has ended well; the guard then ends too."""
        self._say(_DONE.decode())
        os.close(self._writer)
        with contextlib.suppress(ChildProcessError):
            os.waitpid(self.pid, 0)

    def _say(self, text: str) -> None:
        # A guard that someone killed must not stop the run.
        with contextlib.suppress(OSError):
            os.write(self._writer, os.fsencode(f"{text}\n"))


def start_guard(folder: RunFolder) -> Guard:
    """Fork the guard of a run. Call it first: it keeps what is open at that time."""
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(writer)
        _leave(lambda: _watch(folder, reader))
    os.close(reader)
    return Guard(writer, pid)


def _leave(work: Callable[[], None]) -> NoReturn:
    """Do the child's work and end it without running the parent's exit handlers."""
    code = 0
    try:
        os.setsid()
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        work()
    except BaseException as error:
        code = 1
        sys.excepthook(type(error), error, error.__traceback__)
    sys.stderr.flush()
    os._exit(code)


def _watch(folder: RunFolder, reader: int) -> None:
    with os.fdopen(reader, "rb") as pipe:
        living: dict[int, str] = {}
        for line in pipe:
            words = line.rstrip(b"\n").split(b" ", 2)
            if words[0] == _DONE:
                return
            if words[0] == b"+":
                living[int(words[1])] = os.fsdecode(words[2])
            else:
                living.pop(int(words[1]), None)
    _bury(folder, living)


def _bury(folder: RunFolder, living: dict[int, str]) -> None:
    """End what the dead runner left and write down how the run ended."""
    for leader, place in living.items():
        signal_tree(leader, Path(place), signal.SIGKILL)
    end_marked(folder.path)
    if folder.result.exists():
        return
    journal = Journal(folder)
    journal.free_room()
    if not journal.status.state.ended:
        journal.become(as_lost(journal.status, now()))
    journal.finish()
    journal.close()
