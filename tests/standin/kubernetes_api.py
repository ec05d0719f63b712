"""The part of the Kubernetes API that is used with KFP: Workflows, pods, logs, ConfigMaps."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .tenancy import Tenancy
from .times import now
from .workflow import Workflow
from .workflows import Workflows

if TYPE_CHECKING:
    from .server import Call

Json = dict[str, Any]


class KubernetesApi:
    """Answers for every namespace; `denied` are the resources that nobody may use.

    Of the whole cluster only what is in `everywhere` may be listed, by its resource.
    """

    def __init__(self, workflows: Workflows, config_maps: dict[str, dict[str, bytes]]) -> None:
        self.workflows = workflows
        self.config_maps = config_maps
        self.manifests: dict[str, Json] = {}
        self.denied: set[str] = set()
        self.everywhere: dict[str, list[Json]] = {}
        self.tenancy: Tenancy | None = None

    def answer(self, call: Call) -> Any:
        from .server import Reply

        if call.path == "/version":
            return Reply({"major": "1", "minor": "34"})
        if call.path.endswith("/selfsubjectaccessreviews"):
            asked = json.loads(call.body)["spec"]["resourceAttributes"]
            allowed = asked["resource"] not in self.denied
            if asked["resource"] == "runs" and self.tenancy is not None:
                allowed = self.tenancy.may_run(asked["namespace"])
            return Reply({"status": {"allowed": allowed}}, 201)
        if found := re.fullmatch(r"/api/v1/(\w+)", call.path):
            if found[1] in self.everywhere:
                return Reply({"items": self.everywhere[found[1]]})
            return Reply(_status(403, f"{found[1]} is forbidden at the cluster scope"), 403)
        found = re.fullmatch(
            r"/(?:api/v1|apis/argoproj\.io/v1alpha1)/namespaces/[^/]+/(\w+)(?:/([^/]+))?(/log)?",
            call.path,
        )
        if found is None:
            return Reply(_status(404, "the server could not find the requested resource"), 404)
        kind, name, log = found.groups()
        if kind in self.denied:
            return Reply(_status(403, f'{kind} is forbidden: User "ada" cannot do that'), 403)
        work = {"workflows": self._workflows, "pods": self._pods, "configmaps": self._config_maps}
        if kind in ("resourcequotas", "limitranges"):
            return Reply({"items": []})
        if kind == "persistentvolumeclaims":
            return self._claim(name)
        if kind in _NONE:
            return Reply({"items": []})
        if log:
            return self._log(call, name)
        return work[kind](call, name)

    def _workflows(self, call: Call, name: str | None) -> Any:
        from .server import Reply

        if call.method == "DELETE" and name:
            gone = self.workflows.delete(name)
            return Reply(
                _status(200, "deleted") if gone else _status(404, "gone"), 200 if gone else 404
            )
        return Reply({"items": [each.to_json() for each in self._selected(call)]})

    def _pods(self, call: Call, name: str | None) -> Any:
        from .server import Reply

        with self.workflows.changed:
            pods = [pod for each in self._selected(call) for pod in each.pods.values()]
            return Reply(json.dumps({"items": pods}))

    def _selected(self, call: Call) -> list[Workflow]:
        label = call.query.get("labelSelector", "")
        return self.workflows.of(label.removeprefix("pipeline/runid="))

    def _config_maps(self, call: Call, name: str | None) -> Any:
        from .server import Reply

        if call.method == "GET":
            if name is None:
                return Reply({"items": list(self.manifests.values())})
            if name not in self.manifests:
                return Reply(_status(404, f'configmaps "{name}" not found'), 404)
            return Reply(self.manifests[name])
        if call.method == "PATCH":
            return self._patched(call, name)
        manifest = json.loads(call.body)
        name = manifest["metadata"]["name"]
        if name in self.manifests:
            return Reply(_status(409, f'configmaps "{name}" already exists'), 409)
        size = len(call.body)
        if size > 3 << 19:
            return Reply(_status(422, "Too long: must have at most 1048576 bytes"), 422)
        manifest["metadata"]["creationTimestamp"] = now()
        with self.workflows.changed:
            self.manifests[name] = manifest
            binary = manifest.get("binaryData", {})
            self.config_maps[name] = {k: base64.b64decode(v) for k, v in binary.items()}
            self.workflows.changed.notify_all()
        return Reply(manifest, 201)

    def _claim(self, name: str | None) -> Any:
        from .server import Reply

        if name is None:
            return Reply({"items": []})  # of those that runs make there are none
        if name not in self.workflows.claims:
            return Reply(_status(404, f'persistentvolumeclaims "{name}" not found'), 404)
        spec = {"accessModes": ["ReadWriteMany"]}
        claim = {"metadata": {"name": name}, "spec": spec, "status": {"phase": "Bound"}}
        return Reply(claim)

    def _patched(self, call: Call, name: str | None) -> Any:
        from .server import Reply

        if call.headers["Content-Type"] != "application/merge-patch+json":
            return Reply(_status(415, "the body of the request was in an unknown format"), 415)
        if name not in self.manifests:
            return Reply(_status(404, f'configmaps "{name}" not found'), 404)
        found = self.manifests[name]
        changes = json.loads(call.body)["metadata"]["annotations"]
        found["metadata"].setdefault("annotations", {}).update(changes)
        return Reply(found)

    def _log(self, call: Call, name: str) -> Any:
        from .server import Reply

        for workflow in self.workflows.all:
            if name in workflow.pods:
                path = Path(workflow.pods[name]["log"])
                started = workflow.pods[name]["status"]["phase"] != "Pending"
                if not started:
                    return Reply(_status(400, "container is waiting to start"), 400)
                if call.query.get("follow") == "true":
                    return self._followed(workflow, name)
                return Reply(path.read_bytes(), 200, "text/plain")
        return Reply(_status(404, f'pods "{name}" not found'), 404)

    def _followed(self, workflow: Workflow, name: str) -> Iterator[bytes]:
        pod = workflow.pods[name]
        with open(pod["log"], "rb") as file:
            while True:
                with self.workflows.changed:
                    ended = pod["status"]["phase"] in ("Succeeded", "Failed")
                piece = file.read()
                if piece:
                    yield piece
                if ended:
                    return
                with self.workflows.changed:
                    self.workflows.changed.wait(0.05)


_NONE = ("resourcequotas", "limitranges", "events")
"""Of these there are none here; a real Kubernetes has them (`tests/cluster`)."""


def _status(code: int, message: str) -> Json:
    return {"kind": "Status", "status": "Failure", "message": message, "code": code}
