"""Removes what runs left on a cluster: ConfigMaps, bundles on claims, pods that ended.

A ConfigMap or bundle is needed while a Workflow that names it goes on, and while a recurring run
names it. Beside that it stays for a while after its last use, which a run notes before it looks
whether its code is there.
"""

import json
import re
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ...compiler.bundle_place import RUN
from ...compiler.compiled import Form
from ...compiler.data_volume import data_claims
from ...compiler.mounted_code import code_takers, kubernetes_settings
from ...errors import Code
from ...helpers.bundle_store import clean
from ..local.layout import RunFolder
from .access import open_api, open_cluster
from .amounts import number
from .cluster import RUN_LABEL, USED, Cluster
from .connection import Connection
from .forgotten import Forgotten, age_of
from .http import ClusterError
from .intent import Intent, read_intent
from .volume_pod import VolumePod

Json = Mapping[str, Any]
LEAST_AGE = 3600.0
"""Seconds for which code stays after its last use: a run may be about to start with it."""
_ENDED = ("Succeeded", "Failed", "Error")
_MAP = re.compile("kfp-code-[0-9a-f]{16}")
_BUNDLE = re.compile("[0-9a-f]{64}")


@dataclass(frozen=True)
class ClusterCleaned:
    """What was removed on a cluster, or would be."""

    connection: str
    config_maps: tuple[str, ...]
    bundles: tuple[str, ...]
    """Hashes of the bundles on claims."""
    pods: tuple[str, ...]
    values: tuple[str, ...] = ()
    """Hashes of large values on claims (`data_volume`)."""
    claims: tuple[str, ...] = ()
    """Claims of runs that have ended, whose keeper was killed before it could remove them, and
    those made of snapshots for runs that Kubeflow no longer has."""
    snapshots: tuple[str, ...] = ()
    """Snapshots of volumes that runs took that Kubeflow no longer has."""
    sizes: Mapping[str, int] = field(default_factory=dict)
    """Bytes of each of these but pods, by their name here; of claims as they were asked for."""
    namespace: str = ""
    """Where, on a cluster with several users."""


@dataclass(frozen=True)
class _Claim:
    """A claim that runs of this home put code or values onto."""

    name: str
    folder: str
    mounted: str


@dataclass(frozen=True)
class _Old:
    """What may go: not used for `age` seconds; `dry_run`: only look."""

    age: float
    dry_run: bool


def clean_cluster(
    home: Path, connection: Connection, age: float, dry_run: bool = False
) -> ClusterCleaned:
    """Remove code that was not used for `age` seconds, an hour at least; `dry_run`: only say what.

    The claims are those that runs of `home` used on this connection. Raises `KfpExtError` where
    the cluster does not say what is still needed, or does not allow removing.
    """
    cluster = open_cluster(connection)
    old = _Old(max(age, LEAST_AGE), dry_run)
    needed = _needed(cluster) if cluster else frozenset[str]()
    maps: dict[str, int] = {}
    pods: list[str] = []
    claims: dict[str, int] = {}
    snapshots: dict[str, int] = {}
    if cluster:
        maps = dict(_maps(cluster, needed, old))
        pods = list(_pods(cluster, old))
        claims = dict(_left_claims(cluster, old))
        forgotten = Forgotten(cluster, lambda: open_api(connection), old.age)
        claims |= dict(forgotten.claims(old.dry_run))
        snapshots = dict(forgotten.snapshots(old.dry_run))
    bundles: dict[str, int] = {}
    for claim, form in _claims(home, connection).items():
        bundles |= _bundles(cluster, claim, form, needed, old)
    values: dict[str, int] = {}
    if cluster:
        going = _going_text(cluster)
        for claim, form in _data_claims(home, connection).items():
            # What the steps of a run will still read is known to nobody but them.
            if claim.name not in going:
                values |= _bundles(cluster, claim, form, (), old)
    sized = {
        "config_maps": maps,
        "bundles": bundles,
        "values": values,
        "claims": claims,
        "snapshots": snapshots,
    }
    return ClusterCleaned(
        connection.name,
        config_maps=tuple(maps),
        bundles=tuple(bundles),
        pods=tuple(pods),
        values=tuple(values),
        claims=tuple(claims),
        snapshots=tuple(snapshots),
        sizes={name: sum(each.values()) for name, each in sized.items()},
        namespace=connection.namespace,
    )


def _needed(cluster: Cluster) -> frozenset[str]:
    """Return names and hashes of the code that Workflows and recurring runs name."""
    text = _going_text(cluster)
    return frozenset(_MAP.findall(text)) | frozenset(_BUNDLE.findall(text))


def _going_text(cluster: Cluster) -> str:
    return json.dumps([*_going(cluster), *cluster.recurring()])


def _going(cluster: Cluster) -> list[dict[str, Any]]:
    return [
        each
        for each in cluster.all_workflows()
        if each.get("status", {}).get("phase") not in _ENDED
    ]


def _left_claims(cluster: Cluster, old: _Old) -> Iterator[tuple[str, int]]:
    """Remove claims of runs that no longer go on; a young run may not have its Workflow yet."""
    try:
        claims = cluster.our_claims()
    except ClusterError as error:
        if error.code is not Code.CLUSTER_DENIED:
            raise
        return  # who may not list claims may not make any either
    going = {each["metadata"].get("labels", {}).get(RUN_LABEL) for each in _going(cluster)}
    for claim in claims:
        metadata = claim["metadata"]
        run = metadata["labels"].get(RUN)
        if run and run not in going and age_of(metadata) >= old.age:
            if not old.dry_run:
                cluster.delete_claim(metadata["name"])
            yield (
                metadata["name"],
                int(number(claim["spec"]["resources"]["requests"]["storage"]) or 0),
            )


def _maps(cluster: Cluster, needed: frozenset[str], old: _Old) -> Iterator[tuple[str, int]]:
    for each in cluster.bundles():
        metadata = each["metadata"]
        name = metadata["name"]
        said = metadata.get("annotations", {}).get(USED)
        used = time.time() - float(said) if said else age_of(metadata)
        if name in needed or not _MAP.fullmatch(name) or used < old.age:
            continue
        if old.dry_run or cluster.delete_config_map(name, metadata["resourceVersion"]):
            # As base64, four letters for three bytes.
            yield name, sum(len(text) * 3 // 4 for text in each.get("binaryData", {}).values())


def _pods(cluster: Cluster, old: _Old) -> Iterator[str]:
    """Remove pods that wrote to claims, whose keeper was killed before it could."""
    for pod in cluster.our_pods():
        metadata = pod["metadata"]
        ended = pod.get("status", {}).get("phase") in ("Succeeded", "Failed")
        if ended and age_of(metadata) >= old.age:
            if not old.dry_run:
                cluster.delete_pod(metadata["name"])
            yield metadata["name"]


def _claims(home: Path, connection: Connection) -> dict[_Claim, Form]:
    """Return the claims that hold code of runs, each with the pipeline of one such run."""
    found: dict[_Claim, Form] = {}
    for intent, form in _runs(home, connection):
        delivery = intent.delivery
        if "volume" in delivery.ways:
            places = delivery.places
            found[_Claim(places.claim, places.folder, delivery.mounted)] = form
    return found


def _data_claims(home: Path, connection: Connection) -> dict[_Claim, Form]:
    """Return the claims that hold large values of runs, each with the pipeline of one such run."""
    found: dict[_Claim, Form] = {}
    for _, form in _runs(home, connection):
        for claim, folder in data_claims(kubernetes_settings(form.platform)):
            found[_Claim(claim, folder, "")] = form
    return found


def _runs(home: Path, connection: Connection) -> Iterator[tuple[Intent, Form]]:
    """Yield what is known of the runs that were started in the namespace of a connection."""
    runs = home / "runs"
    for path in sorted(runs.iterdir()) if runs.is_dir() else ():
        try:
            intent = read_intent(path)
            compiled = json.loads(RunFolder(path).pipeline.read_bytes())
        except (OSError, ValueError, KeyError, TypeError):
            continue  # a run of this machine, or one that is being removed
        there = intent.connection
        if (there.name, there.pods_in) == (connection.name, connection.pods_in):
            yield intent, Form(compiled["pipeline_spec"], compiled["platform_spec"])


def _bundles(
    cluster: Cluster | None, claim: _Claim, form: Form, needed: Iterable[str], old: _Old
) -> dict[str, int]:
    if claim.mounted:
        root = str(Path(claim.mounted).expanduser() / claim.folder)
        return clean(root, needed, old.age, old.dry_run)
    taker = next(code_takers(form), None)
    if cluster is None or taker is None or cluster.claim(claim.name) is None:
        return {}
    settings = kubernetes_settings(form.platform).get(taker.label, {})
    pod = VolumePod(cluster, claim.name, taker.container["image"], settings)
    used = sorted(each for each in needed if _BUNDLE.fullmatch(each))
    how = {"used": used, "age": old.age, "dry_run": old.dry_run}
    answer = pod.ask({"do": "clean", "root": claim.folder, **how})
    removed: dict[str, int] = answer.get("removed", {})
    return removed
