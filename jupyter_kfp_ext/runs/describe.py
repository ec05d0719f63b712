"""A checked notebook as the `Pipeline` of the server's API: what the panel and the badges show."""

from dataclasses import asdict
from typing import Any

from ..analysis.plan import StepPlan
from ..notation.model import MarkedCell, Step
from .chain import Checked


def describe(checked: Checked) -> dict[str, Any]:
    """Return the wire form (docs/api.md, `Pipeline`): steps and cells are named, not nested."""
    plan = checked.plan
    model = plan.model
    marked = {step.name: step for step in model.steps}
    names = {step.task: step.name for step in plan.steps}
    return {
        "name": model.name,
        "description": model.settings.description or "",
        "split": model.split,
        "parameters": [asdict(each) for each in plan.parameters],
        "steps": [_step(step, marked[step.name], names) for step in plan.steps],
        "cells": {each.cell.id: _cell(each) for each in model.cells},
        "helpers": list(checked.compiled.helpers) if checked.compiled else [],
        "data_files": list(checked.compiled.data_files) if checked.compiled else [],
        "problems": [each.to_json() for each in checked.problems],
        "values": {
            name: {"type": each.type, "bytes": each.bytes} for name, each in checked.values.items()
        },
    }


def _step(step: StepPlan, marked: Step, names: dict[str, str]) -> dict[str, Any]:
    from msgspec import to_builtins

    return {
        "name": step.name,
        "task": step.task,
        "title": step.options.display_name or step.name,
        "cells": [each.cell.id for each in marked.cells],
        "inputs": [{"step": each.step, "names": list(each.names)} for each in step.inputs],
        "after": [names[task] for task in step.after],
        "outputs": list(step.outputs),
        "options": to_builtins(marked.said),
    }


def _cell(marked: MarkedCell) -> dict[str, Any]:
    return {
        "role": marked.role.value,
        "source": marked.source.value,
        "step": marked.step,
        "number": marked.cell.number,
    }
