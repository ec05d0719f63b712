"""Fixes that change what a step is: put together with another one, not cached, another role."""

import ast
from collections.abc import Iterator

from ..analysis.ipython import to_python
from ..edits import Fix, Replace
from ..errors import Problem
from ..notation.model import Step
from .mark_edits import join_steps, set_option, set_role, set_setting
from .reading import ReadCell, Reading, calls_in
from .surroundings import installed_by

_MOST_JOINS = 4
"""Pairs of steps tried for one problem."""


def join_with_users(reading: Reading, problem: Problem) -> Iterator[Fix]:
    """Propose to put a step into one with a step that it gives to or takes from, the nearest first.

    Steps between them go in as well: their order is the notebook's.
    """
    order = [step.name for step in reading.plan.model.steps]
    if problem.step not in order:
        return
    here = order.index(problem.step)
    planned = {step.name: step for step in reading.plan.steps}
    near = [
        order.index(name)
        for name, step in planned.items()
        if name in order and any(each.step == problem.step for each in step.inputs)
    ]
    # A step that decides on another is in no notebook.
    inputs = planned[problem.step].inputs
    near += [order.index(each.step) for each in inputs if each.step in order]
    for other in sorted(set(near) - {here}, key=lambda each: abs(each - here))[:_MOST_JOINS]:
        names = order[min(here, other) : max(here, other) + 1]
        edits = join_steps(reading.plan.model, names)
        if edits:
            shown = [f"'{name}'" for name in names]
            yield Fix(f"Put {', '.join(shown[:-1])} and {shown[-1]} into one step", edits)


def make_repeatable(reading: Reading, problem: Problem) -> Iterator[Fix]:
    """Propose not to cache a step, or to seed what it draws."""
    step = _step(reading, problem)
    if step is None:
        return
    model = reading.plan.model
    edits = set_option(model, step, "cache", False)
    if edits:
        yield Fix(f"Switch caching off for step '{step.name}'", edits)
    own = [cell for cell in reading.cells if cell.marked.step == step.name]
    seeds = [edit for cell in own for edit in _seeds(reading, cell)]
    if seeds:
        yield Fix("Seed what it draws", tuple(seeds))


def _seeds(reading: Reading, cell: ReadCell) -> Iterator[Replace]:
    """Yield edits that give a seed to what takes one as an argument, from the last call on."""
    calls = sorted(calls_in(cell.tree), key=lambda each: (each.lineno, each.col_offset))
    for call in reversed(calls):
        dotted = reading.dotted(call.func)
        name = dotted.rpartition(".")[2]
        if dotted in {"numpy.random.default_rng", "numpy.random.RandomState", "random.Random"}:
            text = "" if call.args or call.keywords else "0"
        elif dotted.startswith("sklearn.") and all(
            each.arg not in ("random_state", None) for each in call.keywords
        ):
            text = "random_state=0" if name[:1].isupper() or name == "train_test_split" else ""
        else:
            continue
        edit = _last_argument(cell, call, text)
        if text and edit is not None:
            yield edit


def _last_argument(cell: ReadCell, call: ast.Call, text: str) -> Replace | None:
    """Return the edit that adds an argument behind a call's last one.

    None where the place is not plain: a line that IPython rewrites.
    """
    given = [*call.args, *(each.value for each in call.keywords)]
    last = max(
        given, key=lambda each: (each.end_lineno or 0, each.end_col_offset or 0), default=None
    )
    node: ast.expr = last or call
    line, offset = node.end_lineno or 0, (node.end_col_offset or 0) - (last is None)
    lines = cell.marked.body.split("\n")
    if cell.marked.body != to_python(cell.marked.body) or line > len(lines):
        return None
    column = len(lines[line - 1].encode()[:offset].decode(errors="replace"))
    return Replace(cell.id, line, column, "", f", {text}" if last else text)


def give_role(reading: Reading, problem: Problem) -> Iterator[Fix]:
    """Propose the role that a step without work is for."""
    step = _step(reading, problem)
    if step is None:
        return
    own = [cell for cell in reading.cells if cell.marked.step == step.name]
    statements = [node for cell in own for node in cell.tree.body]
    if any(not isinstance(each, ast.Expr) and not _defines(each) for each in statements):
        return
    imports = all(isinstance(each, (ast.Import, ast.ImportFrom)) for each in statements)
    role = "imports" if imports else "functions"
    role = role if statements else "skip"
    edits = set_role(step.cells, role)
    if edits:
        yield Fix(f"Give the cells of step '{step.name}' the role `{role}`", edits)


def _defines(node: ast.stmt) -> bool:
    kinds = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    return isinstance(node, kinds)


def name_packages(reading: Reading, problem: Problem) -> Iterator[Fix]:
    """Propose to say what a cell installs in the option `packages` of all steps."""
    cell = reading.cell(problem.cell_id)
    if cell is None:
        return
    names = [name for call in calls_in(cell.tree) for name in installed_by(call) or ()]
    model = reading.plan.model
    said = model.notebook.metadata.get("kfp")
    defaults = dict(said.get("defaults") or {}) if isinstance(said, dict) else {}
    known = defaults.get("packages") or []
    if not names or not isinstance(known, list):
        return
    packages = list(dict.fromkeys([*known, *names]))
    yield Fix(
        f"Say {', '.join(names)} in the option `packages` of every step",
        set_setting(model, defaults={**defaults, "packages": packages}),
    )


def _step(reading: Reading, problem: Problem) -> Step | None:
    steps = {step.name: step for step in reading.plan.model.steps}
    return steps.get(problem.step or "")
