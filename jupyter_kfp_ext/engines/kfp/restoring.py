"""Volumes as they were: new claims made of snapshots, for a run from a step on.

The run mounts them in the place of the claims that the notebook names, which stay as they are. They
stay after the run, for what it left on them, and go with it (`delete --cluster`, `clean`).
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from pathlib import Path
from typing import Any

from ...compiler.bundle_place import LABELS
from ...compiler.compiled import Form
from ...compiler.components import executor_label
from ...compiler.mounted_code import copied, kubernetes_settings
from ...compiler.parts import DATA_FOLDER
from ...compiler.snapshot_option import snapshot_name
from ...errors import Code, KfpExtError, Problem
from ..local.lookup import existing_run, read_known
from ..local.record import RunRecord
from ..local.status import read_record
from ..model import Reuse
from .amounts import number
from .cluster import SNAPSHOTS, Cluster
from .http import ClusterError
from .restored import Restored
from .run_claims import claim_name

Json = dict[str, Any]
RESTORED = "jupyter-kfp-ext/restored-for"
"""The label of a claim that was made of a snapshot: KFP's id of its run."""


def restored_claims(home: Path, reuse: Reuse, run_id: str) -> tuple[Restored, ...]:
    """Return the claims that a run (KFP's id) is to have of an earlier run's snapshots.

    They are those that were taken before the first of its fresh steps. Raises `KfpExtError`
    (`run-missing`) where none were.
    """
    if not reuse.data:
        return ()
    folder = existing_run(home, reuse.run)
    status, task = read_known(folder), reuse.fresh[0]
    step = next(each for each in read_record(folder).steps if each.task == task)
    there = status.remote.get("run_id", "")
    made = tuple(
        Restored(claim, claim_name(claim, run_id), snapshot_name(claim, there, task))
        for claim in step.snapshot_of
    )
    taken = status.step(task).snapshots
    if not made or {each.snapshot for each in made} - set(taken):
        message = f"In run {reuse.run} no snapshot was taken before {step.name}."
        remedy = "Say `snapshot` of its volume, and run the whole notebook once."
        raise KfpExtError(Problem(Code.RUN_MISSING, message, remedy, step=step.name))
    return made


def mounted_instead(
    form: Form, restored: Iterable[Restored], without: Collection[str] = ()
) -> Form:
    """Return the pipeline whose steps, but for the tasks `without`, mount the new claims."""
    names = {each.claim: each.name for each in restored}
    if not names:
        return form
    changed = copied(form)
    kept = set(map(executor_label, without))
    for label, settings in kubernetes_settings(changed.platform).items():
        for mount in settings.get("pvcMount", ()) if label not in kept else ():
            name = names.get(mount.get("constant", ""))
            if name and mount["mountPath"] != DATA_FOLDER:
                mount["constant"] = name
                mount["pvcNameParameter"] = {"runtimeValue": {"constant": name}}
    return changed


def refuse_twice(
    form: Form, record: RunRecord, restored: Iterable[Restored], taken: Collection[str]
) -> None:
    """Refuse a run in which work is done again that the snapshots hold already.

    Raises `KfpExtError` (`usage`).
    """
    claims = {each.claim for each in restored}
    for step in record.steps:
        if step.task in taken or step.task in record.reuse.fresh:
            continue
        paths = [path for path, _ in step.parts] or [step.task]
        for path in paths:
            own = kubernetes_settings(form.platform).get(executor_label(path.split("/")[-1]), {})
            mounted = {each.get("constant") for each in own.get("pvcMount", ())} & claims
            if mounted:
                message = (
                    f"What {step.name} gave in run {record.reuse.run} cannot be taken, and it "
                    f"would change the claim {', '.join(sorted(mounted))} a second time: the "
                    "snapshot was taken after it."
                )
                remedy = f"Run from that step on: --from {step.name}."
                raise KfpExtError(Problem(Code.USAGE, message, remedy, step=step.name))


def restored_notes(restored: Iterable[Restored], earlier: str) -> tuple[str, ...]:
    """Return what a run says of its new claims."""
    return tuple(
        f"The data of {each.claim} is as it was in run {earlier}: steps mount the claim "
        f"{each.name}, made of the snapshot {each.snapshot}."
        for each in restored
    )


def claim_of_snapshot(cluster: Cluster, each: Restored, run_id: str) -> Json:
    """Return the manifest of a claim that holds what a snapshot does, for a run (KFP's id).

    Class, modes and size are those of the claim that the snapshot was taken of, as far as it is
    there. Raises `KfpExtError` (`run-missing`) where the snapshot is gone.
    """
    snapshot = cluster.snapshot(each.snapshot)
    if snapshot is None:
        message = f"The snapshot {each.snapshot} is no longer on the cluster."
        remedy = "Run the whole notebook again, or from this step on with the data as it is now."
        raise KfpExtError(Problem(Code.RUN_MISSING, message, remedy))
    source = cluster.claim(snapshot["spec"]["source"]["persistentVolumeClaimName"]) or {}
    was = source.get("spec", {})
    sizes = [
        was.get("resources", {}).get("requests", {}).get("storage"),
        snapshot.get("status", {}).get("restoreSize"),
    ]
    spec: Json = {
        "accessModes": was.get("accessModes") or ["ReadWriteOnce"],
        "resources": {"requests": {"storage": max(filter(None, sizes), key=_bytes, default="1Gi")}},
        "dataSource": {
            "apiGroup": SNAPSHOTS.partition("/")[0],
            "kind": "VolumeSnapshot",
            "name": each.snapshot,
        },
    }
    if was.get("storageClassName"):
        spec["storageClassName"] = was["storageClassName"]
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": each.name, "labels": {**LABELS, RESTORED: run_id}},
        "spec": spec,
    }


def make_restored(
    cluster: Cluster,
    restored: Iterable[Restored],
    run_id: str,
    ensure: Callable[[Callable[[], Json | None], Callable[[], Json]], Mapping[str, Any]],
) -> str:
    """Have the claims there; returns in words which they are. Raises `KfpExtError`."""
    names = []
    for each in restored:
        manifest = claim_of_snapshot(cluster, each, run_id)
        try:
            ensure(
                lambda name=each.name: cluster.claim(name),  # type: ignore[misc]
                lambda manifest=manifest: cluster.create_claim(manifest),  # type: ignore[misc]
            )
        except ClusterError as error:
            if error.status not in (403, 422):
                raise
            message = f"The claim {each.name} cannot be made of the snapshot {each.snapshot}: "
            message += error.problems[0].message
            remedy = "Have the quota raised, or the right given."
            raise KfpExtError(Problem(error.code, message, remedy)) from error
        names.append(f"{each.name} of the snapshot {each.snapshot}")
    return f"claims {', '.join(names)}"


def restored_of(cluster: Cluster, run_id: str) -> tuple[str, ...]:
    """Return the names of the claims there are that were made of snapshots for a run."""
    return tuple(
        metadata["name"]
        for metadata in (each["metadata"] for each in cluster.our_claims())
        if metadata["labels"].get(RESTORED) == run_id and "deletionTimestamp" not in metadata
    )


def _bytes(size: str) -> float:
    return float(number(size) or 0)
