"""Whether a run stands still, and its processes with it.

The run's folder says what was asked last, and a signal has the runner look: so what was asked of a
runner that is about to start counts as well. Stopped processes keep what they hold of the machine.
"""

from collections.abc import Iterable
from typing import Protocol

from ..model import State
from .journal import Journal


class Holdable(Protocol):
    """A process of a step that can be stopped and go on."""

    def hold(self, still: bool) -> None:
        """Stop all its processes, or let them go on."""


class Pause:
    """Follows what is asked of one run."""

    def __init__(self, journal: Journal) -> None:
        """Take the run; it goes on."""
        self._journal = journal
        self.on = False

    def follow(self, processes: Iterable[Holdable]) -> bool:
        """Do what was asked last; return whether the run goes on again only now."""
        wanted = self._journal.folder.paused.exists()
        if wanted == self.on:
            return False
        self._turn(wanted, processes)
        self._journal.run(state=State.PAUSED if wanted else State.RUNNING)
        return not wanted

    def end(self, processes: Iterable[Holdable]) -> None:
        """Let the processes go on for good: a stopped one hears no SIGTERM."""
        self._journal.folder.paused.unlink(missing_ok=True)
        if self.on:
            self._turn(False, processes)

    def _turn(self, still: bool, processes: Iterable[Holdable]) -> None:
        self.on = still
        for each in processes:
            each.hold(still)
