"""Whether a process may start now: room on the machine, and what it waits for where there is none.

A step that says what it needs is given that of the machine, beside the steps of all other runs of
this home. One that does not say how many cores it needs counts as none of them, as on a cluster;
how many of those run at once is bounded for each run.
"""

import os
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .claims import Claim, Shortage, claim, wait_until_free
from .gpus import visibility
from .machine import Machine
from .needs import Need, filled, need_of
from .spec import Task
from .waiting import Waiter

_FEWEST_SLOTS = 8
"""Steps that wait for a disk or network do not need a processor each."""
_AGAIN = 1.0
"""Seconds until a claim is looked at again that cannot be waited for."""


@dataclass(eq=False)
class Seat:
    """What one process holds while it runs."""

    need: Need
    claim: Claim | None
    _left: Callable[["Seat"], None]

    @property
    def gpus(self) -> tuple[str, ...]:
        """The GPUs that only it may use now."""
        return () if self.claim is None else self.claim.gpus

    @property
    def env(self) -> Mapping[str, str]:
        """Environment variables that show the process the GPUs it holds."""
        return visibility(self.need.vendor, self.gpus) if self.gpus else {}

    @property
    def descriptors(self) -> tuple[int, ...]:
        """What the process must inherit to hold its part of the machine, should the runner die."""
        return () if self.claim is None else (self.claim.descriptor,)

    def leave(self) -> None:
        """Give everything back; once."""
        if self.claim is not None:
            self.claim.release()
        self._left(self)


class Room:
    """Hands out this machine to the processes of one run."""

    def __init__(
        self, home: Path, run: str, machine: Machine, waiter: Waiter, too_much: bool = False
    ) -> None:
        """Take what there is; `too_much`: who asks for more than that gets all of it."""
        self._home = home
        self._run = run
        self._machine = machine
        self._waiter = waiter
        self._too_much = too_much
        self._slots = max(int(machine.cpu), _FEWEST_SLOTS)
        self._plain = 0
        """Processes that do not say how many cores they need."""
        self._full: dict[Need, str] = {}
        """What found no room since something was last given back, and why."""
        self._own: set[Path] = set()
        """Claims of this run: `Seat.leave` tells when they are given up."""
        self._watched: set[Path] = set()
        self._bell: int | None = None

    def need(self, task: Task, values: Mapping[str, Any]) -> Need:
        """Return what a process is to be handed out; `values` are its input parameters.

        Raises `ValueError` where the machine never has that.
        """
        if task.container is None or not task.container.resources:
            return Need()
        need = need_of(filled(task.container.resources, values))
        lacks = self._machine.lacks(need)
        if lacks and not self._too_much:
            raise ValueError(f"it asks for {'; '.join(lacks.values())}")
        return self._machine.at_most(need) if lacks else need

    def enter(self, need: Need) -> Seat | None:
        """Return a seat, or None where there is no room now."""
        if need in self._full:
            return None
        if not need.cpu and self._plain >= self._slots:
            self._full[need] = f"{self._plain} steps run already"
            return None
        got: Claim | Shortage | None = None
        if need != Need():
            got = claim(self._home, self._machine, need, f"run {self._run}")
        if isinstance(got, Shortage):
            self._full[need] = got.words
            for path in got.holders:
                if path not in self._own:
                    self._watch(path)
            return None
        if got is not None:
            self._own.add(got.path)
        self._plain += not need.cpu
        return Seat(need, got, self._left)

    def why(self, need: Need) -> str:
        """Return what a need waits for; empty where it was not refused."""
        return self._full.get(need, "")

    def _left(self, seat: Seat) -> None:
        self._plain -= not seat.need.cpu
        if seat.claim is not None:
            self._own.discard(seat.claim.path)
        self._full.clear()

    def _watch(self, path: Path) -> None:
        """Look again once a claim is given up, by whomever."""
        if path in self._watched:
            return
        if self._bell is None:
            reader, self._bell = os.pipe()
            os.set_blocking(reader, False)
            self._waiter.watch(reader, lambda: self._heard(reader))
        self._watched.add(path)
        bell = self._bell

        def wait() -> None:
            try:
                wait_until_free(path)
            except OSError:  # no files left, a disk that has no locks: then look now and then
                time.sleep(_AGAIN)
            self._watched.discard(path)
            os.write(bell, b"!")

        threading.Thread(target=wait, name=f"waits for {path.name}", daemon=True).start()

    def _heard(self, reader: int) -> None:
        os.read(reader, 65536)
        self._full.clear()
