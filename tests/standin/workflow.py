"""Runs made by the stand-in: each task a process of this machine, told as Argo and KFP tell it.

What it can: containers right below the root, their order, parameters and artifacts, ConfigMaps
mounted as files, failures, termination. What it cannot (loops, DAGs, conditions, caching, retries)
ends the run with `Error` and says so.
"""

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
import uuid
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from .kfp_api import EPOCH, now
from .spec_checks import upstream

Json = dict[str, Any]
DEADLINE = "Step exceeded its deadline"
_STATES = {
    "Pending": "PENDING",
    "Running": "RUNNING",
    "Succeeded": "SUCCEEDED",
    "Failed": "FAILED",
    "Error": "FAILED",
    "Skipped": "SKIPPED",
}


def fnv(name: str) -> int:
    number = 2166136261
    for byte in name.encode():
        number = (number ^ byte) * 16777619 % 2**32
    return number


class Workflow:
    """One Workflow with its pods, executed by a thread of its own."""

    def __init__(
        self,
        run: Json,
        spec: Json,
        parameters: Mapping[str, Any],
        config_maps: Mapping[str, Mapping[str, bytes]],
        claims: Mapping[str, Path],
        changed: threading.Condition,
        python: str = sys.executable,
    ) -> None:
        self.run_id = run["run_id"]
        self.spec = spec.get("pipeline_spec", spec)
        self.platform = spec.get("platform_spec", {})
        pipeline = self.spec.get("pipelineInfo", {}).get("name", "v1")
        self.pipeline = pipeline
        self.name = f"{pipeline}-{uuid.uuid4().hex[:5]}"
        self.created = now()
        self.phase, self.message, self.ended = "", "", ""
        self.nodes: dict[str, Json] = {}
        self.pods: dict[str, Json] = {}
        self.folder = Path(tempfile.mkdtemp(prefix="standin-"))
        self.stopping = False
        self._python = python
        self._parameters = self._with_defaults(parameters)
        self._config_maps = config_maps
        self._claims = claims
        self._changed = changed
        self._process: subprocess.Popen[bytes] | None = None
        self._outputs: dict[str, Json] = {}
        self._thread: threading.Thread | None = None

    def _with_defaults(self, given: Mapping[str, Any]) -> Json:
        declared = self.spec.get("root", {}).get("inputDefinitions", {}).get("parameters", {})
        defaults = {k: v["defaultValue"] for k, v in declared.items() if "defaultValue" in v}
        return {**defaults, **given}

    def start(self) -> None:
        self._thread = threading.Thread(target=self._execute)
        self._thread.start()

    def stop(self) -> None:
        """End it as `:terminate` does."""
        with self._changed:
            self.stopping = True
            if self._process is not None:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(self._process.pid, signal.SIGKILL)
            self._changed.notify_all()

    def join(self) -> None:
        if self._thread is not None:
            self._thread.join()

    def to_json(self) -> Json:
        with self._changed:
            status: Json = {"nodes": json.loads(json.dumps(self.nodes))}
            if self.phase:
                status |= {"phase": self.phase, "startedAt": self.created}
            if self.ended:
                status["finishedAt"] = self.ended
            if self.message:
                status["message"] = self.message
            labels = {"pipeline/runid": self.run_id}
            return {
                "apiVersion": "argoproj.io/v1alpha1",
                "kind": "Workflow",
                "metadata": {
                    "name": self.name,
                    "labels": labels,
                    "creationTimestamp": self.created,
                },
                "status": status,
            }

    def rows(self) -> list[Json]:
        with self._changed:
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

    def log_of(self, pod: str) -> Path | None:
        found = self.pods.get(pod)
        return Path(found["log"]) if found else None

    # -- execution ------------------------------------------------------------------------------

    def _execute(self) -> None:
        root = self.spec["root"]["dag"]
        self._set(self.name, "DAG", "Running", at="")
        self._set("root-driver", "Pod", "Succeeded")
        self._set("root", "DAG", "Running", parent="root-driver")
        with self._changed:
            self.phase = "Running"
            self._changed.notify_all()
        try:
            failed = self._tasks(root["tasks"])
        except NotImplementedError as error:
            self._end("Error", f"the stand-in cannot run {error}")
            return
        self._end("Failed" if failed else "Succeeded", "")

    def _end(self, phase: str, message: str) -> None:
        self._set("root", "DAG", phase)
        self._set(self.name, "DAG", phase, at="")
        with self._changed:
            self.phase, self.message, self.ended = phase, message, now()
            self._changed.notify_all()

    def _tasks(self, tasks: Mapping[str, Json]) -> bool:
        left = dict(tasks)
        done: dict[str, bool] = {}
        while left:
            name = next(n for n, task in left.items() if not upstream(task) & set(left))
            task = left.pop(name)
            component = self.spec["components"][task["componentRef"]["name"]]
            odd = {"parameterIterator", "artifactIterator", "triggerPolicy"} & set(task)
            if odd or "dag" in component:
                raise NotImplementedError(f"the task {name}")
            if not all(done.get(each, False) for each in upstream(task)):
                for each in (f"root.{name}-driver", f"root.{name}"):
                    self._set(each, "Skipped", "Omitted", "omitted: depends condition not met")
                done[name] = False
                continue
            done[name] = not self.stopping and self._container(name, task, component)
        return not all(done.values())

    def _container(self, name: str, task: Json, component: Json) -> bool:
        executor = f"root.{name}.executor"
        self._set(f"root.{name}-driver", "Pod", "Succeeded", parent="root")
        self._set(f"root.{name}", "DAG", "Running", parent=f"root.{name}-driver")
        self._set(executor, "Pod", "Pending", parent=f"root.{name}")
        pod = self._make_pod(executor)
        label = component["executorLabel"]
        settings = (
            self.platform.get("platforms", {})
            .get("kubernetes", {})
            .get("deploymentSpec", {})
            .get("executors", {})
            .get(label, {})
        )
        code = self._mounted(settings, executor, pod)
        if code is None:
            self._fail(name, executor, pod, DEADLINE, None)
            return False
        container = self.spec["deploymentSpec"]["executors"][label]["container"]
        folder = self.folder / name
        folder.mkdir()
        document = self._document(name, task, component, folder)
        exit_code = self._process_of(container, document, folder, code, executor, pod)
        if exit_code == 0:
            self._succeed(name, executor, pod, document, folder)
            return True
        said = folder / "termination-log"
        words = said.read_text() if said.exists() else ""
        message = DEADLINE if self.stopping else "main: Error (exit code 1)"
        message += f": {words}" if words and not self.stopping else ""
        self._fail(name, executor, pod, message, words)
        return False

    def _mounted(self, settings: Json, executor: str, pod: Json) -> dict[str, bytes] | None:
        """Wait for the ConfigMaps that the step mounts, as the kubelet does.

        Returns the files of what is mounted, ConfigMaps and folders of claims.
        """
        files = {
            path.name: path.read_bytes()
            for each in settings.get("pvcMount", [])
            for path in (self._claims[each["constant"]] / each.get("subPath", "")).iterdir()
        }
        wanted = [each["configMapName"] for each in settings.get("configMapAsVolume", [])]
        with self._changed:
            while not self.stopping:
                missing = [each for each in wanted if each not in self._config_maps]
                if not missing:
                    maps = [self._config_maps[each] for each in wanted]
                    return files | {key: data for each in maps for key, data in each.items()}
                said = f'configmap "{missing[0]}" not found'
                waiting = {"reason": "CreateContainerConfigError", "message": said}
                _main(pod)["state"] = {"waiting": waiting}
                self.nodes[self._id(executor)]["message"] = f"CreateContainerConfigError: {said}"
                self._changed.notify_all()
                self._changed.wait()
        return None

    def _document(self, name: str, task: Json, component: Json, folder: Path) -> Json:
        inputs = task.get("inputs", {})
        root = f"minio://mlpipeline/v2/artifacts/{self.pipeline}/{self.run_id}/{name}"
        place = f"{root}/{uuid.uuid4()}"
        outputs = component.get("outputDefinitions", {})
        return {
            "inputs": {
                "parameterValues": {
                    key: self._parameter(source)
                    for key, source in inputs.get("parameters", {}).items()
                    if self._parameter(source) is not None
                },
                "artifacts": {
                    key: {"artifacts": [self._artifact(source["taskOutputArtifact"])]}
                    for key, source in inputs.get("artifacts", {}).items()
                },
            },
            "outputs": {
                "parameters": {
                    key: {"outputFile": str(folder / "parameters" / key)}
                    for key in outputs.get("parameters", {})
                },
                "artifacts": {
                    key: {
                        "artifacts": [
                            {
                                "name": key,
                                "type": each["artifactType"],
                                "uri": f"{place}/{key}",
                                "customPath": str(folder / "artifacts" / key),
                                "metadata": {},
                            }
                        ]
                    }
                    for key, each in outputs.get("artifacts", {}).items()
                },
                "outputFile": str(folder / "executor_output.json"),
            },
        }

    def _parameter(self, source: Json) -> Any:
        if "componentInputParameter" in source:
            return self._parameters.get(source["componentInputParameter"])
        if "taskOutputParameter" in source:
            told = source["taskOutputParameter"]
            output = self._outputs[told["producerTask"]]
            return output["parameterValues"].get(told["outputParameterKey"])
        return source["runtimeValue"]["constant"]

    def _artifact(self, source: Json) -> Json:
        made = self._outputs[source["producerTask"]]["artifacts"]
        artifact: Json = made[source["outputArtifactKey"]]
        return artifact

    def _process_of(
        self,
        container: Json,
        document: Json,
        folder: Path,
        code: Mapping[str, bytes],
        executor: str,
        pod: Json,
    ) -> int:
        for each in ("parameters", "artifacts", "work"):
            (folder / each).mkdir()
        text = json.dumps(document)
        words = [*container.get("command", ()), *container.get("args", ())]
        words = [text if each == "{{$}}" else _placed(each, document) for each in words]
        if words[0] in ("python", "python3"):
            words[0] = self._python
        env = {**os.environ, "KFP_TERMINATION_LOG": str(folder / "termination-log")}
        env.update({each["name"]: each.get("value", "") for each in container.get("env", [])})
        for key, data in code.items():
            (folder / key).write_bytes(data)
            env["KFP_STEP_CODE"] = str(folder / key)
        with self._changed:
            log = open(pod["log"], "wb")  # noqa: SIM115 - closed below, outside the lock
            self._set(executor, "Pod", "Running")
            pod["status"]["phase"] = "Running"
            _main(pod)["state"] = {"running": {"startedAt": now()}}
            log.write(b"I1122 06:41:38.254030      17 main.go:139] Setting log level to: '1'\n")
            log.flush()
            if self.stopping:
                log.close()
                return 1
            self._process = subprocess.Popen(
                words,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=env,
                cwd=folder / "work",
                start_new_session=True,
            )
            self._changed.notify_all()
        exit_code = self._process.wait()
        output = folder / "executor_output.json"
        if output.exists():
            pretty = json.dumps(json.loads(output.read_text()), indent=2)
            log.write(f"I1122 06:41:50.1 17 launcher_v2.go:1] ExecutorOutput: {pretty}\n".encode())
        log.close()
        return exit_code

    def _succeed(self, name: str, executor: str, pod: Json, document: Json, folder: Path) -> None:
        output = folder / "executor_output.json"
        said = json.loads(output.read_text()) if output.exists() else {}
        artifacts = {}
        for key, listed in document["outputs"]["artifacts"].items():
            artifact = dict(listed["artifacts"][0])
            told = said.get("artifacts", {}).get(key, {}).get("artifacts", [{}])
            artifact["metadata"] = told[0].get("metadata", {})
            artifacts[key] = artifact
        self._outputs[name] = {
            "parameterValues": said.get("parameterValues", {}),
            "artifacts": artifacts,
        }
        self._finish_pod(pod, "Succeeded", 0, "Completed", None)
        self._set(executor, "Pod", "Succeeded")
        self._set(f"root.{name}", "DAG", "Succeeded")

    def _fail(self, name: str, executor: str, pod: Json, message: str, words: str | None) -> None:
        self._finish_pod(pod, "Failed", 143 if self.stopping else 1, "Error", words)
        self._set(executor, "Pod", "Failed", message)
        self._set(f"root.{name}", "DAG", "Failed")

    def _finish_pod(self, pod: Json, phase: str, code: int, reason: str, words: str | None) -> None:
        with self._changed:
            running = _main(pod)["state"].get("running")
            pod["status"]["phase"] = phase
            if running:
                ended: Json = {"exitCode": code, "reason": reason, "finishedAt": now()}
                ended["startedAt"] = running["startedAt"]
                if words:
                    ended["message"] = words
                _main(pod)["state"] = {"terminated": ended}

    # -- nodes and pods -------------------------------------------------------------------------

    def _full(self, name: str, at: str = ".") -> str:
        return f"{self.name}.{name}" if at else name

    def _id(self, name: str, at: str = ".") -> str:
        return f"{self.name}-{fnv(self._full(name, at))}" if at else name

    def _set(
        self,
        name: str,
        kind: str,
        phase: str,
        message: str = "",
        parent: str = "",
        at: str = ".",
    ) -> None:
        with self._changed:
            key = self._id(name, at)
            node = self.nodes.setdefault(
                key,
                {
                    "id": key,
                    "name": self._full(name, at),
                    "displayName": name.rpartition(".")[2],
                    "type": kind,
                    "templateName": "system-container-impl",
                    "startedAt": now(),
                },
            )
            node["phase"] = phase
            node["message"] = message
            if phase not in ("Pending", "Running"):
                node["finishedAt"] = now()
            if parent:
                self.nodes[self._id(parent)].setdefault("children", []).append(key)
            if name == "root-driver":
                self.nodes[self.name]["children"] = [key]
            self._changed.notify_all()

    def _make_pod(self, executor: str) -> Json:
        name = f"{self.name}-system-container-impl-{fnv(self._full(executor))}"
        pod: Json = {
            "metadata": {
                "name": name,
                "labels": {"pipeline/runid": self.run_id},
                "annotations": {
                    "workflows.argoproj.io/node-name": self._full(executor),
                    "workflows.argoproj.io/node-id": self._id(executor),
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
            "log": str(self.folder / f"{re.sub('[^a-z0-9-]', '-', executor)}.log"),
        }
        with self._changed:
            self.pods[name] = pod
            self._changed.notify_all()
        return pod


def _placed(word: str, document: Json) -> str:
    """Fill in the local path of an artifact, as the launcher does."""

    def path(found: re.Match[str]) -> str:
        artifact = document[found[1]]["artifacts"][found[2]]["artifacts"][0]
        return str(artifact["customPath"])

    return re.sub(r"\{\{\$\.(inputs|outputs)\.artifacts\['(\w+)'\]\.path\}\}", path, word)


def _main(pod: Json) -> Json:
    status: Json = pod["status"]["containerStatuses"][0]
    return status


class Workflows:
    """All Workflows of the stand-in; those of one run may be several, as on the real one."""

    def __init__(self, config_maps: Mapping[str, Mapping[str, bytes]], execute: bool) -> None:
        self.changed = threading.Condition(threading.RLock())
        self.all: list[Workflow] = []
        self._config_maps = config_maps
        self.claims: dict[str, Path] = {}
        """Folders that stand for persistent volume claims, by name."""
        self._execute = execute

    def start(self, run: Json, spec: Json, parameters: Mapping[str, Any]) -> str:
        workflow = Workflow(run, spec, parameters, self._config_maps, self.claims, self.changed)
        with self.changed:
            self.all.append(workflow)
            self.changed.notify_all()
        if self._execute:
            workflow.start()
        return workflow.name

    def of(self, run_id: str) -> list[Workflow]:
        return [each for each in self.all if each.run_id == run_id]

    def stop(self, run_id: str) -> None:
        for each in self.of(run_id):
            each.stop()

    def delete(self, name: str) -> bool:
        for each in self.all:
            if each.name == name:
                each.stop()
                with self.changed:
                    self.all.remove(each)
                return True
        return False

    def end_all(self) -> None:
        for each in list(self.all):
            each.stop()
            each.join()

    def wait_for(self, condition: Callable[[], bool], seconds: float = 60) -> None:
        """Wait until something holds; fails after some time."""
        with self.changed:
            if not self.changed.wait_for(condition, seconds):
                raise TimeoutError("never came true")

    def rows_of(self, run: Json) -> Json:
        """Return a run as the persistence agent would have written it by now."""
        there = self.of(run["run_id"])
        if not there or not there[0].phase:
            return run
        workflow = there[0]
        if run["state"] == "PENDING":
            run["state"] = "RUNNING"
            run["state_history"].append({"update_time": now(), "state": "RUNNING"})
        if workflow.ended and run["state"] in ("RUNNING", "CANCELING"):
            run["state"] = "SUCCEEDED" if workflow.phase == "Succeeded" else "FAILED"
            run["state_history"].append({"update_time": now(), "state": run["state"]})
            run["finished_at"] = workflow.ended
        shown = {**run, "run_details": {"task_details": workflow.rows()}}
        assert shown["finished_at"] != EPOCH or run["state"] in ("RUNNING", "CANCELING")
        return shown
