"""Names that KFP and Argo give the nodes of a run, and which task and iteration each one is.

The rules were checked on recorded runs of KFP 2.17 (docs/kfp-engine.md): a node's id is the
workflow's name and the FNV-1a hash of its own name, so that ids can be told from names.
"""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from enum import Enum

from ..local.spec import Dag, Pipeline, Task

_ITERATION = re.compile(r"iteration-iterations\((\d+):\d+\)")
_ATTEMPT = re.compile(r"executor\((\d+)\)")
_OF_LOOPS = frozenset({"iteration-iterations", "iteration-driver", "iteration-item-driver"})


class Part(Enum):
    """What a node is to its task."""

    TASK = "task"
    """The task as a whole: container with its executor, or a DAG."""
    EXECUTOR = "executor"
    """The pod of a container task, or the group of its attempts."""
    DRIVER = "driver"
    ITERATION = "iteration"
    """One iteration of a loop."""
    OTHER = "other"


@dataclass(frozen=True)
class Place:
    """Where a node stands in the pipeline."""

    path: str
    """The task, as `Task.path`: `loop/train`; empty for the pipeline itself."""
    iteration: str = ""
    """As `Iteration.key`; empty outside loops."""
    part: Part = Part.TASK
    attempt: int | None = None
    """Of an attempt of a task with retries, from 0."""


def node_id(workflow: str, name: str) -> str:
    """Return the id of the node of a name (FNV-1a, 32 bits, as Argo's `NodeID`)."""
    if name == workflow:
        return name
    number = 0x811C9DC5
    for byte in name.encode():
        number = ((number ^ byte) * 0x01000193) & 0xFFFFFFFF
    return f"{workflow}-{number}"


def read_name(name: str, workflow: str, known: Collection[str]) -> Place:
    """Return the place that a node's name says; `known` are the paths of the pipeline's tasks."""
    path: list[str] = []
    iteration: list[str] = []
    part, attempt = Part.TASK, None
    segments = name.removeprefix(workflow).removeprefix(".").split(".")
    for segment in segments[1:]:
        part, attempt = Part.TASK, None
        at_iteration = _ITERATION.fullmatch(segment)
        at_attempt = _ATTEMPT.fullmatch(segment)
        if "/".join((*path, segment)) in known:
            path.append(segment)
        elif at_iteration:
            iteration.append(at_iteration[1])
            part = Part.ITERATION
        elif segment == "iteration-item":
            part = Part.ITERATION
        elif segment in _OF_LOOPS:
            part = Part.OTHER
        elif segment == "onExit":
            path = path[:-1]
            part = Part.OTHER
        elif at_attempt or segment == "executor":
            part, attempt = Part.EXECUTOR, int(at_attempt[1]) if at_attempt else None
        elif "/".join((*path, segment.removesuffix("-driver"))) in known:
            path.append(segment.removesuffix("-driver"))
            part = Part.DRIVER
        else:
            part = Part.OTHER
    if segments == ["root-driver"]:
        part = Part.DRIVER
    return Place("/".join(path), ".".join(iteration), part, attempt)


def task_paths(dag: Dag) -> Iterator[str]:
    """Yield the paths of all tasks of a DAG and of those in it."""
    for task in dag.tasks:
        yield task.path
        if task.dag is not None:
            yield from task_paths(task.dag)


def node_names(pipeline: Pipeline, workflow: str, iterations: int, attempts: int) -> Iterator[str]:
    """Yield the names that nodes of a run can have.

    Loops are taken to have `iterations` iterations each, tasks with retries `attempts` attempts.
    """
    yield f"{workflow}.root"
    yield f"{workflow}.root-driver"
    yield from _of_dag(pipeline.root, f"{workflow}.root", iterations, attempts)


def _of_dag(dag: Dag, at: str, iterations: int, attempts: int) -> Iterator[str]:
    for task in dag.tasks:
        for name in _bases(task, at):
            yield name
            yield f"{name}-driver"
            if task.dag is None:
                yield f"{name}.executor"
                if task.retry.count:
                    yield from (f"{name}.executor({n})" for n in range(attempts))
            elif task.loop is None:
                yield from _of_dag(task.dag, name, iterations, attempts)
            else:
                yield f"{name}.iteration-driver"
                yield f"{name}.iteration-iterations"
                for n in range(iterations):
                    item = f"{name}.iteration-iterations({n}:{n})"
                    yield from (item, f"{item}.iteration-item", f"{item}.iteration-item-driver")
                    inside = f"{item}.iteration-item"
                    yield from _of_dag(task.dag, inside, iterations, attempts)


def _bases(task: Task, at: str) -> list[str]:
    """Return a task's names; an exit task is a hook of what it waits for."""
    if task.whatever:
        return [f"{at}.{before}.onExit.{task.name}" for before in task.after]
    return [f"{at}.{task.name}"]
