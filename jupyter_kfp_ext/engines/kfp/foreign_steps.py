"""The steps of a run that was started elsewhere, without the tasks that only serve them."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from ...analysis.plan import Plan
from ...compiler.code_artifacts import WRITE_CODE
from ...compiler.components import ITEMS, RUN
from ...compiler.snapshots import asked_snapshots
from ..local.record import StepRecord
from ..local.spec import Dag, Pipeline, Task, TaskOutput
from ..local.step_records import step_records


def steps_of_others(pipeline: Pipeline, plan: Plan) -> tuple[StepRecord, ...]:
    """Return the steps; what decides on one, or takes a snapshot before it, belongs to it.

    So they are as in runs of ours, also where no notebook says what its steps are.
    """
    served = {task: (path, claims) for path, task, claims in _takers(pipeline)}
    hidden = {path.rpartition("/")[2] for path, _ in served.values()}
    hidden |= {
        leaf.name
        for leaf in pipeline.root.leaves()
        if leaf.container and WRITE_CODE in leaf.container.command
    }
    deciders = dict(_deciders(pipeline.root))
    steps = []
    for step in step_records(pipeline, plan):
        name = (step.node or step.task).rpartition("/")[2]
        if name in hidden or (not step.cells and step.parts[0][0] in deciders):
            continue
        step = replace(step, after=tuple(each for each in step.after if each not in hidden))
        if not step.cells:
            step = _with_deciders(step, deciders)
        if name in served:
            path, claims = served[name]
            # Snapshots are named by the step's task, which is not always that of its path.
            step = replace(step, snapshot=path, snapshot_of=claims if step.task == name else ())
        steps.append(step)
    shown = {path: step.task for step in steps for path, _ in step.parts}
    waits = dict(_waits(pipeline.root, (), shown))
    return tuple(step if step.cells else _in_order(step, waits) for step in steps)


def _takers(pipeline: Pipeline) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """Yield path, step and claims of the tasks that take snapshots."""
    for leaf in pipeline.root.leaves():
        asked = asked_snapshots(leaf.container.args) if leaf.container else None
        if asked is not None:
            yield leaf.path, *asked


def _deciders(dag: Dag) -> Iterator[tuple[str, Task]]:
    """Yield the paths of our tasks that decide on another one, each with that one.

    It is a loop's group, whose items they give, or the task beside them that runs or does not.
    """
    for task in dag.tasks:
        for key in {ITEMS, RUN} & set(task.output_parameters):
            decided = TaskOutput(task.name, key)
            for other in dag.tasks:
                if task.container is not None and decided in other.parameters.values():
                    yield task.path, other
        if task.dag is not None:
            yield from _deciders(task.dag)


def _with_deciders(step: StepRecord, deciders: Mapping[str, Task]) -> StepRecord:
    """Return a step with the tasks that decide on it."""
    cells = step.parts[0][0]
    for path, decided in deciders.items():
        if cells == decided.path or cells.startswith(f"{decided.path}/"):
            step = replace(step, parts=(*step.parts, (path, path.rpartition("/")[2])))
            if step.node == cells:  # both are in the group of a condition
                step = replace(step, node=cells.rpartition("/")[0])
    return step


def _waits(
    dag: Dag, outer: tuple[str, ...], shown: Mapping[str, str]
) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield what each task waits for, as steps; `outer`: what its DAG waits for."""
    beside = {task.name: task for task in dag.tasks}
    for task in dag.tasks:
        found = [end for name in task.after for end in _ends(beside[name], beside, shown)]
        waits = tuple(dict.fromkeys(found)) or outer
        if task.dag is None:
            yield task.path, waits
        else:
            yield from _waits(task.dag, waits, shown)


def _ends(task: Task, beside: Mapping[str, Task], shown: Mapping[str, str]) -> Iterator[str]:
    """Yield the steps that end a task: of a DAG the last ones, of what is no step those before."""
    if task.path in shown:
        yield shown[task.path]
    elif task.dag is None:
        for name in task.after:
            yield from _ends(beside[name], beside, shown)
    else:
        inner = {each.name: each for each in task.dag.tasks}
        followed = {name for each in inner.values() for name in each.after}
        for name in inner:
            if name not in followed:
                yield from _ends(inner[name], inner, shown)


def _in_order(step: StepRecord, waits: Mapping[str, tuple[str, ...]]) -> StepRecord:
    found = [each for path, _ in step.parts for each in waits[path]]
    return replace(step, after=tuple(each for each in dict.fromkeys(found) if each != step.task))
