"""Whether this machine can ever give the steps what they ask for: said before anything starts."""

from collections.abc import Iterator

from ...analysis.plan import Plan
from ...errors import Code, KfpExtError, Problem
from .machine import Machine, read_machine
from .needs import gpu_types, needs_known
from .spec import Pipeline

_REMEDY = (
    "Ask for less, run it on a cluster, or run it here with what there is: `--ignore-resources`."
)


def check_fit(pipeline: Pipeline, plan: Plan, too_much: bool) -> tuple[str, ...]:
    """Refuse a pipeline of which a step asks for more than this machine has.

    With `too_much` it may run all the same; what is said of it then is returned. Raises
    `KfpExtError`: `resources-missing`, `option-invalid` for an amount that cannot be read.
    """
    if not any(leaf.container and leaf.container.resources for leaf in pipeline.root.leaves()):
        return ()
    problems = tuple(_problems(pipeline, plan, read_machine(gpu_types(pipeline))))
    errors = [each for each in problems if each.code is not Code.RESOURCES_MISSING or not too_much]
    if errors:
        raise KfpExtError(errors)
    return tuple(f"{each.message} It gets what there is." for each in problems)


def _problems(pipeline: Pipeline, plan: Plan, machine: Machine) -> Iterator[Problem]:
    planned = {step.task: step for step in plan.steps}
    for leaf in pipeline.root.leaves():
        if leaf.container is None:
            continue
        step = planned.get(leaf.name)
        if step is not None and step.part_of:
            continue  # it has the options of the step that it decides on
        name = step.name if step else leaf.name
        found: dict[str | None, tuple[Code, str, str]] = {}
        try:
            for option, words in machine.lacks(needs_known(leaf.container)).items():
                found[option] = (Code.RESOURCES_MISSING, f"asks for {words}", _REMEDY)
        except ValueError as error:
            said = f"asks for what cannot be read: {error}"
            found[None] = (Code.OPTION_INVALID, said, "Write `500m`, `2` or `8Gi`.")
        cell = step.cells[0] if step and step.cells else None
        for about, (code, said, remedy) in found.items():
            yield Problem(
                code,
                f"Step {name} {said}.",
                remedy,
                cell=cell.number if cell else None,
                cell_id=cell.cell_id if cell else None,
                option=about,
                step=name,
            )
