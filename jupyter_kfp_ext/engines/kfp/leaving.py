"""What a run has left on its cluster, told before it is removed: the run itself, its artifacts.

Artifacts go only where that is said: Kubeflow's cache does not know that they are gone, and goes on
to answer later runs with them.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from ..local.layout import RunFolder
from ..local.status import read_record
from ..model import LeftThere, RunStatus
from .access import open_api, open_cluster
from .connection import Connection
from .intent import connection_now, read_intent
from .restoring import restored_of
from .run_claims import claims_of
from .snapshots import snapshots_of
from .stores import may_read, open_store


def left_there(folder: RunFolder, status: RunStatus) -> LeftThere | None:
    """Return what a run has left; None where it never was on a cluster.

    Raises `KfpExtError`: `connection-missing`, and where the cluster does not answer.
    """
    run_id = status.remote.get("run_id")
    if run_id is None:
        return None
    connection = connection_now(read_intent(folder.path))
    known = open_api(connection).run(run_id) is not None
    place = artifacts_place(folder, run_id)
    reached = place and connection.store_key and may_read(connection, place)
    names = open_store(connection, place).names() if reached else []
    there = run_id if known else ""
    claims, snapshots = _volumes(folder, connection)
    return LeftThere(connection.name, there, len(names), place, claims, snapshots)


def remove_there(folder: RunFolder, status: RunStatus, artifacts: bool) -> LeftThere | None:
    """Remove a run from KFP, with its Workflow; with `artifacts` also its objects in the store.

    Returns what was removed; raises as `left_there` does.
    """
    found = left_there(folder, status)
    if found is None:
        return None
    connection = connection_now(read_intent(folder.path))
    removed = 0
    if artifacts and found.artifacts:
        store = open_store(connection, found.place)
        for name in store.names():
            store.remove(name)
            removed += 1
    gone = bool(found.run_id) and open_api(connection).delete_run(found.run_id)
    if (found.claims or found.snapshots) and (cluster := open_cluster(connection)):
        for name in found.claims:
            cluster.delete_claim(name)
        for name in found.snapshots:
            cluster.delete_snapshot(name)
    there = found.run_id if gone else ""
    return LeftThere(connection.name, there, removed, found.place, found.claims, found.snapshots)


def _volumes(folder: RunFolder, connection: Connection) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the claims and the snapshots there are of a run."""
    intent = read_intent(folder.path)
    wants = any(step.snapshot for step in read_record(folder).steps)
    if not (intent.claims or intent.restored or wants):
        return (), ()
    cluster = open_cluster(connection)
    if cluster is None:
        return (), ()
    claims = claims_of(cluster, intent.run_id) if intent.claims else ()
    claims += restored_of(cluster, intent.run_id) if intent.restored else ()
    return claims, snapshots_of(cluster, intent.run_id) if wants else ()


def store_there(folder: RunFolder, status: RunStatus, archived: bool) -> None:
    """Archive a run in KFP, or take it out; nothing where KFP has none. Raises `KfpExtError`."""
    run_id = status.remote.get("run_id")
    if run_id is None:
        return
    api = open_api(connection_now(read_intent(folder.path)))
    if api.run(run_id) is not None:
        api.store_run(run_id, archived)


def artifacts_place(folder: RunFolder, run_id: str) -> str:
    """Return where the objects of a run lie (`minio://BUCKET/.../RUN`); empty if not known."""
    for uri in _uris(folder):
        before, found, _ = uri.partition(f"/{run_id}/")
        if found and uri.startswith(("minio://", "s3://", "gs://")):
            return f"{before}/{run_id}"
    return ""


def _uris(folder: RunFolder) -> Iterator[str]:
    for path in (folder.path / "steps").rglob("executor_output.json"):
        try:
            said: Mapping[str, Any] = json.loads(path.read_bytes())
        except (OSError, ValueError):
            continue
        for listed in (said.get("artifacts") or {}).values():
            for artifact in listed.get("artifacts") or ():
                yield str(artifact.get("uri") or "")
