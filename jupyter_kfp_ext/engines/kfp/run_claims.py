"""The claims that a run has for itself: made before it is posted, removed when it has ended.

Each has the run's id as a label, so that those whose keeper was killed are found by `clean`.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from ...compiler.bundle_place import LABELS, RUN
from ...compiler.new_claims import NewClaim
from ...compiler.snapshot_option import PIECE
from ...errors import Code, KfpExtError, Problem
from .cluster import Cluster
from .http import ClusterError

Json = dict[str, Any]
_REFUSED = (403, 422)
"""What a quota or a missing right answers, and a claim that can never be."""


def claim_name(claim: str, run_id: str) -> str:
    """Return the name of a claim of a run."""
    return f"{claim}-{run_id[:PIECE]}"


def claim_values(claims: Iterable[NewClaim], run_id: str) -> dict[str, str]:
    """Return the parameters that tell the steps of a run how their claims are called."""
    return {each.key: claim_name(each.claim, run_id) for each in claims}


def planned_claim(each: NewClaim) -> Json:
    """Return a claim as it will be, for who looks at the claims of a run before it starts."""
    return {"spec": {"accessModes": list(each.access_modes)}}


def make_claims(
    cluster: Cluster,
    claims: Sequence[NewClaim],
    run_id: str,
    ensure: Callable[[Callable[[], Json | None], Callable[[], Json]], Mapping[str, Any]],
) -> str:
    """Have the claims of a run there; returns in words which they are.

    Raises `KfpExtError` where one cannot be made.
    """
    made = []
    for each in claims:
        name = claim_name(each.claim, run_id)
        manifest = _manifest(each, name, run_id)
        try:
            found = ensure(
                lambda name=name: cluster.claim(name),  # type: ignore[misc]
                lambda manifest=manifest: cluster.create_claim(manifest),  # type: ignore[misc]
            )
        except ClusterError as error:
            if error.status not in _REFUSED:
                raise
            raise KfpExtError(_refused(each, error)) from error
        if found["metadata"].get("labels", {}).get(RUN) != run_id:
            raise KfpExtError(_taken(name))
        made.append(f"{name} ({each.size})")
    return f"claims {', '.join(made)}"


def remove_claims(
    cluster: Cluster | None, claims: Iterable[NewClaim], run_id: str
) -> tuple[str, ...]:
    """Remove the claims of a run; returns a sentence for each that stays."""
    if cluster is None:
        return ()
    names = claim_values(claims, run_id).values()
    return tuple(said for name in names if (said := _why_it_stays(cluster, name)))


def _why_it_stays(cluster: Cluster, name: str) -> str:
    try:
        cluster.delete_claim(name)
    except ClusterError as error:
        return (
            f"The claim {name} of this run could not be removed: {error.problems[0].message} "
            "`jupyter kfp clean --connection NAME` removes it."
        )
    return ""


def claims_of(cluster: Cluster, run_id: str) -> tuple[str, ...]:
    """Return the names of the claims there are of a run (KFP's id), but for those that go."""
    return tuple(
        metadata["name"]
        for metadata in (each["metadata"] for each in cluster.our_claims())
        if metadata["labels"].get(RUN) == run_id and "deletionTimestamp" not in metadata
    )


def _manifest(each: NewClaim, name: str, run_id: str) -> Json:
    spec: Json = {
        "accessModes": list(each.access_modes),
        "resources": {"requests": {"storage": each.size}},
    }
    if each.storage_class is not None:
        spec["storageClassName"] = each.storage_class
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": name, "labels": {**LABELS, RUN: run_id}},
        "spec": spec,
    }


def _refused(each: NewClaim, error: ClusterError) -> Problem:
    return Problem(
        Code.RESOURCES_MISSING if error.code is not Code.CLUSTER_DENIED else error.code,
        f"The claim {each.claim} of {each.size} cannot be made: {error.problems[0].message}",
        "Ask for less, name another `storage_class`, have the quota raised or the right given, or "
        "mount a claim that is there (`volumes` without `size`).",
        option="volumes",
    )


def _taken(name: str) -> Problem:
    message = f"There is a claim {name} already that is not of this run."
    return Problem(Code.STORAGE_FAILED, message, "Run it again.", option="volumes")
