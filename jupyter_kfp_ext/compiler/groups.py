"""Loops, conditions and the exit as KFP has them: DAGs within the pipeline's DAG.

`for_each` is a DAG with the step in it, once an item (`parameterIterator`); what it leaves is
gathered as a list of artifacts. `when` is a DAG with a small task that decides, and the step under
that condition; the decider hands on what was before where the step is skipped. `on_exit` is a DAG
of everything else, and the step behind it, whatever happened.

KFP 2.17's driver takes the *last* of several sources of an artifact, not the one that ran
(`GetProducerTask` in backend/src/v2/driver/resolve.go), but gets parameters right. So the place of
what a condition leaves goes through a parameter, and an importer makes an artifact of it again.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..analysis.plan import Loop, Plan, StepPlan
from .components import (
    ITEM,
    ITEMS,
    PLACE,
    RUN,
    STATUS,
    artifact,
    component_name,
    executor_label,
    filled,
    parameter_inputs,
)
from .encoding import encode_parameter
from .names import unique
from .parameters import KFP_TYPES
from .slots import Slot, Wire

RUNS = f"inputs.parameter_values['{RUN}'] == true"
"""The condition of a step that was decided to run."""


@dataclass
class Tasks:
    """The tasks of the pipeline's DAG under construction, and the components that they need."""

    plan: Plan
    slots: Mapping[str, tuple[Slot, ...]]
    tasks: dict[str, dict[str, Any]] = field(default_factory=dict)
    components: dict[str, dict[str, Any]] = field(default_factory=dict)
    executors: dict[str, dict[str, Any]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._steps = {step.task: step for step in self.plan.steps}

    def source(self, wire: Wire) -> dict[str, Any]:
        """Return where a task of the pipeline's DAG takes an artifact from."""
        if self._steps[wire.producer].when:
            return _output_artifact(self.importer(wire.producer), "artifact")
        return _output_artifact(wire.producer, wire.slot)

    def importer(self, task: str) -> str:
        """Return the task that makes an artifact of what a condition leaves."""
        return unique(f"{task}-values", task, self._steps)

    def component_of_group(self, step: StepPlan, kind: str) -> str:
        """Return the key of the component of a loop or condition."""
        return component_name(unique(f"{step.task}-{kind}", step.task, self._steps))

    def waits_for(self, step: StepPlan, wires: Iterable[Wire], after: Iterable[str]) -> list[str]:
        """Return the tasks of the pipeline's DAG that a step waits for."""
        producers = {
            self.importer(wire.producer) if self._steps[wire.producer].when else wire.producer
            for wire in wires
        }
        others = {self._group_of(task) for task in (*step.after, *after)}
        return sorted((producers | others) - {step.task})

    def _group_of(self, task: str) -> str:
        """Return the task of the pipeline's DAG that a step's task is in."""
        step = self._steps[task]
        inside = step.decides is not None and step.decides.kind == "when"
        return step.part_of if inside else task


def loop_group(
    tasks: Tasks, step: StepPlan, wires: tuple[Wire, ...], said: Mapping[str, Any], after: list[str]
) -> None:
    """Add a step that runs for each item; `said` is what its options wrote."""
    loop = step.loop or Loop("", (), "", "")
    parameters = parameter_inputs(tasks.plan, step)
    artifacts = {wire.key: artifact(many=wire.collected) for wire in wires}
    inner = {
        **said,
        "taskInfo": {"name": step.task},
        "componentRef": {"name": component_name(step.task)},
        "inputs": filled(
            parameters={key: _own(key) for key in (*parameters, ITEM)},
            artifacts={key: {"componentInputArtifact": key} for key in artifacts},
        ),
    }
    outer = {key: _own(key) for key in parameters}
    kind = KFP_TYPES[loop.type] if loop.type else "STRUCT"
    declared = {**parameters, ITEM: {"parameterType": kind}}
    if loop.values is None:
        items: dict[str, Any] = {"inputParameter": ITEMS}
        decider = next(
            each.task
            for each in tasks.plan.steps
            if each.decides and each.decides.kind == "items" and each.decides.step == step.name
        )
        outer[ITEMS] = _output_parameter(decider, ITEMS)
        declared[ITEMS] = {"parameterType": "LIST"}
        after = sorted({*after, decider})
    else:
        items = {"raw": json.dumps([encode_parameter(each) for each in loop.values])}
    name = tasks.component_of_group(step, "loop")
    gathered = {slot.key: artifact(many=True) for slot in tasks.slots[step.task]}
    tasks.components[name] = {
        "inputDefinitions": filled(parameters=declared, artifacts=artifacts),
        **filled(outputDefinitions=filled(artifacts=gathered)),
        "dag": {
            "tasks": {step.task: inner},
            **filled(
                outputs=filled(
                    artifacts={key: _selected(step.task, key) for key in gathered},
                )
            ),
        },
    }
    tasks.tasks[step.task] = {
        "taskInfo": dict(said.get("taskInfo", {"name": step.task})),
        "componentRef": {"name": name},
        "parameterIterator": {"itemInput": ITEM, "items": items},
        **filled(
            iteratorPolicy=filled(parallelismLimit=loop.limit),
            inputs=filled(
                parameters=outer, artifacts={wire.key: tasks.source(wire) for wire in wires}
            ),
            dependentTasks=after,
        ),
    }


def condition_group(
    tasks: Tasks,
    step: StepPlan,
    decider: StepPlan,
    wires: Mapping[str, tuple[Wire, ...]],
    said: Mapping[str, Mapping[str, Any]],
    after: list[str],
) -> None:
    """Add a step that runs where its decider says so; `wires` and `said` by task."""
    parameters = {
        **parameter_inputs(tasks.plan, decider),
        **parameter_inputs(tasks.plan, step),
    }
    shared: dict[tuple[str, str], Wire] = {}
    for wire in (*wires[decider.task], *wires[step.task]):
        taken = {each.key for each in shared.values()}
        key = unique(wire.key, f"{wire.producer}/{wire.slot}", taken)
        shared.setdefault(
            (wire.producer, wire.slot), Wire(key, *wire.where, wire.names, wire.collected)
        )
    leaves = bool(tasks.slots[step.task])
    inner = {}
    for each in (decider, step):
        inputs = {key: _own(key) for key in parameter_inputs(tasks.plan, each)}
        artifacts = {
            wire.key: {"componentInputArtifact": shared[wire.where].key}
            for wire in wires[each.task]
        }
        if each is step:
            inputs[RUN] = _output_parameter(decider.task, RUN)
        inner[each.task] = {
            **said[each.task],
            "taskInfo": {"name": each.task},
            "componentRef": {"name": component_name(each.task)},
            **filled(inputs=filled(parameters=inputs, artifacts=artifacts)),
        }
    inner[step.task]["dependentTasks"] = [decider.task]
    inner[step.task]["triggerPolicy"] = {"condition": RUNS}
    name = tasks.component_of_group(step, "condition")
    places = [
        {"producerSubtask": each, "outputParameterKey": PLACE} for each in (step.task, decider.task)
    ]
    place = {PLACE: {"valueFromOneof": {"parameterSelectors": places}}} if leaves else {}
    tasks.components[name] = {
        **filled(
            inputDefinitions=filled(
                parameters=parameters,
                artifacts={each.key: artifact(many=each.collected) for each in shared.values()},
            ),
            outputDefinitions=filled(parameters={PLACE: _TEXT} if leaves else {}),
        ),
        "dag": {"tasks": inner, **filled(outputs=filled(parameters=place))},
    }
    tasks.tasks[step.task] = {
        "taskInfo": dict(said[step.task].get("taskInfo", {"name": step.task})),
        "componentRef": {"name": name},
        **filled(
            inputs=filled(
                parameters={key: _own(key) for key in parameters},
                artifacts={wire.key: tasks.source(wire) for wire in shared.values()},
            ),
            dependentTasks=[each for each in after if each != decider.task],
        ),
    }
    if leaves:
        _add_importer(tasks, step.task)


_TEXT = {"parameterType": "STRING"}


def _add_importer(tasks: Tasks, producer: str) -> None:
    name = tasks.importer(producer)
    kind = artifact()["artifactType"]
    tasks.components[component_name(name)] = {
        "executorLabel": executor_label(name),
        "inputDefinitions": {"parameters": {"uri": _TEXT}},
        "outputDefinitions": {"artifacts": {"artifact": artifact()}},
    }
    tasks.executors[executor_label(name)] = {
        "importer": {"artifactUri": {"runtimeParameter": "uri"}, "typeSchema": kind}
    }
    tasks.tasks[name] = {
        "taskInfo": {"name": name},
        "componentRef": {"name": component_name(name)},
        # A folder of this run: an imported artifact of another run would be a wrong one.
        "cachingOptions": {},
        "inputs": {"parameters": {"uri": _output_parameter(producer, PLACE)}},
        "dependentTasks": [producer],
    }


def exit_group(
    tasks: Tasks, step: StepPlan, said: Mapping[str, Any], root_parameters: Mapping[str, Any]
) -> None:
    """Put all tasks into a DAG and the step behind it, to run whatever happened."""
    name = unique("exit-handler-1", step.task, {*tasks.tasks, step.task})
    used = _parameters_used(tasks.tasks)
    declared = {key: root_parameters[key] for key in root_parameters if key in used}
    inner, tasks.tasks = tasks.tasks, {}
    tasks.components[component_name(name)] = {
        **filled(inputDefinitions=filled(parameters=declared)),
        "dag": {"tasks": inner},
    }
    tasks.tasks[name] = {
        "taskInfo": {"name": name},
        "componentRef": {"name": component_name(name)},
        **filled(inputs=filled(parameters={key: _own(key) for key in declared})),
    }
    inputs = {key: _own(key) for key in parameter_inputs(tasks.plan, step)}
    inputs[STATUS] = {"taskFinalStatus": {"producerTask": name}}
    tasks.tasks[step.task] = {
        "taskInfo": {"name": step.task},
        **said,
        "componentRef": {"name": component_name(step.task)},
        "inputs": {"parameters": inputs},
        "dependentTasks": [name],
        "triggerPolicy": {"strategy": "ALL_UPSTREAM_TASKS_COMPLETED"},
    }


def _parameters_used(tasks: Mapping[str, Mapping[str, Any]]) -> set[str]:
    return {
        each["componentInputParameter"]
        for task in tasks.values()
        for each in task.get("inputs", {}).get("parameters", {}).values()
        if "componentInputParameter" in each
    }


def _own(key: str) -> dict[str, Any]:
    return {"componentInputParameter": key}


def _output_parameter(task: str, key: str) -> dict[str, Any]:
    return {"taskOutputParameter": {"producerTask": task, "outputParameterKey": key}}


def _output_artifact(task: str, key: str) -> dict[str, Any]:
    return {"taskOutputArtifact": {"producerTask": task, "outputArtifactKey": key}}


def _selected(task: str, key: str) -> dict[str, Any]:
    return {"artifactSelectors": [{"producerSubtask": task, "outputArtifactKey": key}]}
