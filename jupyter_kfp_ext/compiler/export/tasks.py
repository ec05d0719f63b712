"""The tasks of an exported pipeline, as the kfp SDK has them, and the functions they stand in."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from ..components import ITEM, PLACE
from ..groups import RUNS
from ..parts import CODE_FOLDER
from .components import group_inputs, root_inputs
from .python_names import Names
from .python_text import Expression, call, enclosed, function, indented
from .settings import code_mounts, container_calls, kubernetes_calls, task_calls
from .tree import Node


@dataclass(frozen=True)
class _Scope:
    """Where the inputs of the tasks of one DAG come from."""

    names: Names
    parameters: Mapping[str, Expression]
    """Those of the DAG itself, by their keys."""
    artifacts: Mapping[str, Expression]
    loops: frozenset[str]
    """Tasks that run once for each item."""

    def sources(self, inputs: Mapping[str, Mapping[str, Any]]) -> dict[str, Expression]:
        """Return where inputs come from by their keys, but for what the SDK fills in itself."""
        return {
            key: self._source(said) for key, said in inputs.items() if "taskFinalStatus" not in said
        }

    def _source(self, said: Mapping[str, Any]) -> Expression:
        if "componentInputParameter" in said:
            return self.parameters[said["componentInputParameter"]]
        if "componentInputArtifact" in said:
            return self.artifacts[said["componentInputArtifact"]]
        if "taskOutputParameter" in said:
            output = said["taskOutputParameter"]
            return self._output(output["producerTask"], output["outputParameterKey"])
        output = said["taskOutputArtifact"]
        found = self._output(output["producerTask"], output["outputArtifactKey"])
        collected = f"{self.names.imported['dsl']}.Collected"
        return call(collected, [found]) if output["producerTask"] in self.loops else found

    def _output(self, task: str, key: str) -> Expression:
        return Expression(f'{self.names.tasks[task]}.outputs["{key}"]')


def pipeline_function(
    info: Mapping[str, str],
    parameters: Mapping[str, Mapping[str, Any]],
    nodes: tuple[Node, ...],
    names: Names,
) -> str:
    """Return the function of the pipeline with its parameters in this order."""
    said = {
        "name": info["name"],
        "display_name": info.get("displayName"),
        "description": info.get("description"),
    }
    decorator = call(
        f"{names.imported['dsl']}.pipeline",
        (),
        {key: text for key, text in said.items() if text is not None},
    )
    scope = _own_scope(names, parameters, ())
    body = _body(nodes, scope) + _mounts(nodes, names)
    head = function(decorator, names.pipeline, root_inputs(parameters, names))
    return head + indented(_needed(body, names))


def condition_function(node: Node, names: Names) -> str:
    """Return the function of a condition: what decides, and the step that may be skipped."""
    declared = node.component.get("inputDefinitions", {})
    scope = _own_scope(names, declared.get("parameters", {}), declared.get("artifacts", {}))
    decorator = call(f"{names.imported['dsl']}.pipeline", (), {"name": node.name})
    body = _body(node.inner, scope) + _mounts(node.inner, names)
    result = ""
    leaves = "outputDefinitions" in node.component
    if leaves:
        outputs = f'{names.imported["NamedTuple"]}("Outputs", [("{PLACE}", str)])'
        result = f" -> {outputs}"
        place = f'{names.tasks[node.name]}.outputs["{PLACE}"]'
        body += f"return {outputs}({place})\n"
    own = names.conditions[node.name]
    head = function(decorator, own, group_inputs(node.component, names), result)
    text = head + indented(_needed(body, names))
    decider = next(each.name for each in node.inner if each.name != node.name)
    named = {"step": node.name, "otherwise": decider, **({"output": PLACE} if leaves else {})}
    return f"{text}\n\n{call(names.where, [Expression(own)], named)}\n"


def condition_writing(names: Names) -> str:
    """Return the function that puts a condition on a task."""
    return f'''\
def {names.where}(group, step, otherwise, output=None):
    """Run a step of a group only where the other one says so; the output is of the one that ran.

    KFP can do so, but the SDK has no words for it: it puts conditions on groups.
    """
    dag = group.component_spec.implementation.graph.root.dag
    dag.tasks[step].trigger_policy.condition = "{RUNS}"
    if output:
        selectors = dag.outputs.parameters[output].value_from_oneof.parameter_selectors
        for task in (step, otherwise):
            selectors.add(producer_subtask=task, output_parameter_key=output)
'''


def _own_scope(names: Names, parameters: Any, artifacts: Any) -> _Scope:
    return _Scope(
        names,
        {key: Expression(key) for key in parameters},
        {key: Expression(key) for key in artifacts},
        frozenset(),
    )


def _body(nodes: tuple[Node, ...], around: _Scope) -> str:
    """Return the statements that make the tasks of one DAG."""
    scope = replace(around, loops=frozenset(each.name for each in nodes if each.kind == "loop"))
    at_exit = next((each for each in nodes if each.kind == "exit"), None)
    text = ""
    for node in nodes:
        if node.kind == "handler" and at_exit is not None:
            handler = f"{scope.names.imported['dsl']}.ExitHandler"
            task = Expression(scope.names.tasks[at_exit.name])
            text += _task(at_exit, scope)
            text += f"with {call(handler, (), {'exit_task': task})}:\n"
            text += indented(_body(node.inner, around))
        elif node.kind == "loop":
            text += _loop(node, scope)
        elif node.kind != "exit":
            text += _task(node, scope)
    return text


def _loop(node: Node, scope: _Scope) -> str:
    iterator = node.task["parameterIterator"]
    declared = node.task.get("inputs", {})
    parameters = scope.sources(declared.get("parameters", {}))
    artifacts = scope.sources(declared.get("artifacts", {}))
    raw = iterator["items"].get("raw")
    items = parameters[iterator["items"]["inputParameter"]] if raw is None else json.loads(raw)
    said = {
        "name": node.task["taskInfo"]["name"],
        "parallelism": node.task.get("iteratorPolicy", {}).get("parallelismLimit"),
    }
    loop = call(
        f"{scope.names.imported['dsl']}.ParallelFor",
        [items],
        {key: value for key, value in said.items() if value is not None},
    )
    parameters[ITEM] = Expression(scope.names.item)
    inside = replace(scope, parameters=parameters, artifacts=artifacts, loops=frozenset())
    (step,) = node.inner
    body = _task(step, inside, _waits(node, scope.names))
    return f"with {loop} as {scope.names.item}:\n{indented(body)}"


def _task(node: Node, scope: _Scope, waits: list[Expression] | None = None) -> str:
    names, task = scope.names, scope.names.tasks[node.name]
    inputs: dict[str, Expression] = {}
    for kind in node.task.get("inputs", {}).values():
        inputs |= scope.sources(kind)
    dsl = names.imported["dsl"]
    made = node.name
    if node.kind == "importer":
        imported = {
            "artifact_uri": inputs["uri"],
            "artifact_class": Expression(f"{dsl}.Artifact"),
        }
        text = f"{call(f'{task} = {dsl}.importer', (), imported)}\n"
        made = "importer"
    elif node.kind == "condition":
        text = f"{call(f'{task} = {names.conditions[node.name]}', (), inputs)}\n"
        text += f"{task}.set_caching_options(False)\n"
    else:
        text = f"{call(f'{task} = {names.components[node.name]}', (), inputs)}\n"
    waits = _waits(node, names) if waits is None else waits
    if waits:
        text += f"{call(f'{task}.after', waits)}\n"
    return text + "".join(f"{each}\n" for each in _settings(node, names, made))


def _settings(node: Node, names: Names, made: str) -> Iterator[Expression]:
    """Yield the calls for the options of a task that is named `made` at first."""
    task = names.tasks[node.name]
    yield from task_calls(task, made, node.task)
    yield from container_calls(task, node.executor.get("container", {}))
    yield from kubernetes_calls(names.imported["kubernetes"], task, node.settings)


def _waits(node: Node, names: Names) -> list[Expression]:
    """Return the tasks that one waits for although it takes nothing from them."""
    if node.kind == "exit":
        return []
    inputs = node.task.get("inputs", {})
    taken = {
        said[key]["producerTask"]
        for kind in inputs.values()
        for said in kind.values()
        for key in ("taskOutputParameter", "taskOutputArtifact")
        if key in said
    }
    others = sorted({*node.task.get("dependentTasks", ())} - taken)
    return [Expression(names.tasks[each]) for each in others]


def _mounts(nodes: tuple[Node, ...], names: Names) -> str:
    """Return the statements that bring the code to the steps of a function."""
    steps = [each for each in _outside_conditions(nodes) if code_mounts(each.settings)]
    if not steps:
        return ""
    kubernetes, packing = names.imported["kubernetes"], names.imported["packing"]
    task = Expression(names.task)
    code = Expression(names.code)
    text, calls = "", ""
    for key, mount in code_mounts(steps[0].settings):
        place = mount["mountPath"]
        if key == "configMapAsVolume":
            text += f"{code} = {call(f'{packing}.config_map_name')}\n"
            made = call(f"{kubernetes}.use_config_map_as_volume", [task, code, place])
        elif place == CODE_FOLDER:
            folder = mount["subPath"].rpartition("/")[0]
            text += f"{code} = {call(f'{packing}.bundle_folder', [folder])}\n"
            made = call(f"{kubernetes}.mount_pvc", [task, mount["constant"], place, code])
        else:
            values = [task, mount["constant"], place, mount["subPath"]]
            made = call(f"{kubernetes}.mount_pvc", values)
        calls += f"{made}\n"
    listed = enclosed(f"for {task} in [", [names.tasks[each.name] for each in steps], "]:")
    return f"{text}{listed}\n{indented(calls)}"


def _outside_conditions(nodes: tuple[Node, ...]) -> Iterator[Node]:
    for each in nodes:
        if each.kind != "condition":
            yield each
            yield from _outside_conditions(each.inner)


def _needed(body: str, names: Names) -> str:
    """Return statements without the variables that nothing uses."""
    for task in names.tasks.values():
        if len(re.findall(rf"\b{task}\b", body)) == 1:
            body = re.sub(rf"\b{task} = ", "", body)
    return body
