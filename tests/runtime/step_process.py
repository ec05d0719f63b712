"""Runs the real `kfp_step.py` from a bundle in a process of its own, as KFP would."""

import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jupyter_kfp_ext.runtime.source import runtime_source
from jupyter_kfp_ext.runtime.step.place import part_of_step, slice_hash

START = (
    "import sys; sys.path.insert(0, sys.argv[1]);"
    "import kfp_step; sys.exit(kfp_step.main(sys.argv[1:]))"
)


@dataclass
class Outcome:
    """What a step left behind."""

    folder: Path
    code: int
    stdout: str
    stderr: str
    error: dict[str, Any] | None
    events: list[dict[str, Any]] = field(default_factory=list)

    def artifact(self, name: str) -> Path:
        return self.folder / "artifacts" / name

    @property
    def output(self) -> dict[str, Any]:
        return json.loads((self.folder / "executor_output.json").read_text())

    def index(self, name: str) -> dict[str, Any]:
        return json.loads((self.artifact(name) / "index.json").read_text())["names"]

    def outputs(self, number: int = 1) -> list[dict[str, Any]]:
        """Outputs of a cell, as a notebook would hold them: neighbouring text is one output."""
        merged: list[dict[str, Any]] = []
        for event in self.events:
            if event["event"] == "output" and event["cell_id"] == f"c{number}":
                add_output(merged, event["output"])
            if event["event"] == "clear" and event["cell_id"] == f"c{number}":
                merged.clear()
        return merged


def add_output(outputs: list[dict[str, Any]], output: dict[str, Any]) -> None:
    last = outputs[-1] if outputs else {}
    if output["output_type"] == "stream" and last.get("name") == output["name"]:
        last["text"] += output["text"]
    else:
        outputs.append(dict(output))


def cell(source: str, number: int = 1, **more: Any) -> dict[str, Any]:
    return {"cell_id": f"c{number}", "number": number, "source": source, **more}


def make_slice(*cells: str | dict[str, Any], **fields: Any) -> dict[str, Any]:
    """A slice with these cells, numbered from 1."""
    numbered = [
        cell(each, number) if isinstance(each, str) else each
        for number, each in enumerate(cells, 1)
    ]
    return {
        "version": 1,
        "task": "step",
        "step": "step",
        "notebook": "n.ipynb",
        "parameters": {},
        "prelude": [],
        "cells": numbered,
        "inputs": [],
        "outputs": [],
        "metrics": [],
        "read_only": [],
        "helpers": [],
        **fields,
    }


def slots(*names: str, prefix: str = "") -> list[dict[str, Any]]:
    """One slot a name; `prefix` names the producer for inputs."""
    return [{"artifact": prefix + name.strip("@"), "names": [name]} for name in names]


def write_bundle(
    path: Path, slice_: Mapping[str, Any], helpers: Mapping[str, bytes]
) -> tuple[str, str]:
    """Write a bundle with one step; return its place and the slice hash."""
    data = json.dumps(slice_).encode()
    files = {"kfp_step.py": runtime_source(), f"steps/{slice_['task']}.json": data, **helpers}
    with zipfile.ZipFile(path, "w") as bundle:
        for name in part_of_step(slice_["task"], slice_["helpers"]):
            bundle.writestr(name, files[name])
    return str(path), slice_hash(files, slice_["task"], slice_["helpers"])


def executor_input(
    folder: Path,
    slice_: Mapping[str, Any],
    parameters: Mapping[str, Any],
    inputs: Mapping[str, Path],
) -> dict[str, Any]:
    names = [each["artifact"] for each in slice_["outputs"]] + ["cells", "metrics"]
    return {
        "inputs": {
            "parameterValues": dict(parameters),
            "artifacts": {name: {"artifacts": [{"uri": str(p)}]} for name, p in inputs.items()},
        },
        "outputs": {
            "artifacts": {
                name: {"artifacts": [{"name": name, "uri": f"{folder}/artifacts/{name}"}]}
                for name in names
            },
            "outputFile": f"{folder}/executor_output.json",
        },
    }


def command(
    folder: Path,
    slice_: Mapping[str, Any],
    *,
    parameters: Mapping[str, Any] = {},
    inputs: Mapping[str, Path] = {},
    helpers: Mapping[str, bytes] = {},
    python: Sequence[str] = (sys.executable,),
) -> list[str]:
    """The command line of a step, everything it needs written below `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "work").mkdir(exist_ok=True)
    place, expected = write_bundle(folder / "code.zip", slice_, helpers)
    request = folder / "executor_input.json"
    request.write_text(json.dumps(executor_input(folder, slice_, parameters, inputs)))
    return [*python, "-u", "-c", START, place, slice_["task"], expected, f"@{request}"]


def environment(folder: Path, **more: str) -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("KFP_", "PYTEST", "MPLB"))}
    return {**kept, "KFP_TERMINATION_LOG": str(folder / "termination-log"), **more}


def _error_in(log: bytes) -> dict[str, Any] | None:
    """The error that a step wrote down; a crash leaves another text, a killed step none."""
    return json.loads(log)["error"] if log.startswith(b"{") else None


def read_outcome(folder: Path, code: int, stdout: str, stderr: str) -> Outcome:
    log = folder / "termination-log"
    error = _error_in(log.read_bytes() if log.exists() else b"")
    record = folder / "artifacts" / "cells"
    lines = record.read_text().splitlines() if record.exists() else []
    return Outcome(folder, code, stdout, stderr, error, [json.loads(line) for line in lines])


def run_step(
    folder: Path,
    slice_: Mapping[str, Any],
    env: Mapping[str, str] = {},
    cwd: Path | None = None,
    **options: Any,
) -> Outcome:
    """Run a step, in a folder of its own where none is given; return what it left."""
    line = command(folder, slice_, **options)
    done = subprocess.run(
        line,
        cwd=cwd or folder / "work",
        env=environment(folder, **env),
        capture_output=True,
        text=True,
        timeout=300,
    )
    return read_outcome(folder, done.returncode, done.stdout, done.stderr)
