"""Which files a module names by its own place: `Path(__file__).parent / "data" / "a.csv"`."""

import ast
import os

from ..analysis.path_changes import evaluate

_FOLDER = "/@0/@1/@2/@3/@4"
"""Stands for the module's folder while paths are worked out, so that `..` leads above it."""


def own_files(tree: ast.Module) -> tuple[str, ...]:
    """Return the paths that a module's text makes from `__file__`, relative to its folder, sorted.

    They may be files or folders, and need not be there. Of a path whose end is computed, the part
    before it counts.
    """
    names = {"__file__": f"{_FOLDER}/file.py"}
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            value = evaluate(node.value, names)
            if value is not None and value.startswith(_FOLDER):
                names[node.targets[0].id] = value
    for node in ast.walk(tree):
        if not isinstance(node, (ast.BinOp, ast.Call)):
            continue
        path = evaluate(node, names)
        if path is None and isinstance(node, ast.Call) and len(node.args) > 2:
            # `join(HERE, "data", name)`
            path = evaluate(ast.Call(node.func, node.args[:-1], []), names)
        if path is not None and path.startswith("/@0"):
            relative = os.path.relpath(os.path.normpath(path), _FOLDER)
            if os.path.basename(relative) not in (os.curdir, os.pardir, "file.py"):  # noqa: PTH119
                found.add(relative)
    return tuple(sorted(found))
