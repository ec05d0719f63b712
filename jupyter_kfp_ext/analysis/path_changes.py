"""Which folders a piece of code adds to `sys.path`, read from its text.

Code says them in many ways: literals, `Path("..") / "lib"`, `os.path.join(os.getcwd(), "..")`, a
name that was given such a value before. What cannot be worked out from the text is told, too.
"""

import ast
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from .ipython import to_python

_SAME = frozenset({"str", "fspath", "abspath", "realpath", "normpath", "expanduser"})
"""Functions that give the path that they are given, as far as a module's place goes."""
_SAME_METHODS = frozenset({"resolve", "absolute", "as_posix", "expanduser"})
_PATHS = frozenset({"Path", "PurePath", "PosixPath", "PurePosixPath"})
_CONSTANTS = {"pardir": os.pardir, "curdir": os.curdir, "sep": os.sep}
_FRONT = 2
"""Entries inserted up to this place stand before the installed packages."""


@dataclass(frozen=True)
class PathChange:
    """A folder that code adds to `sys.path`."""

    entry: str | None
    """The folder, relative to the notebook's or absolute; None where the text does not tell it."""
    front: bool
    """Whether it comes before what was there."""
    line: int
    site: bool = False
    """Whether `.pth` files in it count (`site.addsitedir`)."""


@lru_cache(maxsize=2048)
def path_changes(
    source: str, known: tuple[tuple[str, str], ...] = ()
) -> tuple[tuple[PathChange, ...], tuple[tuple[str, str], ...]]:
    """Return what code adds to `sys.path`, in its order, and the paths that its names then hold.

    `known` are names with their paths from earlier code; a module's own file is `__file__`. Empty
    where the source is not valid Python. Relative paths start in the notebook's folder.
    """
    names = dict(known)
    if "path" not in source and "addsitedir" not in source and "Path" not in source:
        return (), known  # most code
    try:
        tree = ast.parse(to_python(source))
    except (SyntaxError, ValueError):
        return (), known
    aliases = _aliases(tree)
    nodes = [each for each in ast.walk(tree) if isinstance(each, (ast.Call, ast.stmt))]
    found: list[PathChange] = []
    for node in sorted(nodes, key=lambda each: (each.lineno, each.col_offset)):
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            value = evaluate(node.value, names)
            if value is not None:
                names[node.targets[0].id] = value
        found += _changes(node, names, aliases)
    return tuple(found), tuple(names.items())


def _aliases(tree: ast.Module) -> frozenset[str]:
    """Return what stands for `sys.path` in the code, as source."""
    found = {"sys.path"}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found.update(
                f"{each.asname}.path" for each in node.names if each.name == "sys" and each.asname
            )
        elif isinstance(node, ast.ImportFrom) and node.module == "sys":
            found.update(each.asname or "path" for each in node.names if each.name == "path")
    return frozenset(found)


def _changes(
    node: ast.AST, names: Mapping[str, str], aliases: frozenset[str]
) -> Iterator[PathChange]:
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args:
        method, of_path = node.func.attr, ast.unparse(node.func.value) in aliases
        if method == "addsitedir":
            yield PathChange(evaluate(node.args[0], names), False, node.lineno, site=True)
        elif method == "append" and of_path:
            yield PathChange(evaluate(node.args[0], names), False, node.lineno)
        elif method == "insert" and of_path and len(node.args) == 2:
            at = node.args[0]
            front = isinstance(at, ast.Constant) and at.value in range(_FRONT + 1)
            yield PathChange(evaluate(node.args[1], names), front, node.lineno)
        elif method == "extend" and of_path:
            yield from _listed(node.args[0], names, False)
    elif isinstance(node, ast.AugAssign) and ast.unparse(node.target) in aliases:
        yield from _listed(node.value, names, False)
    elif isinstance(node, ast.Assign):
        target = node.targets[0]
        if isinstance(target, ast.Subscript) and isinstance(target.slice, ast.Slice):
            if ast.unparse(target.value) in aliases and target.slice.lower is None:
                yield from _assigned(node.value, names, aliases)
        elif ast.unparse(target) in aliases:
            yield from _assigned(node.value, names, aliases)


def _assigned(
    value: ast.expr, names: Mapping[str, str], aliases: frozenset[str]
) -> Iterator[PathChange]:
    """Yield the entries of `[a] + sys.path`, `sys.path + [a]`, `[a, *sys.path]` and `[a]`."""
    if isinstance(value, ast.BinOp):
        front = ast.unparse(value.left) not in aliases
        yield from _listed(value.left if front else value.right, names, front)
    elif isinstance(value, (ast.List, ast.Tuple)):
        starred = [isinstance(each, ast.Starred) for each in value.elts]
        before = starred.index(True) if True in starred else len(starred)
        yield from _listed(ast.List(value.elts[:before]), names, True)
        yield from _listed(ast.List(value.elts[before + 1 :]), names, False)


def _listed(value: ast.expr, names: Mapping[str, str], front: bool) -> Iterator[PathChange]:
    if isinstance(value, (ast.List, ast.Tuple)):
        for each in reversed(value.elts) if front else value.elts:
            yield PathChange(evaluate(each, names), front, each.lineno)
    else:
        yield PathChange(None, front, value.lineno)


def evaluate(node: ast.expr, names: Mapping[str, str]) -> str | None:
    """Return the path that an expression stands for; None where the text does not tell it."""
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else None
    if isinstance(node, ast.Name):
        return names.get(node.id)
    if isinstance(node, ast.JoinedStr):
        return _joined(
            [part.value if isinstance(part, ast.FormattedValue) else part for part in node.values],
            names,
            "",
        )
    if isinstance(node, ast.BinOp) and isinstance(node.op, (ast.Div, ast.Add)):
        between = "/" if isinstance(node.op, ast.Div) else ""
        return _joined([node.left, node.right], names, between)
    if isinstance(node, ast.Attribute):
        if node.attr in _CONSTANTS:
            return _CONSTANTS[node.attr]
        return _above(node.value, 1, names) if node.attr == "parent" else None
    if isinstance(node, ast.Subscript):
        return _one_of_parents(node, names)
    return _called(node, names) if isinstance(node, ast.Call) else None


def _called(node: ast.Call, names: Mapping[str, str]) -> str | None:
    function = node.func
    name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
    if name in ("getcwd", "cwd"):
        return os.curdir
    if name in _PATHS or (name == "join" and node.args):
        return _joined(node.args, names, "/") if node.args else os.curdir
    if name == "dirname" and node.args:
        return _above(node.args[0], 1, names)
    if name in _SAME and node.args:
        path = evaluate(node.args[0], names)
        return path and os.path.expanduser(path)  # noqa: PTH111 - text in, text out
    if isinstance(function, ast.Attribute):
        if name in _SAME_METHODS:
            return evaluate(function.value, names)
        if name == "with_name" and node.args:
            folder, other = _above(function.value, 1, names), evaluate(node.args[0], names)
            return None if folder is None or other is None else f"{folder}/{other}"
        if name == "joinpath":
            return _joined([function.value, *node.args], names, "/")
    return None


def _one_of_parents(node: ast.Subscript, names: Mapping[str, str]) -> str | None:
    of, at = node.value, node.slice
    counted = isinstance(at, ast.Constant) and isinstance(at.value, int) and at.value >= 0
    if isinstance(of, ast.Attribute) and of.attr == "parents" and counted:
        return _above(of.value, at.value + 1, names)  # type: ignore[attr-defined]
    return None


def _above(node: ast.expr, levels: int, names: Mapping[str, str]) -> str | None:
    path = evaluate(node, names)
    return None if path is None else os.path.normpath("/".join([path, *[os.pardir] * levels]))


def _joined(nodes: list[ast.expr], names: Mapping[str, str], between: str) -> str | None:
    parts = [evaluate(each, names) for each in nodes]
    if any(each is None for each in parts):
        return None
    texts = [each for each in parts if each is not None]
    return os.path.join(*texts) if between else "".join(texts)  # noqa: PTH118 - text in, text out
