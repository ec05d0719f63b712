"""What a metrics cell says: which names are metrics, and which are curves and matrices."""

import ast
from collections.abc import Iterator
from functools import lru_cache

from .ipython import to_python
from .plan import Chart

_OWN_NAMES = (
    ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda,
    ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp,
)  # fmt: skip
"""Code whose names are its own."""


@lru_cache(maxsize=256)
def metric_names(source: str) -> tuple[tuple[str, int], ...]:
    """Return the names of a metrics cell that are metrics, with their lines.

    Those are names that it binds, those that stand alone in a line, and arguments of `print`; not
    what belongs to a curve or matrix (`charts_in`). A cell that cannot be read has none.
    """
    found: dict[str, int] = {}
    charted = {name for chart in charts_in(source) for name in chart.names}
    for statement in _statements(source):
        for name in _named(statement):
            if name not in charted:
                found.setdefault(name, statement.lineno)
    return tuple(found.items())


@lru_cache(maxsize=256)
def charts_in(source: str) -> tuple[Chart, ...]:
    """Return the curves and matrices of a metrics cell.

    `fpr, tpr, thresholds = roc_curve(...)` is a curve, `cm = confusion_matrix(...)` a matrix,
    whatever the function is called by (`metrics.roc_curve`).
    """
    found = {}
    for statement in _statements(source):
        if not isinstance(statement, ast.Assign) or len(statement.targets) != 1:
            continue
        target, call = statement.targets[0], statement.value
        if not isinstance(call, ast.Call):
            continue
        called = ast.unparse(call.func).rpartition(".")[2]
        if called == "roc_curve" and isinstance(target, ast.Tuple) and len(target.elts) == 3:
            names = tuple(each.id for each in target.elts if isinstance(each, ast.Name))
            if len(names) == 3:
                found[names[0]] = Chart("roc", names)
        elif called == "confusion_matrix" and isinstance(target, ast.Name):
            labels = next((each.value for each in call.keywords if each.arg == "labels"), None)
            named = labels.id if isinstance(labels, ast.Name) else ""
            found[target.id] = Chart("matrix", (target.id,), named)
    return tuple(found.values())


def _statements(source: str) -> list[ast.stmt]:
    try:
        return ast.parse(to_python(source)).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []


def _named(statement: ast.stmt) -> Iterator[str]:
    if isinstance(statement, ast.Expr):
        yield from _shown(statement.value)
    else:
        yield from _bound(statement)


def _bound(node: ast.AST) -> Iterator[str]:
    """Yield the names bound in a node, but not those of functions, classes and comprehensions."""
    if isinstance(node, _OWN_NAMES):
        return
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
        yield node.id
    for child in ast.iter_child_nodes(node):
        yield from _bound(child)


def _shown(value: ast.expr) -> Iterator[str]:
    if isinstance(value, ast.Name):
        yield value.id
    elif isinstance(value, ast.Tuple):
        for each in value.elts:
            yield from _shown(each)
    elif isinstance(value, ast.JoinedStr):
        for part in value.values:
            if isinstance(part, ast.FormattedValue):
                yield from _shown(part.value)
    elif isinstance(value, ast.Call) and ast.unparse(value.func) in ("print", "display"):
        for each in value.args:
            yield from _shown(each)
