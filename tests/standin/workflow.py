"""One Workflow as Argo tells it: its nodes, which KFP's rows are made of."""

import base64
import gzip
import json
import threading
import uuid
from collections.abc import Callable
from typing import Any

from .naming import node_id, pod_name
from .times import now

Json = dict[str, Any]
DEADLINE = "Step exceeded its deadline"
"""What Argo says of what it ended because the run was terminated."""
_PACKED_FROM = 1 << 20
"""Bytes of nodes from which on Argo packs them, and KFP's rows stay behind."""
_STATES = {
    "Pending": "PENDING",
    "Running": "RUNNING",
    "Succeeded": "SUCCEEDED",
    "Failed": "FAILED",
    "Error": "FAILED",
    "Skipped": "SKIPPED",
}


class Workflow:
    """One Workflow. Whoever changes it holds `changed`, and tells it."""

    def __init__(self, run: Json, spec: Json, changed: threading.Condition) -> None:
        self.run_id = run["run_id"]
        self.spec = spec.get("pipeline_spec", spec)
        self.platform = spec.get("platform_spec", {})
        self.pipeline = self.spec.get("pipelineInfo", {}).get("name", "v1")
        self.name = f"{self.pipeline}-{uuid.uuid4().hex[:5]}"
        self.created = now()
        self.phase, self.message, self.ended = "", "", ""
        self.nodes: dict[str, Json] = {}
        self.pods: dict[str, Json] = {}
        """Pods that are told of though there are none: the steps are processes of this machine."""
        self.stopping = False
        self.version = 0
        """Counts the changes."""
        self.written: int | None = None
        """The version that its object in Kubernetes has; None where there is no other than this."""
        self.enders: list[Callable[[], None]] = []
        """What ends the steps that run, called on `stop`."""
        self.changed = changed

    def settings(self, label: str) -> Json:
        """Return what the platform spec says of an executor."""
        kubernetes = self.platform.get("platforms", {}).get("kubernetes", {})
        found: Json = kubernetes.get("deploymentSpec", {}).get("executors", {}).get(label, {})
        return found

    def begin(self) -> None:
        with self.changed:
            self.phase, self.message, self.ended = "Running", "", ""
        self.note("", "DAG", "Running", template="entrypoint")

    def end(self, phase: str, message: str = "") -> None:
        self.note("", "DAG", phase, template="entrypoint")
        with self.changed:
            self.phase, self.message, self.ended = phase, message, now()
            self._tell()

    def stop(self) -> None:
        """End it as `:terminate` does."""
        with self.changed:
            self.stopping = True
            enders = list(self.enders)
            self._tell()
        for each in enders:
            each()

    def forget(self, phases: tuple[str, ...]) -> None:
        """Take nodes out that ended in one of some phases: they come again."""
        with self.changed:
            self.stopping = False
            self.phase, self.ended = "Running", ""
            self.nodes = {k: v for k, v in self.nodes.items() if v["phase"] not in phases}
            self._tell()

    def full(self, name: str) -> str:
        return f"{self.name}.{name}" if name else self.name

    def id(self, name: str) -> str:
        return node_id(self.name, self.full(name))

    def pod_name(self, name: str, template: str) -> str:
        return pod_name(self.name, self.full(name), template)

    def note(
        self,
        name: str,
        kind: str,
        phase: str,
        message: str = "",
        parent: str | None = None,
        template: str = "",
    ) -> None:
        """Write a node; `name` is without the Workflow's, empty for the Workflow's own."""
        with self.changed:
            key = self.id(name)
            fresh: Json = {
                "id": key,
                "name": self.full(name),
                "displayName": name.rpartition(".")[2] or self.name,
                "startedAt": now(),
            }
            node = self.nodes.setdefault(key, fresh)
            if (node.get("phase"), node.get("message", "")) == (phase, message):
                return
            node |= {"type": kind, "phase": phase, "message": message}
            if template:
                node["templateName"] = template
            if phase not in ("Pending", "Running"):
                node["finishedAt"] = now()
            if parent is not None:
                children = self.nodes[self.id(parent)].setdefault("children", [])
                children.extend({key} - set(children))
            self._tell()

    def _tell(self) -> None:
        self.version += 1
        self.changed.notify_all()

    @property
    def has_ended(self) -> bool:
        """Whether KFP can know of its end: the persistence agent reads the object."""
        return bool(self.ended) and self.written in (None, self.version)

    def status(self) -> Json:
        """Return the status as Kubernetes has it, large nodes packed."""
        with self.changed:
            status: Json = {"nodes": json.loads(json.dumps(self.nodes))}
            text = json.dumps(self.nodes)
            if len(text) > _PACKED_FROM:
                packed = base64.b64encode(gzip.compress(text.encode())).decode()
                status = {"compressedNodes": packed}
            if self.phase:
                status |= {"phase": self.phase, "startedAt": self.created}
            if self.ended:
                status["finishedAt"] = self.ended
            if self.message:
                status["message"] = self.message
            return status

    def to_json(self) -> Json:
        return {
            "apiVersion": "argoproj.io/v1alpha1",
            "kind": "Workflow",
            "metadata": {
                "name": self.name,
                "labels": {"pipeline/runid": self.run_id},
                "creationTimestamp": self.created,
            },
            "status": self.status(),
        }

    def rows(self) -> list[Json]:
        """Return KFP's rows of the nodes: without reasons, names of pods, or the nodes' own ids."""
        with self.changed:
            return [self._row(node) for node in self.nodes.values()]

    def _row(self, node: Json) -> Json:
        row = {
            "run_id": self.run_id,
            "task_id": str(uuid.uuid5(uuid.NAMESPACE_URL, node["id"])),
            "display_name": node["displayName"],
            "create_time": self.created,
            "start_time": node["startedAt"],
            "end_time": node.get("finishedAt", "0001-01-01T00:00:00Z"),
        }
        if node["phase"] in _STATES:
            row["state"] = _STATES[node["phase"]]
        children = node.get("children")
        if children:
            row["child_tasks"] = [{"pod_name": each} for each in children]
        return row
