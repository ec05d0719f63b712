"""Takes snapshots of volume claims before a step: the program of a small task of the run.

It stands in the task's command (`compiler.snapshots`): standard library only, Python 3.9. The
service account of the run's pods makes the snapshots; what goes wrong is in the pod's termination
message, in the form of `engines.model.StepError`.
"""

from __future__ import annotations

import base64
import contextlib
import json
import ssl
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any

ACCOUNT = "/var/run/secrets/kubernetes.io/serviceaccount"
API = "snapshot.storage.k8s.io/v1"
LIMIT = 600.0
"""Seconds within which a snapshot must be taken."""
HEALING = 15.0
"""Seconds for which an error of the snapshot controller may heal: it tries again by itself."""
PAUSE = 1.0


class Refused(Exception):  # noqa: N818 - it is a report
    """No snapshot: a problem code, why, and what to do."""

    def __init__(self, code: str, message: str, remedy: str) -> None:
        super().__init__(message)
        self.error = {"name": code, "message": message, "remedy": remedy}


class Api:
    """The Kubernetes API as the pod reaches it."""

    def __init__(self, base: str, account: str = ACCOUNT) -> None:
        try:
            token = Path(account, "token").read_text().strip()
            self.namespace = Path(account, "namespace").read_text().strip()
        except OSError as error:
            raise Refused(
                "cluster-denied",
                "The pod has no token of its service account (" + str(error) + ").",
                "Leave `snapshot` out, or have the account's token mounted into pods.",
            ) from None
        self.headers = {"Authorization": "Bearer " + token, "Content-Type": "application/json"}
        self.place = base + "/apis/" + API + "/namespaces/" + self.namespace + "/volumesnapshots"
        handlers: list[urllib.request.BaseHandler] = [urllib.request.ProxyHandler({})]
        if base.startswith("https:"):
            trusted = ssl.create_default_context(cafile=account + "/ca.crt")
            handlers.append(urllib.request.HTTPSHandler(context=trusted))
        self.opener = urllib.request.build_opener(*handlers)

    def call(self, name: str = "", body: dict[str, Any] | None = None) -> tuple[int, Any]:
        """Return status and answer; status 0 where none came."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.place + name, data, self.headers)  # noqa: S310
        try:
            with self.opener.open(request, timeout=30) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            try:
                return error.code, json.load(error)
            except ValueError:
                return error.code, {"message": str(error)}
        except (OSError, ValueError) as error:
            return 0, {"message": str(error)}


def take(api: Api, snapshot: dict[str, Any], give_up: float) -> None:
    """Have one snapshot there; returns once what it holds can no longer change."""
    name = snapshot["metadata"]["name"]
    claim = snapshot["spec"]["source"]["persistentVolumeClaimName"]
    status, answer = call_until(api, give_up, body=snapshot)
    if status != 409:  # an earlier attempt of this task has made it, and the step did not run yet
        accept(status, answer, claim, api.namespace)
    wrong_since: float | None = None
    while True:
        status, answer = call_until(api, give_up, name="/" + name)
        accept(status, answer, claim, api.namespace)
        said = answer.get("status") or {}
        if said.get("creationTime") or said.get("readyToUse"):
            return
        wrong = (said.get("error") or {}).get("message", "")
        now = time.monotonic()
        wrong_since = (wrong_since or now) if wrong else None
        if now > give_up or (wrong_since is not None and now - wrong_since > HEALING):
            words = wrong or "the cluster did not take it in time; no controller may be running"
            raise Refused(
                "cluster-failed",
                "The snapshot " + name + " of the claim " + claim + " was not taken: " + words,
                "`kubectl describe volumesnapshot " + name + "` says more; name a "
                "`snapshot_class` that fits the claim, or leave `snapshot` out.",
            )
        time.sleep(PAUSE)


def call_until(api: Api, give_up: float, **what: Any) -> tuple[int, Any]:
    """Call until there is an answer that says something about the call."""
    while True:
        status, answer = api.call(**what)
        passing = status == 0 or status == 429 or status >= 500
        if not passing or time.monotonic() > give_up:
            return status, answer
        time.sleep(PAUSE)


def accept(status: int, answer: Any, claim: str, namespace: str) -> None:
    """Raise `Refused` where an answer is no snapshot."""
    if 200 <= status < 300:
        return
    message = str(answer.get("message", status))
    if status in (401, 403):
        raise Refused(
            "cluster-denied",
            "The service account of the run's pods may not take snapshots in the namespace "
            + namespace
            + ": "
            + message,
            "Give it the role jupyter-kfp-ext-taking-snapshots of docs/kfp-role.yaml (create and "
            "get volumesnapshots).",
        )
    if status == 404:
        raise Refused(
            "resources-missing",
            "The cluster does not know snapshots of volumes: " + message,
            "Leave `snapshot` out, or have a CSI driver with snapshots installed.",
        )
    raise Refused(
        "cluster-failed",
        "No snapshot of the claim " + claim + " could be taken (" + str(status) + "): " + message,
        "Run it again.",
    )


def server(environment: Mapping[str, str]) -> str:
    """Return the address of the Kubernetes API."""
    host = environment.get("KUBERNETES_SERVICE_HOST", "")
    shown = "[" + host + "]" if ":" in host else host
    return "https://" + shown + ":" + environment.get("KUBERNETES_SERVICE_PORT", "443")


def main(argv: list[str], environment: Mapping[str, str]) -> int:
    """Take the snapshots that the first argument says, base64 of JSON; return the exit code."""
    asked = json.loads(base64.b64decode(argv[0]))
    run = environment["KFP_SNAPSHOT_RUN"]
    try:
        api = Api(server(environment))
        for each in asked["claims"]:
            name = "-".join((each["named"], run[: asked["piece"]], asked["task"]))
            spec: dict[str, Any] = {"source": {"persistentVolumeClaimName": each["claim"]}}
            if each["kind"]:
                spec["volumeSnapshotClassName"] = each["kind"]
            metadata = {"name": name, "labels": {**asked["labels"], asked["label"]: run}}
            snapshot = {"apiVersion": API, "kind": "VolumeSnapshot", "metadata": metadata}
            take(api, {**snapshot, "spec": spec}, time.monotonic() + LIMIT)
            print("snapshot " + name + " of the claim " + each["claim"])
    except Refused as refused:
        place = environment.get("KFP_TERMINATION_LOG") or "/dev/termination-log"
        with contextlib.suppress(OSError):
            Path(place).write_text(json.dumps({"v": 1, "error": refused.error}))
        print(refused, refused.error["remedy"], file=sys.stderr)
        return 1
    return 0
