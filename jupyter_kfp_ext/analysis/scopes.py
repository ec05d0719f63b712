"""Which scope a name belongs to, by the rules of the Python reference (4.2.2 and 6.2.4)."""

import ast
import itertools
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

_numbers = itertools.count(1)

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef
_OWN_SCOPE = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


def is_module_name(name: str) -> bool:
    """Tell a module-level name (or part of the world) from a local or a temporary one."""
    return bool(name) and name[0] not in ":%"


@dataclass
class Scope:
    """A scope while its cell is read. Names of inner scopes get a unique prefix."""

    kind: Literal["module", "function", "class", "comprehension"]
    parent: "Scope | None" = None
    bound: set[str] = field(default_factory=set)
    global_names: set[str] = field(default_factory=set)
    nonlocal_names: set[str] = field(default_factory=set)
    number: int = field(default_factory=lambda: next(_numbers))

    def resolve(self, name: str) -> str:
        """Return the unique name that a name means here."""
        scope: Scope | None = self
        while scope is not None and scope.kind != "module":
            if name in scope.global_names:
                return name
            visible = scope.kind != "class" or scope is self
            if visible and name in scope.bound and name not in scope.nonlocal_names:
                return f":{scope.number}:{name}"
            scope = scope.parent
        return name

    def walrus_scope(self) -> "Scope":
        """Return the scope that `:=` binds in: the nearest that is no comprehension."""
        scope = self
        while scope.kind == "comprehension" and scope.parent is not None:
            scope = scope.parent
        return scope


def temporary() -> str:
    """Return a new name for a value on the way."""
    return f"%{next(_numbers)}"


def function_scope(node: FunctionNode | ast.Lambda, parent: Scope) -> Scope:
    """Return the scope of a function's body: its parameters and all that it binds."""
    scope = Scope("function", parent)
    arguments = node.args
    every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    every += [each for each in (arguments.vararg, arguments.kwarg) if each is not None]
    scope.bound.update(each.arg for each in every)
    collect_bindings([node.body] if isinstance(node, ast.Lambda) else node.body, scope)
    return scope


def class_scope(node: ast.ClassDef, parent: Scope) -> Scope:
    """Return the scope of a class body."""
    scope = Scope("class", parent)
    scope.bound.update(("__module__", "__qualname__"))
    collect_bindings(node.body, scope)
    return scope


def collect_bindings(body: Iterable[ast.AST], scope: Scope) -> None:
    """Add the names that code binds in a scope, nested scopes left out (but for their `:=`)."""
    pending: list[tuple[ast.AST, bool]] = [(node, False) for node in body]
    while pending:
        node, in_comprehension = pending.pop()
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            scope.bound.add(node.name)
        elif isinstance(node, ast.Name):
            if isinstance(node.ctx, (ast.Store, ast.Del)) and not in_comprehension:
                scope.bound.add(node.id)
        elif isinstance(node, ast.NamedExpr):
            scope.bound.add(node.target.id)
        elif isinstance(node, ast.Global):
            scope.global_names.update(node.names)
        elif isinstance(node, ast.Nonlocal):
            scope.nonlocal_names.update(node.names)
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            scope.bound.update(alias.asname or alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, (ast.ExceptHandler, ast.MatchAs, ast.MatchStar)):
            scope.bound.update([node.name] if node.name else [])
        elif isinstance(node, ast.MatchMapping) and node.rest:
            scope.bound.add(node.rest)
        if not isinstance(node, _OWN_SCOPE):
            inner = in_comprehension or isinstance(node, _COMPREHENSIONS)
            pending += [(child, inner) for child in ast.iter_child_nodes(node)]


def comprehension_scope(generators: Iterable[ast.comprehension], parent: Scope) -> Scope:
    """Return the scope of a comprehension: the targets of its loops."""
    scope = Scope("comprehension", parent)
    for generator in generators:
        for node in ast.walk(generator.target):
            if isinstance(node, ast.Name):
                scope.bound.add(node.id)
    return scope
