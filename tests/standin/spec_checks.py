"""What a KFP server looks at in a pipeline: little at upload, more when a run starts."""

import re
from collections.abc import Mapping
from typing import Any

import yaml

from .answers import refuse, upload_refused

_KNOWN = {
    "pipelineInfo",
    "deploymentSpec",
    "schemaVersion",
    "sdkVersion",
    "components",
    "root",
    "defaultPipelineRoot",
}
_LONGEST_UPLOAD = 32 << 20
_LARGEST_RUN = 3_145_728
_TYPES = {
    "STRING": (str, "string"),
    "NUMBER_DOUBLE": ((int, float), "double or integer"),
    "NUMBER_INTEGER": ((int, float), "double or integer"),
    "BOOLEAN": (bool, "bool"),
    "LIST": (list, "list"),
    "STRUCT": (dict, "struct"),
}


def read_upload(data: bytes) -> dict[str, Any]:
    """Return the pipeline of an uploaded file, with its platform spec where it has one."""
    if len(data) > _LONGEST_UPLOAD:
        raise upload_refused(400, "Failed to read a pipeline spec file", plain=True)
    try:
        documents = [each for each in yaml.load_all(data, _LOADER) if each is not None]
    except yaml.YAMLError:
        raise upload_refused(400, "unknown template format") from None
    if not documents:
        raise upload_refused(500, "Failed to create a pipeline and a pipeline version")
    if isinstance(documents[0], dict) and documents[0].get("kind") == "Workflow":
        found: dict[str, Any] = documents[0]
        return found
    problem = malformed(documents[0])
    if problem:
        raise upload_refused(400, problem)
    name = documents[0]["pipelineInfo"]["name"]
    if len(name) > 128:
        raise upload_refused(400, "pipeline's name must contain no more than 128 characters")
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]*", name):
        raise upload_refused(400, "pipeline's name must contain only lowercase alphanumeric ...")
    if len(documents) > 1:
        return {"pipeline_spec": documents[0], "platform_spec": documents[1]}
    return dict(documents[0])


_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def malformed(spec: Any) -> str:
    """Return why a value is no pipeline at all; empty where it is one."""
    unknown = "unknown template format"
    if not isinstance(spec, Mapping) or set(spec) - _KNOWN:
        return unknown
    if not spec.get("root") or not spec.get("pipelineInfo", {}).get("name"):
        return unknown
    if spec.get("schemaVersion") != "2.1.0":
        version = spec.get("schemaVersion", "")
        return (
            f"KFP only supports schema version 2.1.0, but the pipeline spec has version {version}"
        )
    return ""


def check_run(spec: Mapping[str, Any], size: int) -> None:
    """Refuse what cannot become a Workflow."""
    if spec.get("kind") == "Workflow":
        return
    if malformed(spec):
        raise refuse(500, "Failed to fetch a template with an empty pipeline spec manifest")
    name = spec["pipelineInfo"]["name"]
    if len(name) <= 128 and not re.fullmatch(r"[a-z0-9][a-z0-9-]*", name):
        raise refuse(500, f'Failed to create a workflow for (): Workflow "{name}" is invalid')
    _check_dag(spec, spec["root"].get("dag", {}), "root")
    if size > _LARGEST_RUN:
        raise refuse(500, f"Request entity too large: limit is {_LARGEST_RUN}")


def _check_dag(spec: Mapping[str, Any], dag: Mapping[str, Any], name: str) -> None:
    tasks = dag.get("tasks") or {}
    if not tasks:
        raise refuse(500, f'DAG "{name}" must contain one or more non-exit tasks')
    for task in tasks.values():
        label = task["componentRef"]["name"]
        component = spec.get("components", {}).get(label)
        if component is None:
            raise refuse(500, f'cannot find component ref name="{label}"')
        executors = spec.get("deploymentSpec", {}).get("executors", {})
        if "dag" in component:
            _check_dag(spec, component["dag"], label)
        elif component.get("executorLabel") not in executors:
            raise refuse(500, f'executor(label="{component.get("executorLabel")}") not found')
    _check_order({each: upstream(task) for each, task in tasks.items()})


def upstream(task: Mapping[str, Any]) -> set[str]:
    """Return the tasks that a task waits for: named, and those whose outputs it takes."""
    found = set(task.get("dependentTasks", ()))
    inputs = task.get("inputs", {})
    for each in inputs.get("artifacts", {}).values():
        if "taskOutputArtifact" in each:
            found.add(each["taskOutputArtifact"]["producerTask"])
    for each in inputs.get("parameters", {}).values():
        if "taskOutputParameter" in each:
            found.add(each["taskOutputParameter"]["producerTask"])
    return found


def _check_order(waits: dict[str, set[str]]) -> None:
    for each in set().union(*waits.values()):
        if each not in waits:
            raise refuse(500, f'unknown producer task "{each}" in DAG')
    left = dict(waits)
    while left:
        free = [name for name, before in left.items() if not before & set(left)]
        if not free:
            raise refuse(500, "sorting failed: graph with cycle")
        for name in free:
            del left[name]


def check_parameters(spec: Mapping[str, Any], given: Mapping[str, Any]) -> None:
    """Refuse parameters that the pipeline does not have, or of another type, or missing."""
    declared = spec.get("root", {}).get("inputDefinitions", {}).get("parameters", {})
    unknown = sorted(set(given) - set(declared))
    if unknown:
        raise refuse(
            400, f"parameter(s) provided are not required by pipeline: {', '.join(unknown)}"
        )
    for name, definition in declared.items():
        if name not in given:
            if "defaultValue" not in definition and not definition.get("isOptional"):
                raise refuse(400, f"parameter {name} is not optional, yet has neither ...")
            continue
        kind, word = _TYPES[definition["parameterType"]]
        if not isinstance(given[name], kind):
            raise refuse(400, f"input parameter {name} requires type {word}")
