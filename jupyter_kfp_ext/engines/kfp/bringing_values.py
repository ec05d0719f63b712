"""Brings large values that stayed on a volume (`data_volume`) here, read there by a pod.

What an artifact has of them is a reference. Once they are here they lie in the artifact, as if they
had never been elsewhere.
"""

import json
import os
import shutil
import tempfile
from collections.abc import Iterable, Sequence
from itertools import chain
from pathlib import Path
from typing import Any

from ...compiler.compiled import Form
from ...compiler.mounted_code import code_takers, kubernetes_settings
from ...errors import Code, KfpExtError, Problem
from ...runtime.step.data_volume import PLACE
from ...storage import read_json, write_json
from ..local.layout import RunFolder, StepFolder
from .access import open_cluster
from .connection import Connection
from .volume_pod import VolumePod, parts_of

LARGEST = 1 << 30
"""Bytes that come by the logs of pods; it takes some seconds for ten megabytes."""


def bring_referred(
    folder: RunFolder, step: StepFolder, names: Sequence[str], connection: Connection
) -> None:
    """Have the values of some names lie in the artifacts of a step; nothing where they do.

    Where the volume is mounted here (`KFP_DATA_VOLUME`), they are read there. Raises `KfpExtError`.
    """
    wanted = _referred(step, names)
    for volume in {volume for volume, _ in wanted}:
        groups = {sha: places for (at, sha), places in wanted.items() if at == volume}
        _bring(_pod(folder, volume, connection), volume, groups)


def _referred(step: StepFolder, names: Iterable[str]) -> dict[tuple[str, str], list[Path]]:
    """Return what is not here, by volume and hash: the artifacts that it belongs to."""
    found: dict[tuple[str, str], list[Path]] = {}
    mounted = os.environ.get(PLACE)
    for index in step.artifacts.glob("*/index.json"):
        said = read_json(index)["names"]
        for name in said.keys() & set(names):
            sha, volume = said[name]["group"], said[name].get("volume")
            if volume and not (mounted and (Path(mounted) / sha).is_dir()):
                found.setdefault((volume, sha), []).append(index.parent)
    return found


def _pod(folder: RunFolder, volume: str, connection: Connection) -> VolumePod:
    claim = volume.partition("/")[0]
    cluster = open_cluster(connection)
    if cluster is None:
        message = f"It lies on the volume {volume}, and the connection {connection.name} gives no "
        message += "access to the Kubernetes API, by which a pod could read it."
        remedy = f"Add the connection with --kubeconfig, or mount the claim and set {PLACE}."
        raise KfpExtError(Problem(Code.STORAGE_FAILED, message, remedy))
    compiled: dict[str, Any] = json.loads(folder.pipeline.read_bytes())
    form = Form(compiled["pipeline_spec"], compiled["platform_spec"])
    taker = next(code_takers(form))
    settings = kubernetes_settings(form.platform).get(taker.label, {})
    return VolumePod(cluster, claim, taker.container["image"], settings)


def _bring(pod: VolumePod, volume: str, groups: dict[str, list[Path]]) -> None:
    folder = volume.partition("/")[2]
    files = pod.files(folder, list(groups))
    if gone := groups.keys() - files.keys():
        message = f"{len(gone)} of the values are no longer on the volume {volume}."
        remedy = "Run the step that makes them again, without the cache."
        raise KfpExtError(Problem(Code.STORAGE_FAILED, message, remedy))
    total = sum(sum(sizes.values()) for sizes in files.values())
    if total > LARGEST:
        message = f"The values on the volume {volume} take {total // 2**20:,} MiB; pods bring "
        message += f"{LARGEST // 2**20:,} MiB."
        remedy = f"Mount the claim and set {PLACE} to that folder of it, or read them in a step."
        raise KfpExtError(Problem(Code.TOO_BIG, message, remedy))
    parts = [
        part
        for sha, sizes in files.items()
        for part in chain(*(parts_of(f"{sha}/{name}", size) for name, size in sizes.items()))
    ]
    first = next(iter(groups.values()))[0]
    aside = Path(tempfile.mkdtemp(prefix=".bringing-", dir=first.parent))
    try:
        for part, data in zip(parts, pod.read(folder, parts), strict=True):
            path = aside / part.file
            path.parent.mkdir(exist_ok=True)
            with open(path, "ab") as file:
                file.write(data)
        for sha, places in groups.items():
            for place in places:
                _put(aside / sha, place, sha)
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def _put(source: Path, artifact: Path, sha: str) -> None:
    """Put a group into an artifact, whose index no longer says that it is elsewhere."""
    target = artifact / "groups" / sha
    if not target.exists():
        target.parent.mkdir(exist_ok=True)
        copy = Path(tempfile.mkdtemp(dir=target.parent)) / sha
        shutil.copytree(source, copy)
        copy.rename(target)
        copy.parent.rmdir()
    index = read_json(artifact / "index.json")
    for said in index["names"].values():
        if said["group"] == sha:
            said.pop("volume", None)
    write_json(artifact / "index.json", index)
