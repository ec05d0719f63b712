"""A short-lived pod that writes to a claim, or reads it, which this machine has not mounted.

It needs no right to enter pods: what it is to write comes by ConfigMaps that are owned by it and
go with it, and it answers through its termination message. It runs `helpers.bundle_store`. What it
reads comes by its logs, one for each part: `volume_reader` runs in as many containers after each
other.
"""

import base64
import json
import secrets
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from ...compiler.bundle_place import LABELS
from ...errors import Code, KfpExtError, Problem
from .cluster import Cluster
from .volume_reader import read_part

Json = dict[str, Any]
PIECE = 900_000
"""Bytes of a bundle in one ConfigMap, which may hold 1 MiB."""
PIECES = 40
"""ConfigMaps at most: a bundle of more than 36 MB belongs into an image."""
READER = "jupyter_kfp_ext.engines.kfp.volume_reader"
PART = 6_000_000
"""Bytes of a file in one log, of which kubelets keep 10 MiB."""
_PARTS = 20
"""Containers that print parts, in one pod."""
MOUNTED = "/code-volume"
ANSWER = "/dev/termination-log"
SECONDS = 600
"""How long the pod may take, with its image's pull."""
STUCK = 60.0
"""How long it may wait for the same: a node, a claim that is bound for it."""
_LOOKS = (0.3, 0.3, 0.4, 0.5, 1.0)
"""Seconds between looks; the last one again and again."""
_NUMBERS = ("runAsUser", "runAsGroup")
_HOPELESS = ("ErrImagePull", "ImagePullBackOff", "InvalidImageName", "CreateContainerError")


@dataclass(frozen=True)
class FilePart:
    """A part of a file on a claim."""

    file: str
    start: int
    length: int


def parts_of(file: str, size: int) -> Iterator[FilePart]:
    """Yield the parts of a file; of an empty one, one."""
    for start in range(0, max(size, 1), PART):
        yield FilePart(file, start, min(PART, size - start))


class VolumePod:
    """Does one thing after the other on a claim, each in a pod of its own.

    `image` must have Python 3.9; `settings` are pod settings of the steps that it needs to start.
    """

    def __init__(
        self,
        cluster: Cluster,
        claim: str,
        image: str,
        settings: Mapping[str, Any],
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self._cluster = cluster
        self._claim = claim
        self._image = image
        self._settings = settings
        self._pause = pause

    def ask(self, request: Mapping[str, Any], content: bytes = b"") -> Json:
        """Run `bundle_store` on the claim, with a bundle where there is one; return its answer.

        Raises `KfpExtError` where the pod cannot be made, does not start or does not answer.
        """
        pieces = [content[start : start + PIECE] for start in range(0, len(content), PIECE)]
        if len(pieces) > PIECES:
            raise KfpExtError(
                Problem(
                    Code.TOO_BIG,
                    f"The code takes {len(content) // 2**20:,} MiB; a pod brings "
                    f"{PIECES * PIECE // 2**20:,} MiB to a claim.",
                    "Mount the claim where Jupyter runs and say where: `mounted` in "
                    "`helpers_volume`; or put the modules into the image.",
                )
            )
        with self._pod(request, len(pieces)) as pod:
            for number, piece in enumerate(pieces):
                self._cluster.create_config_map(_piece(pod, number, piece))
            return self._answer(pod["metadata"]["name"])

    def files(self, folder: str, names: Sequence[str]) -> dict[str, dict[str, int]]:
        """Return the files of folders in a folder of the claim, with their sizes.

        Raises `KfpExtError`.
        """
        with self._pod({"do": "list", "root": folder, "names": list(names)}, 0, READER) as pod:
            found: dict[str, dict[str, int]] = self._answer(pod["metadata"]["name"])["files"]
        return found

    def read(self, folder: str, parts: Sequence[FilePart]) -> Iterator[bytes]:
        """Yield parts of files in a folder of the claim; raises `KfpExtError`."""
        for start in range(0, len(parts), _PARTS):
            some = parts[start : start + _PARTS]
            requests = [{"do": "print", "root": folder, **asdict(each)} for each in some]
            with self._pod({"do": "end", "root": folder}, 0, READER, requests) as pod:
                name = pod["metadata"]["name"]
                self._answer(name)
                for number, each in enumerate(some):
                    log = b"".join(self._cluster.pod_log(name, container=f"part-{number}"))
                    data = read_part(log)
                    if data is None:
                        raise _failed(f"of {each.file} not all arrived", "Try again.")
                    yield data

    @contextmanager
    def _pod(
        self,
        request: Mapping[str, Any],
        pieces: int,
        program: str = "jupyter_kfp_ext.helpers.bundle_store",
        before: Sequence[Mapping[str, Any]] = (),
    ) -> Iterator[Json]:
        name = f"kfp-code-{secrets.token_hex(6)}"
        manifest = self._manifest(name, request, pieces, program)
        (main,) = manifest["spec"]["containers"]
        if before:
            manifest["spec"]["initContainers"] = [
                {
                    **main,
                    "name": f"part-{number}",
                    "command": _command(program, self._told(each, 0)),
                }
                for number, each in enumerate(before)
            ]
        pod = self._cluster.create_pod(manifest)
        try:
            yield pod
        finally:
            # Its ConfigMaps go with it.
            self._cluster.delete_pod(name)

    def _told(self, request: Mapping[str, Any], pieces: int) -> Json:
        more = {"pieces": "/pieces"} if pieces else {}
        return {**request, "root": f"{MOUNTED}/{request['root']}", **more}

    def _manifest(self, name: str, request: Mapping[str, Any], pieces: int, program: str) -> Json:
        names = [f"{name}-{number}" for number in range(pieces)]
        maps = [{"name": each, "configMap": {"name": each}} for each in names]
        mounts = [
            {"name": each, "mountPath": f"/pieces/{number}", "readOnly": True}
            for number, each in enumerate(names)
        ]
        volume = {"name": "code", "persistentVolumeClaim": {"claimName": self._claim}}
        small = {"cpu": "100m", "memory": "128Mi"}
        container = {
            "name": "main",
            "image": self._image,
            "command": _command(program, self._told(request, pieces)),
            "volumeMounts": [{"name": "code", "mountPath": MOUNTED}, *mounts],
            "resources": {"requests": small, "limits": {"cpu": "1", "memory": "128Mi"}},
            "securityContext": {
                "allowPrivilegeEscalation": False,
                "capabilities": {"drop": ["ALL"]},
                **_security(self._settings.get("securityContext", {})),
            },
        }
        if policy := self._settings.get("imagePullPolicy"):
            container["imagePullPolicy"] = policy
        pulls = [{"name": each["secretName"]} for each in self._settings.get("imagePullSecret", ())]
        return {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {
                "name": name,
                "labels": LABELS,
                # A proxy beside it would keep the pod from ending.
                "annotations": {"sidecar.istio.io/inject": "false"},
            },
            "spec": {
                "restartPolicy": "Never",
                "activeDeadlineSeconds": SECONDS,
                "automountServiceAccountToken": False,
                "enableServiceLinks": False,
                "securityContext": {"seccompProfile": {"type": "RuntimeDefault"}},
                "containers": [container],
                "volumes": [volume, *maps],
                **({"imagePullSecrets": pulls} if pulls else {}),
            },
        }

    def _answer(self, name: str) -> Json:
        looks = iter(_LOOKS)
        moving = started = time.monotonic()
        while True:
            pod = self._cluster.pod(name)
            if pod is None:
                raise _failed("it was deleted", "Run it again.")
            status = pod.get("status", {})
            if status.get("phase") in ("Succeeded", "Failed"):
                answer = _read(status)
                if answer.get("printed"):
                    # It was too long for what is told at a container's end.
                    answer = json.loads(b"".join(self._cluster.pod_log(name)))
                return answer
            waits = _waits_for(status)
            now = time.monotonic()
            moving = moving if waits else now
            hopeless = waits.startswith(_HOPELESS) or now - moving > STUCK
            if hopeless or now - started > SECONDS:
                raise _failed(waits or "it does not end", _remedy(waits))
            self._pause(next(looks, _LOOKS[-1]))


def _security(said: Mapping[str, Any]) -> Json:
    """Return security settings as Kubernetes takes them: protobuf's JSON writes numbers as text."""
    return {name: int(each) if name in _NUMBERS else each for name, each in said.items()}


def _command(program: str, told: Json) -> list[str]:
    """Return what runs a module of this package alone: its text."""
    spec = find_spec(program)
    assert spec is not None and spec.origin is not None  # noqa: S101 - part of this package
    text = Path(spec.origin).read_text(encoding="utf-8")
    return ["python3", "-c", text, json.dumps(told), ANSWER]


def _piece(pod: Json, number: int, content: bytes) -> Json:
    owner = pod["metadata"]
    reference = {"apiVersion": "v1", "kind": "Pod", "name": owner["name"], "uid": owner["uid"]}
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": f"{owner['name']}-{number}", "ownerReferences": [reference]},
        "immutable": True,
        "binaryData": {"piece": base64.b64encode(content).decode("ascii")},
    }


def _waits_for(status: Mapping[str, Any]) -> str:
    """Return in Kubernetes' words why a pod does not start; empty where it is on its way."""
    for each in status.get("containerStatuses") or ():
        waiting = each.get("state", {}).get("waiting") or {}
        if waiting.get("reason") not in (None, "ContainerCreating", "PodInitializing"):
            return f"{waiting['reason']}: {waiting.get('message', '')}"
    for each in status.get("conditions") or ():
        if each.get("type") == "PodScheduled" and each.get("status") == "False":
            return f"{each.get('reason')}: {each.get('message', '')}"
    return ""


def _read(status: Mapping[str, Any]) -> Json:
    ends = [
        each["state"]["terminated"]
        for each in status.get("containerStatuses") or ()
        if each.get("state", {}).get("terminated")
    ]
    text = str(ends[0].get("message", "")) if ends else ""
    try:
        answer: Json = json.loads(text)
    except ValueError:
        said = status.get("message") or text.strip().rpartition("\n")[2] or status.get("reason", "")
        raise _failed(f"it failed ({said})", "Run it again.") from None
    return answer


def _remedy(waits: str) -> str:
    if "mage" in waits.partition(":")[0]:
        return "It takes the image of the first step: check `image` there."
    return "Check that the claim can be mounted: kubectl describe the pod says why it waits."


def _failed(what: str, remedy: str) -> KfpExtError:
    message = f"The pod that was to work on the volume did not do it: {what}."
    return KfpExtError(Problem(Code.CLUSTER_FAILED, message, remedy))
