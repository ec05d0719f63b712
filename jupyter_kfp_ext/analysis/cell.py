"""The source of one cell -> its facts: a pure function of the text, remembered by the text."""

import ast
import warnings
from dataclasses import replace
from functools import lru_cache

from ..errors import Code, Problem
from .facts import (
    Bind,
    Branch,
    CellFacts,
    Define,
    Import,
    Loop,
    Operation,
    Show,
    Statement,
    Unbind,
    Use,
)
from .ipython import to_python
from .replayable import (
    declares,
    is_computed,
    is_plain_call,
    is_replayable,
    is_setting,
    literal,
    resource_of,
)
from .scopes import Scope, is_module_name
from .statements import Statements
from .texts import hides_names


@lru_cache(maxsize=4096)
def analyse_cell(source: str) -> CellFacts:
    """Return what a cell's source says about names; never executes it.

    A cell that does not parse has no statements and a `problem` (`syntax-error`) with the line
    and the parser's words.
    """
    try:
        tree = _parse(to_python(source))
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        return CellFacts((), _syntax_problem(error))
    statements = [_statement(node) for node in tree.body]
    names = _Names()
    for statement in statements:
        names.follow(statement.operations)
    if statements and not source.rstrip().endswith(";"):
        statements[-1] = _with_last_value(tree.body[-1], statements[-1])
    return CellFacts(
        statements=tuple(statements),
        modules=tuple(sorted(_modules(tree))),
        open_names=_has_star(tree) or any(each.hides for each in statements),
        uses=frozenset(names.uses),
        binds=frozenset(names.binds),
        unbinds=frozenset(names.unbinds),
    )


def names_of(operations: tuple[Operation, ...]) -> tuple[set[str], set[str]]:
    """Return the module-level names that operations bind, and those that they read first."""
    names = _Names()
    names.follow(operations)
    return names.binds, names.uses


def shown_as(statement: Statement, name: str) -> Statement:
    """Return a cell's last statement, which gives what it shows a name (`_3`) too, if it does."""
    if "_" not in names_of(statement.operations)[0]:
        return statement
    bind = Branch(((Bind(name, ("_",), statement.line),), ()), (False, False))
    return replace(statement, operations=(*statement.operations, bind))


def perhaps(statement: Statement) -> Statement:
    """Return a statement that may not be reached, or not to its end: one before it may fail."""
    if statement.definition:
        return statement
    return replace(statement, operations=(Branch((statement.operations, ()), (False, False)),))


def _parse(text: str) -> ast.Module:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        tree = ast.parse(text)
        # What only the compiler refuses (`return` outside a function), as the kernel would.
        compile(tree, "<cell>", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, dont_inherit=True)
    return tree


def _syntax_problem(error: BaseException) -> Problem:
    line = getattr(error, "lineno", None)
    words = getattr(error, "msg", None) or str(error) or "the cell is nested too deeply"
    return Problem(
        Code.SYNTAX_ERROR,
        f"Python cannot read this cell: {words}.",
        "Correct the line, or mark the cell as skip.",
        line=line,
    )


def _statement(node: ast.stmt) -> Statement:
    reader = Statements(Scope("module"))
    reader.statement(node)
    first = min([node.lineno, *(each.lineno for each in getattr(node, "decorator_list", ()))])
    target, value, annotation, is_literal = _literal_assignment(node)
    return Statement(
        line=first,
        end_line=node.end_lineno or node.lineno,
        column=node.col_offset,
        end_column=node.end_col_offset or 0,
        operations=tuple(reader.operations),
        replayable=is_replayable(node),
        setting=is_setting(node),
        declares=declares(node),
        computed=is_computed(node),
        resource=resource_of(node),
        definition=isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)),
        hides=hides_names(node),
        compiles=isinstance(node, ast.ImportFrom) and node.module == "__future__",
        plain_call=is_plain_call(node),
        literal=is_literal,
        target=target,
        value=value,
        annotation=annotation,
    )


def _with_last_value(node: ast.stmt, statement: Statement) -> Statement:
    """Add that IPython binds `_` to the value of a last expression that is not None."""
    if not isinstance(node, ast.Expr):
        return statement
    reader = Statements(Scope("module"))
    value = reader.evaluate(node.value)
    if value:
        reader.emit(Show(value, node.lineno))
    with reader.maybe():
        reader.emit(Bind("_", (value,) if value else (), node.lineno))
    return replace(statement, operations=tuple(reader.operations))


def _literal_assignment(node: ast.stmt) -> tuple[str | None, object, str | None, bool]:
    """Return target, JSON value, annotation and whether this is `name = <literal>`."""
    annotation = None
    if isinstance(node, ast.AnnAssign) and node.value is not None:
        target, value = node.target, node.value
        annotation = ast.unparse(node.annotation)
    elif isinstance(node, ast.Assign) and len(node.targets) == 1:
        target, value = node.targets[0], node.value  # type: ignore[assignment]
    else:
        return None, None, None, False
    if not isinstance(target, ast.Name):
        return None, None, None, False
    try:
        return target.id, literal(value), annotation, True
    except (ValueError, TypeError, OverflowError, RecursionError):
        return target.id, None, annotation, False


def _modules(tree: ast.Module) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module)
            found.update(f"{node.module}.{a.name}" for a in node.names if a.name != "*")
    return found


def _has_star(tree: ast.Module) -> bool:
    return any(
        isinstance(node, ast.ImportFrom) and any(each.name == "*" for each in node.names)
        for node in ast.walk(tree)
    )


class _Names:
    """Module-level names that operations read (before they bind them), bind and delete."""

    def __init__(self) -> None:
        self.uses: set[str] = set()
        self.binds: set[str] = set()
        self.unbinds: set[str] = set()

    def follow(self, operations: tuple[Operation, ...]) -> None:
        for operation in operations:
            if isinstance(operation, Use):
                if operation.name not in self.binds and not operation.if_there:
                    self.uses.add(operation.name)
            elif isinstance(operation, (Bind, Import, Define)):
                if is_module_name(operation.name) and operation.name != "*":
                    self.binds.add(operation.name)
                    self.unbinds.discard(operation.name)
            elif isinstance(operation, Unbind):
                if is_module_name(operation.name):
                    self.unbinds.add(operation.name)
                    self.binds.discard(operation.name)
            elif isinstance(operation, Branch):
                for alternative in operation.alternatives:
                    self.follow(alternative)
            elif isinstance(operation, Loop):
                self.follow(operation.operations)
