"""The parts of a KFP `PipelineSpec`: components, executors, tasks and the root.

Plain dictionaries in the JSON form of kfp-pipeline-spec (api/v2alpha1/pipeline_spec.proto).
"""

from collections.abc import Iterable, Mapping
from typing import Any

from ..analysis.plan import Chart, Plan, StepPlan
from .encoding import parameter_key
from .names import ascii_identifier, ascii_text, pipeline_name
from .new_claims import claim_inputs
from .parameters import KFP_TYPES, root_inputs
from .slots import Slot, Wire

ITEM = "kfp_item"
"""Input parameter of a loop's step: the item, or which one of the list it is."""
ITEMS = "kfp_items"
"""Output parameter of what makes a loop's list, and input of the loop."""
RUN = "kfp_run"
"""Output parameter of what decides on a step: whether it runs."""
PLACE = "kfp_place"
"""Output parameter: where the values of a step with a condition lie."""
STATUS = "kfp_status"
"""Input parameter of the step at the exit: how the run ended."""
SCHEMA_VERSION = "2.1.0"
SDK_VERSION = "kfp-2.17.0"
"""The SDK whose form of the spec this is; the one that the compiler is tested against."""


def component_name(task: str) -> str:
    """Return the key of a task's component."""
    return f"comp-{task}"


def executor_label(task: str) -> str:
    """Return the key of a task's executor, in spec and platform spec."""
    return f"exec-{task}"


def artifact(kind: str = "Artifact", many: bool = False) -> dict[str, Any]:
    """Return the declaration of an artifact of a KFP system type, or of a list of such."""
    declared: dict[str, Any] = {
        "artifactType": {"schemaTitle": f"system.{kind}", "schemaVersion": "0.0.1"}
    }
    return {**declared, "isArtifactList": True} if many else declared


def parameter_inputs(plan: Plan, step: StepPlan) -> dict[str, dict[str, Any]]:
    """Return the declarations of the pipeline parameters that a step is given, by their keys.

    They are those that its cells read, and those that name its claims.
    """
    read = {
        parameter_key(each.name): {
            "parameterType": KFP_TYPES[each.type],
            **({"isOptional": True} if each.default is None else {}),
        }
        for each in plan.parameters
        if each.name in step.parameters
    }
    return {**read, **claim_inputs(step.options)}


def _control_inputs(step: StepPlan) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    if step.loop is not None:
        found[ITEM] = {"parameterType": KFP_TYPES[step.loop.type] if step.loop.type else "STRUCT"}
    if step.when:
        found[RUN] = {"parameterType": "BOOLEAN"}
    if step.on_exit:
        found[STATUS] = {"parameterType": "TASK_FINAL_STATUS", "isOptional": True}
    return found


def _control_outputs(step: StepPlan, slots: tuple[Slot, ...]) -> dict[str, dict[str, Any]]:
    found = {}
    if step.decides is not None:
        items = step.decides.kind == "items"
        found[ITEMS if items else RUN] = {"parameterType": "LIST" if items else "BOOLEAN"}
    if leaves_a_place(step) and slots:
        found[PLACE] = {"parameterType": "STRING"}
    return found


def chart_key(chart: Chart) -> str:
    """Return the key of the artifact with a curve or matrix."""
    return f"classification_{ascii_identifier(chart.names[0])}"


def leaves_a_place(step: StepPlan) -> bool:
    """Tell a step whose values may be those of another one: it says where they lie."""
    return bool(step.when) or (step.decides is not None and step.decides.kind == "when")


def component(
    plan: Plan, step: StepPlan, slots: Iterable[Slot], wires: Iterable[Wire]
) -> dict[str, Any]:
    """Return the component of a step: what goes in, what comes out, which executor."""
    slots = tuple(slots)
    inputs = filled(
        parameters={**parameter_inputs(plan, step), **_control_inputs(step)},
        artifacts={wire.key: artifact(many=wire.collected) for wire in wires},
    )
    metrics = {"metrics": artifact("Metrics")} if step.metrics else {}
    outputs = filled(
        parameters={
            **{
                f"metric_{ascii_identifier(name)}": {"parameterType": "NUMBER_DOUBLE"}
                for name in step.metrics
            },
            **_control_outputs(step, slots),
        },
        artifacts={
            "cells": artifact(),
            **metrics,
            **{chart_key(each): artifact("ClassificationMetrics") for each in step.charts},
            **{slot.key: artifact() for slot in slots},
        },
    )
    return {
        **filled(inputDefinitions=inputs),
        "outputDefinitions": outputs,
        "executorLabel": executor_label(step.task),
    }


def task(
    plan: Plan,
    step: StepPlan,
    artifacts: Mapping[str, Mapping[str, Any]],
    said: Mapping[str, Any],
    after: Iterable[str],
) -> dict[str, Any]:
    """Return the task of a step.

    `artifacts`: where each comes from, `said`: what its options wrote, `after`: the tasks that it
    waits for.
    """
    inputs = filled(
        parameters={key: {"componentInputParameter": key} for key in parameter_inputs(plan, step)},
        artifacts=dict(artifacts),
    )
    return {
        "taskInfo": {"name": step.task},
        "componentRef": {"name": component_name(step.task)},
        **filled(inputs=inputs, dependentTasks=list(after)),
        **said,
    }


def pipeline(plan: Plan, parts: Mapping[str, dict[str, Any]]) -> dict[str, Any]:
    """Return the whole spec from `components`, `executors` and `tasks`."""
    inputs = filled(parameters=root_inputs(plan))
    return {
        "pipelineInfo": _info(plan),
        "schemaVersion": SCHEMA_VERSION,
        "sdkVersion": SDK_VERSION,
        "components": parts["components"],
        "deploymentSpec": {"executors": parts["executors"]},
        "root": {**filled(inputDefinitions=inputs), "dag": {"tasks": parts["tasks"]}},
    }


def _info(plan: Plan) -> dict[str, str]:
    name, shown = pipeline_name(plan.model.name), ascii_text(plan.model.name)
    info = {"name": name}
    if shown != name:
        info["displayName"] = shown
    if plan.model.settings.description:
        info["description"] = ascii_text(plan.model.settings.description)
    return info


def filled(**fields: Any) -> dict[str, Any]:
    """Return the fields that hold something; protobuf's JSON leaves the others out."""
    return {name: value for name, value in fields.items() if value}
