"""What the steps of all runs of a home hold of this machine, so that two runs never share a GPU.

A claim is a locked file. Runner and step hold the lock together, and the kernel frees it when both
are gone (flock(2)): what a killed run held is free again without anybody's doing. A claim is made
under one lock for all, so nobody counts while another writes.
"""

import contextlib
import fcntl
import json
import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from . import lock
from .machine import Machine
from .needs import Need, gibibytes


@dataclass(frozen=True)
class Claim:
    """A part of the machine that is held for one process."""

    descriptor: int
    """To be inherited by the process."""
    path: Path
    gpus: tuple[str, ...]

    def release(self) -> None:
        """Let go of it. Where something of the process lives on, it is held until that ends."""
        os.close(self.descriptor)
        if not lock.is_held(self.path):
            self.path.unlink(missing_ok=True)


@dataclass(frozen=True)
class Shortage:
    """Why a claim cannot be made now."""

    words: str
    """What is waited for."""
    holders: tuple[Path, ...]
    """Claims that are in the way."""


def claims_folder(home: Path) -> Path:
    """Return where the claims on this machine are; a home may be shared by several machines."""
    return home / "machine" / socket.gethostname().replace("/", "_")


def claim(home: Path, machine: Machine, need: Need, who: str) -> Claim | Shortage:
    """Claim what a process needs, or say why that must wait. Raises `OSError`.

    `who` is said to those that wait for it.
    """
    folder = claims_folder(home)
    folder.mkdir(parents=True, exist_ok=True)
    with _alone(folder):
        held = list(_held(folder))
        taken = {gpu for _, each in held for gpu in each["gpus"]}
        free = [each for each in machine.gpus.get(need.vendor, ()) if each not in taken]
        shortage = _shortage(machine, need, free, held)
        if shortage is not None:
            return shortage
        gpus = tuple(free[: need.gpus])
        path = folder / f"{os.getpid()}-{time.time_ns()}.json"
        descriptor = lock.take(path)
        said = {"who": who, "cpu": need.cpu, "memory": need.memory, "gpus": gpus}
        try:
            os.write(descriptor, json.dumps(said).encode())
        except OSError:
            os.close(descriptor)
            raise
        return Claim(descriptor, path, gpus)


def _shortage(
    machine: Machine, need: Need, free: list[str], held: list[tuple[Path, dict[str, Any]]]
) -> Shortage | None:
    cpu = machine.cpu - sum(each["cpu"] for _, each in held)
    memory = machine.memory - sum(each["memory"] for _, each in held)
    # Requests are decimal: three tenths of a core three times leave one tenth.
    if need.cpu > cpu + 1e-6:
        have = f"{max(cpu, 0):.3g} of {machine.cpu:g} are free"
        return _waits(f"{need.cpu:g} CPUs: {have}", "cpu", held)
    if need.memory > memory:
        have = f"{gibibytes(max(memory, 0))} of {gibibytes(machine.memory)} are free"
        return _waits(f"{gibibytes(need.memory)} of memory: {have}", "memory", held)
    if need.gpus > len(free):
        have = f"{len(free)} of {len(machine.gpus[need.vendor])} are free"
        return _waits(f"{need.gpus} GPU{'s' if need.gpus > 1 else ''}: {have}", "gpus", held)
    return None


def _waits(what: str, field: str, held: list[tuple[Path, dict[str, Any]]]) -> Shortage:
    holders = [(path, each["who"]) for path, each in held if each[field]]
    names = ", ".join(dict.fromkeys(who for _, who in holders))
    return Shortage(
        f"waits for {what} ({names} {'has' if len(holders) == 1 else 'have'} the rest)",
        tuple(path for path, _ in holders),
    )


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    descriptor = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _held(folder: Path) -> Iterator[tuple[Path, dict[str, Any]]]:
    """Yield the living claims; files of dead ones are deleted."""
    for path in sorted(folder.glob("*.json")):
        if not lock.is_held(path):
            path.unlink(missing_ok=True)
            continue
        # A claim without its text was written on a full disk: it has nothing that counts.
        with contextlib.suppress(OSError, ValueError, KeyError):
            said = json.loads(path.read_bytes())
            yield path, {name: said[name] for name in ("who", "cpu", "memory", "gpus")}


def wait_until_free(path: Path) -> None:
    """Return once nobody holds a claim; the kernel wakes the caller, a thread of its own."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH)
    finally:
        os.close(descriptor)
