"""What a task is given, and the document about it that KFP's driver hands to the step."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]
Artifacts = dict[str, list[Json]]


@dataclass(frozen=True)
class Left:
    """What became of a task, and what it has left."""

    phase: str
    parameters: Json = field(default_factory=dict)
    artifacts: Artifacts = field(default_factory=dict)


@dataclass(frozen=True)
class Given:
    """What a task or a DAG is given."""

    parameters: Json
    artifacts: Artifacts


def given_to(task: Json, component: Json, scope: Given, before: Mapping[str, Left]) -> Given:
    """Resolve the inputs of a task; those that have no value are absent."""
    said = task.get("inputs", {})
    declared = component.get("inputDefinitions", {}).get("parameters", {})
    parameters = {k: v["defaultValue"] for k, v in declared.items() if "defaultValue" in v}
    for key, source in said.get("parameters", {}).items():
        value = _parameter(source, scope, before)
        if value is not None:
            parameters[key] = value
    artifacts = {}
    for key, source in said.get("artifacts", {}).items():
        found = _artifacts(source, scope, before)
        if found:
            artifacts[key] = found
    return Given(parameters, artifacts)


def _parameter(source: Json, scope: Given, before: Mapping[str, Left]) -> Any:
    if "componentInputParameter" in source:
        return scope.parameters.get(source["componentInputParameter"])
    if "taskOutputParameter" in source:
        told = source["taskOutputParameter"]
        return before[told["producerTask"]].parameters.get(told["outputParameterKey"])
    if "taskFinalStatus" in source:
        name = source["taskFinalStatus"]["producerTask"]
        state = "SUCCEEDED" if before[name].phase == "Succeeded" else "FAILED"
        # As recorded: whatever happened, the error is empty.
        return {"state": state, "pipelineTaskName": name, "error": {}}
    return source["runtimeValue"]["constant"]


def _artifacts(source: Json, scope: Given, before: Mapping[str, Left]) -> list[Json]:
    if "componentInputArtifact" in source:
        return scope.artifacts.get(source["componentInputArtifact"], [])
    told = source["taskOutputArtifact"]
    return before[told["producerTask"]].artifacts.get(told["outputArtifactKey"], [])


def outputs_of(dag: Json, left: Mapping[str, Left]) -> tuple[Json, Artifacts]:
    """Return what a DAG hands on of what its tasks have left."""
    said = dag.get("outputs", {})
    parameters = {}
    for key, source in said.get("parameters", {}).items():
        one = source.get("valueFromParameter")
        selectors = [one] if one else source["valueFromOneof"]["parameterSelectors"]
        for each in selectors:
            values = left[each["producerSubtask"]].parameters
            if each["outputParameterKey"] in values:
                parameters[key] = values[each["outputParameterKey"]]
                break
    artifacts = {
        key: [
            artifact
            for each in source["artifactSelectors"]
            for artifact in left[each["producerSubtask"]].artifacts.get(
                each["outputArtifactKey"], []
            )
        ]
        for key, source in said.get("artifacts", {}).items()
    }
    return parameters, artifacts


def document(given: Given, component: Json, folder: str) -> Json:
    """Return the executor input of a step; `folder` is the URI below which its outputs lie."""
    outputs = component.get("outputDefinitions", {})
    return {
        "inputs": {
            "parameterValues": given.parameters,
            "artifacts": {key: {"artifacts": each} for key, each in given.artifacts.items()},
        },
        "outputs": {
            "parameters": {
                key: {"outputFile": f"/tmp/kfp/outputs/{key}"}
                for key in outputs.get("parameters", {})
            },
            "artifacts": {
                key: {
                    "artifacts": [
                        {
                            "name": key,
                            "type": each["artifactType"],
                            "uri": f"{folder}/{key}",
                            "metadata": {},
                        }
                    ]
                }
                for key, each in outputs.get("artifacts", {}).items()
            },
            "outputFile": "/tmp/kfp_outputs/output_metadata.json",
        },
    }


def stored(metadata: Json) -> Json:
    """Return metadata as it comes out of KFP's metadata store again."""
    kept = {}
    for key, value in metadata.items():
        if isinstance(value, bool):
            kept[key] = int(value)
        elif isinstance(value, dict):
            kept[key] = {"struct": value}
        elif isinstance(value, list):
            kept[key] = {"list": value}
        else:
            kept[key] = value
    return kept


def holds(condition: str, parameters: Json) -> bool:
    """Evaluate a condition of a task (CEL, as far as pipelines have it)."""
    text = re.sub(r"!(?!=)", " not ", condition.replace("&&", " and ").replace("||", " or "))
    names = {
        "true": True,
        "false": False,
        "int": int,
        "double": float,
        "string": str,
        "inputs": type("Inputs", (), {"parameter_values": parameters}),
    }
    return bool(eval(text, {"__builtins__": {}}, names))
