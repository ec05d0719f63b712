"""Slices: what one step runs, as the JSON text that the step runtime reads."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from typing import Any

from ..analysis.control import STATUS as STATUS_NAME
from ..analysis.memory_seen import memory_seen
from ..analysis.plan import Code, Plan, StepPlan
from ..helpers.find import Helpers
from ..notation.tags import may_fail
from .components import ITEM, ITEMS, PLACE, RUN, STATUS, chart_key, leaves_a_place
from .encoding import parameter_key
from .parts import StepParts
from .slots import Slot, Wire

VERSION = 1


@dataclass(frozen=True)
class Whole:
    """What every slice needs of the whole notebook, found once."""

    fallible: frozenset[str]
    """Ids of cells that may fail."""
    memory: tuple[str, ...]
    """What its code looks at of where values lie."""


def whole_of(plan: Plan, helpers: Helpers) -> Whole:
    """Return what every slice needs of a notebook and its modules."""
    fallible = frozenset(cell.cell.id for cell in plan.model.cells if may_fail(cell.cell))
    return Whole(fallible, memory_seen(_texts(plan, helpers)))


def slice_bytes(
    plan: Plan,
    step: StepPlan,
    parts: StepParts,
    slots: Iterable[Slot],
    wires: Iterable[Wire],
    helpers: Helpers,
    whole: Whole,
) -> bytes:
    """Return a step's slice as the ASCII JSON that the bundle holds."""
    content: dict[str, Any] = {
        "version": VERSION,
        "task": step.task,
        "step": step.name,
        "notebook": plan.model.notebook.name,
        "parameters": _parameters(plan, step),
        "prelude": [_code(each, whole.fallible) for each in step.prelude],
        "cells": [_code(each, whole.fallible) for each in step.cells],
        "inputs": [_input(each) for each in wires],
        "outputs": [{"artifact": each.key, "names": list(each.names)} for each in slots],
        "metrics": list(step.metrics),
        "read_only": list(step.read_only),
        "helpers": sorted(helpers.by_step.get(step.task, ())),
    }
    entries = helpers.entries.get(step.task, ())
    if entries and entries != ("",):
        content["path"] = list(entries)
    if helpers.made:
        content["own_made"] = list(helpers.made)
    for key, names in (("above", helpers.above), ("carried", helpers.carried)):
        if named := names.get(step.task):
            content[key] = list(named)
    for key in ("states", "made", "by_value", "given", "stateful", "kept", "late"):
        if names := getattr(step, key):
            content[key] = list(names)
    if step.charts:
        content["charts"] = [
            {
                "artifact": chart_key(each),
                "kind": each.kind,
                "names": list(each.names),
                "labels": each.labels,
            }
            for each in step.charts
        ]
    content.update(_control(step, content["outputs"]))
    if step.watch:
        content["watch"] = {key: each for key, each in asdict(step.watch).items() if each}
    if whole.memory:
        content["memory"] = list(whole.memory)
    if step.kept_as:
        content["kept_as"] = dict(step.kept_as)
    if parts.packages:
        content["packages"] = parts.packages
    if parts.data_volume:
        content["data_volume"] = parts.data_volume
    if parts.depends:
        content["depends"] = parts.depends
    # On one line: Python writes that by its C code.
    return (json.dumps(content, sort_keys=True) + "\n").encode("ascii")


def _texts(plan: Plan, helpers: Helpers) -> Iterator[str]:
    """Yield all code that may look at values: the notebook's, and that of its modules."""
    for cell in plan.model.cells:
        yield cell.body
    for path, content in helpers.files.items():
        if path.endswith(".py"):
            yield content.decode("utf-8", "replace")


def _parameters(plan: Plan, step: StepPlan) -> dict[str, dict[str, Any]]:
    entries: dict[str, dict[str, Any]] = {}
    for each in plan.parameters:
        if each.name in step.parameters:
            key = parameter_key(each.name)
            own_name = {} if key == each.name else {"name": each.name}
            entries[key] = {"type": each.type, **own_name}
            if each.type == "float" and type(each.default) is int:
                # `x: float = 1` is 1 in a kernel, not 1.0.
                entries[key]["whole"] = each.default
    return entries


def _input(wire: Wire) -> dict[str, Any]:
    taken: dict[str, Any] = {"artifact": wire.key, "names": list(wire.names)}
    return {**taken, "collected": True} if wire.collected else taken


def _control(step: StepPlan, outputs: list[dict[str, Any]]) -> dict[str, Any]:
    """Return what the step runtime has to know of loops, conditions and the exit."""
    found: dict[str, Any] = {}
    if step.loop is not None:
        loop = step.loop
        found["loop"] = {"parameter": ITEM, "target": loop.target, "type": loop.type}
        if loop.values is None:
            found["loop"]["items"] = loop.variable
    if step.decides is not None:
        decision = step.decides
        found["decides"] = {
            "kind": decision.kind,
            "parameter": ITEMS if decision.kind == "items" else RUN,
            "name": decision.variable,
            "text": decision.text,
            "step": decision.step,
            "cell_id": decision.cell_id,
            "number": decision.number,
        }
    if leaves_a_place(step) and outputs:
        found["place"] = {"parameter": PLACE, "artifact": outputs[0]["artifact"]}
    if step.on_exit:
        found["status"] = {"parameter": STATUS, "name": STATUS_NAME}
    return found


def _code(code: Code, fallible: frozenset[str]) -> dict[str, Any]:
    return {
        "cell_id": code.cell_id,
        "number": code.number,
        "source": code.source,
        "record": code.record,
        **({} if code.text is None else {"text": code.text}),
        **({"may_fail": True} if code.cell_id in fallible else {}),
    }
