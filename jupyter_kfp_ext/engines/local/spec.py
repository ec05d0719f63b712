"""A compiled KFP v2 spec, read into what the runner schedules.

Generic over the specification: a pipeline compiled by the kfp SDK is read as ours is. What this
engine cannot run is refused by name before anything starts.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from typing import Any

from ...errors import Code, KfpExtError, Problem


@dataclass(frozen=True)
class Constant:
    """A parameter value that stands in the spec (placeholders inside are still to be filled in)."""

    value: Any


@dataclass(frozen=True)
class PipelineInput:
    """A parameter of the pipeline."""

    name: str


@dataclass(frozen=True)
class TaskOutput:
    """An output parameter or artifact of another task."""

    task: str
    key: str


ParameterSource = Constant | PipelineInput | TaskOutput


@dataclass(frozen=True)
class ParameterType:
    """An input parameter of a component or of the pipeline."""

    kind: str
    """KFP parameter type: `STRING`, `NUMBER_INTEGER`, `NUMBER_DOUBLE`, `BOOLEAN`, `LIST`,
    `STRUCT`."""
    default: Any = None
    optional: bool = False


@dataclass(frozen=True)
class Retry:
    """Further attempts after a failure; times in seconds."""

    count: int = 0
    backoff: float = 0.0
    factor: float = 2.0
    backoff_max: float = 3600.0

    def wait(self, attempt: int) -> float:
        """Return the seconds to wait after the given failed attempt (from 1)."""
        try:
            return min(self.backoff * self.factor ** (attempt - 1), self.backoff_max)
        except OverflowError:
            return self.backoff_max


@dataclass(frozen=True)
class Container:
    """The command of a task."""

    image: str
    command: tuple[str, ...]
    args: tuple[str, ...]
    env: Mapping[str, str]


@dataclass(frozen=True)
class Task:
    """A node of the DAG with all that is needed to run it."""

    name: str
    title: str
    container: Container
    parameters: Mapping[str, ParameterSource]
    artifacts: Mapping[str, TaskOutput]
    after: tuple[str, ...]
    """All tasks that must succeed first, for their data or their order."""
    parameter_types: Mapping[str, ParameterType]
    output_parameters: Mapping[str, str]
    """Type by key."""
    output_artifacts: Mapping[str, Mapping[str, Any]]
    """Artifact type (`{"schemaTitle": ...}`) by key."""
    retry: Retry
    timeout: float | None
    """Longest time of an attempt in seconds."""


@dataclass(frozen=True)
class Pipeline:
    """A pipeline that this engine can run; tasks in topological order."""

    name: str
    parameters: Mapping[str, ParameterType]
    tasks: tuple[Task, ...]


def read_pipeline(spec: Mapping[str, Any], platform: Mapping[str, Any]) -> Pipeline:
    """Read a `PipelineSpec` and `PlatformSpec` (JSON forms).

    Raises `KfpExtError` (`option-unsupported`) for loops, conditions, nested pipelines, exit
    handlers and importers, and `cycle`.
    """
    root = spec["root"]
    tasks = [
        _task(name, task, spec, platform) for name, task in root["dag"].get("tasks", {}).items()
    ]
    inputs = root.get("inputDefinitions", {}).get("parameters", {})
    return Pipeline(
        name=spec.get("pipelineInfo", {}).get("name", ""),
        parameters={name: _parameter_type(each) for name, each in inputs.items()},
        tasks=_in_order(tasks),
    )


def _task(
    name: str, task: Mapping[str, Any], spec: Mapping[str, Any], platform: Mapping[str, Any]
) -> Task:
    if "parameterIterator" in task or "artifactIterator" in task:
        raise _refused(name, "is a loop (ParallelFor)")
    trigger = task.get("triggerPolicy", {})
    if trigger.get("condition"):
        raise _refused(name, "has a condition")
    if trigger.get("strategy") == "ALL_UPSTREAM_TASKS_COMPLETED":
        raise _refused(name, "runs also after a failure (exit handler)")
    component = spec["components"][task["componentRef"]["name"]]
    label = component.get("executorLabel")
    if label is None:
        raise _refused(name, "is a pipeline of its own")
    executor = spec["deploymentSpec"]["executors"][label]
    if "container" not in executor:
        raise _refused(name, "has no container (an importer, for instance)")
    inputs = component.get("inputDefinitions", {})
    outputs = component.get("outputDefinitions", {})
    parameters = {
        key: _source(each) for key, each in task.get("inputs", {}).get("parameters", {}).items()
    }
    artifacts = {
        key: _artifact_source(name, each)
        for key, each in task.get("inputs", {}).get("artifacts", {}).items()
    }
    settings = _platform_of(platform, label)
    return Task(
        name=name,
        title=task.get("taskInfo", {}).get("name", name),
        container=_container(executor["container"]),
        parameters=parameters,
        artifacts=artifacts,
        after=_upstream(task, [*parameters.values(), *artifacts.values()]),
        parameter_types={
            key: _parameter_type(each) for key, each in inputs.get("parameters", {}).items()
        },
        output_parameters={
            key: each["parameterType"] for key, each in outputs.get("parameters", {}).items()
        },
        output_artifacts={
            key: each.get("artifactType", {}) for key, each in outputs.get("artifacts", {}).items()
        },
        retry=_retry(task.get("retryPolicy")),
        timeout=_number(settings.get("activeDeadlineSeconds")),
    )


def _refused(task: str, what: str) -> KfpExtError:
    return KfpExtError(
        Problem(
            Code.OPTION_UNSUPPORTED,
            f"Step {task} {what}, which the local engine of this version cannot run.",
            "Run this pipeline on a cluster, or take that option away.",
            step=task,
        )
    )


def _source(data: Mapping[str, Any]) -> ParameterSource:
    if "componentInputParameter" in data:
        return PipelineInput(data["componentInputParameter"])
    if "taskOutputParameter" in data:
        output = data["taskOutputParameter"]
        return TaskOutput(output["producerTask"], output["outputParameterKey"])
    return Constant(data.get("runtimeValue", {}).get("constant"))


def _artifact_source(task: str, data: Mapping[str, Any]) -> TaskOutput:
    if "taskOutputArtifact" not in data:
        raise _refused(task, "takes an artifact as an input of the pipeline")
    output = data["taskOutputArtifact"]
    return TaskOutput(output["producerTask"], output["outputArtifactKey"])


def _parameter_type(data: Mapping[str, Any]) -> ParameterType:
    return ParameterType(
        data["parameterType"], data.get("defaultValue"), bool(data.get("isOptional"))
    )


def _container(data: Mapping[str, Any]) -> Container:
    return Container(
        image=data.get("image", ""),
        command=tuple(data.get("command", ())),
        args=tuple(data.get("args", ())),
        env={each["name"]: each.get("value", "") for each in data.get("env", ())},
    )


def _upstream(task: Mapping[str, Any], sources: list[Any]) -> tuple[str, ...]:
    found = [each.task for each in sources if isinstance(each, TaskOutput)]
    return tuple(dict.fromkeys([*found, *task.get("dependentTasks", ())]))


def _platform_of(platform: Mapping[str, Any], label: str) -> Mapping[str, Any]:
    kubernetes = platform.get("platforms", {}).get("kubernetes", {})
    settings: Mapping[str, Any] = (
        kubernetes.get("deploymentSpec", {}).get("executors", {}).get(label, {})
    )
    return settings


def _retry(policy: Mapping[str, Any] | None) -> Retry:
    if not policy:
        return Retry()
    return Retry(
        count=int(policy.get("maxRetryCount", 0)),
        backoff=_seconds(policy.get("backoffDuration", "0s")),
        factor=float(policy.get("backoffFactor", 2.0)),
        backoff_max=_seconds(policy.get("backoffMaxDuration", "3600s")),
    )


def _seconds(text: str) -> float:
    return float(text.removesuffix("s"))


def _number(value: Any) -> float | None:
    return None if value in (None, "") else float(value)


def _in_order(tasks: list[Task]) -> tuple[Task, ...]:
    by_name = {task.name: task for task in tasks}
    try:
        names = list(TopologicalSorter({each.name: each.after for each in tasks}).static_order())
    except CycleError as error:
        circle = ", ".join(dict.fromkeys(error.args[1]))
        raise KfpExtError(
            Problem(Code.CYCLE, f"These steps wait for each other: {circle}.", "Cut the cycle.")
        ) from None
    for name in names:
        if name not in by_name:
            raise KfpExtError(
                Problem(Code.AFTER_UNKNOWN, f"A step waits for {name}, which does not exist.")
            )
    return tuple(by_name[name] for name in names)
