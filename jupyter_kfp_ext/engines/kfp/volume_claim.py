"""Code on a persistent volume claim: is the claim fit for it, and how the bundle gets there."""

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from ...compiler.ways import Places
from ...errors import Code, KfpExtError, Problem
from ...helpers.bundle_store import BundleError, put
from .cluster import Cluster
from .volume_pod import VolumePod

ONE_NODE = "all steps must run on one node, since the claim is ReadWriteOnce"


def check_claim(claim: Mapping[str, Any] | None, name: str, namespace: str) -> str:
    """Return what is to be known of a claim; raises `KfpExtError` where steps cannot share it."""
    show = f"kubectl -n {namespace} describe pvc {name}"
    if claim is None:
        raise _unfit(
            f"There is no claim {name} in namespace {namespace}",
            f"Name one that exists in `helpers_volume`: kubectl -n {namespace} get pvc.",
        )
    phase = claim.get("status", {}).get("phase")
    if claim["metadata"].get("deletionTimestamp"):
        raise _unfit(f"The claim {name} is being deleted", "Name another one.")
    if phase == "Lost":
        raise _unfit(f"The claim {name} has lost its volume", f"See why: {show}.")
    modes = claim["spec"].get("accessModes") or []
    if "ReadWriteMany" in modes:
        return ""
    if "ReadWriteOnce" in modes:
        return ONE_NODE
    said = ", ".join(modes) or "none"
    raise _unfit(
        f"The claim {name} cannot be written by several steps (access modes: {said})",
        "Name a claim with the access mode ReadWriteMany.",
    )


def put_by_pod(pod: VolumePod, places: Places, bundle: bytes, bundle_hash: str) -> str:
    """Have a bundle on a claim by pods; returns `present` or `written`.

    The first pod only looks, so that nothing is sent where it is there already. Raises
    `KfpExtError`.
    """
    request = {
        "do": "put",
        "root": places.folder,
        "hash": bundle_hash,
        "size": len(bundle),
    }
    answer = pod.ask(request)
    if answer.get("code") == "absent":
        answer = pod.ask(request, bundle)
    if "failed" in answer:
        raise _refused(answer["failed"], answer["message"], places)
    return str(answer["code"])


def put_directly(mounted: str, places: Places, bundle: bytes, bundle_hash: str) -> str:
    """Have a bundle in the folder where the claim is mounted here; `present` or `written`.

    Raises `KfpExtError`.
    """
    folder = Path(mounted).expanduser()
    if not folder.is_dir():
        raise KfpExtError(
            Problem(
                Code.OPTION_INVALID,
                f"The claim {places.claim} is not mounted at {mounted} here.",
                "Mend `mounted` in `helpers_volume`, or leave it out: then a pod writes.",
                option="helpers_volume",
            )
        )
    try:
        return put(str(folder / places.folder), bundle_hash, [bundle], len(bundle))
    except BundleError as error:
        raise _refused(error.kind, str(error), places) from error


def deliver_by_volume(
    cluster: Cluster | None,
    places: Places,
    mounted: str,
    bundle: tuple[bytes, str],
    pod_settings: tuple[str, Mapping[str, Any]],
    pause: Callable[[float], None] = time.sleep,
) -> str:
    """Have a bundle (content, hash) on the claim, and return in words what was done.

    `pod_settings`: an image with Python, and the settings of a step's pod. Raises `KfpExtError`.
    """
    content, bundle_hash = bundle
    known = ""
    if cluster is not None:
        known = check_claim(cluster.claim(places.claim), places.claim, cluster.namespace)
    if mounted:
        done = put_directly(mounted, places, content, bundle_hash)
        by = f"by {mounted}"
    else:
        assert cluster is not None  # noqa: S101 - `choosing` offers the way only so
        pod = VolumePod(cluster, places.claim, *pod_settings, pause)
        done = put_by_pod(pod, places, content, bundle_hash)
        by = "by a pod"
    words = f"claim {places.claim}, {places.folder}/{bundle_hash[:16]}..., {done} {by}"
    return f"{words}; {known}" if known else words


def _refused(kind: str, said: str, places: Places) -> KfpExtError:
    remedies = {
        "no-room": "Remove old code (jupyter kfp clean --connection NAME), or enlarge the claim.",
        "denied": f"Give that user the right to write to {places.folder or 'the claim'}, set "
        "`security` of the steps to a user who has it, or name another `folder`.",
    }
    words = {"no-room": "is full", "denied": "cannot be written"}.get(kind, "did not take the code")
    return _unfit(f"The claim {places.claim} {words}: {said}", remedies.get(kind, "Run it again."))


def _unfit(message: str, remedy: str) -> KfpExtError:
    return KfpExtError(Problem(Code.STORAGE_FAILED, f"{message}.", remedy, option="helpers_volume"))
