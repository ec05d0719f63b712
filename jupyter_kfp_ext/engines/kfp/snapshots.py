"""Snapshots that a run takes of volumes before its steps: whether it can, and how they went."""

from dataclasses import replace

from ...compiler.bundle_place import RUN
from ...compiler.snapshot_option import snapshot_name
from ...errors import Code, KfpExtError, Problem
from ..local.record import StepRecord
from ..model import State, StepStatus
from .cluster import SNAPSHOTS, Cluster, listed
from .facts import Fact
from .http import ClusterError


def check_snapshots(cluster: Cluster, steps: list[str]) -> None:
    """Refuse a run whose steps want snapshots where the cluster knows none.

    Whether the pods of the run may take them is known to the cluster alone: their first task tells.
    Raises `KfpExtError` (`resources-missing`).
    """
    if not steps or knows_snapshots(cluster):
        return
    message = (
        f"Snapshots are to be taken before {', '.join(steps)}, and the cluster does not know any "
        "(VolumeSnapshot of snapshot.storage.k8s.io/v1)."
    )
    remedy = "Leave `snapshot` out, or have a CSI driver with snapshots installed there."
    raise KfpExtError(Problem(Code.RESOURCES_MISSING, message, remedy, option="volumes"))


def knows_snapshots(cluster: Cluster) -> bool:
    """Whether a cluster knows snapshots of volumes; True where it may not be asked."""
    try:
        listed = cluster.http.call("GET", f"/apis/{SNAPSHOTS}")
    except ClusterError as error:
        if error.status == 404:
            return False
        if error.code is Code.CLUSTER_DENIED:
            return True
        raise
    return any(each["name"] == "volumesnapshots" for each in listed.get("resources") or ())


def with_snapshot(step: Fact, snapshot: Fact) -> Fact:
    """Return what is known of a step that waits for a snapshot of its data, or lacks it."""
    if step.state is State.PENDING:
        if snapshot.state is State.RUNNING:
            return replace(step, reason="A snapshot of its data is being taken.")
        if snapshot.state is State.PENDING and snapshot.reason:
            return replace(step, reason=f"Before it, a snapshot of its data: {snapshot.reason}")
    if step.state in (State.PENDING, State.SKIPPED):
        if snapshot.state is State.FAILED:
            error = snapshot.error
            if error is not None:
                words = f"No snapshot of its data could be taken: {error.message}"
                error = replace(error, message=words)
            return Fact(State.FAILED, snapshot.started, snapshot.ended, 1, error=error)
        if snapshot.state is State.CANCELED:
            return Fact(State.CANCELED)
    return step


def noted(step: StepStatus, record: StepRecord, snapshot: Fact, run_id: str) -> StepStatus:
    """Return a step with the snapshots that were taken before it in a run (KFP's id)."""
    if snapshot.state is not State.SUCCEEDED or not run_id:
        return step
    taken = None
    if snapshot.started is not None and snapshot.ended is not None:
        taken = snapshot.ended - snapshot.started
    names = tuple(snapshot_name(each, run_id, record.task) for each in record.snapshot_of)
    return replace(step, snapshots=names, snapshot_seconds=taken)


def snapshots_of(cluster: Cluster, run_id: str) -> tuple[str, ...]:
    """Return the names of the snapshots there are of a run (KFP's id); none where unknown."""
    return tuple(
        each["metadata"]["name"]
        for each in listed(cluster.our_snapshots)
        if each["metadata"].get("labels", {}).get(RUN) == run_id
    )
