"""Edges between steps, their order, and the cycles that make an order impossible."""

from dataclasses import dataclass, field

from ..errors import Code, Problem
from ..notation.model import PipelineModel
from . import world
from .cell import names_of
from .flow import Need
from .segments import Placed, Walk


@dataclass
class Edges:
    """Step names that each step waits for: for data, and for order only."""

    data: dict[str, set[str]] = field(default_factory=dict)
    order: dict[str, set[str]] = field(default_factory=dict)


def edges_of(model: PipelineModel, walk: Walk, needs: list[Need]) -> Edges:
    """Return the edges that values and the world make; `after` of the options is not in them."""
    edges = Edges()
    for number, need in enumerate(needs):
        step = walk.segments[number].step
        for source in need.values.values():
            producer = walk.segments[source].step
            if producer != step:
                edges.data.setdefault(step, set()).add(producer)
    # A step that writes files waits for earlier ones that may read them as they were.
    readers: set[str] = set()
    for segment in walk.segments:
        if world.FILES in segment.changed:
            edges.order.setdefault(segment.step, set()).update(readers - {segment.step})
            readers = set()
        if segment.reads_files:
            readers.add(segment.step)
    return edges


def arrange(
    model: PipelineModel, walk: Walk, needs: list[Need], edges: Edges
) -> tuple[list[str], list[Problem]]:
    """Return the step names in notebook order as far as edges allow, and the cycles."""
    names = [step.name for step in model.steps]
    waits = {
        name: (edges.data.get(name, set()) | edges.order.get(name, set())) - {name}
        for name in names
    }
    for step in model.steps:
        waits[step.name] |= {each for each in step.options.after if each in waits} - {step.name}
    problems = [*_torn(walk, needs)]
    known = any(each.code is Code.CYCLE for each in model.problems)
    order: list[str] = []
    left = list(names)
    while left:
        ready = next((name for name in left if waits[name] <= set(order)), None)
        if ready is None:
            problems += [] if known else [_cycle(model, left, waits)]
            return order + left, problems
        order.append(ready)
        left.remove(ready)
    return order, problems


def _cycle(model: PipelineModel, left: list[str], waits: dict[str, set[str]]) -> Problem:
    path = [left[0]]
    while path.count(path[-1]) < 2:
        path.append(min(waits[path[-1]] & set(left)))
    circle = path[path.index(path[-1]) :]
    step = next(each for each in model.steps if each.name == circle[0])
    cell = step.cells[0].cell
    words = " needs ".join(f"'{name}'" for name in circle)
    return Problem(
        Code.CYCLE,
        f"These steps wait for each other: {words}.",
        "Remove an `after`, or move the cells so that each step's cells stand together.",
        cell=cell.number,
        cell_id=cell.id,
        step=step.name,
    )


def _torn(walk: Walk, needs: list[Need]) -> list[Problem]:
    """Find steps whose cells stand apart although the cells between them make a difference."""
    problems: list[Problem] = []
    of_step: dict[str, list[int]] = {}
    for number, segment in enumerate(walk.segments):
        of_step.setdefault(segment.step, []).append(number)
    declared = [index for index, placed in enumerate(walk.placed) if placed.parameter]
    for step, own in of_step.items():
        for number in own[1:]:
            problems += _loaded_too_early(walk, needs, step, number, own)
        problems += _made_too_early(walk, needs, step, own, declared)
    for number, need in enumerate(needs):
        for name, source in need.values.items():
            producer = walk.segments[source].step
            if producer == walk.segments[number].step:
                continue
            for later in of_step[producer]:
                touched = walk.segments[later].changed | walk.segments[later].bound
                if later > source and name in touched:
                    problems.append(_apart(walk, producer, name, later))
    return problems


def _loaded_too_early(
    walk: Walk, needs: list[Need], step: str, number: int, own: list[int]
) -> list[Problem]:
    """Find names that an earlier part of a step has, and a later part takes from between."""
    problems = []
    for name, source in needs[number].values.items():
        if walk.segments[source].step == step:
            continue
        for earlier in own[: own.index(number)]:
            segment = walk.segments[earlier]
            differs = needs[earlier].values.get(name, source) != source
            replayed = name in segment.exposed and name not in needs[earlier].values
            if name in segment.bound | segment.changed or differs or replayed:
                problems.append(_apart(walk, step, name, number))
                break
    return problems


def _made_too_early(
    walk: Walk, needs: list[Need], step: str, own: list[int], declared: list[int]
) -> list[Problem]:
    """Find names that an earlier cell of a step has, and a later one by a replay from between.

    Parameters (`declared`: the statements that declare them), and statements of other steps that
    are replayed, come before all cells of a step.
    """
    segments = [walk.segments[number] for number in own]
    whole = {each.cell.id for segment in segments for each in (*segment.hosted, *segment.cells)}
    made: dict[str, int] = {}
    for index in sorted({each for number in own for each in needs[number].replays}):
        if walk.placed[index].cell.cell.id not in whole:
            made |= dict.fromkeys(names_of(walk.placed[index].statement.operations)[0], index)
    given = {each for number in own for each in needs[number].parameters}
    for index in declared:
        placed = walk.placed[index]
        if placed.parameter and (placed.parameter in given or placed.cell.cell.id in whole):
            made[placed.parameter] = index
    problems = {}
    last = max(made.values(), default=0)
    for index in _statements_of(walk, whole):
        placed = walk.placed[index]
        if placed.parameter or index >= last:
            continue
        binds, uses = names_of(placed.statement.operations)
        for name in sorted((binds | uses | placed.needs.keys()) & made.keys()):
            later = walk.placed[made[name]]
            earlier = placed.needs[name].statements if name in placed.needs else (index,)
            same = {_text(walk.placed[each]) for each in earlier} == {_text(later)}
            if made[name] > index and (later.parameter or not same):
                problems[name] = _apart(walk, step, name, own[-1])
    return [*problems.values()]


def _statements_of(walk: Walk, cells: set[str]) -> list[int]:
    """Return the indices of the statements of cells, in notebook order."""
    return sorted(
        index
        for cell in cells & walk.starts.keys()
        for index in range(walk.starts[cell], walk.starts[cell] + len(walk.facts[cell].statements))
    )


def _text(placed: Placed) -> str:
    lines = placed.cell.body.split("\n")
    return "\n".join(lines[placed.statement.line - 1 : placed.statement.end_line])


def _apart(walk: Walk, step: str, name: str, number: int) -> Problem:
    cell = walk.segments[number].cells[0].cell
    return Problem(
        Code.CYCLE,
        f"The cells of step '{step}' stand apart and {name} has different values in them, "
        "but a step runs its cells in one go.",
        "Move the cells of the step together, or give the later ones another step name.",
        cell=cell.number,
        cell_id=cell.id,
        step=step,
    )
