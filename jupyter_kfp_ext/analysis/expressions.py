"""Expressions to operations: evaluation order, sharing and calls, by Python's rules."""

import ast
from collections.abc import Sequence

from .collected import NOTHING, Collected
from .facts import (
    Argument,
    Attribute,
    Bind,
    Body,
    Branch,
    Call,
    Change,
    Compare,
    Define,
    Loop,
    Operate,
    Use,
)
from .literals import (
    asked_name,
    global_name,
    is_number,
    picks_a_copy,
    short_literal,
    stored_name,
)
from .remembering import is_plain, remembers
from .scopes import (
    FunctionNode,
    Scope,
    comprehension_scope,
    function_scope,
    is_module_name,
    temporary,
)
from .signatures import parameters_of
from .texts import (
    as_asked,
    code_of,
    code_of_magic,
    expressions_in_command,
    formula_of,
    magic_of,
    names_in_query,
)

_SHARING_OPERATORS = (ast.Add, ast.Mult, ast.BitOr)


class Expressions(Collected):
    """Turns expressions into operations; `evaluate` returns the name of the value."""

    def _Name(self, node: ast.Name) -> str:
        name = self.scope.resolve(node.id)
        if is_module_name(name):
            self.emit(Use(name, node.lineno))
        return name

    def _Attribute(self, node: ast.Attribute) -> str:
        value, path = self._chain(node)
        if not value:
            return NOTHING
        result = temporary()
        self.emit(Attribute(value, path, result, node.lineno))
        return result

    def _chain(self, node: ast.expr) -> tuple[str, tuple[str, ...]]:
        path: list[str] = []
        while isinstance(node, ast.Attribute):
            path.append(node.attr)
            node = node.value
        return self.evaluate(node), tuple(reversed(path))

    def _Subscript(self, node: ast.Subscript) -> str:
        hidden = global_name(node, self.scope.kind == "module")
        if hidden:
            self.emit(Use(hidden, node.lineno))
            return hidden
        value = self.evaluate(node.value)
        self.evaluate(node.slice)
        given = self._operate(node, value, item=True)
        if not value:
            return NOTHING
        if picks_a_copy(node):
            return self._made(node, (value,), "none", operated=given)
        return self._made(node, (value, given), fresh=False)

    def _Call(self, node: ast.Call) -> str:
        code = code_of(node) if self.scope.kind == "module" else None
        if code is not None:
            return self._code(code)
        self._names_in_texts(node)
        stored = stored_name(node)
        if stored is not None:
            value = self.evaluate(stored[1])
            self.emit(Bind(stored[0], (value,) if value else (), node.lineno))
            return NOTHING
        asked = self._asked(node)
        if asked:
            for each in node.args[1:]:
                self.evaluate(each)
            return asked
        callee, path = self._chain(node.func)
        arguments: list[Argument] = []
        position: int | None = 0
        for each in node.args:
            if isinstance(each, ast.Starred):
                value = self._iterate(each, self.evaluate(each.value))
                position = None
            else:
                value = self.evaluate(each)
            arguments.append(Argument(position, None, value, short_literal(each)))
            position = None if position is None else position + 1
        for keyword in node.keywords:
            value = self.evaluate(keyword.value)
            arguments.append(Argument(None, keyword.arg, value, short_literal(keyword.value)))
        if isinstance(node.func, ast.Name) and node.func.id == "super":
            arguments += self._first_parameter()
        result = temporary()
        self.emit(Call(callee, path, tuple(arguments), result, node.lineno))
        return result

    def _code(self, code: list[ast.stmt]) -> str:
        """Run the code in a text; return its value where it is one expression (`eval`)."""
        if len(code) == 1 and isinstance(code[0], ast.Expr):
            return self.evaluate(code[0].value)
        self.block(code)
        return NOTHING

    def _names_in_texts(self, node: ast.Call) -> None:
        """Read the names that a text given to a query or a command mentions."""
        for name in names_in_query(node):
            self.evaluate(ast.copy_location(ast.Name(name, ast.Load()), node))
        body = code_of_magic(node) or formula_of(node)
        if body is not None:
            with self.collected() as operations:
                self.block(body)
            self.emit(Branch((as_asked(operations), ()), (False, False)))
        magic = magic_of(node)
        if magic is None:
            return
        with self.maybe():  # a name that is not there stays in the command as it is
            # Of a cell magic only the first line: IPython hands its body on as it is.
            for each in expressions_in_command(magic[2].partition("\n")[0]):
                for inner in ast.walk(each):
                    if "lineno" in inner._attributes:
                        ast.copy_location(inner, node)
                self.evaluate(each)

    def _first_parameter(self) -> list[Argument]:
        """Return what a bare `super()` stands for: the instance."""
        scope: Scope | None = self.scope
        while scope is not None and scope.kind != "function":
            scope = scope.parent
        if scope is not None and "self" in scope.bound:
            return [Argument(0, None, f":{scope.number}:self")]
        return []

    def _BinOp(self, node: ast.BinOp) -> str:
        left, right = self.evaluate(node.left), self.evaluate(node.right)
        given = self._operate(node, left, right)
        if not (left or right):
            return NOTHING
        shares = isinstance(node.op, _SHARING_OPERATORS) and not any(
            is_number(side, also_int=not isinstance(node.op, ast.Mult))
            for side in (node.left, node.right)
        )
        return self._made(node, (left, right), "weak" if shares else "none", operated=given)

    def _UnaryOp(self, node: ast.UnaryOp) -> str:
        value = self.evaluate(node.operand)
        given = self._operate(node, value)
        if isinstance(node.op, ast.Not) or not value:
            return NOTHING
        return self._made(node, (value,), "none", operated=given)

    def _asked(self, node: ast.Compare | ast.Call) -> str:
        name = asked_name(node)
        if name:
            self.emit(Use(name, node.lineno, if_there=True))
        return name

    def _Compare(self, node: ast.Compare) -> str:
        self._asked(node)
        values = [self.evaluate(each) for each in (node.left, *node.comparators)]
        if all(isinstance(op, (ast.Is, ast.IsNot)) for op in node.ops):
            if sum(map(bool, values)) > 1:
                self.emit(Compare(tuple(filter(None, values)), node.lineno))
            return NOTHING
        given = self._operate(node, *values)
        for op, value in zip(node.ops, values[1:], strict=True):
            if isinstance(op, (ast.In, ast.NotIn)):
                self._iterate(node, value)
        if not any(values):
            return NOTHING
        return self._made(node, values, "none", operated=given)

    def _BoolOp(self, node: ast.BoolOp) -> str:
        values = [self.evaluate(node.values[0])]
        for each in node.values[1:]:
            with self.maybe():
                values.append(self.evaluate(each))
        self._operate(node, *values)
        return self._made(node, values, fresh=False) if any(values) else NOTHING

    def _IfExp(self, node: ast.IfExp) -> str:
        self._operate(node, self.evaluate(node.test))
        with self.maybe():
            first = self.evaluate(node.body)
        with self.maybe():
            second = self.evaluate(node.orelse)
        return self._made(node, (first, second), fresh=False) if first or second else NOTHING

    def _NamedExpr(self, node: ast.NamedExpr) -> str:
        value = self.evaluate(node.value)
        name = self.scope.walrus_scope().resolve(node.target.id)
        self.emit(Bind(name, (value,) if value else (), node.lineno))
        return name

    def _Lambda(self, node: ast.Lambda) -> str:
        result = temporary()
        self.emit(Define(result, self.function(node), node.lineno))
        return result

    def _display(self, node: ast.expr, parts: Sequence[ast.expr | None]) -> str:
        values = []
        for each in parts:
            if isinstance(each, ast.Starred):
                value = self._iterate(each, self.evaluate(each.value))
            else:
                value = self.evaluate(each)
            values.append(value)
        if isinstance(node, ast.Tuple) and not any(values):
            return NOTHING
        return self._made(node, values)

    def _List(self, node: ast.List) -> str:
        return self._display(node, node.elts)

    def _Tuple(self, node: ast.Tuple) -> str:
        return self._display(node, node.elts)

    def _Set(self, node: ast.Set) -> str:
        return self._display(node, node.elts)

    def _Dict(self, node: ast.Dict) -> str:
        parts = [part for pair in zip(node.keys, node.values, strict=True) for part in pair]
        return self._display(node, parts)

    def _Starred(self, node: ast.Starred) -> str:
        return self.evaluate(node.value)

    def _Await(self, node: ast.Await) -> str:
        value = self.evaluate(node.value)
        given = self._operate(node, value)
        return self._made(node, (value, given), fresh=False) if value else NOTHING

    def _Yield(self, node: ast.Yield) -> str:
        self._give(node, self.evaluate(node.value))
        return NOTHING

    def _YieldFrom(self, node: ast.YieldFrom) -> str:
        self._give(node, self._iterate(node, self.evaluate(node.value)))
        return NOTHING

    def _give(self, node: ast.AST, value: str) -> None:
        if self._function is not None:
            self._function[1].append(True)
            if value:
                self.emit(Bind(self._function[0], (value,), getattr(node, "lineno", 1)))

    def give_result(self, node: ast.Return) -> None:
        """Add the operations of a `return`."""
        value = self.evaluate(node.value)
        if value and self._function is not None:
            self.emit(Bind(self._function[0], (value,), node.lineno))

    def _JoinedStr(self, node: ast.JoinedStr) -> str:
        for each in ast.walk(node):
            if isinstance(each, ast.FormattedValue):
                self._operate(each, self.evaluate(each.value))
        return NOTHING

    def _comprehension(
        self, node: ast.expr, generators: list[ast.comprehension], parts: Sequence[ast.expr]
    ) -> str:
        source = self._iterate(node, self.evaluate(generators[0].iter))
        outer, self.scope = self.scope, comprehension_scope(generators, self.scope)
        with self.collected() as inner:
            values = []
            for number, generator in enumerate(generators):
                if number:
                    source = self._iterate(node, self.evaluate(generator.iter))
                self.assign(generator.target, source)
                for condition in generator.ifs:
                    self._operate(condition, self.evaluate(condition))
            values = [self.evaluate(each) for each in parts]
        self.scope = outer
        result = temporary()
        lazy = isinstance(node, ast.GeneratorExp)
        self.emit(
            Bind(result, (source,) if lazy and source else (), node.lineno, "same", True, lazy)
        )
        held = (result, *(each for each in values if each))
        inner.append(Bind(result, held, node.lineno, iterator=lazy))
        self.emit(Loop(tuple(inner)))
        return result

    def _ListComp(self, node: ast.ListComp) -> str:
        return self._comprehension(node, node.generators, [node.elt])

    def _SetComp(self, node: ast.SetComp) -> str:
        return self._comprehension(node, node.generators, [node.elt])

    def _GeneratorExp(self, node: ast.GeneratorExp) -> str:
        return self._comprehension(node, node.generators, [node.elt])

    def _DictComp(self, node: ast.DictComp) -> str:
        return self._comprehension(node, node.generators, [node.key, node.value])

    def assign(self, target: ast.expr, value: str, line: int | None = None) -> None:
        """Bind a target (a name, an attribute, an item, a pattern of them) to a value."""
        line = line or target.lineno
        sources = (value,) if value else ()
        if isinstance(target, ast.Name):
            name = self.scope.resolve(target.id)
            if target.id in self.scope.nonlocal_names:
                self.emit(Change(name, line, sources))
            else:
                self.emit(Bind(name, sources, line))
        elif isinstance(target, (ast.Tuple, ast.List)):
            value = self._iterate(target, value)
            for each in target.elts:
                self.assign(each, value, line)
        elif isinstance(target, ast.Starred):
            self.assign(target.value, self._made(target, (value,)), line)
        elif hidden := global_name(target, self.scope.kind == "module"):
            if isinstance(target, ast.Attribute):
                self.evaluate(target.value)
            self.emit(Bind(hidden, sources, line))
        elif isinstance(target, (ast.Attribute, ast.Subscript)):
            holder = self.evaluate(target.value)
            if isinstance(target, ast.Subscript):
                self.evaluate(target.slice)
            if holder:
                self.store_in(target, holder, value)
                self.emit(Change(holder, line, sources))

    def store_in(self, target: ast.Attribute | ast.Subscript, holder: str, value: str) -> None:
        """Run what storing to (or deleting) an attribute or item of a value may run."""
        self.emit(Operate((holder,), target.lineno, stored=value))
        if isinstance(target, ast.Attribute):
            self.emit(Attribute(holder, (target.attr,), temporary(), target.lineno, value))

    def function(
        self, node: FunctionNode | ast.Lambda, defaults: dict[str, str] | None = None
    ) -> Body:
        """Return the body of a function; its defaults were evaluated by `defaults`."""
        defaults = self.defaults(node) if defaults is None else defaults
        scope = function_scope(node, self.scope)
        outer = (self.scope, self._function)
        result = temporary()
        yields: list[bool] = []
        self.scope, self._function = scope, (result, yields)
        with self.collected() as operations:
            if isinstance(node, ast.Lambda):
                value = self.evaluate(node.body)
                if value:
                    self.emit(Bind(result, (value,), node.lineno))
            else:
                self.block(node.body)
        self.scope, self._function = outer
        own = frozenset(f":{scope.number}:{name}" for name in scope.bound)
        return Body(
            kind="function",
            name=getattr(node, "name", "<lambda>"),
            line=node.lineno,
            parameters=parameters_of(node.args, scope, defaults),
            operations=tuple(operations),
            result=result,
            generator=bool(yields),
            remembers=remembers(node),
            plain=is_plain(node),
            locals=own,
        )

    def defaults(self, node: FunctionNode | ast.Lambda) -> dict[str, str]:
        """Evaluate the defaults of a function where it is defined; values by parameter name."""
        arguments = node.args
        positional = [*arguments.posonlyargs, *arguments.args]
        given = positional[len(positional) - len(arguments.defaults) :]
        pairs = [*zip(given, arguments.defaults, strict=True)]
        for name, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True):
            if default is not None:
                pairs.append((name, default))
        return {name.arg: self.evaluate(default) for name, default in pairs}

    def block(self, body: Sequence[ast.stmt]) -> None:
        """Add the operations of statements (see `statements`)."""
        raise NotImplementedError
