"""`for_each`, `when` and `on_exit`: what they say, and the small tasks that decide on steps.

A decision is Python over the notebook's own names, so it is a piece of the notebook: a synthetic
cell before the step, in a step of its own, which the plan then treats as any other.
"""

import ast
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from ..errors import Code, Problem
from ..notation.model import MarkedCell, MarkSource, PipelineModel, Role, Step
from ..notation.names import task_name
from ..notation.options import StepOptions
from .plan import Decision, Loop, ParameterType

STATUS = "pipeline_status"
"""What a step at the exit finds: how the run ended."""

ADDED = "#"
"""Stands in the ids of added cells, behind the id of the step's cell."""
_HOSTED = frozenset({Role.PREAMBLE, Role.IMPORTS, Role.FUNCTIONS, Role.PARAMETERS})
_EXACT = 2**53
_TYPES: tuple[tuple[type, ParameterType], ...] = (
    (bool, "bool"), (int, "int"), (float, "float"), (str, "str"), (list, "list"), (dict, "dict"),
)  # fmt: skip


@dataclass(frozen=True)
class Control:
    """How one step runs."""

    step: Step
    loop: Loop | None = None
    when: str = ""
    """Python expression; empty where it runs in any case."""
    on_exit: bool = False


@dataclass(frozen=True)
class Controlled:
    """A notebook's model with the steps and cells that its controls add."""

    model: PipelineModel
    controls: Mapping[str, Control] = field(default_factory=dict)
    """By the name of the step."""
    decisions: Mapping[str, Decision] = field(default_factory=dict)
    """By the name of the step that decides."""
    part_of: Mapping[str, str] = field(default_factory=dict)
    """Added step -> the step that it was added for."""
    problems: tuple[Problem, ...] = ()


def with_controls(model: PipelineModel) -> Controlled:
    """Return the model with what `for_each`, `when` and `on_exit` of its steps ask for.

    Added are: a step that makes the list of a loop's items or decides a condition; one for cells of
    no step that stand before such a step, which must run in any case; one for metrics after it.
    """
    problems = list(_conflicts(model))
    controls = {}
    for step in model.steps:
        try:
            control = _control(step)
        except _InvalidError as error:
            problems.append(error.problem)
            continue
        if control is not None:
            controls[step.name] = control
    if not controls:
        return Controlled(model, problems=tuple(problems))
    builder = _Builder(model, controls)
    builder.build()
    return Controlled(
        replace(model, cells=tuple(builder.cells), steps=tuple(builder.steps)),
        controls,
        builder.decisions,
        builder.part_of,
        tuple(problems),
    )


class _InvalidError(Exception):
    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.message)
        self.problem = problem


def problem_at(
    step: Step, option: str, message: str, remedy: str, code: Code = Code.OPTION_INVALID
) -> Problem:
    """Return a problem of a step's option, at the step's first cell."""
    cell = step.cells[0].cell if step.cells else None
    return Problem(
        code,
        f"Step {step.name!r}, option `{option}`: {message}.",
        remedy,
        cell=cell.number if cell else None,
        cell_id=cell.id if cell else None,
        option=option,
        step=step.name,
    )


def _conflicts(model: PipelineModel) -> Iterator[Problem]:
    exits = [step for step in model.steps if step.options.on_exit]
    names = {step.name for step in exits}
    for step in exits[1:]:
        yield problem_at(
            step,
            "on_exit",
            f"step {exits[0].name!r} runs at the exit already, and KFP runs one",
            "Give both cells the same step name.",
            Code.OPTION_CONFLICT,
        )
    for step in model.steps:
        options = step.options
        both = [name for name in ("for_each", "when", "on_exit") if getattr(options, name)]
        if both == ["for_each", "when"]:
            yield problem_at(
                step,
                "when",
                "it cannot be said with `for_each`",
                "Make the list empty where nothing is to run: `x in (xs if ready else [])`.",
                Code.OPTION_CONFLICT,
            )
        elif len(both) > 1:
            yield problem_at(
                step,
                "on_exit",
                f"it cannot be said with `{both[0]}`",
                "Write the loop or condition inside the cell.",
                Code.OPTION_CONFLICT,
            )
        if options.for_each_limit and not options.for_each:
            yield problem_at(
                step, "for_each_limit", "there is no `for_each`", "Say `for_each`, or leave it out."
            )
        if options.on_exit and step.said.after:
            yield problem_at(
                step,
                "after",
                "it runs after all other steps anyway",
                "Leave `after` out.",
                Code.OPTION_CONFLICT,
            )
        if names & set(step.said.after) - {step.name}:
            yield problem_at(
                step,
                "after",
                f"step {min(names & set(step.said.after))!r} runs at the exit, after all others",
                "Leave it out of `after`.",
                Code.OPTION_CONFLICT,
            )
        if options.for_each and len(step.cells) > 1 and _said_by_magic(step):
            yield problem_at(
                step,
                "for_each",
                "it has several cells: a kernel runs the loop of its first cell to the end before "
                f"cell {step.cells[1].cell.number}, a pipeline runs all of them for each item",
                "Put the loop into one cell, and give what follows a step name of its own.",
                Code.OPTION_CONFLICT,
            )


def _said_by_magic(step: Step) -> bool:
    return step.cells[0].source is MarkSource.MAGIC


def _control(step: Step) -> Control | None:
    options = step.options
    if options.on_exit:
        return Control(step, on_exit=True)
    if options.for_each:
        return Control(step, loop=_loop(step, options.for_each, options.for_each_limit))
    if options.when:
        try:
            ast.parse(options.when.strip(), mode="eval")
        except SyntaxError as error:
            raise _InvalidError(
                problem_at(
                    step,
                    "when",
                    f"`{options.when}` is no Python expression: {error.msg}",
                    "Write for example `accuracy > 0.9`.",
                )
            ) from None
        return Control(step, when=options.when.strip())
    return None


def read_for_each(text: str) -> tuple[str, tuple[str, ...], str]:
    """Return target, its names and the expression of `x, y in pairs`, as source.

    Raises `ValueError` with what is wrong.
    """
    try:
        tree = ast.parse(f"[0 for {text.strip()}\n]", mode="eval").body
    except SyntaxError:
        raise ValueError("it is no loop of Python") from None
    if not isinstance(tree, ast.ListComp) or len(tree.generators) > 1:
        raise ValueError("only one loop can be said")
    loop = tree.generators[0]
    if loop.ifs:
        raise ValueError("it has a condition; put that into the list, or into the cell")
    nodes = [each for each in ast.walk(loop.target) if isinstance(each, ast.expr)]
    if not all(isinstance(each, ast.Name | ast.Tuple | ast.List | ast.Starred) for each in nodes):
        raise ValueError("only names can take the item")
    names = tuple(dict.fromkeys(each.id for each in nodes if isinstance(each, ast.Name)))
    target = ast.unparse(loop.target)
    if isinstance(loop.target, ast.Tuple):
        target = target.removeprefix("(").removesuffix(")")
    return target, names, ast.unparse(loop.iter)


def _loop(step: Step, text: str, limit: int | None) -> Loop:
    try:
        target, names, items = read_for_each(text)
    except ValueError as error:
        raise _InvalidError(
            problem_at(
                step,
                "for_each",
                f"`{text}` cannot be read: {error}",
                "Write for example `lr in [0.1, 0.01]` or `f in files`.",
            )
        ) from None
    values, type_ = _literal_items(items)
    variable = f"_kfp_items_{task_name(step.name).replace('-', '_')}"
    return Loop(target, names, items, variable, values, type_, limit=limit or 0)


def _literal_items(items: str) -> tuple[tuple[Any, ...] | None, ParameterType | None]:
    """Return items that KFP can have as they stand, with their type; None for all others.

    All must have one type that JSON gives back as it was.
    """
    node = ast.parse(items, mode="eval").body
    try:
        found = _range(node) if isinstance(node, ast.Call) else ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return None, None
    if not isinstance(found, list | tuple) or not found:
        return None, None
    types = {type(each) for each in found}
    type_ = next((name for python, name in _TYPES if types == {python}), None)
    if type_ is None or not all(map(_is_exact_json, found)):
        return None, None
    return tuple(found), type_


def _range(node: ast.Call) -> list[int]:
    if not isinstance(node.func, ast.Name) or node.func.id != "range" or node.keywords:
        raise ValueError("no literal")
    numbers = [ast.literal_eval(each) for each in node.args]
    if len(range(*numbers)) > 10_000:
        raise ValueError("too many to stand in the specification")
    return list(range(*numbers))


def _is_exact_json(value: object) -> bool:
    if isinstance(value, bool) or value is None or isinstance(value, str):
        return True
    if isinstance(value, int):
        return abs(value) <= _EXACT
    if isinstance(value, float):
        return math.isfinite(value)
    if isinstance(value, list):
        return all(map(_is_exact_json, value))
    if isinstance(value, dict):
        return all(isinstance(key, str) and _is_exact_json(item) for key, item in value.items())
    return False


class _Builder:
    """Puts the added steps and cells into a model."""

    def __init__(self, model: PipelineModel, controls: Mapping[str, Control]) -> None:
        self.model = model
        self.controls = controls
        self.cells: list[MarkedCell] = []
        self.steps: list[Step] = []
        self.decisions: dict[str, Decision] = {}
        self.part_of: dict[str, str] = {}
        self._added: dict[str, list[Step]] = {}
        self._taken = {task_name(step.name) for step in model.steps}

    def build(self) -> None:
        last: str | None = None
        met: set[str] = set()
        waiting = False
        for cell in self.model.cells:
            if cell.role is Role.STEP and cell.step is not None:
                if cell.step in self.controls and cell.step not in met:
                    self._before(self.controls[cell.step], cell, waiting)
                met.add(cell.step)
                last, waiting = cell.step, False
            elif cell.role is Role.METRICS and last is not None and last in self.controls:
                last = self._add("metrics", cell, last, "", visible=True)
            waiting = waiting or cell.role in _HOSTED
            self.cells.append(cell)
        if waiting and last is not None and last in self.controls:
            self._add(f"{last} end", self.model.cells[-1], last, "", visible=True)
        for step in self.model.steps:
            added = self._added.get(step.name, [])
            self.steps += [each for each in added if each.name in self.part_of]
            self.steps.append(step)
            self.steps += [each for each in added if each.name not in self.part_of]

    def _before(self, control: Control, cell: MarkedCell, waiting: bool) -> None:
        name = control.step.name
        loop = control.loop
        if loop is not None and loop.values is None:
            body = f"{loop.variable} = [*({loop.items})]"
            self._decide(name, cell, "items", body, loop.variable, loop.items)
            return
        if waiting:
            self._add(f"{name} before", cell, name, "")
        if control.when:
            variable = f"_kfp_when_{task_name(name).replace('-', '_')}"
            body = f"{variable} = not not ({control.when})"
            self._decide(name, cell, "when", body, variable, control.when)

    def _decide(
        self,
        step: str,
        cell: MarkedCell,
        kind: Literal["items", "when"],
        body: str,
        variable: str,
        text: str,
    ) -> None:
        name = self._add(f"{step} {kind}", cell, step, body)
        self.decisions[name] = Decision(
            kind, variable, text, step, cell.cell.id, cell.cell.number or 0
        )

    def _add(
        self, wanted: str, cell: MarkedCell, step: str, body: str, visible: bool = False
    ) -> str:
        name, count = wanted, 1
        while task_name(name) in self._taken:
            count += 1
            name = f"{wanted} {count}"
        self._taken.add(task_name(name))
        inner = replace(cell.cell, id=f"{cell.cell.id}{ADDED}{task_name(name)}", source=body)
        marked = replace(cell, cell=inner, role=Role.STEP, step=name, body=body)
        options = _options_of_a_part(self.model, step)
        self.cells.append(marked)
        self._added.setdefault(step, []).append(Step(name, (marked,), options, StepOptions()))
        if not visible:
            self.part_of[name] = step
        return name


_NOT_OF_A_PART = (
    *("after", "fuse", "for_each", "for_each_limit", "when", "on_exit"),
    *("display_name", "description"),
    *("gpu", "gpu_type", "shared_memory"),
)


def _options_of_a_part(model: PipelineModel, step: str) -> StepOptions:
    """Return the options of an added step: those of its step, but for control and devices."""
    import msgspec

    options = next(each.options for each in model.steps if each.name == step)
    blank = StepOptions()
    return msgspec.structs.replace(
        options, **{name: getattr(blank, name) for name in _NOT_OF_A_PART}
    )


def is_added(cell_id: str) -> bool:
    """Tell a cell that is not the notebook's own."""
    return ADDED in cell_id


def names_in_words(names: set[str]) -> str:
    """Return names of the notebook for a message, without those that stand for items."""
    return ", ".join(sorted(each for each in names if not each.startswith("_kfp_")))
