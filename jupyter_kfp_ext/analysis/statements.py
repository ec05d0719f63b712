"""Statements to operations: control flow, scopes and targets, by Python's rules."""

import ast
from collections.abc import Sequence

from .collected import NOTHING
from .expressions import Expressions
from .facts import (
    Argument,
    Bind,
    Body,
    Branch,
    Call,
    Change,
    Define,
    Import,
    Loop,
    Operation,
    Unbind,
    Use,
)
from .scopes import FunctionNode, class_scope, is_module_name, temporary

RAISED = ":raised"
"""Stands for what a statement may raise and catch."""
_TRY = (ast.Try, ast.TryStar) if hasattr(ast, "TryStar") else (ast.Try,)
_LEAVES = (ast.Raise, ast.Return, ast.Break, ast.Continue)


class Statements(Expressions):
    """Turns statements into operations."""

    def block(self, body: Sequence[ast.stmt]) -> None:
        """Add the operations of statements, in order."""
        for statement in body:
            self.statement(statement)

    def statement(self, node: ast.stmt) -> None:
        """Add the operations of one statement."""
        if isinstance(node, _TRY):
            self._try(node)
            return
        method = getattr(self, f"_{type(node).__name__}", None)
        if method is not None:
            method(node)

    def _alternative(self, body: Sequence[ast.stmt]) -> tuple[tuple[Operation, ...], bool]:
        with self.collected() as operations:
            self.block(body)
        return tuple(operations), _leaves(body)

    def _branch(self, *alternatives: tuple[tuple[Operation, ...], bool]) -> None:
        if any(operations or leaves for operations, leaves in alternatives):
            self.emit(
                Branch(tuple(each[0] for each in alternatives), tuple(e[1] for e in alternatives))
            )

    def _Expr(self, node: ast.Expr) -> None:
        self.evaluate(node.value)

    def _Return(self, node: ast.Return) -> None:
        self.give_result(node)

    def _Assign(self, node: ast.Assign) -> None:
        first = node.targets[0]
        pairs = _pairs(first, node.value) if len(node.targets) == 1 else []
        if pairs:
            values = []
            for _, each in pairs:
                value = self.evaluate(each)
                values.append(self._made(each, (value,), fresh=False) if value else NOTHING)
            for (target, _), value in zip(pairs, values, strict=True):
                self.assign(target, value, node.lineno)
            return
        value = self.evaluate(node.value)
        for target in node.targets:
            self.assign(target, value, node.lineno)

    def _AnnAssign(self, node: ast.AnnAssign) -> None:
        if self.scope.kind != "function":
            self._annotation(node.annotation)
        if node.value is not None:
            self.assign(node.target, self.evaluate(node.value), node.lineno)

    def _annotation(self, node: ast.expr | None) -> None:
        """Evaluate an annotation, which never happens under `from __future__` or Python 3.14."""
        with self.maybe():
            self.evaluate(node)

    def _AugAssign(self, node: ast.AugAssign) -> None:
        target = node.target
        if isinstance(target, ast.Name):
            name = self.scope.resolve(target.id)
            if is_module_name(name):
                self.emit(Use(name, node.lineno))
            value = self.evaluate(node.value)
            given = self._operate(node, name, value)
            self.emit(Change(name, node.lineno, tuple(filter(None, (value, given)))))
            return
        held = self.evaluate(_loaded(target))
        value = self.evaluate(node.value)
        given = self._operate(node, held, value)
        if held:
            self.emit(Change(held, node.lineno, tuple(filter(None, (value, given)))))

    def _Delete(self, node: ast.Delete) -> None:
        for target in node.targets:
            self._delete(target)

    def _delete(self, target: ast.expr) -> None:
        if isinstance(target, ast.Name):
            name = self.scope.resolve(target.id)
            if is_module_name(name):
                self.emit(Use(name, target.lineno))
            self.emit(Unbind(name, target.lineno))
        elif isinstance(target, (ast.Tuple, ast.List)):
            for each in target.elts:
                self._delete(each)
        elif isinstance(target, (ast.Attribute, ast.Subscript)):
            holder = self.evaluate(target.value)
            if isinstance(target, ast.Subscript):
                self.evaluate(target.slice)
            if holder:
                self.store_in(target, holder, NOTHING)
                self.emit(Change(holder, target.lineno))

    def _Assert(self, node: ast.Assert) -> None:
        self._operate(node, self.evaluate(node.test))
        with self.maybe():
            self.evaluate(node.msg)

    def _Raise(self, node: ast.Raise) -> None:
        raised = (self.evaluate(node.exc), self.evaluate(node.cause))
        held = tuple(filter(None, raised))
        if held:
            self.emit(Bind(RAISED, held, node.lineno, "weak"))

    def _If(self, node: ast.If) -> None:
        self._operate(node, self.evaluate(node.test))
        self._branch(self._alternative(node.body), self._alternative(node.orelse))

    def _For(self, node: ast.For | ast.AsyncFor) -> None:
        source = self._iterate(node, self.evaluate(node.iter))
        with self.collected() as operations:
            self.assign(node.target, source)
            self.block(node.body)
        self.emit(Loop(tuple(operations)))
        self._branch(self._alternative(node.orelse), ((), False))

    _AsyncFor = _For

    def _While(self, node: ast.While) -> None:
        self._operate(node, self.evaluate(node.test))
        with self.collected() as operations:
            self.block(node.body)
            self._operate(node, self.evaluate(node.test))
        self.emit(Loop(tuple(operations)))
        self._branch(self._alternative(node.orelse), ((), False))

    def _With(self, node: ast.With | ast.AsyncWith) -> None:
        may_stop_early = False
        for item in node.items:
            value = self.evaluate(item.context_expr)
            given = self._operate(item.context_expr, value)
            if value and isinstance(item.context_expr, (ast.Name, ast.Attribute)):
                self.emit(Change(value, node.lineno))
            if item.optional_vars is not None:
                entered = self._made(item.context_expr, (value, given), fresh=False)
                self.assign(item.optional_vars, entered if value else NOTHING)
            may_stop_early |= _swallows(item.context_expr)
        if may_stop_early:
            self._branch(self._alternative(node.body), ((), False))
        else:
            self.block(node.body)

    _AsyncWith = _With

    def _try(self, node: ast.Try) -> None:
        body, _ = self._alternative(node.body)
        orelse, leaves = self._alternative(node.orelse)
        handlers = []
        for handler in node.handlers:
            with self.collected() as operations:
                # The body ran up to some point before its exception.
                if body:
                    self.emit(Branch((body, ()), (False, False)))
                kind = self.evaluate(handler.type)
                name = self.scope.resolve(handler.name) if handler.name else None
                if name:
                    # What is caught is an instance of the class.
                    made = temporary()
                    if kind:
                        self.emit(Call(kind, (), (), made, handler.lineno))
                    sources = (made, RAISED) if kind else (RAISED,)
                    self.emit(Bind(name, sources, handler.lineno, fresh=True))
                self.block(handler.body)
                if name:
                    self.emit(Unbind(name, handler.lineno))
            handlers.append((tuple(operations), _leaves(handler.body)))
        whole = ((*body, *orelse), leaves or _leaves(node.body))
        if handlers:
            self._branch(whole, *handlers)
        else:
            self.operations += whole[0]
        self.block(node.finalbody)

    def _Match(self, node: ast.Match) -> None:
        subject = self.evaluate(node.subject)
        self._operate(node, subject)
        alternatives = []
        complete = False
        for case in node.cases:
            with self.collected() as operations:
                self._pattern(case.pattern, subject)
                self._operate(case.pattern, self.evaluate(case.guard))
                self.block(case.body)
            alternatives.append((tuple(operations), _leaves(case.body)))
            wild = isinstance(case.pattern, ast.MatchAs) and case.pattern.pattern is None
            complete |= wild and case.guard is None
        self._branch(*alternatives, *([] if complete else [((), False)]))

    def _pattern(self, pattern: ast.pattern, subject: str) -> None:
        for node in ast.walk(pattern):
            if isinstance(node, ast.MatchValue):
                self.evaluate(node.value)
            elif isinstance(node, ast.MatchClass):
                self.evaluate(node.cls)
            elif isinstance(node, ast.MatchMapping):
                for key in node.keys:
                    self.evaluate(key)
            names = [getattr(node, "name", None), getattr(node, "rest", None)]
            for name in names:
                if isinstance(name, str):
                    sources = (subject,) if subject else ()
                    self.emit(Bind(self.scope.resolve(name), sources, pattern.lineno))

    def _Import(self, node: ast.Import) -> None:
        for alias in node.names:
            name = alias.asname or alias.name.split(".")[0]
            module = alias.name if alias.asname else name
            self.emit(Import(self.scope.resolve(name), module, None, node.lineno))

    def _ImportFrom(self, node: ast.ImportFrom) -> None:
        module = "." * node.level + (node.module or "")
        for alias in node.names:
            if alias.name == "*":
                self.emit(Import("*", module, None, node.lineno))
                continue
            name = self.scope.resolve(alias.asname or alias.name)
            self.emit(Import(name, module, alias.name, node.lineno))

    def _FunctionDef(self, node: FunctionNode) -> None:
        decorators = [self.evaluate(each) for each in node.decorator_list]
        defaults = self.defaults(node)
        every = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
        every += [each for each in (node.args.vararg, node.args.kwarg) if each is not None]
        for argument in every:
            self._annotation(argument.annotation)
        self._annotation(node.returns)
        self._define(node, self.function(node, defaults), decorators)

    _AsyncFunctionDef = _FunctionDef

    def _define(
        self, node: FunctionNode | ast.ClassDef, body: Body, decorators: Sequence[str]
    ) -> None:
        name = self.scope.resolve(node.name)
        if not decorators:
            self.emit(Define(name, body, node.lineno))
            return
        value = temporary()
        self.emit(Define(value, body, node.lineno))
        for decorator in reversed(decorators):
            result = temporary()
            if decorator:
                argument = Argument(0, None, value)
                self.emit(Call(decorator, (), (argument,), result, node.lineno))
                value = result
        self.emit(Bind(name, (value,), node.lineno))

    def _ClassDef(self, node: ast.ClassDef) -> None:
        decorators = [self.evaluate(each) for each in node.decorator_list]
        bases = [self.evaluate(each) for each in node.bases]
        keywords = {each.arg: self.evaluate(each.value) for each in node.keywords}
        bases += keywords.values()
        outer, self.scope = self.scope, class_scope(node, self.scope)
        own = [f":{self.scope.number}:{name}" for name in sorted(self.scope.bound)]
        with self.collected() as operations:
            self.block(node.body)
        self.scope = outer
        self.operations += operations
        body = Body(
            kind="class",
            name=node.name,
            line=node.lineno,
            methods=_methods(operations, own),
            bases=tuple(each for each in bases if each),
            metaclass=keywords.get("metaclass", ""),
            locals=frozenset(own),
        )
        self._define(node, body, decorators)


def _methods(operations: Sequence[Operation], own: Sequence[str]) -> tuple[tuple[str, Body], ...]:
    """Return the functions that a class body defines, those in its branches and lambdas too."""
    result: list[tuple[str, Body]] = []
    for operation in operations:
        if isinstance(operation, Define):
            name = operation.name.split(":")[-1] if operation.name in own else operation.code.name
            result.append((name, operation.code))
        elif isinstance(operation, Branch):
            for alternative in operation.alternatives:
                result += _methods(alternative, own)
        elif isinstance(operation, Loop):
            result += _methods(operation.operations, own)
    return tuple(result)


def _leaves(body: Sequence[ast.stmt]) -> bool:
    if not body:
        return False
    last = body[-1]
    if isinstance(last, ast.If):
        return _leaves(last.body) and _leaves(last.orelse)
    return isinstance(last, _LEAVES)


def _pairs(target: ast.expr, value: ast.expr) -> list[tuple[ast.expr, ast.expr]]:
    """Return the pairs of `a, b = b, a`, where each target takes its own value."""
    if not isinstance(target, (ast.Tuple, ast.List)) or not isinstance(
        value, (ast.Tuple, ast.List)
    ):
        return []
    parts = (*target.elts, *value.elts)
    if len(target.elts) != len(value.elts) or any(isinstance(p, ast.Starred) for p in parts):
        return []
    return list(zip(target.elts, value.elts, strict=True))


def _loaded(target: ast.Attribute | ast.Subscript) -> ast.expr:
    """Return the object that `x.a += 1` or `x[0] += 1` changes, and the item's index evaluated."""
    if isinstance(target, ast.Attribute):
        return ast.copy_location(ast.Attribute(target.value, target.attr, ast.Load()), target)
    return ast.copy_location(ast.Subscript(target.value, target.slice, ast.Load()), target)


def _swallows(node: ast.expr) -> bool:
    """Tell context managers that end their block early without an error."""
    called = node.func if isinstance(node, ast.Call) else node
    name = called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")
    return name in {"suppress", "raises", "assertRaises"}
