"""Small pipelines of container tasks whose commands are plain Python, for tests of the engine.

They speak KFP's executor contract themselves: the engine must not need our step runtime.
"""

import hashlib
import json
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from processes import until_left

from jupyter_kfp_ext.analysis.plan import Plan
from jupyter_kfp_ext.compiler.compiled import CompiledPipeline
from jupyter_kfp_ext.engines.local.engine import LocalEngine
from jupyter_kfp_ext.engines.local.layout import RunFolder, run_folder
from jupyter_kfp_ext.engines.model import RunStatus
from jupyter_kfp_ext.engines.protocol import Submission
from jupyter_kfp_ext.notation.model import PipelineModel
from jupyter_kfp_ext.notation.notebook import Notebook
from jupyter_kfp_ext.notation.options import PipelineSettings
from jupyter_kfp_ext.runs.follow import follow_blocking

PRELUDE = """
import json, os, pathlib, signal, subprocess, sys, time
inp = json.loads(sys.argv[1])
given = inp["inputs"]["parameterValues"]

def leave(artifacts=None, metadata=None, **parameters):
    out = inp["outputs"]
    for key, text in (artifacts or {}).items():
        pathlib.Path(out["artifacts"][key]["artifacts"][0]["uri"]).write_text(text)
    pathlib.Path(out["outputFile"]).write_text(json.dumps({
        "parameterValues": parameters,
        "artifacts": {key: {"artifacts": [{"metadata": value}]}
                      for key, value in (metadata or {}).items()}}))

def read(key):
    return pathlib.Path(inp["inputs"]["artifacts"][key]["artifacts"][0]["uri"]).read_text()

def fail(**error):
    pathlib.Path(os.environ["KFP_TERMINATION_LOG"]).write_text(
        json.dumps({"v": 1, "error": error}))
    sys.exit(1)

def cell(event, cell_id, number=1):
    os.write(int(os.environ["KFP_CELLS_FD"]), json.dumps(
        {"event": event, "cell_id": cell_id, "number": number}).encode() + b"\\n")

def meet(fifo, mode):
    'Open a FIFO from one side; returns once another step opens it from the other side.'
    signal.alarm(300)
    open(shared / fifo, mode, buffering=0).close()
    signal.alarm(0)

def hold(fifo="alive"):
    'Keep a FIFO open for writing: its reader sees the end once all holders are dead.'
    return os.open(shared / fifo, os.O_WRONLY)

def forever():
    while True:
        signal.pause()
"""


@dataclass
class Step:
    """A task: `code` runs after the prelude."""

    code: str
    after: Sequence[str] = ()
    parameters: Mapping[str, Any] = field(default_factory=dict)
    """Inputs by name: a constant, `"@param"` (pipeline's), or `"task.key"` after `"<"`."""
    artifacts: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    """Inputs by name: producer and key."""
    types: Mapping[str, str] = field(default_factory=dict)
    """Types of input parameters; STRING where not said."""
    out: Mapping[str, str] = field(default_factory=dict)
    """Output parameters with their types."""
    leaves: Mapping[str, str] = field(default_factory=dict)
    """Output artifacts with their schema titles."""
    env: Mapping[str, str] = field(default_factory=dict)
    retry: Mapping[str, Any] | None = None
    timeout: int | None = None
    resources: Mapping[str, Any] = field(default_factory=dict)
    command: Sequence[str] | None = None
    args: Sequence[str] = ("{{$}}",)


def pipeline(
    steps: Mapping[str, Step],
    inputs: Mapping[str, Mapping[str, Any]] | None = None,
    shared: Path = Path("/"),
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return spec and platform spec of the steps."""
    tasks, components, executors, settings = {}, {}, {}, {}
    for name, step in steps.items():
        tasks[name] = _task(name, step)
        components[f"comp-{name}"] = {
            "executorLabel": f"exec-{name}",
            "inputDefinitions": {
                "parameters": {
                    key: {"parameterType": step.types.get(key, "STRING")} for key in step.parameters
                },
                "artifacts": {
                    key: {"artifactType": {"schemaTitle": "system.Artifact"}}
                    for key in step.artifacts
                },
            },
            "outputDefinitions": {
                "parameters": {key: {"parameterType": kind} for key, kind in step.out.items()},
                "artifacts": {
                    key: {"artifactType": {"schemaTitle": title, "schemaVersion": "0.0.1"}}
                    for key, title in step.leaves.items()
                },
            },
        }
        source = f"{PRELUDE}\nshared = pathlib.Path({str(shared)!r})\n{step.code}"
        executors[f"exec-{name}"] = {
            "container": {
                "image": "python:3.11",
                "command": list(step.command or ["python3", "-c", source]),
                "args": list(step.args),
                "env": [{"name": key, "value": value} for key, value in step.env.items()],
                **({"resources": dict(step.resources)} if step.resources else {}),
            }
        }
        if step.timeout is not None:
            settings[f"exec-{name}"] = {"activeDeadlineSeconds": str(step.timeout)}
    spec = {
        "pipelineInfo": {"name": "small"},
        "root": {
            "dag": {"tasks": tasks},
            "inputDefinitions": {"parameters": dict(inputs or {})},
        },
        "components": components,
        "deploymentSpec": {"executors": executors},
        "schemaVersion": "2.1.0",
    }
    platform = {"platforms": {"kubernetes": {"deploymentSpec": {"executors": settings}}}}
    return spec, platform


def _task(name: str, step: Step) -> dict[str, Any]:
    upstream = {each[1:].split(".")[0] for each in step.parameters.values() if _is_output(each)}
    upstream |= {producer for producer, _ in step.artifacts.values()}
    task: dict[str, Any] = {
        "taskInfo": {"name": name},
        "componentRef": {"name": f"comp-{name}"},
        "inputs": {
            "parameters": {key: _source(value) for key, value in step.parameters.items()},
            "artifacts": {
                key: {"taskOutputArtifact": {"producerTask": task, "outputArtifactKey": output}}
                for key, (task, output) in step.artifacts.items()
            },
        },
        "dependentTasks": sorted({*step.after, *upstream}),
    }
    if step.retry is not None:
        task["retryPolicy"] = dict(step.retry)
    return task


def _is_output(value: Any) -> bool:
    return isinstance(value, str) and value.startswith("<")


def _source(value: Any) -> dict[str, Any]:
    if _is_output(value):
        producer, key = value[1:].split(".")
        return {"taskOutputParameter": {"producerTask": producer, "outputParameterKey": key}}
    if isinstance(value, str) and value.startswith("@"):
        return {"componentInputParameter": value[1:]}
    return {"runtimeValue": {"constant": value}}


def submission(
    spec: dict[str, Any],
    platform: dict[str, Any],
    parameters: Mapping[str, Any] | None = None,
    notebook: Mapping[str, Any] | None = None,
    path: str | None = None,
    folder: Path | None = None,
    namespace: str = "",
) -> Submission:
    """Return what is handed to the engine for a hand-written spec."""
    plain = Notebook("small.ipynb", path, (), {})
    model = PipelineModel(plain, "small", PipelineSettings(), (), (), None)
    bundle = b"no code"
    compiled = CompiledPipeline(
        Plan(model, (), (), ()), spec, platform, bundle, hashlib.sha256(bundle).hexdigest()
    )
    return Submission(
        compiled,
        notebook or {"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5},
        parameters or {},
        sys.executable,
        str(folder) if folder else None,
        namespace=namespace,
    )


class Runs:
    """Starts hand-written pipelines in a home of their own and ends them after the test."""

    def __init__(self, home: Path, shared: Path) -> None:
        """Make a folder that all steps share, for meeting each other."""
        shared.mkdir()
        self.home = home
        self.shared = shared
        self.engine = LocalEngine(home)
        self._started: list[str] = []

    def start(self, steps: Mapping[str, Step], **more: Any) -> str:
        """Submit the steps and return the run's id at once."""
        inputs = more.pop("inputs", None)
        run_id = self.engine.submit(submission(*pipeline(steps, inputs, self.shared), **more))
        self._started.append(run_id)
        return run_id

    def until(self, run_id: str, condition: Callable[[RunStatus], Any]) -> RunStatus:
        """Follow a run until a condition holds, which it must before the end."""
        for change in follow_blocking(run_id, home=self.home):
            if condition(change.status):
                return change.status
        raise AssertionError(f"never came true; the run ended: {change.status}")

    def end(self, run_id: str) -> RunStatus:
        """Follow a run to its end, and wait until its runner is gone."""
        status = self.until(run_id, lambda status: status.state.ended)
        until_left(self.folder(run_id))
        return status

    def run(self, steps: Mapping[str, Step], **more: Any) -> RunStatus:
        """Submit the steps and wait for the end."""
        return self.end(self.start(steps, **more))

    def fifo(self, name: str) -> Path:
        """Make a FIFO in the shared folder."""
        path = self.shared / name
        os.mkfifo(path)
        return path

    def folder(self, run_id: str) -> RunFolder:
        """Return the folder of a run."""
        return run_folder(self.home, run_id)

    def events(self, run_id: str) -> list[dict[str, Any]]:
        """Return all events of a run."""
        return [json.loads(line) for line in self.folder(run_id).events.read_text().splitlines()]

    def forget(self, run_id: str) -> None:
        """Leave a run out of `end_all`."""
        self._started.remove(run_id)

    def end_all(self) -> None:
        """Cancel what still runs."""
        for run_id in self._started:
            self.engine.cancel(run_id)
            self.end(run_id)


def states(status: RunStatus) -> dict[str, str]:
    """Return the state of each step."""
    return {step.task: step.state.value for step in status.steps}
