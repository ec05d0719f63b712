"""A pipeline in which tasks are replaced by what they gave in an earlier run.

Their artifacts are imported from where they lie. The same place is the same artifact to KFP, and
what lies there never changes, so the cache of the steps behind them stays right.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from .code_artifacts import home_dag
from .compiled import Documents, Form
from .components import component_name, executor_label
from .mounted_code import copied, kubernetes_settings, platform_of
from .names import unique

_GIVEN = "artifact"


@dataclass(frozen=True)
class Given:
    """What a task gave."""

    uris: Mapping[str, str]
    """Where its artifacts lie, by key."""
    parameters: Mapping[str, Any]


def replaceable(form: Documents, task: str, given: Given) -> bool:
    """Whether a task can be replaced: no group, condition or exit, and known what it gave."""
    dag = home_dag(form.spec)
    said = dag["tasks"].get(task)
    if said is None or {"triggerPolicy", "parameterIterator", "artifactIterator"} & set(said):
        return False
    component = form.spec["components"][said["componentRef"]["name"]]
    if "executorLabel" not in component or _is_given_by_dag(dag, task):
        return False
    wanted = [key for name, key in _wanted(dag, "Artifact") if name == task]
    numbers = [key for name, key in _wanted(dag, "Parameter") if name == task]
    return set(wanted) <= set(given.uris) and set(numbers) <= set(given.parameters)


def with_results(form: Documents, given: Mapping[str, Given], without: Iterable[str]) -> Form:
    """Return the pipeline with some tasks replaced by what they gave, and without some others."""
    changed = copied(form)
    spec = changed.spec
    dag = home_dag(spec)
    gone = {*given, *without}
    tasks = {name: task for name, task in dag["tasks"].items() if name not in gone}
    importers: dict[tuple[str, str], str] = {}
    for task in tasks.values():
        after = set(task.get("dependentTasks", ())) - gone
        inputs = task.get("inputs", {})
        for source in inputs.get("artifacts", {}).values():
            said = source.get("taskOutputArtifact")
            if said and said["producerTask"] in given:
                place = said["producerTask"], said["outputArtifactKey"]
                if place not in importers:
                    used = {*dag["tasks"], *importers.values()}
                    importers[place] = unique(f"earlier-{place[0]}", "/".join(place), used)
                said |= {"producerTask": importers[place], "outputArtifactKey": _GIVEN}
                after.add(importers[place])
        for key, source in inputs.get("parameters", {}).items():
            said = source.get("taskOutputParameter")
            if said and said["producerTask"] in given:
                value = given[said["producerTask"]].parameters[said["outputParameterKey"]]
                inputs["parameters"][key] = {"runtimeValue": {"constant": value}}
        task["dependentTasks"] = sorted(after)
        if not after:
            del task["dependentTasks"]
    for (name, key), importer in importers.items():
        tasks[importer] = _import(spec, dag, name, key, importer, given[name].uris[key])
    dag["tasks"] = tasks
    around = spec["root"]["dag"]["tasks"]
    spec["root"]["dag"]["tasks"] = {k: v for k, v in around.items() if k not in gone}
    return _pruned(changed)


def _import(
    spec: dict[str, Any], dag: Mapping[str, Any], task: str, key: str, name: str, uri: str
) -> dict[str, Any]:
    """Add component and executor of an importer; return its task."""
    component = spec["components"][dag["tasks"][task]["componentRef"]["name"]]
    declared = component["outputDefinitions"]["artifacts"][key]
    label = executor_label(name)
    spec["components"][component_name(name)] = {
        "executorLabel": label,
        "inputDefinitions": {"parameters": {"uri": {"parameterType": "STRING"}}},
        "outputDefinitions": {"artifacts": {_GIVEN: {"artifactType": declared["artifactType"]}}},
    }
    spec["deploymentSpec"]["executors"][label] = {
        "importer": {"artifactUri": {"constant": uri}, "typeSchema": declared["artifactType"]}
    }
    return {
        "taskInfo": {"name": name},
        "componentRef": {"name": component_name(name)},
        "inputs": {"parameters": {"uri": {"runtimeValue": {"constant": uri}}}},
        "cachingOptions": {"enableCache": True},
    }


def _wanted(dag: Mapping[str, Any], kind: str) -> list[tuple[str, str]]:
    """Return the outputs that tasks of a DAG take from each other: producer and key."""
    field, inputs = f"output{kind}Key", f"{kind.lower()}s"
    return [
        (said["producerTask"], said[field])
        for task in dag["tasks"].values()
        for source in task.get("inputs", {}).get(inputs, {}).values()
        if (said := source.get(f"taskOutput{kind}"))
    ]


def _is_given_by_dag(dag: Mapping[str, Any], task: str) -> bool:
    """Whether an output of the DAG itself comes from a task."""
    outputs = dag.get("outputs", {})
    selectors = [
        each
        for said in outputs.get("artifacts", {}).values()
        for each in said.get("artifactSelectors", ())
    ]
    for said in outputs.get("parameters", {}).values():
        either = said.get("valueFromOneof", {}).get("parameterSelectors", ())
        selectors += [said.get("valueFromParameter", {}), *either]
    return any(each.get("producerSubtask") == task for each in selectors)


def _pruned(form: Form) -> Form:
    """Return the pipeline without components and executors that no task has any more."""
    spec = form.spec
    names: set[str] = set()
    waiting = [spec["root"]["dag"]]
    while waiting:
        for task in waiting.pop()["tasks"].values():
            name = task["componentRef"]["name"]
            if name not in names:
                names.add(name)
                if "dag" in spec["components"][name]:
                    waiting.append(spec["components"][name]["dag"])
    spec["components"] = {k: v for k, v in spec["components"].items() if k in names}
    labels = {each.get("executorLabel") for each in spec["components"].values()}
    executors = spec["deploymentSpec"]["executors"]
    spec["deploymentSpec"]["executors"] = {k: v for k, v in executors.items() if k in labels}
    settings = {k: v for k, v in kubernetes_settings(form.platform).items() if k in labels}
    return Form(spec, platform_of(settings))
