"""A run as it is now, read from its folder: the result, or the fold of its events."""

import json
from dataclasses import dataclass, field
from pathlib import Path

from ...errors import Code, KfpExtError, Problem
from ..model import RunStatus, State
from . import lock
from .fold import Event, as_lost, fold, parse_events
from .layout import RunFolder, created_by_id, run_folder
from .record import RunRecord


class DamagedRunError(Exception):
    """A run's folder does not hold what it must hold; the text says what."""


def read_record(folder: RunFolder) -> RunRecord:
    """Return what never changes about a run; `DamagedRunError` where it cannot be read."""
    try:
        return RunRecord.from_json(json.loads(folder.record.read_bytes()))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DamagedRunError(f"{folder.record.name} cannot be read: {error}") from error


def read_result(folder: RunFolder) -> RunStatus | None:
    """Return the final status; None where the run has none (yet), or it is damaged."""
    try:
        return RunStatus.from_json(json.loads(folder.result.read_bytes()))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def read_status(folder: RunFolder) -> RunStatus:
    """Return the run as it is now; `DamagedRunError` where its record cannot be read."""
    return read_result(folder) or StatusReader(folder).read()


def read_known(folder: RunFolder) -> RunStatus:
    """Return the run as it is now; a damaged one as FAILED, with what is known of it."""
    try:
        return read_status(folder)
    except DamagedRunError as error:
        return RunStatus(
            id=folder.path.name,
            name=folder.path.name,
            notebook=None,
            engine="local",
            state=State.FAILED,
            created=created_by_id(folder.path.name),
            seq=0,
            message=f"The record of this run is damaged: {error}",
        )


def existing_run(home: Path, run_id: str) -> RunFolder:
    """Return the folder of a run; `KfpExtError` (`run-missing`) where there is none."""
    folder = run_folder(home, run_id)
    # An id that is a path ("../x") must not leave the folder of runs.
    if run_id in ("", ".", "..") or "/" in run_id or "\0" in run_id or not folder.path.is_dir():
        raise run_missing(run_id)
    return folder


def run_missing(run: str) -> KfpExtError:
    """Return the error for a run that does not exist."""
    return KfpExtError(
        Problem(Code.RUN_MISSING, f"There is no run {run!r}.", "`jupyter kfp runs` lists them.")
    )


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
        self.status = read_record(self.folder).first_status()

    def read(self) -> RunStatus:
        """Return the run as it is now."""
        # Order matters: the runner writes events, then the result, then lets go of the lock.
        alive = lock.is_held(self.folder.lock)
        self.read_events()
        if self.status.state.ended or alive:
            return self.status
        self.status = read_result(self.folder) or as_lost(self.status, self._last)
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
