"""What lives in one process and a later step would miss: open files, settings, callbacks."""

import re

from ..errors import Code, Problem, Severity
from .flow import Need
from .heap import NOTHING, Module
from .ipython import CELL_MAGICS, LINE_MAGICS
from .machine import Hook
from .magics import magics_in
from .segments import Placed, Segment, Walk


def state_problems(walk: Walk, needs: list[Need]) -> list[Problem]:
    """Return what would have to cross into another step and cannot: open files and their like.

    Also an instance of a class that a later step has defined anew.
    """
    problems = []
    ending: set[str] = set()
    for number, need in enumerate(needs):
        segment = walk.segments[number]
        for name in sorted(need.values):
            source = walk.segments[need.values[name]].step
            if source == segment.step:
                continue
            maker = segment.entry[name].maker
            resource = maker is not None and walk.placed[maker].resource
            if maker is not None and resource and name[0] != "@":
                problems.append(_resource(name, walk.placed[maker], segment.step))
            if name in need.stale:
                problems.append(_stale(name, need.stale[name], segment))
            ends = segment.values.get(name, NOTHING).same & walk.finalized.keys()
            if ends and name not in ending:
                ending.add(name)
                finalizer = walk.placed[walk.finalized[min(ends)]]
                problems.append(_finalized(name, finalizer, segment.step))
    return problems


def setting_problems(walk: Walk) -> list[Problem]:
    """Return settings of a module that a later step uses and that cannot be made again there.

    The seed of a library whose generators do not cross is made again, but its draws go on from it.
    """
    problems = []
    for index, settings in walk.settings:
        problems += _lost(walk, index, {each.split(".")[0] for each in settings}, seed=False)
    for index, placed in enumerate(walk.placed):
        if placed.seeds:
            problems += _lost(walk, index, set(placed.seeds) - {_POLARS}, seed=True)
        if _POLARS in placed.seeds:
            problems += _seed_of_polars(walk, placed)
    return problems


_POLARS = "polars"
_DRAWS_OF_POLARS = re.compile(r"\.(sample|shuffle)\s*\(")


def _seed_of_polars(walk: Walk, placed: Placed) -> list[Problem]:
    """Refuse draws in another step: frames draw without naming polars, and nothing tells how far.

    Nobody can read the state of its generator.
    """
    here = walk.segments[placed.segment].step
    for segment in walk.segments[placed.segment + 1 :]:
        draws = any(_DRAWS_OF_POLARS.search(cell.body) for cell in segment.cells)
        if draws and segment.step != here:
            return [
                _problem(
                    placed,
                    f"The generator that is seeded here stays in step '{here}', and what step "
                    f"'{segment.step}' draws would not go on from it.",
                    "Put the cells that draw into this step, or give them a seed of their own: "
                    "sample(..., seed=1).",
                )
            ]
    return []


def _lost(walk: Walk, index: int, modules: set[str], seed: bool) -> list[Problem]:
    placed = walk.placed[index]
    here = walk.segments[placed.segment].step
    for segment in walk.segments[placed.segment + 1 :]:
        used = {
            known.dotted.split(".")[0]
            for name in segment.exposed
            for known in segment.values.get(name, NOTHING).knows
            if isinstance(known, Module)
        }
        if segment.step == here or not used & modules:
            continue
        module = min(used & modules)
        what = (
            f"The seed of {module} is set again in step '{segment.step}', whose draws so do not "
            f"go on from those of step '{here}'."
            if seed
            else f"This sets up {module}, which step '{segment.step}' uses too, with what only "
            "this step has."
        )
        return [
            _problem(
                placed,
                what,
                "Put the cells that draw random numbers with it into one step."
                if seed
                else "Set it up with constants, or in the cells of each step that needs it.",
                Severity.WARNING if seed else Severity.ERROR,
            )
        ]
    return []


def hook_problems(walk: Walk) -> list[Problem]:
    """Return callbacks and magics that later steps would run without what they remember."""
    problems = []
    for index, hook in walk.hooks:
        placed = walk.placed[index]
        here = walk.segments[placed.segment].step
        for segment in walk.segments[placed.segment + 1 :]:
            if segment.step != here and _runs(hook, segment):
                problems.append(_hooked(placed, segment.step))
                break
    return problems


def _runs(hook: Hook, segment: Segment) -> bool:
    """Tell whether cells run it: any does, or one that has such a magic or one nobody knows."""
    if hook.magics is None:
        return True
    used = {
        magic.name
        for cell in segment.cells
        for magic in magics_in(cell.body)
        if magic.kind != "system"
    }
    return bool(used & hook.magics or used - LINE_MAGICS - CELL_MAGICS)


def _hooked(placed: Placed, step: str) -> Problem:
    return _problem(
        placed,
        f"What is registered here also runs in step '{step}', which does not have what it uses and "
        "remembers in this one.",
        "Register it in the cells of each step that needs it, or put the cells into one step.",
    )


def _finalized(name: str, finalizer: Placed, step: str) -> Problem:
    return _problem(
        finalizer,
        f"Something is to run at the end of {name} (weakref.finalize), which step '{step}' needs: "
        "it would run at the end of this step.",
        f"Put the cells that use {name} into one step, or call what is to run where it is due.",
    )


def _stale(name: str, definition: str, segment: Segment) -> Problem:
    cell = segment.cells[0].cell
    return Problem(
        Code.VALUE_CANNOT_CROSS,
        f"{name} was made with an earlier definition of {definition}, which step '{segment.step}' "
        "has defined anew: it would be taken for the new one.",
        f"Give the two definitions of {definition} different names.",
        cell=cell.number,
        cell_id=cell.id,
        step=segment.step,
    )


def _resource(name: str, maker: Placed, step: str) -> Problem:
    return _problem(
        maker,
        f"{name} is {maker.resource}, which step '{step}' needs but no other process can have.",
        "Make it again in that step (in a function, say), or put the cells into one step.",
    )


def _problem(
    placed: Placed, message: str, remedy: str, severity: Severity = Severity.ERROR
) -> Problem:
    """Return what a statement leaves behind, at its place."""
    return Problem(
        Code.VALUE_CANNOT_CROSS,
        message,
        remedy,
        severity=severity,
        cell=placed.cell.cell.number,
        cell_id=placed.cell.cell.id,
        line=placed.statement.line,
        step=placed.cell.step,
    )
