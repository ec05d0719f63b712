"""A checked notebook as the `Pipeline` of the server's API: what the panel and the badges show."""

from dataclasses import asdict
from typing import Any

from ..analysis.plan import StepPlan
from ..compiler.code_record import shown_files
from ..notation.model import MarkedCell, Step
from ..notation.names import task_name
from ..notation.options import as_json
from .chain import Checked, code_of


def describe(checked: Checked) -> dict[str, Any]:
    """Return the wire form (docs/api.md, `Pipeline`): steps and cells are named, not nested."""
    plan = checked.plan
    model = plan.model
    marked = {step.name: step for step in model.steps}
    own = {step.task: step.name for step in plan.steps}
    # What decides on a step is a part of it.
    names = {step.task: own[step.part_of or step.task] for step in plan.steps}
    return {
        "name": model.name,
        "description": model.settings.description or "",
        "split": model.split,
        "settings": as_json(model.settings),
        "parameters": [asdict(each) for each in plan.parameters],
        "steps": [
            _step(step, marked.get(step.name), names) for step in plan.steps if not step.part_of
        ],
        "cells": {each.cell.id: _cell(each) for each in model.cells},
        "helpers": list(checked.compiled.helpers) if checked.compiled else [],
        "data_files": list(checked.compiled.data_files) if checked.compiled else [],
        "problems": [each.to_json() for each in checked.problems],
        "files": shown_files(code_of(checked)),
        "values": {
            name: {"type": each.type, "bytes": each.bytes}
            for name, each in checked.kernel.values.items()
        },
        "drift": [each.to_json() for each in checked.kernel.drift],
        "reload_failed": dict(checked.kernel.failed),
    }


def _step(step: StepPlan, marked: Step | None, names: dict[str, str]) -> dict[str, Any]:
    """Return a step; `names`: the step of each task, by which its parts are told too."""
    of_parts = {task: name for task, name in names.items() if name != step.name}
    inputs: dict[str, list[str]] = {}
    for each in step.inputs:
        owner = of_parts.get(task_name(each.step), each.step)
        inputs.setdefault(owner, []).extend(each.names)
    shown = {
        owner: [name for name in taken if not name.startswith("_kfp_")]
        for owner, taken in inputs.items()
        if owner != step.name
    }
    return {
        "name": step.name,
        "task": step.task,
        "title": step.options.display_name or step.name,
        "cells": [each.cell.id for each in marked.cells]
        if marked
        else [each.cell_id for each in step.cells],
        "inputs": [{"step": owner, "names": taken} for owner, taken in shown.items() if taken],
        "after": [names[task] for task in step.after if names[task] != step.name],
        "outputs": list(step.outputs),
        "options": as_json(marked.said) if marked else {},
    }


def _cell(marked: MarkedCell) -> dict[str, Any]:
    return {
        "role": marked.role.value,
        "source": marked.source.value,
        "step": marked.step,
        "number": marked.cell.number,
    }
