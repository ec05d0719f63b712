"""What this machine has for steps: as much of it as this process may use."""

import contextlib
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from .gpus import find_gpus, vendor_of
from .needs import Need, gibibytes


@dataclass(frozen=True)
class Machine:
    """What may be handed out at once."""

    cpu: float
    """Cores."""
    memory: int
    """Bytes."""
    gpus: Mapping[str, tuple[str, ...]]
    """Names of the GPUs of each vendor that was asked for."""

    def lacks(self, need: Need) -> dict[str, str]:
        """Return what of a need this machine can never give, by option, in words."""
        has = len(self.gpus.get(need.vendor, ()))
        found = {}
        if need.cpu > self.cpu:
            found["cpu"] = f"{need.cpu:g} CPUs, and this machine has {self.cpu:g}"
        if need.memory > self.memory:
            asked, there = gibibytes(need.memory), gibibytes(self.memory)
            found["memory"] = f"{asked} of memory, and this machine has {there}"
        if need.gpus > has:
            asked = f"{need.gpus} GPU{'s' if need.gpus > 1 else ''} ({need.gpu_type})"
            found["gpu"] = f"{asked}, and this machine has {has or 'none'} that it may use"
        return found

    def at_most(self, need: Need) -> Need:
        """Return the need, cut to what there is."""
        has = len(self.gpus.get(need.vendor, ()))
        gpus = min(need.gpus, has)
        return Need(
            min(need.cpu, self.cpu),
            min(need.memory, self.memory),
            gpus,
            need.gpu_type if gpus else "",
        )


def read_machine(gpu_types: frozenset[str], env: Mapping[str, str] = os.environ) -> Machine:
    """Return what this process may use: affinity and limits of its control group count.

    `gpu_types`: the resource types that are asked for; others are not looked for.
    """
    vendors = {vendor_of(each) for each in gpu_types}
    return Machine(_cores(), _memory(), {each: find_gpus(each, env) for each in vendors})


def _cores() -> float:
    if hasattr(os, "sched_getaffinity"):
        cores: float = len(os.sched_getaffinity(0))
    else:
        cores = os.cpu_count() or 1
    return min([cores, *cpu_limits(Path("/"))])


def _memory() -> int:
    whole = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return min([whole, *memory_limits(Path("/"))])


def cpu_limits(root: Path) -> Iterator[float]:
    """Yield the limits in cores of this process's control groups (cgroup v1 and v2)."""
    for folder in _groups(root, "cpu"):
        with contextlib.suppress(OSError, ValueError):
            quota, period = (folder / "cpu.max").read_text().split()
            yield int(quota) / int(period)
        with contextlib.suppress(OSError, ValueError):
            number = int((folder / "cpu.cfs_quota_us").read_text())
            if number > 0:
                yield number / int((folder / "cpu.cfs_period_us").read_text())


def memory_limits(root: Path) -> Iterator[int]:
    """Yield the limits in bytes of this process's control groups (cgroup v1 and v2)."""
    for folder in _groups(root, "memory"):
        for name in ("memory.max", "memory.limit_in_bytes"):
            with contextlib.suppress(OSError, ValueError):
                yield int((folder / name).read_text())


def _groups(root: Path, controller: str) -> Iterator[Path]:
    """Yield the folders of the groups that this process is in, and of those around them."""
    try:
        lines = (root / "proc/self/cgroup").read_text().splitlines()
    except OSError:
        return
    for line in lines:
        _, names, path = line.split(":", 2)
        if names and controller not in names.split(","):
            continue
        place = root / "sys/fs/cgroup"
        # In a container the path may be the host's, which is not there: the root is the group.
        place = place / controller if names else place
        parts = [each for each in path.split("/") if each not in ("", "..")]
        for length in range(len(parts), -1, -1):
            yield place.joinpath(*parts[:length])
