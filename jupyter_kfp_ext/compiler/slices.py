"""Slices: what one step runs, as the JSON text that the step runtime reads, and its hash.

The hash covers everything of ours that can change a step's answer. It stands in the step's
command, so that KFP's cache misses exactly when the step changes (docs/architecture.md).
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any

from ..analysis.plan import Code, Plan, StepPlan
from .encoding import parameter_key
from .parts import StepParts
from .slots import Slot, Wire

RUNTIME_FILE = "kfp_step.py"
VERSION = 1
HASH_DIGITS = 32


def slice_path(task: str) -> str:
    """Return where a step's slice lies in the bundle."""
    return f"steps/{task}.json"


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


def slice_hash(files: Mapping[str, bytes], task: str, helpers: Iterable[str]) -> str:
    """Return the first 32 hexadecimal digits of the hash of a step's part of the bundle."""
    whole = hashlib.sha256()
    for path in part_of_step(task, helpers):
        content = files[path]
        whole.update(path.encode() + b"\0" + str(len(content)).encode() + b"\0" + content)
    return whole.hexdigest()[:HASH_DIGITS]


def part_of_step(task: str, helpers: Iterable[str]) -> list[str]:
    """Return the paths of the bundle's files that one step uses, in the order of its hash."""
    return [RUNTIME_FILE, slice_path(task), *sorted(helpers)]
