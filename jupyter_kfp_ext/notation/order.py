"""Checks between steps: names that clash, and an order that cannot be."""

from collections.abc import Mapping, Sequence

from ..errors import Code, Problem
from .convert import suggest
from .model import Step
from .names import task_name
from .said import Place


def name_clashes(steps: Sequence[Step]) -> tuple[Problem, ...]:
    """Return a problem for each step whose task name another step before it has."""
    first: dict[str, Step] = {}
    problems = []
    for step in steps:
        task = task_name(step.name)
        other = first.setdefault(task, step)
        if other is not step:
            cell = step.cells[0].cell
            problems.append(
                Problem(
                    Code.STEP_NAME_CLASH,
                    f"The steps `{other.name}` (cell {_number(other)}) and `{step.name}` "
                    f"(cell {cell.number}) would both be the task `{task}`.",
                    "Rename one of them.",
                    cell=cell.number,
                    cell_id=cell.id,
                    step=step.name,
                )
            )
    return tuple(problems)


def order_problems(
    steps: Sequence[Step], places: Mapping[tuple[str, str], Place]
) -> tuple[Problem, ...]:
    """Return what is wrong with `after`: unknown steps, cycles, steps that come later.

    `places` tells where a step says that it comes after another.
    """
    by_name = {step.name: step for step in steps}
    positions = {step.name: index for index, step in enumerate(steps)}
    cyclic = _cycles(steps, by_name)
    within = [set(cycle) for cycle in cyclic]
    problems = []
    for cycle in cyclic:
        place = places[cycle[0], cycle[1 % len(cycle)]]
        problems.append(place.locate(_cycle_problem([by_name[name] for name in cycle])))
    for step in steps:
        for name in step.options.after:
            place = places[step.name, name]
            if name not in by_name:
                problems.append(place.locate(_unknown(step, name, list(by_name))))
            elif positions[name] > positions[step.name] and not any(
                {name, step.name} <= names for names in within
            ):
                problems.append(place.locate(_later(step, by_name[name])))
    return tuple(problems)


def _cycles(steps: Sequence[Step], by_name: dict[str, Step]) -> list[list[str]]:
    """Return cycles of `after`, each once, as names in the order in which they would wait."""
    done: set[str] = set()
    cycles: list[list[str]] = []
    for start in steps:
        path: list[str] = []
        waiting = [iter([start.name])]
        while waiting:
            name = next(waiting[-1], None)
            if name is None:
                waiting.pop()
                if path:
                    done.add(path.pop())
            elif name in path:
                cycles.append(path[path.index(name) :])
            elif name in by_name and name not in done:
                path.append(name)
                waiting.append(iter(by_name[name].options.after))
    return cycles


def _cycle_problem(cycle: list[Step]) -> Problem:
    if len(cycle) == 1:
        message = f"The step `{cycle[0].name}` waits for itself."
    else:
        waits = " after ".join(f"`{step.name}` (cell {_number(step)})" for step in cycle)
        message = f"Steps wait for each other: {waits} after `{cycle[0].name}`."
    return Problem(
        Code.CYCLE, message, "Remove one `after` of them.", option="after", step=cycle[0].name
    )


def _unknown(step: Step, name: str, names: list[str]) -> Problem:
    return Problem(
        Code.AFTER_UNKNOWN,
        f"`after` names the step `{name}`, which does not exist.",
        f"{suggest(name, names)}Steps are: {', '.join(names)}.",
        option="after",
        step=step.name,
    )


def _later(step: Step, other: Step) -> Problem:
    return Problem(
        Code.AFTER_UNKNOWN,
        f"`after` names the step `{other.name}`, which comes later (cell {_number(other)}): "
        "a notebook runs from top to bottom.",
        "Move the cells of the step that waits below it.",
        option="after",
        step=step.name,
    )


def _number(step: Step) -> int | None:
    return step.cells[0].cell.number
