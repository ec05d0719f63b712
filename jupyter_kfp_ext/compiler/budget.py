"""What fits into one KFP run: sizes that the cluster refuses minutes later, without a word.

Rules and constants were measured on KFP 2.17 with Argo Workflows v4. The driver gets the container
spec, component, task and executor input of a step as one argument each. Argo keeps, in one
Workflow object, a step's container spec (C bytes of JSON) once in its spec and about four times in
its nodes, and the executor input (E bytes) three times.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from ..errors import Code, Problem, Severity
from .compiled import Documents
from .inline import PREFIX
from .mounted_code import kubernetes_settings

ARGUMENT_LIMIT = 131_072
"""Linux's MAX_ARG_STRLEN: an argument of so many bytes or more cannot be passed."""
WORKFLOW_LIMIT = 900_000
"""Bytes of a Workflow that stay below Argo's 1 MiB with room for what it adds."""
OBJECT_LIMIT = 2**20
"""Above it Argo compresses its nodes (KFP's API then shows no progress); where that is not enough,
the run fails."""
STEP_SPEC = 1_200
STEP_NODES = 9_000
GROUP_NODES = 4_000
"""Of a DAG within the pipeline (a loop, each of its iterations, a condition): its driver and its
own node, beside its inputs. An estimate from recorded runs."""
UNKNOWN_ITERATIONS = 10
"""Taken for a loop whose items are only known in the run."""
COMPRESSED = 0.15
"""Size of compressed node text against plain, base64 included (in recorded runs: 0.1). Code in
arguments is compressed already and stays as large."""


class Verdict(Enum):
    """Whether a run of a compiled pipeline fits."""

    FITS = "fits"
    STALE = "stale"
    """It runs, but KFP's own API stops showing its progress."""
    TOO_BIG = "too-big"


@dataclass(frozen=True)
class StepCost:
    """Bytes of JSON that one step brings into a run."""

    task: str
    container: int
    """C: its container spec (image, command, arguments)."""
    executor_input: int
    """E: its inputs and outputs with their places."""
    payload: int = 0
    """The part of C that is compressed code."""
    platform: int = 0
    """Its Kubernetes settings."""
    times: int = 1
    """How often it runs: the iterations of the loop around it."""
    groups: int = 0
    """Bytes of nodes of the DAGs around it."""

    @property
    def plain(self) -> int:
        """Bytes that the step takes in the Workflow object: 5C + 3E + 9 kB, nodes each time."""
        return self._spec + self._nodes

    @property
    def compressed(self) -> float:
        """Bytes that are left of them once Argo compresses the nodes."""
        incompressible = 4 * self.payload * self.times
        return self._spec + incompressible + COMPRESSED * (self._nodes - incompressible)

    @property
    def _spec(self) -> int:
        return self.container + self.platform

    @property
    def _nodes(self) -> int:
        once = 4 * self.container + 3 * self.executor_input + STEP_NODES
        return self.times * once + self.groups


@dataclass(frozen=True)
class Budget:
    """What one run of a compiled pipeline costs, against what KFP can hold."""

    steps: tuple[StepCost, ...]
    arguments: Mapping[str, int]
    """Bytes of each text that the driver gets as one argument, by what it is in words."""

    @property
    def plain(self) -> int:
        """Bytes of the Workflow object with all steps done."""
        return sum(step.plain for step in self.steps)

    @property
    def compressed(self) -> int:
        """Bytes of the Workflow object after Argo has compressed its nodes."""
        return round(sum(step.compressed + STEP_SPEC for step in self.steps))

    @property
    def verdict(self) -> Verdict:
        """Whether the run fits."""
        if self.too_long or self.compressed > OBJECT_LIMIT:
            return Verdict.TOO_BIG
        return Verdict.FITS if self.plain < WORKFLOW_LIMIT else Verdict.STALE

    @property
    def too_long(self) -> dict[str, int]:
        """The arguments that cannot be passed, with their bytes."""
        return {what: size for what, size in self.arguments.items() if size >= ARGUMENT_LIMIT}

    def problems(self) -> tuple[Problem, ...]:
        """Return what stands against running it on KFP; the local engine has no such limits."""
        found = [
            Problem(
                Code.TOO_BIG,
                f"{what[0].upper()}{what[1:]} takes {size:,} bytes; KFP can pass "
                f"{ARGUMENT_LIMIT:,}.",
                "Move large values out of parameters and code into files, or split the step.",
            )
            for what, size in self.too_long.items()
        ]
        if self.compressed > OBJECT_LIMIT:
            found.append(self._whole("a run fails", self.compressed, OBJECT_LIMIT))
        elif self.plain >= WORKFLOW_LIMIT and not found:
            found.append(
                self._whole(
                    "KFP's own pages stop showing progress",
                    self.plain,
                    WORKFLOW_LIMIT,
                    Severity.WARNING,
                )
            )
        return tuple(found)

    def _whole(
        self, what: str, size: int, limit: int, severity: Severity = Severity.ERROR
    ) -> Problem:
        return Problem(
            Code.TOO_BIG,
            f"A run of {len(self.steps)} steps takes about {size // 1000:,} kB of the object in "
            f"which KFP keeps a run; above {limit // 1000:,} kB {what}.",
            "Put cells that belong together into one step, or set `fuse` to `auto`: steps in a row "
            "then share a pod.",
            severity=severity,
        )


def measure(compiled: Documents) -> Budget:
    """Return what one run of a compiled pipeline costs, in the form that it has."""
    spec = compiled.spec
    root, components = spec["root"], spec["components"]
    kubernetes = kubernetes_settings(compiled.platform)
    name = spec["pipelineInfo"]["name"]
    steps = []
    arguments = {
        "the pipeline's graph": _size(root),
        "the parameters with their defaults": _size(_defaults(root)),
    }
    for task, place in _places(spec).items():
        component = components[place.task["componentRef"]["name"]]
        label = component["executorLabel"]
        container = spec["deploymentSpec"]["executors"][label].get("container", {})
        args = container.get("args", ())
        cost = StepCost(
            task,
            container=_size(container),
            executor_input=_size(_executor_input(name, task, component, root)),
            payload=sum(len(each) for each in args if each.startswith(PREFIX)),
            platform=_size(kubernetes[label]) if label in kubernetes else 0,
            times=place.times,
            groups=place.groups,
        )
        steps.append(cost)
        arguments[f"the command of step {task!r}"] = cost.container
        arguments[f"the interface of step {task!r}"] = _size(component)
        arguments[f"the task of step {task!r}"] = _size(place.task)
        arguments[f"the input of step {task!r}"] = cost.executor_input
    return Budget(tuple(steps), arguments)


@dataclass(frozen=True)
class _Place:
    """Where a step's task is."""

    task: dict[str, Any]
    times: int
    groups: int


def _places(spec: Mapping[str, Any]) -> dict[str, _Place]:
    """Return the place of each task that is a process, by its name."""
    found: dict[str, _Place] = {}
    components = spec["components"]

    def walk(dag: Mapping[str, Any], times: int, groups: int) -> None:
        for name, task in dag["tasks"].items():
            component = components[task["componentRef"]["name"]]
            if "dag" not in component:
                found[name] = _Place(task, times, groups)
                continue
            inside = times * _iterations(task)
            own = GROUP_NODES + 3 * _size(task) + _size(component)
            walk(component["dag"], inside, groups + times * own + (inside - times) * own)

    walk(spec["root"]["dag"], 1, 0)
    return found


def _iterations(task: Mapping[str, Any]) -> int:
    if "parameterIterator" not in task:
        return 1
    items = task["parameterIterator"]["items"]
    return len(json.loads(items["raw"])) if "raw" in items else UNKNOWN_ITERATIONS


def _size(value: Any) -> int:
    return len(json.dumps(value, separators=(",", ":")))


def _defaults(root: dict[str, Any]) -> dict[str, Any]:
    parameters = root.get("inputDefinitions", {}).get("parameters", {})
    return {name: each.get("defaultValue") for name, each in parameters.items()}


_UUID = "0" * 36


def _executor_input(
    pipeline: str, task: str, component: dict[str, Any], root: dict[str, Any]
) -> dict[str, Any]:
    """Return an executor input of the length that the KFP driver makes for a step."""
    inputs = component.get("inputDefinitions", {})
    outputs = component.get("outputDefinitions", {})
    folder = f"minio://mlpipeline/v2/artifacts/{pipeline}/{_UUID}/{task}/{_UUID}"
    defaults = _defaults(root)
    return {
        "inputs": {
            "parameterValues": {name: defaults.get(name) for name in inputs.get("parameters", {})},
            "artifacts": {
                name: _artifact(folder, name, each)
                for name, each in inputs.get("artifacts", {}).items()
            },
        },
        "outputs": {
            "parameters": {
                name: {"outputFile": f"/tmp/kfp/outputs/{name}"}  # noqa: S108 - KFP's own place
                for name in outputs.get("parameters", {})
            },
            "artifacts": {
                name: _artifact(folder, name, each)
                for name, each in outputs.get("artifacts", {}).items()
            },
            "outputFile": "/tmp/kfp_outputs/output_metadata.json",  # noqa: S108 - KFP's own place
        },
    }


def _artifact(folder: str, name: str, definition: dict[str, Any]) -> dict[str, Any]:
    kind = definition["artifactType"]
    artifact = {"name": name, "type": kind, "uri": f"{folder}/{name}", "metadata": {}}
    return {"artifacts": [artifact]}
