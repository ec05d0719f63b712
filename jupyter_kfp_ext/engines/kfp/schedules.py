"""Recurring runs: KFP starts runs of a pipeline version by itself, by cron or interval.

What a schedule runs is kept here as a run's folder would be (`<home>/schedules/<key>/`), so that
its runs can be shown with their cells. The name tells a schedule again after a lost answer.
"""

import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ...errors import Code, KfpExtError, Problem
from ...storage import read_json, write_json
from ..local.create import write_template
from ..local.fold import run_after
from ..local.layout import RunFolder
from ..local.record import RunRecord
from ..model import RunStatus
from ..protocol import Submission
from .access import open_api, open_cluster
from .api import KfpApi
from .attaching import RunThere, attach_like, run_there
from .connection import Connection
from .doubt import answered, comes_true
from .http import ClusterError
from .intent import INTENT_FILE, Intent
from .nodes import seconds
from .starting import Starter
from .triggers import MOST_AT_ONCE, Trigger

Json = Mapping[str, Any]
_FILE = "schedule.json"


@dataclass(frozen=True)
class Wanted:
    """A schedule as it is to be."""

    trigger: Trigger
    name: str = ""
    """Empty: the pipeline's."""
    catch_up: bool = False
    """Whether starts that were missed (while it was paused) are made up for."""
    at_once: int = 1
    """Runs of it that may go on at the same time."""
    enabled: bool = True


@dataclass(frozen=True)
class Schedule:
    """A recurring run of a cluster."""

    id: str
    """KFP's id."""
    name: str
    connection: str
    trigger: Trigger
    enabled: bool
    at_once: int
    created: float | None
    parameters: Json
    experiment_id: str
    pipeline_version_id: str
    notebook: str | None = None
    """Absolute path; None where it was not made from here."""
    namespace: str = ""
    """Where, on a cluster with several users."""

    def to_json(self) -> dict[str, Any]:
        """Return the wire form (docs/api.md, `Schedule`)."""
        told = {name: getattr(self, name) for name in self.__dataclass_fields__}
        trigger = {"cron": self.trigger.cron, "seconds": self.trigger.seconds}
        return {**told, "trigger": trigger, "when": str(self.trigger)}


@dataclass
class _Memory:
    """Notes of a way that no run goes."""

    status: RunStatus
    events: int = field(default=0)

    def run(self, **changes: Any) -> None:
        """Note changed fields."""
        self.events += 1
        self.status = run_after(self.status, {"type": "run", "seq": self.events, **changes})


def make_schedule(
    home: Path, record: RunRecord, intent: Intent, submission: Submission, wanted: Wanted
) -> Schedule:
    """Make a recurring run; raises `KfpExtError` where it is not there afterwards."""
    if not 1 <= wanted.at_once <= MOST_AT_ONCE:
        message = f"Of one schedule 1 to {MOST_AT_ONCE} runs can go on at once."
        raise KfpExtError(Problem(Code.USAGE, message, option="concurrency"))
    name = wanted.name or record.name
    api, cluster = open_api(intent.connection), open_cluster(intent.connection)
    if next(api.recurring(name), None) is not None:
        message = f"There is a schedule {name!r} on {intent.connection.name} already."
        remedy = "Remove it first (`jupyter kfp schedule remove`), or give another --name."
        raise KfpExtError(Problem(Code.USAGE, message, remedy, option="name"))
    folder = RunFolder(home / "schedules" / record.id)
    folder.path.mkdir(mode=0o700, parents=True)
    try:
        write_template(folder, record, submission, {INTENT_FILE: intent.to_json()})
        memory = _Memory(record.first_status())
        ids = Starter(folder, record, intent, api, cluster, memory).prepare()
        row = _posted(api, _body(name, ids, record, wanted))
        told = {"connection": intent.connection.name, "id": row["recurring_run_id"]}
        write_json(folder.path / _FILE, told)
    except KfpExtError:
        shutil.rmtree(folder.path, ignore_errors=True)
        raise
    return _schedule(row, intent.connection, {row["recurring_run_id"]: folder})


def _body(name: str, ids: Json, record: RunRecord, wanted: Wanted) -> dict[str, Any]:
    version = {key: ids[key] for key in ("pipeline_id", "pipeline_version_id")}
    return {
        "display_name": name,
        "experiment_id": ids["experiment_id"],
        "pipeline_version_reference": version,
        "runtime_config": {"parameters": dict(record.sent)},
        "max_concurrency": str(wanted.at_once),
        "no_catchup": not wanted.catch_up,
        "mode": "ENABLE" if wanted.enabled else "DISABLE",
        "trigger": wanted.trigger.to_kfp(),
    }


def _posted(api: KfpApi, body: Json, pause: Callable[[float], None] = time.sleep) -> Json:
    """Post once; after a lost answer it is looked for by its name, and never posted again."""
    try:
        return api.create_recurring(body)
    except ClusterError as error:
        if not error.maybe_done:
            raise
        found: list[Json] = []

        def look() -> bool:
            name = body["display_name"]
            named = answered(lambda: list(api.recurring(name)), _quiet, pause)
            found.extend(named)
            return bool(named)

        if not comes_true(look, pause):
            raise
        return found[0]


def _quiet(_words: str) -> None:
    """Nobody is told while a schedule is being made: whoever asked waits for the answer."""


def schedules(home: Path, connection: Connection) -> list[Schedule]:
    """Return the recurring runs of a connection, newest first; raises `KfpExtError`."""
    known = _known(home, connection.name)
    return [_schedule(each, connection, known) for each in open_api(connection).recurring()]


def find_schedule(home: Path, connection: Connection, said: str) -> Schedule:
    """Return the schedule of a name or id; raises `KfpExtError` (`usage`) where there is none."""
    there = schedules(home, connection)
    fitting = [each for each in there if said in (each.id, each.name)]
    if len(fitting) == 1:
        return fitting[0]
    if fitting:
        message = f"{len(fitting)} schedules are called {said!r}."
        raise KfpExtError(Problem(Code.USAGE, message, "Name one by its id."))
    names = ", ".join(each.name for each in there) or "none"
    message = f"There is no schedule {said!r} on {connection.name}."
    raise KfpExtError(Problem(Code.USAGE, message, f"There are: {names}."))


def switch_schedule(connection: Connection, schedule: Schedule, on: bool) -> None:
    """Let a schedule start runs, or no more until it is switched on; raises `KfpExtError`."""
    open_api(connection).switch_recurring(schedule.id, on)


def remove_schedule(home: Path, connection: Connection, schedule: Schedule) -> None:
    """Remove a schedule; its runs stay. Raises `KfpExtError`."""
    open_api(connection).delete_recurring(schedule.id)
    folder = _known(home, connection.name).get(schedule.id)
    if folder is not None:
        shutil.rmtree(folder.path, ignore_errors=True)


def runs_of_schedule(
    home: Path, connection: Connection, schedule: Schedule, limit: int
) -> list[RunThere]:
    """Return the newest runs of a schedule; those of ours are kept here from now on.

    Raises `KfpExtError` where the cluster does not answer.
    """
    template = _known(home, connection.name).get(schedule.id)
    found = []
    for row in _rows_of(open_api(connection), schedule, limit):
        if template is not None:
            attach_like(home, template, row)
        found.append(run_there(home, row))
    return found


def _rows_of(api: KfpApi, schedule: Schedule, limit: int) -> Iterator[Json]:
    for row in api.runs(schedule.experiment_id):
        if limit == 0:
            return
        if row.get("recurring_run_id") == schedule.id:
            limit -= 1
            yield row


def _known(home: Path, connection: str) -> dict[str, RunFolder]:
    """Return the folders of what was made from here, by KFP's id."""
    found = {}
    for path in sorted((home / "schedules").glob(f"*/{_FILE}")):
        try:
            told = read_json(path)
        except (OSError, ValueError):
            continue
        if told.get("connection") == connection:
            found[str(told["id"])] = RunFolder(path.parent)
    return found


def _schedule(row: Json, connection: Connection, known: Mapping[str, RunFolder]) -> Schedule:
    folder = known.get(row["recurring_run_id"])
    record: Json = {}
    if folder is not None:
        try:
            record = read_json(folder.record)
        except (OSError, ValueError):
            record = {}
    said = (row.get("runtime_config") or {}).get("parameters") or {}
    return Schedule(
        id=row["recurring_run_id"],
        name=str(row.get("display_name") or ""),
        connection=connection.name,
        trigger=Trigger.from_kfp(row.get("trigger") or {}),
        enabled=row.get("status", row.get("mode")) in ("ENABLED", "ENABLE"),
        at_once=int(row.get("max_concurrency") or 1),
        created=seconds(row.get("created_at")),
        parameters=record.get("parameters") or said,
        experiment_id=str(row.get("experiment_id") or ""),
        pipeline_version_id=str(
            (row.get("pipeline_version_reference") or {}).get("pipeline_version_id") or ""
        ),
        notebook=record.get("notebook"),
        namespace=connection.namespace,
    )
