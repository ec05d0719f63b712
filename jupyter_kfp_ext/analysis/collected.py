"""Collects the operations of source, with temporary names for the values on the way."""

import ast
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from .facts import Bind, Branch, Iterate, Operate, Operation
from .scopes import Scope, temporary

NOTHING = ""
"""The value of an expression that holds no object of interest (a number, a string)."""


class Collected:
    """Collects operations; `Expressions` knows what each expression does."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        self.operations: list[Operation] = []
        self._function: tuple[str, list[bool]] | None = None

    @contextmanager
    def collected(self) -> Iterator[list[Operation]]:
        """Collect the operations of a block apart."""
        outer, self.operations = self.operations, []
        try:
            yield self.operations
        finally:
            self.operations = outer

    @contextmanager
    def maybe(self) -> Iterator[None]:
        """Mark what happens in a block as possible, not sure."""
        with self.collected() as operations:
            yield
        if operations:
            self.operations.append(Branch((tuple(operations), ()), (False, False)))

    def emit(self, operation: Operation) -> None:
        """Add an operation."""
        self.operations.append(operation)

    def evaluate(self, node: ast.expr | None) -> str:
        """Add the operations of an expression; return the name of its value."""
        if node is None or isinstance(node, ast.Constant):
            return NOTHING
        method: Callable[[ast.expr], str] | None = getattr(self, f"_{type(node).__name__}", None)
        if method is not None:
            return method(node)
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.expr):
                self.evaluate(child)
        return NOTHING

    def _made(
        self,
        node: ast.AST,
        sources: Sequence[str],
        share: str = "same",
        fresh: bool = True,
        operated: str = NOTHING,
    ) -> str:
        name = temporary()
        kept = tuple(dict.fromkeys(each for each in sources if each))
        line = getattr(node, "lineno", 1)
        self.emit(Bind(name, kept, line, share, fresh, operated=operated))  # type: ignore[arg-type]
        return name

    def _operate(self, node: ast.AST, *values: str, item: bool = False) -> str:
        """Let special methods of values run; return the name of what they give back."""
        kept = tuple(each for each in values if each)
        if not kept:
            return NOTHING
        result = temporary()
        self.emit(Operate(kept, getattr(node, "lineno", 1), result, item))
        return result

    def _iterate(self, node: ast.AST, value: str) -> str:
        """Iterate over a value; return the name of what it yields."""
        if not value:
            return NOTHING
        result = temporary()
        self.emit(Iterate(value, getattr(node, "lineno", 1), result))
        return result
