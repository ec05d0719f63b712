"""A compiled KFP v2 spec, read into what the runner schedules.

Generic over the specification: a pipeline compiled by the kfp SDK is read as ours is. What this
engine cannot run is refused by name before anything starts.
"""

import json
import re
from collections.abc import Iterable, Mapping
from graphlib import CycleError, TopologicalSorter
from typing import Any

from ...errors import Code, KfpExtError, Problem
from .condition import Condition, ConditionError, parse_condition
from .spec import (
    ArtifactSource,
    Constant,
    Container,
    Dag,
    FinalStatus,
    Importer,
    Loop,
    ParameterSource,
    ParameterType,
    Pipeline,
    PipelineInput,
    Retry,
    Task,
    TaskOutput,
)

_TIMEOUT = "activeDeadlineSeconds"
_FIELD = re.compile(r"""parseJson\(string_value\)\[["'](.+)["']\]""")


def read_pipeline(spec: Mapping[str, Any], platform: Mapping[str, Any]) -> Pipeline:
    """Read a `PipelineSpec` and `PlatformSpec` (JSON forms).

    Raises `KfpExtError`: `option-unsupported` for what this engine cannot run (a condition or an
    expression that it cannot read, an executor without a container), and `cycle`.
    """
    reader = _Reader(spec, platform)
    root = spec["root"]
    inputs = root.get("inputDefinitions", {}).get("parameters", {})
    return Pipeline(
        name=spec.get("pipelineInfo", {}).get("name", ""),
        parameters={name: _parameter_type(each) for name, each in inputs.items()},
        root=reader.dag(root["dag"], ""),
        workspace=reader.workspace,
    )


class _Reader:
    def __init__(self, spec: Mapping[str, Any], platform: Mapping[str, Any]) -> None:
        self._components = spec.get("components", {})
        self._executors = spec.get("deploymentSpec", {}).get("executors", {})
        kubernetes = platform.get("platforms", {}).get("kubernetes", {})
        self.workspace = bool(kubernetes.get("pipelineConfig", {}).get("workspace"))
        self._settings = kubernetes.get("deploymentSpec", {}).get("executors", {})

    def dag(self, data: Mapping[str, Any], prefix: str) -> Dag:
        tasks = [self._task(name, task, f"{prefix}{name}") for name, task in data["tasks"].items()]
        outputs = data.get("outputs", {})
        return Dag(
            tasks=_in_order(tasks),
            parameters={
                key: tuple(map(_parameter_output, _selectors(each)))
                for key, each in outputs.get("parameters", {}).items()
            },
            artifacts={
                key: tuple(
                    TaskOutput(selector["producerSubtask"], selector["outputArtifactKey"])
                    for selector in each.get("artifactSelectors", ())
                )
                for key, each in outputs.get("artifacts", {}).items()
            },
        )

    def _task(self, name: str, task: Mapping[str, Any], path: str) -> Task:
        component = self._components[task["componentRef"]["name"]]
        label = component.get("executorLabel", "")
        executor = self._executors.get(label, {})
        inputs, given = component.get("inputDefinitions", {}), task.get("inputs", {})
        outputs = component.get("outputDefinitions", {})
        parameters = {key: _source(name, each) for key, each in given.get("parameters", {}).items()}
        artifacts = {
            key: _artifact_source(name, each) for key, each in given.get("artifacts", {}).items()
        }
        container = executor.get("container")
        importer = executor.get("importer")
        dag = self.dag(component["dag"], f"{path}/") if "dag" in component else None
        if dag is None and container is None and importer is None:
            raise _refused(name, "has no container (a job of another service)")
        loop = _loop(task)
        if loop is not None and dag is None:
            raise _refused(name, "is a loop without a DAG in it")
        trigger = task.get("triggerPolicy", {})
        settings = self._settings.get(label, {})
        caching = task.get("cachingOptions", {})
        return Task(
            name=name,
            title=task.get("taskInfo", {}).get("name", name),
            container=None if container is None else _container(container),
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
                key: each.get("artifactType", {})
                for key, each in outputs.get("artifacts", {}).items()
            },
            retry=_retry(task.get("retryPolicy")),
            timeout=_number(settings.get(_TIMEOUT)),
            path=path,
            condition=_condition(name, trigger.get("condition")),
            whatever=trigger.get("strategy") == "ALL_UPSTREAM_TASKS_COMPLETED",
            loop=loop,
            dag=dag,
            importer=None if importer is None else _importer(importer, parameters),
            settings=tuple(each for each in settings if each != _TIMEOUT),
            cache=bool(caching.get("enableCache")),
            cache_key=caching.get("cacheKey", ""),
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


def _selectors(output: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    if "valueFromOneof" in output:
        return list(output["valueFromOneof"].get("parameterSelectors", ()))
    return [output["valueFromParameter"]]


def _parameter_output(selector: Mapping[str, Any]) -> TaskOutput:
    return TaskOutput(selector["producerSubtask"], selector["outputParameterKey"])


def _source(task: str, data: Mapping[str, Any]) -> ParameterSource:
    if "componentInputParameter" in data:
        return PipelineInput(data["componentInputParameter"], _field(task, data))
    if "taskOutputParameter" in data:
        output = data["taskOutputParameter"]
        return TaskOutput(output["producerTask"], output["outputParameterKey"])
    if "taskFinalStatus" in data:
        return FinalStatus(data["taskFinalStatus"]["producerTask"])
    return Constant(data.get("runtimeValue", {}).get("constant"))


def _field(task: str, data: Mapping[str, Any]) -> str | None:
    selector = data.get("parameterExpressionSelector")
    if not selector:
        return None
    found = _FIELD.fullmatch(selector)
    if found is None:
        raise _refused(task, f"selects a part of a value by `{selector}`")
    return found[1]


def _artifact_source(task: str, data: Mapping[str, Any]) -> ArtifactSource:
    if "componentInputArtifact" in data:
        return PipelineInput(data["componentInputArtifact"])
    if "taskOutputArtifact" not in data:
        raise _refused(task, "takes an artifact in a way that is not known")
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
        resources=data.get("resources", {}),
    )


def _condition(task: str, text: str | None) -> Condition | None:
    if not text:
        return None
    try:
        return parse_condition(text)
    except ConditionError as error:
        raise _refused(task, f"has a condition that cannot be read ({error})") from None


def _loop(data: Mapping[str, Any]) -> Loop | None:
    limit = int(data.get("iteratorPolicy", {}).get("parallelismLimit", 0))
    if "artifactIterator" in data:
        iterator = data["artifactIterator"]
        source = iterator["items"]["inputArtifact"]
        return Loop(iterator["itemInput"], None, source, limit, artifacts=True)
    if "parameterIterator" not in data:
        return None
    iterator = data["parameterIterator"]
    items = iterator["items"]
    values = tuple(json.loads(items["raw"])) if "raw" in items else None
    return Loop(iterator["itemInput"], values, items.get("inputParameter", ""), limit)


def _importer(data: Mapping[str, Any], parameters: Mapping[str, ParameterSource]) -> Importer:
    uri = data.get("artifactUri", {})
    source: ParameterSource = Constant(uri.get("constant"))
    if "runtimeParameter" in uri:
        source = parameters[uri["runtimeParameter"]]
    return Importer(source, data.get("typeSchema", {}), data.get("metadata", {}))


def _upstream(task: Mapping[str, Any], sources: Iterable[Any]) -> tuple[str, ...]:
    found = [each.task for each in sources if isinstance(each, TaskOutput | FinalStatus)]
    return tuple(dict.fromkeys([*found, *task.get("dependentTasks", ())]))


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
