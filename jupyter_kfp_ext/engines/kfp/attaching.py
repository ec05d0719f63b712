"""Runs that someone else started, kept here like our own: watched, with logs, beside a notebook.

What such a run needs here is a folder with the plan that its steps are shown by, and the run's id
there. `<home>/remote/<KFP's id>` says which run here it is, so that it is attached once.
"""

import contextlib
import fcntl
import hashlib
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ...storage import write_atomically, write_json
from ..local.create import create_written, write_template
from ..local.ids import new_run_id
from ..local.journal import Journal
from ..local.layout import RunFolder, run_folder
from ..local.record import RunRecord
from ..local.status import read_record
from ..protocol import Submission
from .intent import INTENT_FILE, Intent, read_intent
from .keeper_process import start_keeper
from .nodes import seconds

Json = Mapping[str, Any]


@dataclass(frozen=True)
class RunThere:
    """A run of a cluster, as its list tells of it."""

    remote_id: str
    """KFP's id."""
    name: str
    state: str
    """As KFP has it: empty where it has none yet."""
    created: float | None
    ended: float | None
    schedule: str
    """KFP's id of the recurring run that started it; empty where none did."""
    archived: bool
    run_id: str
    """Its id here; empty where it is not kept here."""


def run_there(home: Path, row: Json) -> RunThere:
    """Read a row of KFP's list."""
    return RunThere(
        remote_id=row["run_id"],
        name=str(row.get("display_name") or ""),
        state=str(row.get("state") or ""),
        created=seconds(row.get("created_at")),
        ended=seconds(row.get("finished_at")),
        schedule=str(row.get("recurring_run_id") or ""),
        archived=row.get("storage_state") == "ARCHIVED",
        run_id=known_here(home, row),
    )


def known_here(home: Path, row: Json) -> str:
    """Return the id that a run has here; empty where it is not kept here."""
    remote_id = row["run_id"]
    own = str(row.get("display_name") or "").rpartition(" ")[2]  # our runs have their id there
    attached = ""
    with contextlib.suppress(OSError):
        attached = _mark(home, remote_id).read_text()
    for run_id in (own, attached):
        folder = run_folder(home, run_id)
        if run_id and "/" not in run_id and run_id[0] != ".":
            with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
                if read_intent(folder.path).run_id == remote_id:
                    return run_id
    return ""


def attach_like(home: Path, template: RunFolder, row: Json) -> str:
    """Keep a run of a schedule here, by the plan that the schedule was made with."""
    record, intent = read_record(template), read_intent(template.path)

    def write(aside: RunFolder) -> None:
        for path in (template.pipeline, template.notebook, template.code):
            shutil.copy(path, aside.path / path.name)

    return _attached(home, record, intent, row, write)


def attach_new(
    home: Path, record: RunRecord, intent: Intent, submission: Submission, row: Json
) -> str:
    """Keep a run of which nothing is known here but what KFP tells."""

    def write(aside: RunFolder) -> None:
        write_template(aside, record, submission)

    return _attached(home, record, intent, row, write)


def note_adopted(intent: Intent, journal: Journal) -> None:
    """Note where an attached run is; its keeper starts nothing."""
    connection = intent.connection
    remote = {
        "connection": connection.name,
        "namespace": connection.pods_in,
        "run_id": intent.run_id,
    }
    if intent.experiment:
        remote["experiment"] = intent.experiment
    journal.run(remote=remote)


def _attached(
    home: Path, record: RunRecord, intent: Intent, row: Json, write: Callable[[RunFolder], None]
) -> str:
    created = (seconds(row.get("created_at")) or record.created) + _fraction(row["run_id"])
    record = replace(record, id=new_run_id(created), created=created)
    intent = replace(intent, run_id=row["run_id"], adopted=True)

    def write_all(aside: RunFolder) -> None:
        write(aside)
        write_json(aside.path / INTENT_FILE, intent.to_json())
        write_json(aside.record, record.to_json())

    mark = _mark(home, row["run_id"])
    mark.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with open(mark.parent / "lock", "w") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)  # two who attach the same run make one of it
        known = known_here(home, row)
        if known:
            return known
        create_written(home, record, write_all, start_keeper)
        write_atomically(mark, record.id)
    return record.id


def _fraction(remote_id: str) -> float:
    """Return less than a second: KFP's times are whole, and ids here hold microseconds."""
    return int(hashlib.sha256(remote_id.encode()).hexdigest()[:8], 16) % 1_000_000 / 1_000_000


def _mark(home: Path, remote_id: str) -> Path:
    return home / "remote" / hashlib.sha256(remote_id.encode()).hexdigest()[:32]
