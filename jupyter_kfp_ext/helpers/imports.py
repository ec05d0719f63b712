"""Which modules a Python file imports, read from its text: nothing is ever imported to find out."""

import ast
from collections.abc import Iterator


def imported_modules(source: str | bytes, package: str) -> tuple[str, ...]:
    """Return the dotted names that a file's code imports, anywhere in it, sorted.

    `package` is the file's own package (empty for a top-level module): relative imports start
    there. `from a import b` gives `a` and `a.b`, because `b` may be a module; so do the names in
    a literal `__all__`, which a star import loads. Literal names given to
    `importlib.import_module` count. Raises `SyntaxError`.
    """
    tree = ast.parse(source)
    found: set[str] = set()
    for node in ast.walk(tree):
        found.update(_of(node, package))
    return tuple(sorted(found))


def _of(node: ast.AST, package: str) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        base = _base(node, package)
        if base:
            yield base
            yield from (f"{base}.{alias.name}" for alias in node.names if alias.name != "*")
    elif isinstance(node, ast.Assign) and package:
        named = any(isinstance(each, ast.Name) and each.id == "__all__" for each in node.targets)
        if named and isinstance(node.value, (ast.List, ast.Tuple)):
            yield from (f"{package}.{text}" for text in map(_text, node.value.elts) if text)
    elif isinstance(node, ast.Call) and _calls_import(node.func) and node.args:
        name = _text(node.args[0])
        if name and not name.startswith("."):
            yield name


def _base(node: ast.ImportFrom, package: str) -> str:
    """Return the absolute name that `from ... import` starts at; empty where it has none."""
    if not node.level:
        return node.module or ""
    parts = package.split(".") if package else []
    up = node.level - 1
    if not parts or up >= len(parts):
        return ""
    return ".".join([*parts[: len(parts) - up], *([node.module] if node.module else [])])


def _calls_import(function: ast.expr) -> bool:
    name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
    return name in ("import_module", "__import__")


def _text(node: ast.expr) -> str:
    value = node.value if isinstance(node, ast.Constant) else None
    return value if isinstance(value, str) else ""
