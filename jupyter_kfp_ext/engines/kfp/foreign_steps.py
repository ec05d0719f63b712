"""The steps of a run that was started elsewhere, without the tasks that only serve them."""

from collections.abc import Iterator
from dataclasses import replace

from ...analysis.plan import Plan
from ...compiler.code_artifacts import WRITE_CODE
from ...compiler.snapshots import asked_snapshots
from ..local.record import StepRecord
from ..local.spec import Pipeline
from ..local.step_records import step_records


def steps_of_others(pipeline: Pipeline, plan: Plan) -> tuple[StepRecord, ...]:
    """Return the steps; a snapshot that is taken before one belongs to it, as in runs of ours."""
    served = {task: (path, claims) for path, task, claims in _takers(pipeline)}
    hidden = {path.rpartition("/")[2] for path, _ in served.values()}
    hidden |= {
        leaf.name
        for leaf in pipeline.root.leaves()
        if leaf.container and WRITE_CODE in leaf.container.command
    }
    steps = []
    for step in step_records(pipeline, plan):
        name = (step.node or step.task).rpartition("/")[2]
        if name in hidden:
            continue
        step = replace(step, after=tuple(each for each in step.after if each not in hidden))
        if name in served:
            path, claims = served[name]
            # Snapshots are named by the step's task, which is not always that of its path.
            step = replace(step, snapshot=path, snapshot_of=claims if step.task == name else ())
        steps.append(step)
    return tuple(steps)


def _takers(pipeline: Pipeline) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """Yield path, step and claims of the tasks that take snapshots."""
    for leaf in pipeline.root.leaves():
        asked = asked_snapshots(leaf.container.args) if leaf.container else None
        if asked is not None:
            yield leaf.path, *asked
