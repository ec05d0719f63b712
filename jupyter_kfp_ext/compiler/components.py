"""The parts of a KFP `PipelineSpec`: components, executors, tasks and the root.

Plain dictionaries in the JSON form of kfp-pipeline-spec (api/v2alpha1/pipeline_spec.proto).
"""

from collections.abc import Iterable, Mapping
from typing import Any

from ..analysis.plan import Plan, StepPlan
from .encoding import parameter_key
from .names import ascii_identifier, ascii_text, pipeline_name
from .parameters import KFP_TYPES, root_inputs
from .slots import Slot, Wire

SCHEMA_VERSION = "2.1.0"
SDK_VERSION = "kfp-2.17.0"
"""The SDK whose form of the spec this is; the one that the compiler is tested against."""


def component_name(task: str) -> str:
    """Return the key of a task's component."""
    return f"comp-{task}"


def executor_label(task: str) -> str:
    """Return the key of a task's executor, in spec and platform spec."""
    return f"exec-{task}"


def artifact(kind: str = "Artifact") -> dict[str, Any]:
    """Return the declaration of an artifact of a KFP system type."""
    return {"artifactType": {"schemaTitle": f"system.{kind}", "schemaVersion": "0.0.1"}}


def component(
    plan: Plan, step: StepPlan, slots: Iterable[Slot], wires: Iterable[Wire]
) -> dict[str, Any]:
    """Return the component of a step: what goes in, what comes out, which executor."""
    inputs = _filled(
        parameters={
            parameter_key(each.name): {
                "parameterType": KFP_TYPES[each.type],
                **({"isOptional": True} if each.default is None else {}),
            }
            for each in plan.parameters
            if each.name in step.parameters
        },
        artifacts={wire.key: artifact() for wire in wires},
    )
    metrics = {"metrics": artifact("Metrics")} if step.metrics else {}
    outputs = _filled(
        parameters={
            f"metric_{ascii_identifier(name)}": {"parameterType": "NUMBER_DOUBLE"}
            for name in step.metrics
        },
        artifacts={"cells": artifact(), **metrics, **{slot.key: artifact() for slot in slots}},
    )
    return {
        **_filled(inputDefinitions=inputs),
        "outputDefinitions": outputs,
        "executorLabel": executor_label(step.task),
    }


def task(
    plan: Plan, step: StepPlan, wires: Iterable[Wire], said: Mapping[str, Any], after: Iterable[str]
) -> dict[str, Any]:
    """Return the task of a step; `said` is what its options wrote, `after` are task names."""
    wires = list(wires)
    inputs = _filled(
        parameters={
            parameter_key(each.name): {"componentInputParameter": parameter_key(each.name)}
            for each in plan.parameters
            if each.name in step.parameters
        },
        artifacts={
            wire.key: {
                "taskOutputArtifact": {
                    "producerTask": wire.producer,
                    "outputArtifactKey": wire.slot,
                }
            }
            for wire in wires
        },
    )
    dependent = sorted({wire.producer for wire in wires} | set(step.after) | set(after))
    return {
        "taskInfo": {"name": step.task},
        "componentRef": {"name": component_name(step.task)},
        **_filled(inputs=inputs, dependentTasks=dependent),
        **said,
    }


def pipeline(plan: Plan, parts: Mapping[str, dict[str, Any]]) -> dict[str, Any]:
    """Return the whole spec from `components`, `executors` and `tasks`."""
    inputs = _filled(parameters=root_inputs(plan))
    return {
        "pipelineInfo": _info(plan),
        "schemaVersion": SCHEMA_VERSION,
        "sdkVersion": SDK_VERSION,
        "components": parts["components"],
        "deploymentSpec": {"executors": parts["executors"]},
        "root": {**_filled(inputDefinitions=inputs), "dag": {"tasks": parts["tasks"]}},
    }


def _info(plan: Plan) -> dict[str, str]:
    name, shown = pipeline_name(plan.model.name), ascii_text(plan.model.name)
    info = {"name": name}
    if shown != name:
        info["displayName"] = shown
    if plan.model.settings.description:
        info["description"] = ascii_text(plan.model.settings.description)
    return info


def _filled(**fields: Any) -> dict[str, Any]:
    """Return the fields that hold something; protobuf's JSON leaves the others out."""
    return {name: value for name, value in fields.items() if value}
