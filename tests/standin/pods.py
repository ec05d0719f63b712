"""Steps as real pods: what Argo's controller and KFP's launcher do, on a real Kubernetes."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from .execution import Attempt, Outcome
from .kube import Kube, KubeError
from .objects import Objects
from .pod_manifest import add_init, driver_manifest, manifest, text_of
from .workflow import DEADLINE, Workflow

Json = dict[str, Any]
_LAUNCHER = Path(__file__).with_name("launcher.py")
_TRY_AGAIN = 1.0
"""Seconds after which a pod that was refused is tried again."""


class Pods:
    """Runs containers as pods; what they leave goes into the stand-in's object store."""

    def __init__(self, kube: Kube, objects: Objects, url: Callable[[], str]) -> None:
        self._kube = kube
        self._objects = objects
        self._url = url
        """Where pods reach the stand-in."""
        self.whole = False
        """Whether drivers are pods, too, and the launcher comes by an init container: as in KFP,
        and slower."""
        text = _LAUNCHER.read_text()
        self._launcher = f"standin-launcher-{hashlib.sha256(text.encode()).hexdigest()[:8]}"
        made = {"metadata": {"name": self._launcher}, "data": {"launch.py": text}}
        try:
            kube.call("POST", kube.core("configmaps"), made)
        except KubeError as error:
            if error.status != 409:
                raise

    def run(self, workflow: Workflow, attempt: Attempt) -> Outcome:
        """Run a container to its end as a pod."""
        place = _folder(workflow, attempt)
        pod = manifest(workflow, attempt, self._launch(workflow, attempt, place), self._launcher)
        if self.whole:
            if not attempt.index:
                self._drive(workflow, attempt)
            add_init(pod)
        pod["metadata"]["ownerReferences"] = [self._owner(workflow)]
        name = pod["metadata"]["name"]

        def end() -> None:
            self._end(name)

        with workflow.changed:
            workflow.enders.append(end)
        try:
            if not self._made(workflow, attempt, pod):
                return Outcome("Failed", DEADLINE)
            outcome = self._followed(workflow, attempt, name)
        finally:
            with workflow.changed:
                workflow.enders.remove(end)
        if outcome.phase != "Succeeded":
            return outcome
        said = self._objects.executions.pop(place.split("://")[1])
        artifacts = {key: listed["artifacts"] for key, listed in said["artifacts"].items()}
        output = {"parameters": said["parameterValues"], "artifacts": artifacts}
        return Outcome("Succeeded", output=output)

    def _drive(self, workflow: Workflow, attempt: Attempt) -> None:
        """Run a driver: it says what KFP's says first; the work itself is done already."""
        pod = driver_manifest(workflow, attempt)
        pod["metadata"]["ownerReferences"] = [self._owner(workflow)]
        name = pod["metadata"]["name"]
        self._kube.call("POST", self._kube.core("pods"), pod)
        for _, seen in self._kube.watch(self._kube.core("pods"), name):
            if seen["status"].get("phase") in ("Succeeded", "Failed"):
                break
        self._keep_log(name)

    def _owner(self, workflow: Workflow) -> Json:
        found = self._kube.call("GET", self._kube.argo(workflow.name))
        return {
            "apiVersion": "argoproj.io/v1alpha1",
            "kind": "Workflow",
            "name": workflow.name,
            "uid": found["metadata"]["uid"],
            "controller": True,
        }

    def _launch(self, workflow: Workflow, attempt: Attempt, place: str) -> list[str]:
        return [
            *("python3", "-u", "/kfp-launcher/launch.py", "--executor_type", "container"),
            *("--pipeline_name", workflow.pipeline, "--run_id", workflow.run_id),
            *("--execution_id", place, "--executor_input", text_of(attempt.document)),
            *("--component_spec", json.dumps(attempt.component)),
            *("--store", self._url(), "--token", self._objects.token, "--"),
        ]

    def _made(self, workflow: Workflow, attempt: Attempt, pod: Json) -> bool:
        """Make the pod, however long a quota keeps it out; False where the run was ended."""
        name = pod["metadata"]["name"]
        while True:
            with workflow.changed:
                if workflow.stopping:
                    return False
            try:
                self._kube.call("POST", self._kube.core("pods"), pod)
                return True
            except KubeError as error:
                if error.status == 409:  # of the attempt before `:retry`; names stay the same
                    self._remove(name)
                elif error.status == 403:
                    workflow.note(attempt.node, "Pod", "Pending", error.message)
                else:
                    raise
            with workflow.changed:
                workflow.changed.wait(_TRY_AGAIN)

    def _remove(self, name: str) -> None:
        """Remove a pod; one that is gone already is no error."""
        try:
            body = {"gracePeriodSeconds": 0}
            self._kube.call("DELETE", self._kube.core("pods", name), body)
        except KubeError as error:
            if error.status != 404:
                raise

    def _end(self, name: str) -> None:
        """End a pod as Argo does: one that waits is deleted, one that runs is killed."""
        try:
            pod = self._kube.call("GET", self._kube.core("pods", name))
            if pod["status"].get("phase") == "Pending":
                self._remove(name)
                return
            change = {"spec": {"activeDeadlineSeconds": 1}}
            kind = "application/merge-patch+json"
            self._kube.call("PATCH", self._kube.core("pods", name), change, kind=kind)
        except KubeError as error:
            if error.status != 404:
                raise

    def _followed(self, workflow: Workflow, attempt: Attempt, name: str) -> Outcome:
        for event, pod in self._kube.watch(self._kube.core("pods"), name):
            if event == "DELETED":
                stopped = workflow.stopping
                return Outcome(*(("Failed", DEADLINE) if stopped else ("Error", "pod deleted")))
            status = pod["status"]
            if pod["metadata"].get("deletionTimestamp"):
                continue
            if status.get("phase") == "Pending":
                workflow.note(attempt.node, "Pod", "Pending", _waits(status))
            elif status.get("phase") == "Running":
                workflow.note(attempt.node, "Pod", "Running")
                if workflow.stopping:
                    self._end(name)
            elif status.get("phase") in ("Succeeded", "Failed"):
                self._keep_log(name)
                return _ended(status, workflow.stopping)
        raise AssertionError("a watch has no end")

    def _keep_log(self, name: str) -> None:
        """Archive the log as Argo does (`archiveLogs`), for when the pod is gone."""
        try:
            log = self._kube.text(self._kube.core("pods", f"{name}/log"), {"container": "main"})
        except KubeError:  # it never had a container
            return
        self._objects.logs[name] = log


def _folder(workflow: Workflow, attempt: Attempt) -> str:
    """Return the URI of the folder that the driver chose for a step's outputs."""
    for listed in attempt.document["outputs"]["artifacts"].values():
        return str(listed["artifacts"][0]["uri"]).rpartition("/")[0]
    return f"minio://mlpipeline/v2/artifacts/{workflow.pipeline}/{workflow.run_id}/{attempt.node}"


def _waits(status: Json) -> str:
    """Return why a pod waits, as Argo writes it into the node."""
    for each in status.get("conditions") or ():
        if each["type"] == "PodScheduled" and each["status"] == "False":
            return f"{each['reason']}: {each.get('message', '')}"
    for each in status.get("containerStatuses") or ():
        waiting = each["state"].get("waiting") or {}
        if waiting.get("message"):
            return f"{waiting['reason']}: {waiting['message']}"
        if waiting:
            return str(waiting["reason"])
    return ""


def _ended(status: Json, stopped: bool) -> Outcome:
    if status["phase"] == "Succeeded":
        return Outcome("Succeeded")
    if stopped:
        return Outcome("Failed", DEADLINE)
    if status.get("reason"):
        return Outcome("Failed", status.get("message", ""))
    (state,) = (each["state"] for each in status["containerStatuses"] if each["name"] == "main")
    main = state["terminated"]
    said = f": {main['message']}" if main.get("message") else ""
    return Outcome("Failed", f"main: {main['reason']} (exit code {main['exitCode']}){said}")
