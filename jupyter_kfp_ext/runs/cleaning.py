"""Removing runs and what is old: the engines that keep it know what may go."""

from dataclasses import asdict
from typing import Any

from ..engines.kfp.cleaning import ClusterCleaned
from ..engines.local.cleaning import Cleaned, clean, remove_run
from ..engines.local.lookup import existing_run, run_active
from ..engines.model import LeftThere, RunStatus
from ..engines.protocol import Remote
from ..errors import Code, KfpExtError, Problem
from ..storage import home, write_atomically
from .engines import open_engine
from .registry import Registry


def clean_connection(
    name: str, age: float, dry_run: bool = False, namespace: str = ""
) -> ClusterCleaned:
    """Remove code on a cluster that no run used for `age` seconds; raises `KfpExtError`.

    `dry_run`: only say what would go; `namespace`: another one than the connection's.
    """
    from ..engines.kfp.cleaning import clean_cluster
    from .elsewhere import connection_named

    return clean_cluster(home(), connection_named(name, namespace), age, dry_run)


def clean_home(age: float, dry_run: bool = False) -> Cleaned:
    """Remove runs, results, code and environments not used for `age` seconds; `dry_run`: say it."""
    return clean(home(), age, dry_run)


def clean_all(
    age: float, connection: str | None, namespace: str = "", dry_run: bool = False
) -> dict[str, Any]:
    """Clean here and, where one is named, on a connection; return both as JSON has it.

    Raises `KfpExtError` where the cluster does not answer: then nothing is removed here either.
    """
    # First the cluster: the runs here say which claims hold code of theirs.
    there = clean_connection(connection, age, dry_run, namespace) if connection else None
    here = clean_home(age, dry_run)
    return {**asdict(here), **({"cluster": asdict(there)} if there else {})}


def left_there(run: RunStatus) -> LeftThere | None:
    """Return what a run has left on its cluster; None for one of this machine.

    Raises `KfpExtError`: `connection-missing`, and where the cluster does not answer.
    """
    engine = open_engine(run.engine)
    return engine.left_there(run.id) if isinstance(engine, Remote) else None


def delete_run(run_id: str, cluster: bool = False, artifacts: bool = False) -> LeftThere | None:
    """Remove one ended run, with its logs, outputs and values; what the cache keeps of it stays.

    `cluster`: remove it there, too, `artifacts`: with what its steps left there. Otherwise what is
    on a cluster stays. Returns what was removed there. Raises `KfpExtError`: `run-missing`,
    `run-active` for a run that goes on, or that one that goes on takes results from, and where the
    cluster does not answer: then nothing is removed here.
    """
    status = Registry().get(run_id)
    refuse_active(status)
    gone = None
    engine = open_engine(status.engine)
    if cluster and isinstance(engine, Remote):
        gone = engine.remove_there(status.id, artifacts)
    if not remove_run(home(), existing_run(home(), run_id)):
        message = f"The run {run_id} is still in use: a run that goes on takes results from it."
        raise KfpExtError(Problem(Code.RUN_ACTIVE, message, "Wait for that run to end."))
    return gone


def archive_run(run_id: str, archived: bool) -> None:
    """Leave an ended run out of lists, or take it back; on its cluster, too.

    Raises `KfpExtError`: `run-missing`, `run-active`, `storage-failed`, and where the cluster does
    not answer: then nothing changes here.
    """
    status = Registry().get(run_id)
    refuse_active(status)
    engine = open_engine(status.engine)
    if isinstance(engine, Remote):
        engine.archive(status.id, archived)
    mark = existing_run(home(), status.id).archived
    if archived:
        write_atomically(mark, "")
    else:
        mark.unlink(missing_ok=True)


def refuse_active(run: RunStatus) -> None:
    """Raise `KfpExtError` (`run-active`) for a run that has not ended."""
    if not run.state.ended:
        raise run_active(run.id)
