"""The steps of an exported pipeline as components of the kfp SDK: a Python function each."""

from collections.abc import Iterator, Mapping
from typing import Any

from ...runtime.step.place import RUNTIME_FILE
from ..bundle_place import BUNDLE_PATH
from ..code_artifacts import WRITE_CODE
from ..parameters import KFP_TYPES
from .python_names import Names
from .python_text import Expression, call, function, identifier, indented, literal
from .tree import Node

_PYTHON_TYPES = {kfp: python for python, kfp in KFP_TYPES.items()}
BOOTSTRAP_FILE = "bootstrap.py"
"""The script that starts a step."""
HAND_OUT_RUNTIME = "hand_out_runtime.py"
"""The script of the task that gives the other steps the code that runs them."""


def component(node: Node, names: Names) -> str:
    """Return the function of a step."""
    dsl = names.imported["dsl"]
    outputs = _outputs(node.component, names)
    arguments = [*_inputs(node.component, names), *(f"{a}: {kind}" for a, kind in outputs.values())]
    container = node.executor["container"]
    command, args = _command(container, names)
    spec = {"image": container["image"], "command": command, "args": args}
    own = names.components[node.name]
    text = function(f"{dsl}.container_component", own, _defaults_last(arguments))
    text += indented(f"return {call(f'{dsl}.ContainerSpec', (), spec)}\n")
    if needs_renaming(node):
        changed = {argument: key for key, (argument, _) in outputs.items() if argument != key}
        text += f"\n\n{call(names.renamed, [Expression(own)], changed)}\n"
    return text


def needs_renaming(node: Node) -> bool:
    """Whether an output of a step has the name of an input: Python has one name for both."""
    inputs, outputs = (
        {key for kind in node.component.get(part, {}).values() for key in kind}
        for part in ("inputDefinitions", "outputDefinitions")
    )
    return not inputs.isdisjoint(outputs)


def renaming(names: Names) -> str:
    """Return the function that gives an output the name of an input."""
    return f'''\
def {names.renamed}(component, **outputs):
    """Rename outputs: in KFP, but not in Python, an input may have the same name."""
    spec = component.component_spec
    spec.outputs = {{outputs.get(name, name): each for name, each in spec.outputs.items()}}
'''


def group_inputs(component: Mapping[str, Any], names: Names) -> list[str]:
    """Return the arguments of the function of a group."""
    return _defaults_last(_inputs(component, names))


def root_inputs(parameters: Mapping[str, Mapping[str, Any]], names: Names) -> list[str]:
    """Return the arguments of the pipeline's function, with their defaults."""
    found = []
    for name, declared in parameters.items():
        kind = _PYTHON_TYPES[declared["parameterType"]]
        default = declared.get("defaultValue")
        if default is None:
            found.append(f"{name}: {names.imported['Optional']}[{kind}] = None")
        else:
            value = float(default) if kind == "float" else default
            found.append(f"{name}: {kind} = {literal(value)}")
    return found


def _defaults_last(arguments: Iterator[str] | list[str]) -> list[str]:
    return sorted(arguments, key=lambda each: each.endswith(" = None"))


def _inputs(component: Mapping[str, Any], names: Names) -> Iterator[str]:
    dsl, optional = names.imported["dsl"], names.imported["Optional"]
    declared = component.get("inputDefinitions", {})
    for name, each in declared.get("artifacts", {}).items():
        kind = _artifact(each, dsl)
        kind = f"{names.imported['List']}[{kind}]" if each.get("isArtifactList") else kind
        yield f"{name}: {dsl}.Input[{kind}]"
    for name, each in declared.get("parameters", {}).items():
        if each["parameterType"] == "TASK_FINAL_STATUS":
            yield f"{name}: {dsl}.PipelineTaskFinalStatus"
            continue
        kind = _PYTHON_TYPES[each["parameterType"]]
        yield f"{name}: {optional}[{kind}] = None" if each.get("isOptional") else f"{name}: {kind}"


def _outputs(component: Mapping[str, Any], names: Names) -> dict[str, tuple[str, str]]:
    """Return the outputs of a step by their keys: the argument in Python, and its annotation."""
    dsl = names.imported["dsl"]
    declared = component.get("outputDefinitions", {})
    inputs = {key for kind in component.get("inputDefinitions", {}).values() for key in kind}
    taken = {*inputs, *(key for kind in declared.values() for key in kind)}
    kinds = {
        key: f"{dsl}.Output[{_artifact(each, dsl)}]"
        for key, each in declared.get("artifacts", {}).items()
    }
    for key, each in declared.get("parameters", {}).items():
        kind = _PYTHON_TYPES[each["parameterType"]]
        # The items of a loop; without their type the SDK would take them for text.
        kind = f"{names.imported['List']}[dict]" if kind == "list" else kind
        kinds[key] = f"{dsl}.OutputPath({kind})"
    found = {}
    for key, kind in kinds.items():
        argument = identifier(f"{key}_out", taken) if key in inputs else key
        taken.add(argument)
        found[key] = argument, kind
    return found


def _artifact(declared: Mapping[str, Any], dsl: str) -> str:
    return f"{dsl}.{declared['artifactType']['schemaTitle'].removeprefix('system.')}"


def _command(container: Mapping[str, Any], names: Names) -> tuple[Expression, Any]:
    """Return command and arguments, whose code is packed when the pipeline is compiled."""
    packing = names.imported["packing"]
    args = container["args"]
    if WRITE_CODE in container["command"]:
        command = call(f"{packing}.command", [HAND_OUT_RUNTIME])
        return command, [call(f"{packing}.packed_runtime"), _path(args[1])]
    command = call(f"{packing}.command", [BOOTSTRAP_FILE])
    place, step, _, _, *parts = args
    if place == BUNDLE_PATH:
        return command, call(f"{packing}.mounted", [step])
    if not parts:
        return command, call(f"{packing}.inlined", [step])
    inlined = call(f"{packing}.inlined", [step], {"apart": [RUNTIME_FILE]})
    return command, [Expression(f"*{inlined}"), *(_path(each) for each in parts)]


def _path(placeholder: str) -> Expression:
    """Return what stands for the path of an artifact: `{{$.inputs.artifacts['x'].path}}`."""
    name = placeholder.split("'")[1]
    return Expression(f"{name}.path")
