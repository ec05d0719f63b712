"""A run as it is now, read from its folder: the result, or the fold of its events."""

import json
from dataclasses import dataclass, field

from ..model import RunStatus
from . import lock
from .fold import Event, as_lost, fold, parse_events
from .layout import RunFolder
from .record import RunRecord

_BEGINNING = 64 * 1024
"""Bytes that have all of a result but its steps, as a rule: with a thousand of them it has 400 KiB,
and a list of runs reads many."""


class DamagedRunError(Exception):
    """A run's folder does not hold what it must hold; the text says what."""


def read_record(folder: RunFolder) -> RunRecord:
    """Return what never changes about a run; `DamagedRunError` where it cannot be read."""
    try:
        return RunRecord.from_json(json.loads(folder.record.read_bytes()))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DamagedRunError(f"{folder.record.name} cannot be read: {error}") from error


def read_result(folder: RunFolder, *, steps: bool = True) -> RunStatus | None:
    """Return the final status; None where the run has none (yet), or it is damaged.

    `steps`: whether it is to have its steps, which are most of it.
    """
    try:
        with open(folder.result, "rb") as file:
            beginning = file.read(_BEGINNING)
            text = b"" if steps else _without_steps(beginning)
            data = json.loads(text or beginning + file.read())
        return RunStatus.from_json(data if steps else {**data, "steps": ()})
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _without_steps(beginning: bytes) -> bytes:
    """Return a result without its steps; empty where the beginning of the text has not all else.

    `write_json` sorts the keys, so the steps come last, and gives those of the outermost object a
    line of their own with one space before: such a line is in no text and in no inner object.
    """
    head, found, _ = beginning.partition(b'\n "steps": [')
    return head.rstrip(b",") + b"}" if found else b""


def read_status(folder: RunFolder, *, steps: bool = True) -> RunStatus:
    """Return the run as it is now; `DamagedRunError` where its record cannot be read.

    Without `steps`, an ended run has none.
    """
    return read_result(folder, steps=steps) or StatusReader(folder).read()


@dataclass
class StatusReader:
    """Reads a run again and again, each time only what is new of its journal."""

    folder: RunFolder
    status: RunStatus = field(init=False)
    fresh: list[Event] = field(init=False, default_factory=list)
    """The events that the last `read` found."""
    _offset: int = 0
    _last: float | None = None

    def __post_init__(self) -> None:
        record = read_record(self.folder)
        self.status = record.first_status()
        self._elsewhere = record.engine != "local"

    def read(self) -> RunStatus:
        """Return the run as it is now."""
        # Order matters: the runner writes events, then the result, then lets go of the lock.
        alive = lock.is_held(self.folder.lock)
        self.read_events()
        if self.status.state.ended or alive:
            return self.status
        result = read_result(self.folder)
        if result is None and self._elsewhere:
            # On a cluster it goes on without us; `Engine.revive` has it watched again.
            return self.status
        self.status = result or as_lost(self.status, self._last)
        return self.status

    def read_events(self) -> None:
        """Take in what is new of the journal, without asking whether the runner lives."""
        self.fresh = []
        try:
            with open(self.folder.events, "rb") as file:
                file.seek(self._offset)
                data = file.read()
        except FileNotFoundError:
            return
        self.fresh, taken = parse_events(data)
        self._offset += taken
        self.status = fold(self.status, self.fresh)
        if self.fresh:
            self._last = self.fresh[-1].get("time")
