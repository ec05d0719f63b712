"""Which modules a Python file imports, read from its text: nothing is ever imported to find out."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

_DOTTED = re.compile(r"\.{0,3}[^\W\d]\w*(?:\.[^\W\d]\w*)*\.?$")
_RESOURCES = frozenset(
    {"files", "get_data", "read_text", "read_binary", "open_text", "open_binary", "path"}
    | {"contents", "is_resource", "as_file", "resource_filename", "resource_string"}
)
"""Functions of `importlib.resources`, `pkgutil` and `pkg_resources` that take a package first."""
_ITSELF = ("__package__", "__name__")
_LONGEST = 100
_WALKS = frozenset({"iter_modules", "walk_packages"})


@dataclass(frozen=True)
class Imports:
    """What the text of a file says of the modules that it loads."""

    names: tuple[tuple[str, int], ...] = ()
    """Dotted names and their first lines, sorted. `from a import b` gives `a` and `a.b`."""
    packages: tuple[str, ...] = ()
    """Packages any of whose modules may be loaded: `import_module(f"plugins.{name}")`."""
    resources: tuple[str, ...] = ()
    """Packages whose data files are read through `importlib.resources` or `pkgutil`."""
    computed: tuple[int, ...] = ()
    """Lines of imports whose name is computed, so that it cannot be followed."""
    missing_matters: tuple[tuple[str, int], ...] = ()
    """Relative imports, with their lines, for whose failing the code is not prepared."""
    bare: tuple[tuple[str, int], ...] = ()
    """Modules that its top level imports in any case, with their lines: it fails without them."""
    words: tuple[str, ...] = ()
    """Where names are computed: the literals that may be such names."""


def imported_modules(source: str | bytes, package: str) -> tuple[str, ...]:
    """Return the dotted names that a file's code imports, anywhere in it, sorted.

    `package` as for `read_imports`. Raises `SyntaxError`.
    """
    return tuple(name for name, _ in read_imports(source, package).names)


@lru_cache(maxsize=4096)
def read_imports(source: str | bytes, package: str) -> Imports:
    """Return what a file's code imports, anywhere in it, in all branches.

    `package` is the file's own package (empty for a top-level module): relative imports start
    there. The names in a literal `__all__` count, because a star import loads them, and so do
    literal names given to `importlib.import_module`. Raises `SyntaxError` or `ValueError`.
    """
    tree = ast.parse(source)
    reader = _Reader(package)
    reader.visit(tree, prepared=False)
    computed = sorted(reader.computed)
    return Imports(
        tuple(sorted(reader.names.items())),
        tuple(sorted(reader.packages)),
        tuple(sorted(reader.resources)),
        tuple(computed),
        tuple(sorted(reader.relative.items())),
        tuple(_bare(tree)),
        tuple(sorted(reader.words)) if computed else (),
    )


def _bare(tree: ast.Module) -> Iterator[tuple[str, int]]:
    for node in tree.body:
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module, node.lineno


class _Reader:
    def __init__(self, package: str) -> None:
        self._package = package
        self.names: dict[str, int] = {}
        self.packages: set[str] = set()
        self.resources: set[str] = set()
        self.computed: set[int] = set()
        self.relative: dict[str, int] = {}
        self.words: set[str] = set()

    def visit(self, node: ast.AST, prepared: bool) -> None:
        """Read a node and all below it; `prepared`: it stands in a `try` or in a condition."""
        for name, line in self._of(node):
            self.names[name] = min(line, self.names.get(name, line))
        if isinstance(node, ast.ImportFrom) and node.level and node.module and not prepared:
            self.relative.setdefault(self._base(node), node.lineno)
        if isinstance(node, ast.Call):
            self._call(node)
        text = _text(node)
        if 0 < len(text) <= _LONGEST and _DOTTED.match(text):
            self.words.add(text.strip("."))
        inside = prepared or isinstance(node, (ast.Try, ast.If))
        for child in ast.iter_child_nodes(node):
            self.visit(child, inside)

    def _of(self, node: ast.AST) -> Iterator[tuple[str, int]]:
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = self._base(node)
            if base:
                yield base, node.lineno
                for alias in node.names:
                    if alias.name != "*":
                        yield f"{base}.{alias.name}", node.lineno
        elif isinstance(node, ast.Assign) and self._package:
            named = any(
                isinstance(each, ast.Name) and each.id == "__all__" for each in node.targets
            )
            if named and isinstance(node.value, (ast.List, ast.Tuple)):
                for text in map(_text, node.value.elts):
                    if text:
                        yield f"{self._package}.{text}", node.lineno

    def _call(self, node: ast.Call) -> None:
        name = _called(node.func)
        given = node.args[0] if node.args else None
        if name in ("import_module", "__import__") and given is not None:
            anchor = _text(node.args[1]) if len(node.args) > 1 else ""
            self._dynamic(given, node.lineno, anchor or self._package)
        elif name in _WALKS:
            # `pkgutil.iter_modules(__path__)`: plug-ins that a package finds by itself.
            text = ast.unparse(given) if given is not None else ""
            if self._package and text in ("__path__", "__path__, __name__"):
                self.packages.add(self._package)
            elif text.endswith(".__path__"):
                self.packages.add(text.removesuffix(".__path__"))
            elif text:
                self.computed.add(node.lineno)
        elif name in _RESOURCES and given is not None:
            if text := _text(given):
                self.resources.add(text)
            elif self._package and ast.unparse(given) in _ITSELF:
                self.resources.add(self._package)

    def _dynamic(self, given: ast.expr, line: int, package: str) -> None:
        text = _text(given)
        start = _start(given, self._package)
        if text:
            if name := _absolute(text, package):
                self.names.setdefault(name, line)
        elif start.endswith("."):
            if name := _absolute(start, package):
                self.packages.add(name)
        elif not isinstance(given, ast.Constant) and ast.unparse(given) not in _ITSELF:
            self.computed.add(line)

    def _base(self, node: ast.ImportFrom) -> str:
        """Return the absolute name that `from ... import` starts at; empty where it has none."""
        if not node.level:
            return node.module or ""
        parts = self._package.split(".") if self._package else []
        up = node.level - 1
        if not parts or up >= len(parts):
            return ""
        return ".".join([*parts[: len(parts) - up], *([node.module] if node.module else [])])


def _absolute(name: str, package: str) -> str:
    """Return a name given to `import_module` as absolute; empty where it leads nowhere."""
    dots = len(name) - len(name.lstrip("."))
    rest = name.strip(".")
    if not dots:
        return rest
    parts = package.split(".") if package else []
    if dots > len(parts):
        return ""
    return ".".join([*parts[: len(parts) - dots + 1], *([rest] if rest else [])])


def _called(function: ast.expr) -> str:
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def _start(node: ast.expr, package: str) -> str:
    """Return the literal start of a computed text: of an f-string, `+`, `%` or `format`.

    `__name__` and `__package__` stand for the package.
    """
    if isinstance(node, ast.Name):
        return package if node.id in _ITSELF else ""
    if isinstance(node, ast.FormattedValue):
        return _start(node.value, package)
    if isinstance(node, ast.JoinedStr) and node.values:
        first, *rest = node.values
        start = _text(first) or _start(first, package)
        return start + _text(rest[0]) if start == package and rest else start
    if isinstance(node, ast.BinOp):
        text = _text(node.left) or _start(node.left, package)
        if text and text == package and isinstance(node.op, ast.Add):
            return text + _text(node.right)
        return text.split("%")[0] if isinstance(node.op, ast.Mod) else text
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        return _text(node.func.value).split("{")[0] if node.func.attr == "format" else ""
    return ""


def _text(node: ast.AST) -> str:
    value = node.value if isinstance(node, ast.Constant) else None
    return value if isinstance(value, str) else ""
