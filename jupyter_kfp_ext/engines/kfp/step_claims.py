"""What is worth saying of the volume claims that steps mount, before a run starts.

Nothing is refused: a claim may be made meanwhile, and one node may have room for all.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from ...compiler.components import executor_label
from ..local.record import StepRecord
from ..local.spec import Dag, Pipeline

Json = Mapping[str, Any]
_SHARED = frozenset({"ReadWriteMany", "ReadOnlyMany"})


def claim_notes(
    steps: Sequence[StepRecord],
    pipeline: Pipeline,
    settings: Mapping[str, Json],
    claim: Callable[[str], Json | None],
) -> Iterator[str]:
    """Yield a sentence for each claim that steps will wait for, or cannot share everywhere.

    `settings` are those of Kubernetes by executor; `claim` returns a claim by its name, None where
    there is none.
    """
    users: dict[str, list[StepRecord]] = {}
    for step in steps:
        for name in dict.fromkeys(_claims_of(step, settings)):
            users.setdefault(name, []).append(step)
    repeated = frozenset(_repeated(pipeline.root, False))
    before = _all_before(
        steps, frozenset(task.path for task in pipeline.root.tasks if task.whatever)
    )
    for name, listed in users.items():
        found = claim(name)
        names = ", ".join(step.name for step in listed)
        if found is None:
            yield f"There is no claim {name} in the namespace: {names} will wait until it is made."
            continue
        modes = found["spec"].get("accessModes") or ()
        at_once = _at_once(listed, before, repeated)
        if at_once and not _SHARED.intersection(modes):
            yield (
                f"The claim {name} is {', '.join(modes)}, and {' and '.join(at_once)} may run at "
                "once: on two nodes one waits for the other, which may never end. Use a claim that "
                "is ReadWriteMany, or put them in an order with `after`."
            )


def _claims_of(step: StepRecord, settings: Mapping[str, Json]) -> Iterator[str]:
    for path, _ in step.parts or ((step.task, ""),):
        own = settings.get(executor_label(path.rpartition("/")[2]), {})
        yield from (each["constant"] for each in own.get("pvcMount", ()) if each.get("constant"))


def _repeated(dag: Dag, within: bool) -> Iterator[str]:
    """Yield the paths of tasks of which several iterations may run at once."""
    for task in dag.tasks:
        inside = within or (task.loop is not None and task.loop.limit != 1)
        if inside:
            yield task.path
        if task.dag is not None:
            yield from _repeated(task.dag, inside)


def _all_before(steps: Sequence[StepRecord], at_exit: frozenset[str]) -> dict[str, frozenset[str]]:
    """Return what has ended when a step starts, by its task; steps are in an order of the graph."""
    found: dict[str, frozenset[str]] = {}
    for step in steps:
        found[step.task] = frozenset(step.after).union(*(found.get(one, ()) for one in step.after))
        if step.node in at_exit:
            found[step.task] = frozenset(each.task for each in steps)
    return found


def _at_once(
    steps: list[StepRecord], before: Mapping[str, frozenset[str]], repeated: frozenset[str]
) -> tuple[str, ...]:
    """Return the first steps that may run at the same time; empty where none may."""
    for number, step in enumerate(steps):
        if any(path in repeated for path, _ in step.parts):
            return (f"iterations of {step.name}",)
        for other in steps[number + 1 :]:
            same_pod = bool(step.chain) and step.chain == other.chain
            ordered = step.task in before[other.task] or other.task in before[step.task]
            if not (same_pod or ordered):
                return step.name, other.name
    return ()
