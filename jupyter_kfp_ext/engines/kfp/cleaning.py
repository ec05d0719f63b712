"""Removes what runs left on a cluster: ConfigMaps, bundles on claims, pods that ended.

A ConfigMap or bundle is needed while a Workflow that names it goes on, and while a recurring run
names it. Beside that it stays for a while after its last use, which a run notes before it looks
whether its code is there.
"""

import json
import re
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from ...compiler.compiled import Form
from ...compiler.mounted_code import code_takers, kubernetes_settings
from ...helpers.bundle_store import clean
from ..local.layout import RunFolder
from .access import open_cluster
from .cluster import USED, Cluster
from .connection import Connection
from .intent import read_intent
from .volume_pod import VolumePod

Json = Mapping[str, Any]
LEAST_AGE = 3600.0
"""Seconds for which code stays after its last use: a run may be about to start with it."""
_ENDED = ("Succeeded", "Failed", "Error")
_MAP = re.compile("kfp-code-[0-9a-f]{16}")
_BUNDLE = re.compile("[0-9a-f]{64}")


@dataclass(frozen=True)
class ClusterCleaned:
    """What was removed on a cluster."""

    connection: str
    config_maps: tuple[str, ...]
    bundles: tuple[str, ...]
    """Hashes of the bundles on claims."""
    pods: tuple[str, ...]


@dataclass(frozen=True)
class _Claim:
    """A claim that runs of this home put code onto."""

    name: str
    folder: str
    mounted: str


def clean_cluster(home: Path, connection: Connection, age: float) -> ClusterCleaned:
    """Remove code that was not used for `age` seconds, an hour at least.

    The claims are those that runs of `home` used on this connection. Raises `KfpExtError` where
    the cluster does not say what is still needed, or does not allow removing.
    """
    cluster = open_cluster(connection)
    least = max(age, LEAST_AGE)
    needed = _needed(cluster) if cluster else frozenset[str]()
    maps: list[str] = []
    pods: list[str] = []
    if cluster:
        maps = list(_maps(cluster, needed, least))
        pods = list(_pods(cluster, least))
    bundles: list[str] = []
    for claim, form in _claims(home, connection).items():
        bundles += _bundles(cluster, claim, form, needed, least)
    return ClusterCleaned(connection.name, tuple(maps), tuple(bundles), tuple(pods))


def _needed(cluster: Cluster) -> frozenset[str]:
    """Return names and hashes of the code that Workflows and recurring runs name."""
    going = [
        each
        for each in cluster.all_workflows()
        if each.get("status", {}).get("phase") not in _ENDED
    ]
    text = json.dumps([*going, *cluster.recurring()])
    return frozenset(_MAP.findall(text)) | frozenset(_BUNDLE.findall(text))


def _maps(cluster: Cluster, needed: frozenset[str], age: float) -> Iterator[str]:
    for metadata in cluster.bundles():
        name = metadata["name"]
        said = metadata.get("annotations", {}).get(USED)
        used = float(said) if said else _time(metadata["creationTimestamp"])
        if name in needed or not _MAP.fullmatch(name) or time.time() - used < age:
            continue
        if cluster.delete_config_map(name, metadata["resourceVersion"]):
            yield name


def _pods(cluster: Cluster, age: float) -> Iterator[str]:
    """Remove pods that wrote to claims, whose keeper was killed before it could."""
    for pod in cluster.our_pods():
        metadata = pod["metadata"]
        ended = pod.get("status", {}).get("phase") in ("Succeeded", "Failed")
        if ended and time.time() - _time(metadata["creationTimestamp"]) >= age:
            cluster.delete_pod(metadata["name"])
            yield metadata["name"]


def _time(stamp: str) -> float:
    return datetime.fromisoformat(stamp.replace("Z", "+00:00")).timestamp()


def _claims(home: Path, connection: Connection) -> dict[_Claim, Form]:
    """Return the claims that runs used, each with the pipeline of one such run."""
    found: dict[_Claim, Form] = {}
    runs = home / "runs"
    for path in sorted(runs.iterdir()) if runs.is_dir() else ():
        try:
            intent = read_intent(path)
            compiled = json.loads(RunFolder(path).pipeline.read_bytes())
        except (OSError, ValueError, KeyError, TypeError):
            continue  # a run of this machine, or one that is being removed
        delivery = intent.delivery
        if "volume" in delivery.ways and intent.connection.name == connection.name:
            places = delivery.places
            claim = _Claim(places.claim, places.folder, delivery.mounted)
            found[claim] = Form(compiled["pipeline_spec"], compiled["platform_spec"])
    return found


def _bundles(
    cluster: Cluster | None, claim: _Claim, form: Form, needed: Iterable[str], age: float
) -> list[str]:
    if claim.mounted:
        return clean(str(Path(claim.mounted).expanduser() / claim.folder), needed, age)
    taker = next(code_takers(form), None)
    if cluster is None or taker is None or cluster.claim(claim.name) is None:
        return []
    settings = kubernetes_settings(form.platform).get(taker.label, {})
    pod = VolumePod(cluster, claim.name, taker.container["image"], settings)
    used = sorted(each for each in needed if _BUNDLE.fullmatch(each))
    answer = pod.ask({"do": "clean", "root": claim.folder, "used": used, "age": age})
    return list(answer.get("removed", ()))
