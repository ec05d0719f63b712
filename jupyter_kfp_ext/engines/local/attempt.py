"""One try of one step while it runs: which cell it is at, and how it is ended early."""

import contextlib
import os
import resource
import signal
import time
from dataclasses import dataclass, field
from typing import Literal

from .clock import now
from .launch import Launch, parse_cell_lines
from .layout import StepFolder
from .processes import end_marked, kill_group, signal_tree
from .room import Seat
from .sampler import Peak
from .tree import Instance
from .used import Used

Ending = Literal["", "cancel", "timeout", "replan"]


@dataclass
class Attempt:
    """A running process of a step."""

    instance: Instance
    number: int
    """From 1."""
    folder: StepFolder
    launch: Launch
    seat: Seat
    """What it holds of the machine."""
    ending: Ending = ""
    """Why we end it, if we do."""
    cell: str | None = None
    cell_number: int | None = None
    at_end: bool = False
    """Whether the cells pipe has no writer any more."""
    stray: bool = False
    """Whether it was started by an earlier plan, and may not count any more."""
    reason: str = ""
    """What it is busy with before its first cell."""
    key: str = ""
    """Its content key, once it may be a stray."""
    over: bool = False
    """Whether its process has been waited for."""
    began: float = field(default_factory=time.monotonic)
    """When it was started."""
    seen: Peak = field(default_factory=Peak)
    """The most that its processes took together."""
    bytes_in: int = 0
    _still: float = 0.0
    """Seconds in which it was stopped, before `_since`."""
    _since: float | None = None
    """Since when it is stopped now."""
    _buffer: bytes = b""

    def read_cells(self) -> bool:
        """Read the cells pipe until it is empty; return whether cell or reason are others now."""
        before = self.cell, self.reason
        with contextlib.suppress(BlockingIOError):
            while not self.at_end:
                data = os.read(self.launch.cells, 65536)
                self.at_end = not data
                lines, self._buffer = parse_cell_lines(self._buffer + data)
                for line in lines:
                    if line.get("event") == "start" and "cell_id" in line:
                        self.cell, self.cell_number = line["cell_id"], line.get("number")
                    elif line.get("event") == "reason":
                        self.reason = str(line.get("text", ""))
        return (self.cell, self.reason) != before

    def took(self, usage: resource.struct_rusage) -> Used:
        """Return what it took, from what `wait4` says of it and what was seen."""
        seconds = self.ran
        # ru_maxrss: KiB on Linux, bytes on macOS (getrusage(2)).
        peak = usage.ru_maxrss * (1 if os.uname().sysname == "Darwin" else 1024)
        cpu = max(usage.ru_utime + usage.ru_stime, self.seen.cpu)
        return Used(
            ended=now(),
            peak=max(peak, self.seen.memory),
            cpu=cpu,
            seconds=seconds,
            cores=cpu / seconds if seconds else 0.0,
            gpu=self.seen.gpu,
            bytes_in=self.bytes_in,
        )

    @property
    def ran(self) -> float:
        """Seconds since its start in which it was not stopped."""
        until = time.monotonic() if self._since is None else self._since
        return until - self.began - self._still

    def hold(self, still: bool) -> None:
        """Stop all its processes, or let them go on; what they hold of the machine stays theirs."""
        if still:
            self._since = self._since or time.monotonic()
        elif self._since is not None:
            self._still, self._since = self._still + time.monotonic() - self._since, None
        signal_tree(self.launch.pid, self.folder.path, signal.SIGSTOP if still else signal.SIGCONT)

    def terminate(self, why: Ending) -> None:
        """Ask all its processes to end."""
        self.ending = self.ending or why
        signal_tree(self.launch.pid, self.folder.path, signal.SIGTERM)

    def kill(self) -> None:
        """End all its processes, unless it is over (its process id may be someone else's then)."""
        if not self.over:
            signal_tree(self.launch.pid, self.folder.path, signal.SIGKILL)

    def close(self) -> None:
        """Let go of it once its process was waited for; its group ends as a container would."""
        self.over = True
        os.close(self.launch.cells)
        kill_group(self.launch.pid, signal.SIGKILL)
        self.seat.leave()
        if self.ending:
            end_marked(self.folder.path)
