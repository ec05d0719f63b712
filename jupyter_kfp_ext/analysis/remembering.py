"""Functions whose results `lru_cache` keeps: where computing them again makes no difference.

A cache that starts empty in a step shows where the function prints, draws, reads a global or gives
back an object that someone changes. Arithmetic on its arguments is the same each time.
"""

import ast
from typing import Literal

from .scopes import FunctionNode

_PLAIN_CALLS = frozenset(
    {"abs", "bool", "divmod", "float", "int", "len", "max", "min", "pow", "range", "round", "str",
     "sum", "tuple"}
)  # fmt: skip
_PLAIN = (
    ast.Return, ast.If, ast.Assign, ast.AugAssign, ast.For, ast.While, ast.Expr, ast.Pass,
    ast.Constant, ast.Name, ast.BinOp, ast.UnaryOp, ast.BoolOp, ast.Compare, ast.IfExp, ast.Tuple,
    ast.Subscript, ast.Slice, ast.GeneratorExp, ast.comprehension, ast.Starred, ast.JoinedStr,
    ast.FormattedValue, ast.operator, ast.unaryop, ast.boolop, ast.cmpop, ast.expr_context,
)  # fmt: skip


def remembers(node: FunctionNode | ast.Lambda) -> Literal["", "results", "attribute"]:
    """Tell what keeps the results of a function: a cache of its own, or its instance."""
    if isinstance(node, ast.Lambda):
        return ""
    names = {_last_name(each) for each in node.decorator_list}
    if "cached_property" in names:
        return "attribute"
    return "results" if names & {"lru_cache", "cache"} else ""


def is_plain(node: FunctionNode | ast.Lambda) -> bool:
    """Tell a function that gives the same immutable result for the same arguments, and no more."""
    if isinstance(node, ast.Lambda):
        return False
    arguments = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
    known = {each.arg for each in arguments} | _PLAIN_CALLS | {node.name}
    parts = [each for statement in node.body for each in ast.walk(statement)]
    known |= {each.id for each in parts if isinstance(each, ast.Name) and _stores(each)}
    return all(_is_plain(each, known, node.name) for each in parts)


def _is_plain(node: ast.AST, known: set[str], own: str) -> bool:
    if isinstance(node, ast.Call):
        called = node.func.id if isinstance(node.func, ast.Name) else ""
        return called in _PLAIN_CALLS or called == own
    if isinstance(node, ast.Name):
        return node.id in known
    return isinstance(node, _PLAIN)


def _stores(node: ast.Name) -> bool:
    return isinstance(node.ctx, ast.Store)


def _last_name(node: ast.expr) -> str:
    called = node.func if isinstance(node, ast.Call) else node
    return called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")
