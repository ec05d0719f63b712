"""Slices: what one step runs, as the JSON text that the step runtime reads."""

import json
from collections.abc import Iterable
from typing import Any

from ..analysis.plan import Code, Plan, StepPlan
from .encoding import parameter_key
from .parts import StepParts
from .slots import Slot, Wire

VERSION = 1


def slice_bytes(
    plan: Plan,
    step: StepPlan,
    parts: StepParts,
    slots: Iterable[Slot],
    wires: Iterable[Wire],
    helpers: Iterable[str],
) -> bytes:
    """Return a step's slice as the ASCII JSON that the bundle holds."""
    content: dict[str, Any] = {
        "version": VERSION,
        "task": step.task,
        "step": step.name,
        "notebook": plan.model.notebook.name,
        "parameters": _parameters(plan, step),
        "prelude": [_code(each) for each in step.prelude],
        "cells": [_code(each) for each in step.cells],
        "inputs": [{"artifact": each.key, "names": list(each.names)} for each in wires],
        "outputs": [{"artifact": each.key, "names": list(each.names)} for each in slots],
        "metrics": list(step.metrics),
        "read_only": list(step.read_only),
        "helpers": sorted(helpers),
    }
    for key in ("states", "made", "by_value"):
        if names := getattr(step, key):
            content[key] = list(names)
    if parts.packages:
        content["packages"] = parts.packages
    if parts.depends:
        content["depends"] = parts.depends
    return (json.dumps(content, indent=1, sort_keys=True) + "\n").encode("ascii")


def _parameters(plan: Plan, step: StepPlan) -> dict[str, dict[str, str]]:
    entries = {}
    for each in plan.parameters:
        if each.name in step.parameters:
            key = parameter_key(each.name)
            own_name = {} if key == each.name else {"name": each.name}
            entries[key] = {"type": each.type, **own_name}
    return entries


def _code(code: Code) -> dict[str, Any]:
    return {
        "cell_id": code.cell_id,
        "number": code.number,
        "source": code.source,
        "record": code.record,
    }
