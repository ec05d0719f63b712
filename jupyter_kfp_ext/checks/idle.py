"""Steps that cost a container and do nothing that anyone sees."""

import ast
from collections.abc import Iterator

from ..analysis.plan import StepPlan
from ..errors import Code, Problem, errors_in
from .reading import Reading

_SILENT = (ast.Assign, ast.AnnAssign, ast.AugAssign, ast.Import, ast.ImportFrom, ast.FunctionDef,
           ast.AsyncFunctionDef, ast.ClassDef, ast.Pass, ast.Delete)  # fmt: skip
_DEFINING = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


def idle_steps(reading: Reading) -> Iterator[Problem]:
    """Yield steps that only define what others run again by themselves, and those without use.

    Only steps of marked notebooks: how an unmarked one is cut is not the user's word. Nothing where
    there are errors: what is used is not known then.
    """
    plan = reading.plan
    if plan.model.split is not None or len(plan.steps) < 2 or errors_in(plan.problems):
        return
    for step in plan.steps:
        own = [cell for cell in reading.cells if cell.marked.step == step.name]
        statements = [node for cell in own for node in cell.tree.body]
        if not own or step.metrics or _asked_for(step):
            continue
        if not statements or all(_only_defines(each) for each in statements):
            imports = all(isinstance(each, (ast.Import, ast.ImportFrom)) for each in statements)
            yield own[0].problem(
                Code.STEP_IDLE,
                f"Step '{step.name}' only {'imports' if imports else 'defines'}, which each step "
                "that needs it does again by itself: a container starts for nothing."
                if statements
                else f"Step '{step.name}' does nothing.",
                f"Give its cells the role `{'imports' if imports else 'functions'}`."
                if statements
                else "Mark its cells as skip, or write code in them.",
            )
        elif not step.outputs and all(_is_silent(each) for each in statements):
            yield own[0].problem(
                Code.STEP_IDLE,
                f"Step '{step.name}' prints nothing, and no other step uses what it makes.",
                "Use its result, print it, or mark its cells as skip.",
            )


def _asked_for(step: StepPlan) -> bool:
    """Tell whether the step's options say that it is there for something else."""
    return bool(step.options.on_exit or step.options.for_each or step.options.when)


def _only_defines(node: ast.stmt) -> bool:
    docstring = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    return isinstance(node, _DEFINING) or docstring


def _is_silent(node: ast.stmt) -> bool:
    """Tell a statement that cannot print or write a file: calls could, so none is in it."""
    if not isinstance(node, _SILENT):
        return False
    if isinstance(node, _DEFINING):
        return True
    return not any(isinstance(each, (ast.Call, ast.Await)) for each in ast.walk(node))
