"""The names of an exported pipeline's functions and variables, chosen so that none hides another.

Inputs and outputs of steps are arguments in Python, so their names cannot be chosen: they are those
of the notebook's variables. Everything else gives way to them.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from .python_text import identifier
from .tree import Node, walk

_IMPORTED = ("compiler", "dsl", "kubernetes", "packing", "Path", "List", "NamedTuple", "Optional")
_BUILT_IN = ("bool", "dict", "float", "int", "list", "str")
"""Names that annotations use."""
_LONGEST = 30
"""Letters of a task that its variable has; a function's name must be the whole one."""


@dataclass(frozen=True)
class Names:
    """Names in `pipeline.py`, by what they stand for."""

    imported: Mapping[str, str]
    """What is imported, by its own name."""
    components: Mapping[str, str]
    """The function of each step, by its task."""
    conditions: Mapping[str, str]
    """The function of each condition, by its task."""
    tasks: Mapping[str, str]
    """The variable of each task."""
    pipeline: str
    """The function of the pipeline."""
    item: str
    """The variable of a loop's item."""
    task: str
    """The variable for one task after the other."""
    code: str
    """The variable for what names the code."""
    renamed: str
    """The function that gives a component names that Python has not."""
    where: str
    """The function that writes a condition."""


def find_names(name: str, parameters: Iterable[str], nodes: tuple[Node, ...]) -> Names:
    """Return the names for a pipeline with these parameters."""
    taken = {*_BUILT_IN, *parameters}
    taken.update(key for each in walk(nodes) for key in _arguments(each))

    def take(wanted: str) -> str:
        found = identifier(wanted, taken)
        taken.add(found)
        return found

    imported = {each: take(each) for each in _IMPORTED}
    return Names(
        imported,
        {each.name: take(each.name) for each in walk(nodes) if each.is_step},
        {
            each.name: take(f"{each.name}_condition")
            for each in walk(nodes)
            if each.kind == "condition"
        },
        {
            each: take(f"{each[:_LONGEST].rstrip('-')}_task")
            for each in dict.fromkeys(one.name for one in walk(nodes))
        },
        take(f"{name}_pipeline"),
        *(take(each) for each in ("item", "task", "code", "renamed", "run_where")),
    )


def _arguments(node: Node) -> set[str]:
    """Return the keys that are arguments of functions: what goes in and comes out."""
    definitions: list[Mapping[str, Any]] = [
        node.component.get("inputDefinitions", {}),
        node.component.get("outputDefinitions", {}),
    ]
    return {key for each in definitions for kind in each.values() for key in kind}
