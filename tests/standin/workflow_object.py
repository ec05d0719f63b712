"""Workflows as real objects of a Kubernetes: rights, labels, deletion and pods' owners are real."""

import threading
from typing import Any

from .kube import Kube, KubeError
from .workflow import Workflow

Json = dict[str, Any]
_KINDS = (
    ("argoproj.io", "v1alpha1", "workflows", "workflow", "Workflow"),
    ("kubeflow.org", "v1beta1", "scheduledworkflows", "scheduledworkflow", "ScheduledWorkflow"),
)


def ensure_kinds(kube: Kube) -> None:
    """Make the kinds of objects known to the cluster, and wait until they are."""
    place = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
    for group, version, plural, singular, kind in _KINDS:
        schema = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
        name = f"{plural}.{group}"
        definition = {
            "apiVersion": "apiextensions.k8s.io/v1",
            "kind": "CustomResourceDefinition",
            "metadata": {"name": name},
            "spec": {
                "group": group,
                "scope": "Namespaced",
                "names": {"plural": plural, "singular": singular, "kind": kind},
                "versions": [
                    {
                        "name": version,
                        "served": True,
                        "storage": True,
                        "schema": {"openAPIV3Schema": schema},
                    }
                ],
            },
        }
        try:
            kube.call("POST", place, definition)
        except KubeError as error:
            if error.status != 409:
                raise
        for _, found in kube.watch(place, name):
            conditions = found.get("status", {}).get("conditions", [])
            if any(e["type"] == "Established" and e["status"] == "True" for e in conditions):
                break


class Publisher:
    """Keeps the objects of Workflows as the Workflows are."""

    def __init__(self, kube: Kube) -> None:
        self._kube = kube
        self._threads: list[threading.Thread] = []
        self._closed = threading.Event()

    def publish(self, workflow: Workflow) -> None:
        """Make the object, and have a thread write what changes."""
        made = {**workflow.to_json(), "status": {}}
        self._kube.call("POST", self._kube.argo(), made)
        workflow.written = 0
        thread = threading.Thread(target=self._write, args=(workflow,))
        self._threads.append(thread)
        thread.start()

    def remove(self, workflow: Workflow) -> None:
        """Delete the object, and with it its pods; one that is gone already is no error."""
        try:
            path = self._kube.argo(workflow.name)
            self._kube.call("DELETE", path, {"propagationPolicy": "Background"})
        except KubeError as error:
            if error.status != 404:
                raise

    def close(self, changed: threading.Condition) -> None:
        self._closed.set()
        with changed:
            changed.notify_all()
        for each in self._threads:
            each.join()

    def _write(self, workflow: Workflow) -> None:
        while True:
            with workflow.changed:
                workflow.changed.wait_for(
                    lambda: workflow.version != workflow.written or self._closed.is_set()
                )
                if workflow.version == workflow.written:
                    return
                version = workflow.version
                change = [{"op": "add", "path": "/status", "value": workflow.status()}]
            try:
                path = self._kube.argo(workflow.name)
                self._kube.call("PATCH", path, change, kind="application/json-patch+json")
            except KubeError as error:
                if error.status != 404:
                    raise
                workflow.written = None
                workflow.stop()  # someone deleted it, and its pods with it
                return
            with workflow.changed:
                workflow.written = version
