"""Which tasks of a specification are one step for the user, and how a run shows it."""

from collections.abc import Mapping

from ...analysis.plan import Plan, StepPlan
from .needs import asked_for
from .record import StepRecord
from .spec import Dag, Pipeline, Task
from .upstream import step_of, upstream


def step_records(pipeline: Pipeline, plan: Plan) -> tuple[StepRecord, ...]:
    """Return the steps of a run: those of the notebook in its order, then tasks of others.

    A step of the notebook has all tasks that the compiler made of it: the group, the task that
    runs its cells, and the one that decides on it. A pipeline of others has a step for each task
    that is a process; one in a loop ends with the outermost loop.
    """
    after = upstream(pipeline.root, {step.task: step.part_of or step.task for step in plan.steps})
    leaves = [leaf for leaf in pipeline.root.leaves() if leaf.container is not None]
    known = {step.task: step for step in plan.steps}
    own: dict[str, list[tuple[str, str]]] = {}
    others: list[Task] = []
    for leaf in leaves:
        planned = known.get(leaf.name)
        if planned is None:
            others.append(leaf)
        elif planned.part_of:
            own.setdefault(planned.part_of, []).append((leaf.path, leaf.name))
        else:
            own.setdefault(planned.task, []).append((leaf.path, ""))
    asked = {leaf.name: _requests(leaf) for leaf in leaves}
    steps = [
        _own(step, own[step.task], after, asked[step.task])
        for step in plan.steps
        if not step.part_of
    ]
    loops = _outermost_loops(pipeline.root, "")
    return (*steps, *(_other(leaf, loops.get(leaf.path, leaf.path), after) for leaf in others))


def _own(
    step: StepPlan,
    parts: list[tuple[str, str]],
    after: dict[str, tuple[str, ...]],
    requests: Mapping[str, str],
) -> StepRecord:
    cells = next(path for path, name in parts if not name)
    words = cells.split("/")
    # The step's group has the name of the step, as the task in it that runs the cells.
    node = "/".join(words[: words.index(step.task) + 1])
    waits = [each for path in (node, *(path for path, _ in parts)) for each in after[path]]
    names = {name for _, name in parts}
    return StepRecord(
        name=step.name,
        task=step.task,
        title=step.options.display_name or step.name,
        cells=tuple(cell.cell_id for cell in step.cells),
        after=tuple(dict.fromkeys(each for each in waits if each not in (*names, step.task))),
        node=node,
        parts=tuple(parts),
        when=step.when,
        requests=requests,
        packages=step.options.packages,
    )


def _other(leaf: Task, node: str, after: dict[str, tuple[str, ...]]) -> StepRecord:
    return StepRecord(
        name=leaf.name,
        task=step_of(leaf.path),
        title=leaf.title,
        cells=(),
        after=after[leaf.path],
        node=node,
        parts=((leaf.path, ""),),
        requests=_requests(leaf),
    )


def _requests(leaf: Task) -> dict[str, str]:
    return asked_for(leaf.container.resources) if leaf.container else {}


def _outermost_loops(dag: Dag, loop: str) -> dict[str, str]:
    """Return the path of the outermost loop around each task that is in one."""
    found = {}
    for task in dag.tasks:
        around = loop or (task.path if task.loop else "")
        if around:
            found[task.path] = around
        if task.dag is not None:
            found.update(_outermost_loops(task.dag, around))
    return found
