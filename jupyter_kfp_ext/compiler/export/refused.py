"""What the compiled form of a pipeline can say and the kfp SDK cannot: refused, with a way out."""

import re
from collections.abc import Iterator
from typing import Any

from ...analysis.plan import Plan
from ...errors import Code, Problem
from ...notation.model import Step
from ..code_artifacts import RUNTIME_KEY
from ..compiled import CompiledPipeline
from ..encoding import encode_parameter
from ..parts import said_at
from ..resources import quantity

_SIZE = re.compile(r"[0-9]+(E|Ei|P|Pi|T|Ti|G|Gi|M|Mi|K|Ki)?")
"""As `PipelineTask._validate_memory_request_limit` has it (kfp/dsl/pipeline_task.py)."""
_MEBIBYTE = 2**20
_ATTRIBUTES = frozenset(
    {"channel_type", "full_name", "is_artifact_list", "is_with_items_loop_argument"}
    | {"items_or_pipeline_channel", "name", "pattern", "task", "task_name"}
)
"""Of a loop's item in the SDK, which makes attributes of the keys of a dictionary, too
(`LoopParameterArgument` in kfp/dsl/for_loop.py)."""


def refused(compiled: CompiledPipeline) -> list[Problem]:
    """Return what stands in the way of exporting a pipeline, at the cells that say it."""
    plan = compiled.plan
    found = [problem for step in plan.model.steps for problem in (*_sizes(step), *_claims(step))]
    return [*found, *_loops(plan), *_parameters(plan)]


def _sizes(step: Step) -> Iterator[Problem]:
    for option in ("memory", "memory_limit"):
        said = getattr(step.options, option)
        if said is None or _SIZE.fullmatch(said):
            continue
        size = int(quantity(said))
        better = f"{size // _MEBIBYTE}Mi" if size % _MEBIBYTE == 0 else str(size)
        message = f"the kfp SDK does not take the size {said}"
        yield _problem(step, option, message, f"Write `{option}: {better}`.")


def _claims(step: Step) -> Iterator[Problem]:
    for each in step.options.volumes:
        if each.size is not None:
            message = f"who starts a run of it has to make the claim {each.claim!r} first"
            yield _problem(step, "volumes", message, "Mount a claim that is there: no `size`.")
        elif each.snapshot:
            message = f"it has no task that takes a snapshot of {each.claim!r}"
            yield _problem(step, "volumes", message, "Leave `snapshot` out.")


def _loops(plan: Plan) -> Iterator[Problem]:
    said = {step.name: step for step in plan.model.steps}
    for planned in plan.steps:
        items = planned.loop.values if planned.loop else None
        first = encode_parameter(items[0]) if items else None
        if not isinstance(first, dict) or (first and not _ATTRIBUTES & first.keys()):
            continue
        key = next(iter(sorted(_ATTRIBUTES & first.keys())), "")
        message = "the kfp SDK cannot loop over dictionaries "
        message += f"with the key {key!r}" if key else "the first of which is empty"
        remedy = "Give the list a name in an earlier cell, and loop over that name."
        yield _problem(said[planned.name], "for_each", message, remedy)


def _parameters(plan: Plan) -> Iterator[Problem]:
    for each in plan.parameters:
        if each.name in ("self", RUNTIME_KEY):
            wrong = "a step in Python has another argument of that name", "Give it another name."
        elif _holds_none(each.default):
            remedy = "Leave those entries out, or use a value such as an empty text instead."
            wrong = "it holds None, which the kfp SDK takes in no default", remedy
        else:
            continue
        message, remedy = wrong
        yield Problem(
            Code.PARAMETER_INVALID,
            f"Parameter {each.name!r} cannot be exported: {message}.",
            remedy,
            cell=plan.model.notebook.cell(each.cell_id).number,
            cell_id=each.cell_id,
        )


def _holds_none(value: Any) -> bool:
    if isinstance(value, dict):
        return any(item is None or _holds_none(item) for item in value.values())
    if isinstance(value, list | tuple):
        return any(item is None or _holds_none(item) for item in value)
    return False


def _problem(step: Step, option: str, message: str, remedy: str) -> Problem:
    marked = said_at(step, option)
    return Problem(
        Code.OPTION_UNSUPPORTED,
        f"Step {step.name!r}, option `{option}`, cannot be exported: {message}.",
        remedy,
        cell=marked.cell.number if marked else None,
        cell_id=marked.cell.id if marked else None,
        option=option,
        step=step.name,
    )
