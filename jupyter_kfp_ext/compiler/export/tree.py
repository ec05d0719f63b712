"""The tasks of a compiled pipeline as a tree, in the order in which a person would write them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

Kind = Literal["step", "importer", "loop", "condition", "handler", "exit"]
"""`handler`: everything in front of the step at the exit; `exit`: that step."""
_AT_EXIT = "ALL_UPSTREAM_TASKS_COMPLETED"


@dataclass(frozen=True)
class Node:
    """A task with what it runs."""

    name: str
    kind: Kind
    task: Mapping[str, Any]
    component: Mapping[str, Any]
    executor: Mapping[str, Any]
    """Container or importer; empty for a group."""
    settings: Mapping[str, Any]
    """Of its pod (`KubernetesExecutorConfig`)."""
    inner: tuple["Node", ...] = ()
    """The tasks of a group."""

    @property
    def is_step(self) -> bool:
        """Whether it is a container of its own."""
        return self.kind in ("step", "exit")


def read_tree(
    spec: Mapping[str, Any], settings: Mapping[str, Any], order: Mapping[str, int]
) -> tuple[Node, ...]:
    """Return the tasks of a pipeline, each after those that it waits for.

    `settings` are those of the pods by executor; `order` ranks tasks that may run at once.
    """

    def tasks_of(dag: Mapping[str, Any]) -> tuple[Node, ...]:
        tasks: dict[str, Mapping[str, Any]] = dict(dag["tasks"])
        handled = {
            waited for task in tasks.values() if _is_exit(task) for waited in task["dependentTasks"]
        }
        done: dict[str, Node] = {}
        while len(done) < len(tasks):
            name = min(
                (
                    name
                    for name, task in tasks.items()
                    if name not in done and done.keys() >= {*task.get("dependentTasks", ())}
                ),
                key=lambda name: (order.get(name, -1), name),
            )
            done[name] = node(name, tasks[name], name in handled)
        return tuple(done.values())

    def node(name: str, task: Mapping[str, Any], handled: bool) -> Node:
        component = spec["components"][task["componentRef"]["name"]]
        if "dag" in component:
            kind: Kind = "handler" if handled else "condition"
            if "parameterIterator" in task:
                kind = "loop"
            return Node(name, kind, task, component, {}, {}, tasks_of(component["dag"]))
        label = component["executorLabel"]
        executor = spec["deploymentSpec"]["executors"][label]
        kind = "exit" if _is_exit(task) else "importer" if "importer" in executor else "step"
        return Node(name, kind, task, component, executor, settings.get(label, {}))

    return tasks_of(spec["root"]["dag"])


def walk(nodes: tuple[Node, ...]) -> Iterator[Node]:
    """Yield tasks, each group before what is in it."""
    for each in nodes:
        yield each
        yield from walk(each.inner)


def _is_exit(task: Mapping[str, Any]) -> bool:
    return bool(task.get("triggerPolicy", {}).get("strategy") == _AT_EXIT)
