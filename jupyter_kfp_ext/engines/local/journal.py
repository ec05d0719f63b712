"""The runner's record of what happened: on disk first, announced second."""

import errno
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from typing import Any

from ...storage import write_json
from ..announce import announce
from ..model import RunStatus, StepStatus
from .clock import now
from .fold import run_after, step_after
from .layout import RunFolder
from .status import StatusReader

_RESERVE = 256 * 1024
"""Bytes: events and final status of some hundred steps."""
_AT_MOST = 0.05
"""Seconds that an announcement is held back."""


class FolderGoneError(Exception):
    """Someone deleted the run's folder: nothing that is written down would be found."""


class Journal:
    """Appends events to a run's journal and keeps the status that they add up to."""

    def __init__(self, folder: RunFolder) -> None:
        """Open the journal; `seq` goes on after what is there."""
        self.folder = folder
        reader = StatusReader(folder)
        reader.read_events()
        self._run = replace(reader.status, steps=())
        self._steps = {step.task: step for step in reader.status.steps}
        self._together = self._untold = False
        self._told = time.monotonic()
        self._file = os.open(folder.events, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        self._end_torn_line()

    def _end_torn_line(self) -> None:
        if self.folder.events.read_bytes()[-1:] not in (b"", b"\n"):
            os.write(self._file, b"\n")

    def run(self, **changes: Any) -> None:
        """Record changed fields of the run."""
        self._append({"type": "run", **changes})

    def step(self, task: str, **changes: Any) -> None:
        """Record changed fields of a step."""
        self._append({"type": "step", "task": task, **changes})

    def _append(self, event: dict[str, Any]) -> None:
        event = {"seq": self._run.seq + 1, "time": now(), **event}
        self._write(json.dumps(event, separators=(",", ":")).encode() + b"\n")
        self._run = run_after(self._run, event)
        if "task" in event:
            self._steps[event["task"]] = step_after(self._steps[event["task"]], event)
        self._untold = True
        if not self._together or time.monotonic() - self._told > _AT_MOST:
            self._tell()

    @contextmanager
    def together(self) -> Iterator[None]:
        """Announce what happens in a block at its end; now and then where it takes long.

        Steps that are all known end hundreds at once, and each announcement wakes all who follow.
        """
        self._together = True
        try:
            yield
        finally:
            self._together = False
            if self._untold:
                self._tell()

    def _tell(self) -> None:
        announce(self.folder.home, self._run.id, self._run.seq)
        self._untold, self._told = False, time.monotonic()

    def _write(self, line: bytes) -> None:
        if not os.fstat(self._file).st_nlink:
            raise FolderGoneError(str(self.folder.path))
        written = os.write(self._file, line)
        if written < len(line):
            # A disk that is all but full takes a part of the line: no reader may see it.
            os.ftruncate(self._file, os.fstat(self._file).st_size - written)
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(self.folder.events))

    @property
    def status(self) -> RunStatus:
        """The run as of the last event."""
        return replace(self._run, steps=tuple(self._steps.values()))

    def step_status(self, task: str) -> StepStatus:
        """Return a step as of the last event."""
        return self._steps[task]

    def become(self, after: RunStatus) -> None:
        """Record whatever makes the present status the given one.

        Nobody sees a step that runs in a run that waits, or one that runs on in a run that ended.
        """
        if not after.state.ended:
            self._run_becomes(after)
        for step in after.steps:
            changes = _changes(self._steps[step.task], step)
            if changes:
                self.step(step.task, **changes)
        self._run_becomes(after)

    def _run_becomes(self, after: RunStatus) -> None:
        changes = _changes(self._run, replace(after, steps=()))
        changes.pop("seq", None)
        if changes:
            self.run(**changes)

    def finish(self) -> None:
        """Write the final status; the run has ended once this is on disk."""
        write_json(self.folder.result, self.status.to_json())
        self._tell()

    def reserve_room(self) -> None:
        """Take some of the disk, so that the run's end can be written when the disk is full."""
        self.folder.reserve.write_bytes(bytes(_RESERVE))

    def free_room(self) -> None:
        """Give back what `reserve_room` took."""
        self.folder.reserve.unlink(missing_ok=True)

    def close(self) -> None:
        """Close the file."""
        os.close(self._file)


def _changes(before: RunStatus | StepStatus, after: RunStatus | StepStatus) -> dict[str, Any]:
    old, new = asdict(before), asdict(after)
    return {name: value for name, value in new.items() if old[name] != value}
