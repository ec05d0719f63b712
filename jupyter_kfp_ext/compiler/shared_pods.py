"""Steps that share a pod (`fuse`): one task of KFP that runs several steps one after another.

A step costs KFP some ten seconds and 20 kB of the object of its run, whatever it does. The steps
stay what they are: a task that stands for several holds the inputs and outputs of all of them, an
output under `<task>__<key>`, which is also the key under which a step takes it
(`compiler.slots`). So what goes from one of its steps to another needs no table: the step runtime
finds the input of a step among the outputs of the task (`runtime/step/chain.py`).

Groups are such that every path into one enters by its first step: no two can wait for each other.
"""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from copy import deepcopy
from dataclasses import replace
from graphlib import TopologicalSorter
from typing import Any

from ..analysis.plan import Plan, StepPlan
from ..errors import Code
from .code_artifacts import home_dag
from .compiled import CompiledPipeline, Documents
from .components import component_name, executor_label, filled
from .mounted_code import kubernetes_settings, platform_of
from .names import unique
from .parts import StepParts
from .placement import DESCRIPTION_KEY
from .snapshot_option import wanted_snapshots

Json = dict[str, Any]
MOST = 20
"""Steps that `auto` puts into one pod: what is said of a task must fit one argument."""
_NAMES = {
    "image": "`image`",
    "resources": "what they ask for (`cpu`, `memory`, `gpu`)",
    "env": "`env`",
    "pvcMount": "`volumes`",
    "cachingOptions": "`cache`",
    "retryPolicy": "`retries`",
}
"""What two steps may differ in, as users say it; other settings by their own names."""


def find_shared(
    form: Documents, plan: Plan, parts: Mapping[str, StepParts]
) -> dict[str, tuple[str, ...]]:
    """Return the steps that share a pod by the name of their common task, in their order.

    What a step's own option `fuse` asks for and cannot have is noted among the problems of its
    parts.
    """
    auto = plan.model.settings.fuse == "auto"
    if not auto and not any(each.options.fuse for each in plan.steps):
        return {}
    home = home_dag(form.spec)["tasks"]
    steps = {each.task: each for each in plan.steps}
    waits = _nearest(home)
    followers = Counter(each for before in waits.values() for each in before)
    group_of: dict[str, list[str]] = {}
    for name, step in steps.items():
        group_of[name] = [name]
        asked = step.options.fuse and not step.part_of
        if not asked and (not auto or step.options.fuse is False):
            continue
        before = waits.get(name, [])
        wrong = _why_not(form, step, [steps.get(each) for each in before], group_of, parts)
        if asked and wrong:
            parts[name].refuse("fuse", *wrong, Code.OPTION_UNSUPPORTED)
        if wrong:
            continue
        group = group_of[before[0]]
        alone = len(before) == 1 and followers[before[0]] == 1
        if asked or (alone and len(group) < MOST):
            group.append(name)
            group_of[name] = group
    groups: dict[str, tuple[str, ...]] = {
        each[0]: tuple(each) for each in group_of.values() if len(each) > 1
    }
    return {
        unique(f"{first}-to-{group[-1]}", "+".join(group), home): group
        for first, group in groups.items()
    }


def in_shared_pods(compiled: CompiledPipeline) -> CompiledPipeline:
    """Return the pipeline as clusters get it: with one task for the steps that share a pod."""
    if not compiled.pods:
        return compiled
    spec, platform = deepcopy(compiled.spec), deepcopy(compiled.platform)
    home, settings = home_dag(spec)["tasks"], kubernetes_settings(platform)
    of_step = {step: name for name, steps in compiled.pods.items() for step in steps}
    for name, steps in compiled.pods.items():
        _join(spec, settings, name, steps)
    for name, task in home.items():
        _take_from_pods(name, task, of_step)
    return replace(compiled, spec=spec, platform=platform_of(settings))


def output_key(task: str, key: str) -> str:
    """Return the key of a step's output where its task has those of several steps."""
    return f"{task.replace('-', '_')}__{key}"


def _nearest(home: Mapping[str, Json]) -> dict[str, list[str]]:
    """Return the tasks that each one waits for, without those that these wait for themselves."""
    found: dict[str, list[str]] = {}
    above: dict[str, set[str]] = {}
    for name in TopologicalSorter(
        {name: task.get("dependentTasks", ()) for name, task in home.items()}
    ).static_order():
        before = home[name].get("dependentTasks", ())
        farther = set[str]().union(*(above[each] for each in before))
        above[name] = farther | set(before)
        found[name] = [each for each in before if each not in farther]
    return found


def _why_not(
    form: Documents,
    step: StepPlan,
    before: list[StepPlan | None],
    group_of: Mapping[str, list[str]],
    parts: Mapping[str, StepParts],
) -> tuple[str, str] | None:
    """Return why a step cannot run in the pod of the steps that it waits for, and what to do."""
    if not before:
        return "it waits for no step, so there is no pod to share", "Leave `fuse` out."
    if wanted_snapshots(step.options):
        said = "a snapshot is taken before it, when the steps before have ended"
        return said, "Leave `fuse` or `snapshot` out."
    leave_out = "Leave `fuse` out, or make it so."
    for each in (step, *before):
        if each is None or not _is_plain(each):
            name = each.name if each else "a condition"
            return f"a loop, a condition or an exit has pods of its own ({name!r})", leave_out
        if each.options.timeout:
            return f"the `timeout` of {each.name!r} is meant for a pod of its own", leave_out
    if clash := _renamed(form, step.task, parts):
        return (
            f"another name leads to the key {clash!r}",
            "Rename one of them, or leave `fuse` out.",
        )
    groups = {tuple(group_of[each.task]) for each in before if each}
    if len(groups) > 1:
        names = ", ".join(repr(each.name) for each in before if each)
        return f"the steps that it waits for ({names}) are in several pods", leave_out
    (group,) = groups
    differs = next(_differences(form, step.task, group[0], parts), "")
    if differs:
        other = parts[group[0]].step.name
        return f"it and {other!r} differ in {_NAMES.get(differs, f'`{differs}`')}", leave_out
    return None


def _renamed(form: Documents, task: str, parts: Mapping[str, StepParts]) -> str:
    """Return the key of an input that does not say whose output it is; empty where all do."""
    for key, source in (
        home_dag(form.spec)["tasks"][task].get("inputs", {}).get("artifacts", {}).items()
    ):
        output = source.get("taskOutputArtifact", {})
        producer = output.get("producerTask")
        if producer in parts and key != output_key(producer, output["outputArtifactKey"]):
            return str(key)
    return ""


def _is_plain(step: StepPlan) -> bool:
    grouped = step.loop or step.when or step.on_exit
    return not (grouped or step.decides or step.part_of)


def _differences(
    form: Documents, one: str, other: str, parts: Mapping[str, StepParts]
) -> Iterator[str]:
    """Yield the settings of pods in which two steps differ."""
    for mine, theirs in zip(_pod(form, one, parts), _pod(form, other, parts), strict=True):
        yield from (key for key in sorted({*mine, *theirs}) if mine.get(key) != theirs.get(key))


def _pod(form: Documents, task: str, parts: Mapping[str, StepParts]) -> tuple[Json, Json, Json]:
    container = form.spec["deploymentSpec"]["executors"][executor_label(task)]["container"]
    own = {key: each for key, each in container.items() if key != "args"}
    said = {key: each for key, each in parts[task].task.items() if key != "taskInfo"}
    return own, _without_description(parts[task].kubernetes), said


def _without_description(settings: Json) -> Json:
    """Return settings of Kubernetes without the sentence about one step."""
    metadata = dict(settings.get("podMetadata", {}))
    notes = {k: v for k, v in metadata.pop("annotations", {}).items() if k != DESCRIPTION_KEY}
    others = {key: each for key, each in settings.items() if key != "podMetadata"}
    return {**others, **filled(podMetadata=filled(annotations=notes, **metadata))}


def _join(spec: Json, settings: Json, name: str, steps: tuple[str, ...]) -> None:
    """Put one task in the place of several."""
    home, executors = home_dag(spec)["tasks"], spec["deploymentSpec"]["executors"]
    tasks = {step: home.pop(step) for step in steps}
    components = {step: spec["components"].pop(component_name(step)) for step in steps}
    containers = [executors.pop(executor_label(step))["container"] for step in steps]
    pods = [settings.pop(executor_label(step), {}) for step in steps]
    code, _, _, request = containers[0]["args"]
    hashes = ",".join(each["args"][2] for each in containers)
    container = {**containers[0], "args": [code, ",".join(steps), hashes, request]}
    executors[executor_label(name)] = {"container": container}
    settings.update(filled(**{executor_label(name): _without_description(pods[0])}))
    declared: dict[str, Json] = {"parameters": {}, "artifacts": {}}
    left: dict[str, Json] = {"parameters": {}, "artifacts": {}}
    given: dict[str, Json] = {"parameters": {}, "artifacts": {}}
    for step, component in components.items():
        for kind, defined in component.get("inputDefinitions", {}).items():
            sources = tasks[step].get("inputs", {}).get(kind, {})
            taken = {key: each for key, each in sources.items() if not _is_from(each, tasks)}
            given[kind].update(taken)
            declared[kind].update({key: defined[key] for key in taken})
        outputs = component["outputDefinitions"]
        left["parameters"].update(outputs.get("parameters", {}))
        left["artifacts"].update(
            {output_key(step, key): each for key, each in outputs["artifacts"].items()}
        )
    spec["components"][component_name(name)] = {
        **filled(inputDefinitions=filled(**declared)),
        "outputDefinitions": filled(**left),
        "executorLabel": executor_label(name),
    }
    waits = {each for task in tasks.values() for each in task.get("dependentTasks", ())}
    home[name] = {
        **tasks[steps[0]],
        "taskInfo": {"name": name},
        "componentRef": {"name": component_name(name)},
        "inputs": filled(**given),
        "dependentTasks": sorted(waits - tasks.keys()),
    }


def _is_from(source: Json, tasks: Collection[str]) -> bool:
    return source.get("taskOutputArtifact", {}).get("producerTask") in tasks


def _take_from_pods(name: str, task: Json, of_step: Mapping[str, str]) -> None:
    """Have a task take from, and wait for, the tasks that stand for several steps."""
    for source in task.get("inputs", {}).get("artifacts", {}).values():
        output = source.get("taskOutputArtifact", {})
        if pod := of_step.get(output.get("producerTask", "")):
            key = output_key(output["producerTask"], output["outputArtifactKey"])
            output.update(producerTask=pod, outputArtifactKey=key)
    waits = {of_step.get(each, each) for each in task.pop("dependentTasks", ())} - {name}
    task.update(filled(dependentTasks=sorted(waits)))
    if not task.get("inputs", {}):
        task.pop("inputs", None)
