"""What the first import of a user's module does that a second one would do again, or otherwise."""

import ast
from collections.abc import Callable, Collection, Iterable, Iterator

from .trees import is_main

_INNER = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)


def acts(body: Iterable[ast.stmt]) -> bool:
    """Tell a module that may do something when it is imported: it calls for the call's sake."""
    for each in _statements(body):
        if isinstance(each, ast.Expr) and not isinstance(each.value, ast.Constant):
            return True
        if isinstance(each, (ast.With, ast.For, ast.While, ast.Delete, ast.Assert, ast.Raise)):
            return True
    return False


def differing(
    body: Iterable[ast.stmt],
    is_new: Callable[[ast.AST, Collection[str]], bool],
    taken: Collection[str],
) -> frozenset[str]:
    """Return the variables of a module that each import computes anew, and what comes of them.

    Attributes of its classes are named with their class: `Run.id`. `is_new` tells such an
    expression, `taken` are the names of such variables that it imports.
    """
    found = set(taken)
    for each in _statements(body):
        if isinstance(each, ast.ClassDef):
            inner = differing(each.body, is_new, found) - found
            found |= {f"{each.name}.{name}" for name in inner}
        elif isinstance(each, (ast.Assign, ast.AnnAssign, ast.AugAssign)) and each.value:
            parts = list(_evaluated(each.value))
            named = {node.id for node in parts if isinstance(node, ast.Name)}
            if named & found or any(is_new(part, found) for part in parts):
                targets = each.targets if isinstance(each, ast.Assign) else [each.target]
                found.update(
                    node.id
                    for target in targets
                    for node in ast.walk(target)
                    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
                )
    return frozenset(found)


def is_cached(function: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """Tell a function that `lru_cache` or `cache` remembers the results of."""
    named = (each.func if isinstance(each, ast.Call) else each for each in function.decorator_list)
    return any(ast.unparse(each).rpartition(".")[2] in ("lru_cache", "cache") for each in named)


def stores_in_arguments(function: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """Tell a function that stores or deletes attributes of what it is given."""
    given = {each.arg for each in (*function.args.posonlyargs, *function.args.args)}
    given |= {each.arg for each in function.args.kwonlyargs}
    for node in ast.walk(function):
        if isinstance(node, ast.Attribute) and not isinstance(node.ctx, ast.Load):
            stored: ast.expr = node.value
        elif isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("setattr", "delattr"):
            stored = node.args[0] if node.args else node
        else:
            continue
        if isinstance(stored, ast.Name) and stored.id in given:
            return True
    return False


def _statements(body: Iterable[ast.stmt]) -> Iterator[ast.stmt]:
    """Yield the statements that an import may run, those in branches too."""
    for each in body:
        if isinstance(each, ast.If) and is_main(each.test):
            yield from _statements(each.orelse)
            continue
        yield each
        if isinstance(each, (ast.ClassDef, *_INNER)):
            continue
        for part in ("body", "orelse", "finalbody"):
            yield from _statements(getattr(each, part, ()))
        for handler in getattr(each, "handlers", ()):
            yield from _statements(handler.body)


def _evaluated(node: ast.AST) -> Iterator[ast.AST]:
    yield node
    if not isinstance(node, _INNER):
        for each in ast.iter_child_nodes(node):
            yield from _evaluated(each)
