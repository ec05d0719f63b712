"""Which functions may end up in values: those that a text does more with than call them.

A function in a list, behind a decorator or in an object of a library is loaded with the value that
holds it, and then its module is imported: so the module has to be where the value is taken.
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

_LAZY = frozenset({"map", "filter", "starmap", "takewhile", "dropwhile"})
"""What they give holds the function until it is read."""
_READERS = frozenset(
    {"all", "any", "dict", "frozenset", "join", "list", "max", "min", "set", "sorted", "sum"}
    | {"tuple", "extend", "update", "Counter", "array", "concat", "deque"}
)
_CALLERS = frozenset(
    {"sorted", "min", "max", "sort", "reduce", "sort_values", "isinstance", "callable"}
    | {"apply", "applymap", "agg", "aggregate", "transform", "pipe", "sub"}
)
"""What calls the functions that it is given, and keeps none."""


_PLAIN = (ast.Name, ast.Attribute, ast.Lambda)


@dataclass(frozen=True)
class Functions:
    """The functions of one text, by name."""

    made: tuple[str, ...] = ()
    """Those that it defines, at any depth."""
    passed: tuple[str, ...] = ()
    """Names and attributes that it uses otherwise than by calling them, or within a lambda."""


@lru_cache(maxsize=4096)
def read_functions(source: str) -> Functions:
    """Return what a text defines and hands on; raises `SyntaxError` or `ValueError`."""
    return functions_of(ast.parse(source))


def functions_of(tree: ast.AST) -> Functions:
    """Return which functions a text defines, and what it hands on as a value."""
    made: set[str] = set()
    renamed: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            made.add(node.name)
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            last = {each.asname: each.name.rpartition(".")[2] for each in node.names if each.asname}
            renamed |= last
        elif isinstance(node, ast.Assign) and isinstance(node.value, ast.Lambda):
            made |= {target.id for target in node.targets if isinstance(target, ast.Name)}
    passed = {renamed.get(name, name) for name in _passed(tree)}
    return Functions(tuple(sorted(made)), tuple(sorted(passed)))


def _passed(tree: ast.AST) -> Iterator[str]:
    """Yield what a text hands on."""
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Lambda):  # one that is kept holds what it will call
            yield from filter(None, map(_name, ast.walk(node)))
            continue
        if name := _name(node):
            yield name
        waiting += _kept(node)


def _name(node: ast.AST) -> str:
    if isinstance(node, (ast.Name, ast.Attribute)) and isinstance(node.ctx, ast.Load):
        return node.id if isinstance(node, ast.Name) else node.attr
    return ""


def _kept(node: ast.AST) -> Iterator[ast.AST]:
    """Yield the parts of a node whose values it may keep; of those that it only uses, the parts."""
    name = _called(node)
    calls = name in _CALLERS or isinstance(node, (ast.Attribute, ast.Compare))
    reads = name in _READERS or isinstance(node, (ast.For, ast.comprehension))
    for child in ast.iter_child_nodes(node):
        part = child.value if isinstance(child, ast.keyword) else child
        is_called = isinstance(node, ast.Call) and part is node.func
        is_named = isinstance(node, ast.Assign) and isinstance(part, ast.Lambda)
        if (calls or is_called or is_named) and isinstance(part, _PLAIN):
            yield from _kept(part)
        elif reads and _called(part) in _LAZY:
            for each in ast.iter_child_nodes(part):
                yield from _kept(each) if isinstance(each, _PLAIN) else (each,)
        else:
            yield part


def _called(node: ast.AST) -> str:
    function = node.func if isinstance(node, ast.Call) else None
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
