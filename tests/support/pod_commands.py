"""Runs the tasks of a compiled form as KFP does: placeholders, artifacts, imports, mounted code.

How a command is run is given: as a process here, or as a real pod.
"""

import json
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

PLACEHOLDER = re.compile(r"\{\{\$\.(inputs|outputs)\.artifacts\['(\w+)'\]\.path\}\}")


@dataclass
class Done:
    """What became of a command."""

    code: int
    text: str
    said: str = ""
    """Its termination message."""


def as_process(command: list[str], folder: Path, settings: dict[str, Any], image: str) -> Done:
    """Run a command here, in a folder of its own; of `settings` the variables alone."""
    work = folder / "work"  # artifacts lie elsewhere, as in a pod
    work.mkdir(parents=True)
    said = folder / "termination-log"
    done = subprocess.run(
        [sys.executable, *command[1:]],
        cwd=work,
        env={
            "PATH": "/usr/bin:/bin",
            "KFP_TERMINATION_LOG": str(said),
            **{each["name"]: each["value"] for each in settings["env"]},
        },
        capture_output=True,
        text=True,
        timeout=300,
    )
    return Done(
        done.returncode, done.stdout + done.stderr, said.read_text() if said.exists() else ""
    )


@dataclass
class Tasks:
    """The tasks of a flat pipeline, run one after the other.

    `place` is a folder that every command sees under the same path.
    """

    form: Any
    place: Path
    run: Callable[[list[str], Path, dict[str, Any], str], Done] = as_process
    objects: dict[str, Path] = field(default_factory=dict)
    """What importers find, by URI."""
    values: dict[str, Any] = field(default_factory=dict)
    done: dict[str, Done] = field(default_factory=dict)

    def all(self) -> dict[str, Done]:
        """Run all tasks in order and return what became of each that has a command."""
        left = dict(self.form.spec["root"]["dag"]["tasks"])
        finished: set[str] = set()
        while left:
            name = next(n for n, task in left.items() if _sources(task) <= finished)
            self._one(name, left.pop(name))
            finished.add(name)
        return self.done

    def _one(self, name: str, task: dict[str, Any]) -> None:
        component = self.form.spec["components"][task["componentRef"]["name"]]
        label = component["executorLabel"]
        executor = self.form.spec["deploymentSpec"]["executors"][label]
        folder = self.place / name
        if "importer" in executor:
            (key,) = component["outputDefinitions"]["artifacts"]
            content = self.objects[executor["importer"]["artifactUri"]["constant"]].read_bytes()
            folder.mkdir()
            (folder / key).write_bytes(content)
            return
        document = self._document(component, task, folder)
        container = executor["container"]
        words = [*container["command"], *container["args"]]
        command = [_filled(each, document) for each in words]
        platform = self.form.platform
        settings = (
            platform["platforms"]["kubernetes"]["deploymentSpec"]["executors"].get(label, {})
            if platform
            else {}
        )
        told = {**settings, "env": container.get("env", [])}
        self.done[name] = self.run(command, folder, told, container["image"])

    def _document(
        self, component: dict[str, Any], task: dict[str, Any], folder: Path
    ) -> dict[str, Any]:
        taken = {
            key: self.place
            / source["taskOutputArtifact"]["producerTask"]
            / source["taskOutputArtifact"]["outputArtifactKey"]
            for key, source in task.get("inputs", {}).get("artifacts", {}).items()
        }
        outputs = component.get("outputDefinitions", {})
        return {
            "inputs": {"parameterValues": self.values, "artifacts": _artifacts(taken)},
            "outputs": {
                "parameters": {
                    key: {"outputFile": str(folder / key)} for key in outputs.get("parameters", {})
                },
                "artifacts": _artifacts({k: folder / k for k in outputs.get("artifacts", {})}),
                "outputFile": str(folder / "output.json"),
            },
        }


def _sources(task: dict[str, Any]) -> set[str]:
    return set(task.get("dependentTasks", ()))


def _artifacts(places: dict[str, Path]) -> dict[str, Any]:
    return {
        key: {"artifacts": [{"name": key, "uri": str(place), "metadata": {}}]}
        for key, place in places.items()
    }


def _filled(word: str, document: dict[str, Any]) -> str:
    if word == "{{$}}":
        return json.dumps(document)

    def path(found: re.Match[str]) -> str:
        artifact = document[found[1]]["artifacts"][found[2]]["artifacts"][0]
        return str(artifact["uri"])

    return PLACEHOLDER.sub(path, word)
