"""Steps as processes of this machine: quick, without images, resources or Kubernetes."""

import contextlib
import copy
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .execution import Attempt, Outcome
from .times import now
from .workflow import DEADLINE, Workflow

Json = dict[str, Any]


class Processes:
    """Runs containers as processes; images are this interpreter, claims are folders."""

    def __init__(
        self,
        config_maps: Mapping[str, Mapping[str, bytes]],
        changed: threading.Condition,
        python: str = sys.executable,
    ) -> None:
        self.claims: dict[str, Path] = {}
        """Folders that stand for persistent volume claims, by name."""
        self._config_maps = config_maps
        self._changed = changed
        self._python = python
        self._folder = Path(tempfile.mkdtemp(prefix="standin-"))
        self._places: dict[str, Path] = {}
        """Where each artifact lies here, by its URI."""

    def run(self, workflow: Workflow, attempt: Attempt) -> Outcome:
        place = self._folder / workflow.name
        place.mkdir(exist_ok=True)
        name = re.sub("[^a-z0-9-]", "-", attempt.node)
        folder = Path(tempfile.mkdtemp(prefix=f"{name}-", dir=place))
        pod = _make_pod(workflow, attempt, folder)
        code = self._mounted(workflow, attempt, pod)
        if code is None:
            return Outcome("Failed", DEADLINE)
        document = self._localized(attempt.document, folder)
        words = _filled(attempt.container, document)
        exit_code = self._process(workflow, attempt, words, (folder, code), pod)
        if exit_code == 0:
            _finish(workflow, pod, "Succeeded", 0, "")
            return Outcome("Succeeded", output=_output(document, attempt))
        said = folder / "termination-log"
        told = said.read_text() if said.exists() else ""
        stopped = workflow.stopping
        _finish(workflow, pod, "Failed", 143 if stopped else 1, told)
        message = f"main: Error (exit code 1){': ' if told else ''}{told}"
        return Outcome("Failed", DEADLINE if stopped else message)

    def _mounted(self, workflow: Workflow, attempt: Attempt, pod: Json) -> dict[str, bytes] | None:
        """Wait for the ConfigMaps that the step mounts, as the kubelet does.

        Returns the files of what is mounted, ConfigMaps and folders of claims; None: terminated.
        """
        settings = workflow.settings(attempt.label)
        files = {
            path.name: path.read_bytes()
            for each in settings.get("pvcMount", [])
            for path in (self.claims[each["constant"]] / each.get("subPath", "")).iterdir()
        }
        wanted = [each["configMapName"] for each in settings.get("configMapAsVolume", [])]
        with self._changed:
            while not workflow.stopping:
                missing = [each for each in wanted if each not in self._config_maps]
                if not missing:
                    maps = [self._config_maps[each] for each in wanted]
                    return files | {key: data for each in maps for key, data in each.items()}
                said = f'configmap "{missing[0]}" not found'
                waiting = {"reason": "CreateContainerConfigError", "message": said}
                _main(pod)["state"] = {"waiting": waiting}
                message = f"CreateContainerConfigError: {said}"
                workflow.note(attempt.node, "Pod", "Pending", message)
                self._changed.wait()
        return None

    def _localized(self, document: Json, folder: Path) -> Json:
        """Return an executor input in which everything lies in folders of this machine."""
        said = copy.deepcopy(document)
        for listed in said["inputs"]["artifacts"].values():
            for artifact in listed["artifacts"]:
                artifact["customPath"] = str(self._places[artifact["uri"]])
        for key, listed in said["outputs"]["artifacts"].items():
            (artifact,) = listed["artifacts"]
            self._places[artifact["uri"]] = folder / "artifacts" / key
            artifact["customPath"] = str(folder / "artifacts" / key)
        for key, told in said["outputs"]["parameters"].items():
            told["outputFile"] = str(folder / "parameters" / key)
        said["outputs"]["outputFile"] = str(folder / "executor_output.json")
        return said

    def _process(
        self,
        workflow: Workflow,
        attempt: Attempt,
        words: list[str],
        place: tuple[Path, Mapping[str, bytes]],
        pod: Json,
    ) -> int:
        folder, code = place
        for each in ("parameters", "artifacts", "work"):
            (folder / each).mkdir()
        if words[0] in ("python", "python3"):
            words[0] = self._python
        env = {**os.environ, "KFP_TERMINATION_LOG": str(folder / "termination-log")}
        said = attempt.container.get("env", [])
        env.update({each["name"]: each.get("value", "") for each in said})
        env["KFP_RETRY_INDEX"] = str(attempt.index)
        for key, data in code.items():
            (folder / key).write_bytes(data)
            env["KFP_STEP_CODE"] = str(folder / key)
        with self._changed:
            log = open(pod["log"], "wb")  # noqa: SIM115 - closed below, outside the lock
            workflow.note(attempt.node, "Pod", "Running")
            pod["status"]["phase"] = "Running"
            _main(pod)["state"] = {"running": {"startedAt": now()}}
            log.write(b"I1122 06:41:38.254030      17 main.go:139] Setting log level to: '1'\n")
            log.flush()
            if workflow.stopping:
                log.close()
                return 1
            process = subprocess.Popen(
                words,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=env,
                cwd=folder / "work",
                start_new_session=True,
            )

            def end() -> None:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)

            workflow.enders.append(end)
            self._changed.notify_all()
        exit_code = process.wait()
        with self._changed:
            workflow.enders.remove(end)
        output = folder / "executor_output.json"
        if exit_code == 0 and output.exists():  # one that was killed may have written a part
            pretty = json.dumps(json.loads(output.read_text()), indent=2)
            log.write(f"I1122 06:41:50.1 17 launcher_v2.go:1] ExecutorOutput: {pretty}\n".encode())
        log.close()
        return exit_code


def _filled(container: Json, document: Json) -> list[str]:
    """Return a command with its placeholders filled in, as the launcher does."""

    def path(found: re.Match[str]) -> str:
        artifact = document[found[1]]["artifacts"][found[2]]["artifacts"][0]
        return str(artifact["customPath"])

    words = [*container.get("command", ()), *container.get("args", ())]
    pattern = r"\{\{\$\.(inputs|outputs)\.artifacts\['(\w+)'\]\.path\}\}"
    text = json.dumps(document)
    return [text if each == "{{$}}" else re.sub(pattern, path, each) for each in words]


def _output(document: Json, attempt: Attempt) -> Json:
    """Return what a step has left, artifacts as the driver named them."""
    path = Path(document["outputs"]["outputFile"])
    said = json.loads(path.read_text()) if path.exists() else {}
    artifacts = {}
    for key, listed in attempt.document["outputs"]["artifacts"].items():
        told = said.get("artifacts", {}).get(key, {}).get("artifacts", [{}])
        artifact = {**listed["artifacts"][0], "metadata": told[0].get("metadata", {})}
        artifacts[key] = [artifact]
    return {"parameters": said.get("parameterValues", {}), "artifacts": artifacts}


def _make_pod(workflow: Workflow, attempt: Attempt, folder: Path) -> Json:
    name = workflow.pod_name(attempt.node, attempt.template)
    pod: Json = {
        "metadata": {
            "name": name,
            "labels": {"pipeline/runid": workflow.run_id},
            "annotations": {
                "workflows.argoproj.io/node-name": workflow.full(attempt.node),
                "workflows.argoproj.io/node-id": workflow.id(attempt.node),
                "pipelines.kubeflow.org/runtime-role": "launcher",
            },
        },
        "spec": {"containers": [{"name": "main", "resources": {}}]},
        "status": {
            "phase": "Pending",
            "conditions": [{"type": "PodScheduled", "status": "True"}],
            "containerStatuses": [
                {"name": "main", "state": {"waiting": {"reason": "PodInitializing"}}}
            ],
        },
        "log": str(folder.with_suffix(".log")),
    }
    with workflow.changed:
        workflow.pods[name] = pod
        workflow.changed.notify_all()
    return pod


def _finish(workflow: Workflow, pod: Json, phase: str, code: int, words: str) -> None:
    with workflow.changed:
        running = _main(pod)["state"].get("running")
        pod["status"]["phase"] = phase
        if running:
            reason = "Completed" if phase == "Succeeded" else "Error"
            ended: Json = {"exitCode": code, "reason": reason, "finishedAt": now()}
            ended["startedAt"] = running["startedAt"]
            if words:
                ended["message"] = words
            _main(pod)["state"] = {"terminated": ended}


def _main(pod: Json) -> Json:
    status: Json = pod["status"]["containerStatuses"][0]
    return status
