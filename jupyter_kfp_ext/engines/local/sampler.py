"""What the processes of a step take together, looked at now and then while they run.

`wait4` tells the largest single process only, and only those that were waited for. Nothing tells
the peak of a whole tree but a control group of its own, which a user may seldom make; so the tree
is looked at, from `FIRST` seconds after its start and then so seldom that it costs no more than
two percent of a processor.
"""

import contextlib
import os
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

FIRST = 0.2
"""Seconds from a step's start to the first look: most steps that end before have one process."""
_LONGEST = 5.0
"""Seconds between two looks, at most."""
_SHARE = 50
"""A look may take this part of the time until the next one."""
_TICK = os.sysconf("SC_CLK_TCK")
_PROC = Path("/proc")


@dataclass
class Peak:
    """The most that was seen of one tree."""

    memory: int = 0
    """Bytes of all its processes at one time; what they share counts once."""
    cpu: float = 0.0
    """Seconds of processor, of those that live and those that were waited for."""
    gpu: int | None = None
    """Bytes in use on its GPUs."""

    def look(self, root: int, gpus: Sequence[str]) -> None:
        """Look at the tree of a process; nothing where it is gone, or this is not Linux."""
        if gpus:
            from .gpu_memory import memory_in_use  # ctypes, which most runs do not need

            used = memory_in_use(gpus)
            self.gpu = self.gpu if used is None else max(self.gpu or 0, used)
        pids = list(_tree(root))
        if len(pids) < 2:
            return  # `wait4` will tell
        self.memory = max(self.memory, sum(map(_share, pids)))
        self.cpu = max(self.cpu, sum(map(_processor, pids)))


def _tree(root: int) -> Iterator[int]:
    """Yield a process and its living descendants (proc(5), `children`)."""
    waiting = [root]
    while waiting:
        pid = waiting.pop()
        try:
            threads = list((_PROC / str(pid) / "task").iterdir())
        except OSError:
            continue
        yield pid
        for thread in threads:
            with contextlib.suppress(OSError):
                waiting += map(int, (thread / "children").read_bytes().split())


def _share(pid: int) -> int:
    """Return a process's part of the memory that it has or shares: forks share most of theirs."""
    with contextlib.suppress(OSError):
        for line in (_PROC / f"{pid}/smaps_rollup").read_bytes().splitlines():
            if line.startswith(b"Pss:"):
                return int(line.split()[1]) * 1024
    return 0


def _processor(pid: int) -> float:
    with contextlib.suppress(OSError, IndexError, ValueError):
        # The command in parentheses may hold anything: count from the last ")" (proc(5)).
        fields = (_PROC / f"{pid}/stat").read_bytes().rpartition(b")")[2].split()
        return sum(map(int, fields[11:15])) / _TICK
    return 0.0


def look_at(trees: Iterable[tuple[Peak, int, Sequence[str]]]) -> float:
    """Look at the trees of these processes; return the seconds until the next look."""
    before = time.thread_time()
    for peak, root, gpus in trees:
        peak.look(root, gpus)
    cost = time.thread_time() - before
    return min(max(FIRST, cost * _SHARE), _LONGEST)
