"""A planned notebook as the rules read it: syntax trees in place, names resolved to modules."""

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from ..analysis.ipython import to_python
from ..analysis.plan import Plan
from ..analysis.trees import parsed
from ..errors import Code, Problem, Severity
from ..notation.model import MarkedCell, Role
from ..notation.options import StepOptions

_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)


@dataclass(frozen=True)
class ReadCell:
    """A code cell that is part of the pipeline, with its syntax tree (empty: it has none)."""

    marked: MarkedCell
    tree: ast.Module

    @property
    def id(self) -> str:
        """The cell's id."""
        return self.marked.cell.id

    def problem(
        self,
        code: Code,
        message: str,
        remedy: str,
        severity: Severity = Severity.INFO,
        node: ast.expr | ast.stmt | None = None,
    ) -> Problem:
        """Return a problem in this cell, at a node of its tree where one is given."""
        line = node.lineno if node else None
        span = self._span(node) if node else None
        return Problem(
            code,
            message,
            remedy,
            severity,
            cell=self.marked.cell.number,
            cell_id=self.id,
            line=line,
            step=self.marked.step,
            column=span[0] if span else None,
            end_line=span[1] if span else None,
            end_column=span[2] if span else None,
        )

    def _span(self, node: ast.expr | ast.stmt) -> tuple[int, int, int] | None:
        """Return column, end line and end column; None where the line was IPython's syntax."""
        source = self.marked.body.split("\n")
        python = to_python(self.marked.body).split("\n")
        end = node.end_lineno or node.lineno
        if end > len(source) or source[node.lineno - 1 : end] != python[node.lineno - 1 : end]:
            return None
        first = source[node.lineno - 1].encode()[: node.col_offset].decode(errors="replace")
        last = source[end - 1].encode()[: node.end_col_offset].decode(errors="replace")
        return len(first), end, len(last)


@dataclass(frozen=True)
class Reading:
    """What all rules look at."""

    plan: Plan
    folder: Path | None
    """The notebook's folder; None where it was never saved."""

    @cached_property
    def cells(self) -> tuple[ReadCell, ...]:
        """All code cells but the skipped ones, in notebook order."""
        return tuple(
            ReadCell(each, parsed(each.body))
            for each in self.plan.model.cells
            if each.role is not Role.SKIP
        )

    def cell(self, cell_id: str | None) -> ReadCell | None:
        """Return the cell with an id."""
        return next((each for each in self.cells if each.id == cell_id), None)

    @cached_property
    def options(self) -> Mapping[str, StepOptions]:
        """The options of each step."""
        return {step.name: step.options for step in self.plan.model.steps}

    @property
    def modules(self) -> Mapping[str, str]:
        """Names that are only ever bound by imports -> the dotted name of what they are."""
        return self._names[0]

    @cached_property
    def _names(self) -> tuple[Mapping[str, str], frozenset[str]]:
        """Return the modules, and the names that something else than an import binds."""
        imported: dict[str, str] = {}
        others: set[str] = set()
        for cell in self.cells:
            for node in ast.walk(cell.tree):
                if isinstance(node, ast.Import):
                    for alias in node.names:
                        top = alias.name if alias.asname else alias.name.split(".")[0]
                        imported[alias.asname or top] = top
                elif isinstance(node, ast.ImportFrom):
                    module = "." * node.level + (node.module or "")
                    for alias in node.names:
                        imported[alias.asname or alias.name] = f"{module}.{alias.name}"
                elif isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
                    others.add(node.id)
                elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
                    others.add(node.name)
                elif isinstance(node, ast.arg):
                    others.add(node.arg)
        kept = {name: dotted for name, dotted in imported.items() if name not in others}
        return kept, frozenset(others)

    def is_builtin(self, name: str) -> bool:
        """Tell whether no cell binds a builtin's name to something else."""
        return not any(name in names for names in self._names)

    def dotted(self, node: ast.expr) -> str:
        """Return what an expression names, through imports (`np.random.rand` -> `numpy...`).

        Empty where it is no chain of attributes that starts at an imported name; a builtin's is
        its own name.
        """
        path: list[str] = []
        while isinstance(node, ast.Attribute):
            path.append(node.attr)
            node = node.value
        if not isinstance(node, ast.Name):
            return ""
        start = self.modules.get(node.id)
        if start is None:
            return node.id if not path and self.is_builtin(node.id) else ""
        return ".".join((start, *reversed(path)))


def calls_in(tree: ast.AST) -> Iterator[ast.Call]:
    """Yield all calls, also those in functions."""
    return (node for node in ast.walk(tree) if isinstance(node, ast.Call))


def run_at_once(tree: ast.AST) -> Iterator[ast.AST]:
    """Yield the nodes that run when the cell runs: bodies of functions and classes left out."""
    pending = list(ast.iter_child_nodes(tree))
    while pending:
        node = pending.pop()
        yield node
        if not isinstance(node, _SCOPES):
            pending += ast.iter_child_nodes(node)


def keywords_of(call: ast.Call) -> frozenset[str | None]:
    """Return the names of a call's keyword arguments; None stands for `**more`."""
    return frozenset(each.arg for each in call.keywords)


def text_of(node: ast.expr | None) -> str | None:
    """Return the value of a literal text."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    return None
