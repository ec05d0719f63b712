"""Which GPUs of this machine a run may hand to its steps, and how a step is told which are its own.

A GPU goes by one name whoever submitted the run: its UUID where the driver tells it, so that two
runs mean the same one by the same name, whatever their `CUDA_VISIBLE_DEVICES` calls it.
"""

import re
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

NVIDIA, AMD = "nvidia", "amd"

_SHOWN_BY = {NVIDIA: "CUDA_VISIBLE_DEVICES", AMD: "HIP_VISIBLE_DEVICES"}
_PATIENCE = 20.0
"""Seconds that `nvidia-smi` may take: it wakes drivers that sleep."""


def vendor_of(kind: str) -> str:
    """Return who makes a resource type (`nvidia.com/gpu`, `NVIDIA_TESLA_T4`); itself if unknown."""
    word = kind.lower()
    return next((each for each in (NVIDIA, AMD) if word.startswith(each)), kind)


def visibility(vendor: str, gpus: Sequence[str]) -> dict[str, str]:
    """Return the environment by which a process sees these GPUs and no others."""
    return {_SHOWN_BY[vendor]: ",".join(gpus)}


def find_gpus(vendor: str, env: Mapping[str, str], root: Path = Path("/")) -> tuple[str, ...]:
    """Return the GPUs that a process with this environment may use, in the driver's order.

    `root` is where `/proc`, `/dev` and `/sys` lie. A vendor that is not known has none.
    """
    if vendor == NVIDIA:
        return _shown(_nvidia(root), env.get(_SHOWN_BY[NVIDIA]))
    if vendor == AMD:
        # HIP reads CUDA_VISIBLE_DEVICES as well where its own variable is not set.
        said = env.get(_SHOWN_BY[AMD], env.get(_SHOWN_BY[NVIDIA]))
        return _shown(_amd(root), said)
    return ()


def _shown(found: Sequence[str], said: str | None) -> tuple[str, ...]:
    """Return what a `*_VISIBLE_DEVICES` leaves of the GPUs; as in CUDA, a wrong word ends it."""
    if said is None:
        return tuple(found)
    shown: list[str] = []
    for word in (each.strip() for each in said.split(",")):
        if word.isdecimal() and int(word) < len(found):
            name = found[int(word)]
        elif word.startswith("MIG-"):
            name = word  # a part of a GPU, which the driver's list does not have
        else:
            meant = [each for each in found if word and each.startswith(word)]
            name = meant[0] if len(meant) == 1 and not word.isdecimal() else ""
        if not name or name in shown:
            break
        shown.append(name)
    return tuple(shown)


def _nvidia(root: Path) -> list[str]:
    # Folders are named by PCI address, which is the order of `nvidia-smi`.
    listed = sorted((root / "proc/driver/nvidia/gpus").glob("*/information"))
    nodes = {each.name for each in (root / "dev").glob("nvidia[0-9]*")}
    if listed:
        facts = [_facts(each.read_text(errors="replace")) for each in listed]
        # A container may see all GPUs in /proc but has device files of its own alone.
        own = [each for each in facts if not nodes or f"nvidia{each.get('Device Minor')}" in nodes]
        uuids = [each.get("GPU UUID", "") for each in own]
        told = all(each.startswith("GPU-") and "?" not in each for each in uuids)
        return uuids if told else [str(index) for index in range(len(own))]
    if nodes:
        return [str(index) for index in range(len(nodes))]
    return _by_program() if root == Path("/") else []


def _facts(text: str) -> dict[str, str]:
    pairs = (line.partition(":") for line in text.splitlines())
    return {name.strip(): value.strip() for name, _, value in pairs}


def _by_program() -> list[str]:
    """Ask `nvidia-smi`, for systems that show GPUs neither in /proc nor in /dev (WSL)."""
    program = shutil.which("nvidia-smi")
    if program is None:
        return []
    try:
        done = subprocess.run([program, "-L"], capture_output=True, text=True, timeout=_PATIENCE)
    except (OSError, subprocess.TimeoutExpired):
        return []
    return re.findall(r"^GPU \d+:.*\(UUID: (GPU-[0-9a-f-]+)\)", done.stdout, re.MULTILINE)


def _amd(root: Path) -> list[str]:
    nodes = (root / "sys/class/kfd/kfd/topology/nodes").glob("*/properties")
    # Nodes without SIMD units are processors.
    units = [re.search(r"^simd_count (\d+)", each.read_text(), re.MULTILINE) for each in nodes]
    count = sum(1 for each in units if each and int(each[1]) > 0)
    return [str(index) for index in range(count)]
