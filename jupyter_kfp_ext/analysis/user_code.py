"""Calls of the notebook's own code: its functions, classes and methods, followed into their bodies.

Also what others may call of it: special methods, properties, and functions that a call is given.
"""

from collections.abc import Callable, Iterable

from .facts import Argument, Body, Call, Operation
from .heap import (
    HELPER,
    ITERATOR,
    NOTHING,
    Code,
    Known,
    Module,
    Value,
)
from .helper_code import HelperCode
from .machine import ANYONE
from .repeated import Run

_SHOWING = frozenset({"__repr__", "__str__", "_ipython_display_", "__getattr__"})
_MOST_ROUNDS = 8
"""Rounds in which code that anyone may run is followed; then it is taken to change all it has."""
_DESCRIBING = frozenset({"__get__", "__set__", "__delete__"})
_INITIALISING = frozenset({"__init__", "__post_init__", "__setstate__"})
_CONSTRUCTING = ("__new__", "__init__", "__post_init__", "__init_subclass__", "__call__")
"""What making an instance may run; `__call__` is that of a metaclass."""


class UserCode(HelperCode):
    """The part of the interpreter that follows calls into the notebook's own code."""

    def class_of(self, value: Value) -> Value:
        """Return the classes of what a value may be, where they are the notebook's."""
        found = NOTHING
        for known in value.knows:
            if isinstance(known, Code) and known.kind == "instance" and known.body in self.owners:
                code = frozenset({Code("class", known.body)})
                found |= self.owners[known.body] | Value(knows=code)
        return found

    def through_class(self, value: Value, path: tuple[str, ...]) -> tuple[Value, tuple[str, ...]]:
        """Return the class in `x.__class__.count`, and the rest of the path."""
        return self.class_of(value), path[len(path) - path[::-1].index("__class__") :]

    def call_user_code(self, known: Code, operation: Call, receiver: Value) -> Value | None:
        """Call a function, a class or an instance of one; None where it is not known what runs."""
        path = operation.path
        if known.kind == "function":
            if path:
                return None
            if self._is_bound(known, receiver):
                return self._follow_method(known, receiver, operation)
            return self.follow(known.body, operation.arguments, operation, receiver)
        while path and (inner := self._class_in(known, path[0])) is not None:
            known, path = inner, path[1:]
        if known.kind == "class" and not path:
            made = self.fresh(operation) | self.arguments(operation)
            instance = Value(
                made.same | (receiver.same - self.definitions),
                made.weak,
                made.knows | {Code("instance", known.body)} | self._bases(receiver),
            )
            return instance | self._construct(known, instance, receiver, operation)
        name = path[-1] if path else "__call__"
        methods = self.methods_named(known, name)
        if known.kind == "instance" and len(path) <= 1:
            result = NOTHING
            for method in methods:
                result |= self._follow_method(method, receiver, operation)
            return result if methods else None
        if known.kind == "class" and len(path) == 1 and methods:
            result = NOTHING
            for method in methods:
                result |= self.follow(method.body, operation.arguments, operation, receiver)
                result |= self._follow_method(method, receiver, operation)
            return result
        return None

    def _construct(self, known: Code, instance: Value, receiver: Value, operation: Call) -> Value:
        """Run what making an instance runs; return what the instance then holds, or is."""
        given = NOTHING
        made = f"%made{len(self.stack)}"
        self.heap.put(made, instance)
        for name in _CONSTRUCTING:
            for method in self.methods_named(known, name):
                given |= self._follow_method(method, self.heap.get(made), operation)
        for metaclass in sorted(self.metaclasses.get(known.body, ()), key=order_of):
            for method in self.methods_named(metaclass, "__call__"):
                given |= self._follow_method(method, receiver, operation)
        held = self.heap.get(made)
        self.heap.drop(made)
        # `__new__` may give back an object that is there.
        return held | Value(given.same, given.weak)

    def _is_bound(self, function: Code, value: Value) -> bool:
        """Tell a method that was taken from its instance (`add = basket.add`)."""
        return any(
            isinstance(each, Code)
            and each.kind == "instance"
            and function in map(_code, each.body.methods)
            for each in value.knows
        )

    def _bases(self, receiver: Value) -> frozenset[Known]:
        return frozenset(
            Code("instance", each.body)
            for each in receiver.knows
            if isinstance(each, Code) and each.kind == "class"
        )

    def methods_named(self, known: Known, name: str) -> list[Code]:
        """Return the functions and classes in a class, by name; those stored in it later, too."""
        if not isinstance(known, Code):
            return []
        found = [Code(body.kind, body) for member, body in self._methods(known) if member == name]
        stored = self.patches.get(known.body, frozenset())
        later = [each for each in stored if isinstance(each, Code) and each.kind == "function"]
        return found + sorted(later, key=order_of)

    def _class_in(self, known: Code, name: str) -> Code | None:
        """Return the class of that name in the body of a class."""
        inner = [each for each in self.methods_named(known, name) if each.kind == "class"]
        return inner[-1] if inner else None

    def _follow_method(self, method: Code, instance: Value, operation: Call) -> Value:
        name = f"%self{len(self.stack)}"
        self.heap.put(name, instance)
        arguments = (Argument(0, None, name), *map(_shifted, operation.arguments))
        result = self.follow(method.body, arguments, operation, instance)
        self.heap.drop(name)
        return result

    def follow(
        self, body: Body, arguments: tuple[Argument, ...], operation: object, captured: Value
    ) -> Value:
        """Run a function's body with these arguments; return what it may return."""
        given = _matched(body, arguments)
        values = {
            name: self.union(self.value(each) for each in parts) for name, parts in given.items()
        }
        for parameter in body.parameters:
            value = values.get(parameter.unique, NOTHING)
            if parameter.default is not None and not given.get(parameter.unique):
                value |= self.default_values.get(parameter.unique, NOTHING)
            if parameter.kind.startswith("var"):
                value |= self.fresh(operation, parameter.unique)
            self.heap.merge(parameter.unique, value)
        everything = self.union([*values.values()])
        if not self.may_follow(body):
            if body not in self.stack:
                self.change(everything | captured, everything)
                self.mention(body)
            return everything | self.heap.get(body.result)
        if not self._ran(body, operation, captured):
            self.inside(id(operation), body, captured, lambda: self.run(body.operations))
        result = self.heap.get(body.result)
        if body.remembers == "results" and (self.shows_caches or not body.plain):
            self.change(self.owners.get(body, NOTHING), result, direct=True)
        elif body.remembers == "attribute":
            self.change(captured, result, direct=True)
        if body.generator:
            moved = frozenset(self.effects.moved)
            result = self.iterator(operation, result | everything, moved, "generator")
        return result

    def run_special_methods(self, value: Value, operation: Operation, given: Value) -> Value:
        """Run what operators, `print`, `in`, `len` and their like may call on user classes.

        `given` is what these methods get. Return what they may give back.
        """
        return self._run_methods(value, operation, lambda name: _is_special(name), given)

    def run_representations(self, value: Value, operation: Operation) -> None:
        """Run what showing a value may call on user classes."""
        self._run_methods(
            value, operation, lambda name: name in _SHOWING or name.startswith("_repr_"), value
        )

    def run_properties(
        self, value: Value, path: tuple[str, ...], operation: Operation, given: Value
    ) -> Value:
        """Run the property (or `__getattr__`) that reading or storing an attribute may call.

        `given` is what it gets. Return what it may give back.
        """
        wanted = {*path, "__getattr__", "__getattribute__"}
        return self._run_methods(value, operation, lambda name: name in wanted, given)

    def _run_methods(
        self, value: Value, operation: Operation, wanted: Callable[[str], bool], given: Value
    ) -> Value:
        result = NOTHING
        for known in sorted(value.knows, key=order_of):
            if not isinstance(known, Code) or known.kind == "function":
                continue
            found = self._descriptor_methods(known)
            if known.kind == "instance":
                found += [
                    body
                    for name, body in self._methods(known)
                    if wanted(name) and body.kind == "function"
                ]
            result |= self._run_all(found, given)
        return result

    def _methods(self, known: Code) -> list[tuple[str, Body]]:
        """Return the functions and classes in a class, also those that its body got by calls."""
        later = [
            (name, each.body)
            for name, each in self.members.get(known.body, ())
            if isinstance(each, Code) and each.kind == "function"
        ]
        return [*known.body.methods, *later]

    def _descriptor_methods(self, known: Code) -> list[Body]:
        """Return what reading or setting an attribute runs of what the class holds."""
        return [
            body
            for _, each in self.members.get(known.body, ())
            if isinstance(each, Code) and each.kind == "instance"
            for name, body in each.body.methods
            if name in _DESCRIBING
        ]

    def run_deleting(self, value: Value, operation: Operation) -> None:
        """Run what the end of an object may run."""
        self._run_methods(value, operation, lambda name: name == "__del__", value)

    def _run_all(self, bodies: list[Body], value: Value) -> Value:
        """Run bodies that may be called, in any order and more than once.

        Return what they may give back. Each of them may hand its instance on to a call and so let
        all of them run again: such a call only says what else is to run, so that n methods do not
        make n! orders.
        """
        outermost = self.wanted is None
        wanted = self.wanted = {} if self.wanted is None else self.wanted
        for body in bodies:
            wanted[body] = wanted.get(body, NOTHING) | value
        if outermost:
            self._run_wanted(wanted)
            self.wanted = None
        given = self.union(self.heap.get(body.result) for body in bodies)
        return Value(given.same, given.weak, given.knows - {ITERATOR})

    def _run_wanted(self, wanted: dict[Body, Value]) -> None:
        """Run bodies until none finds more than before: what one leaves another may find."""
        for _ in range(_MOST_ROUNDS):
            before = (self.state(), dict(wanted))
            for body in tuple(wanted):
                self._escape_into(body, wanted[body])
            if before == (self.state(), wanted):
                return
        for body, value in wanted.items():
            self.change(value, value)
            self.mention(body)

    def _ran(self, body: Body, operation: object, captured: Value) -> bool:
        """Tell a body that ran with all this already; note that it does so now, if not.

        Only of code that anyone may run: what its parameters may be is known by then, and what it
        makes has been bound by the same names.
        """
        if self._context[:1] != ANYONE:
            return False
        run = Run(captured, frozenset(self.effects.definite), frozenset(self.stack))
        key = (body, self._context, id(operation))
        return self.repeated.is_known(key, run, self.state())

    def _escape_into(self, body: Body, value: Value) -> None:
        """Run a body that someone may call with any of these objects."""
        without = Value(value.same - self.definitions, value.weak - self.definitions, value.knows)
        name = f"%any{len(self.stack)}"
        self.heap.put(name, without)
        # Whoever calls it: what it makes is the same, so objects do not multiply with the ways.
        outer, self._context = self._context, ANYONE
        arguments: tuple[Argument, ...] = (Argument(None, None, name),)
        if body.name in _INITIALISING and body.parameters:
            # Who makes an instance by its class gets a new one.
            made = f"%new{len(self.stack)}"
            self.heap.put(made, self.fresh(body, "new") | Value(knows=without.knows))
            arguments = (Argument(0, None, made), *_all_but_first(body, name))
        self.follow(body, arguments, body, value)
        self._context = outer
        self.heap.drop(name)

    def escape(self, operation: Operation, value: Value) -> Value:
        """Run the user's code that a call gets and may call (`df.apply(f)`, `print(instance)`).

        Return what it may give back.
        """
        given = NOTHING
        for known in sorted(value.knows, key=order_of):
            if isinstance(known, Module) and HELPER in value.knows:
                self.call_helper(self.helper_effects(known.dotted))
            if not isinstance(known, Code):
                continue
            bodies = (
                [known.body]
                if known.kind == "function"
                # Of a class an instance may be made: `json.dumps(x, cls=Encoder)`.
                else [body for _, body in self._methods(known) if body.kind == "function"]
            )
            given |= self._run_all(bodies, value)
        return given.weakened()

    def arguments(self, operation: Call, but: str = "") -> Value:
        """Return all that a call gets, but for one keyword argument."""
        return self.union(
            self.value(each.value) for each in operation.arguments if not but or each.keyword != but
        )

    def union(self, values: Iterable[Value]) -> Value:
        """Return all that any of these values may be."""
        result = NOTHING
        for each in values:
            result |= each
        return result


def order_of(known: Known) -> tuple[str, str, int]:
    """Sort what is known, so that the same text gives the same plan."""
    if isinstance(known, Code):
        return ("code", known.body.name, known.body.line)
    return ("module", known.dotted, 0) if isinstance(known, Module) else ("trait", known.name, 0)


def _is_special(name: str) -> bool:
    return name.startswith("__") and name.endswith("__") and name not in _CONSTRUCTING


def _all_but_first(body: Body, value: str) -> tuple[Argument, ...]:
    """Return arguments that give a value to all parameters but the first."""
    places = (Argument(number, None, value) for number in range(1, len(body.parameters) + 1))
    named = (Argument(None, each.name, value) for each in body.parameters[1:])
    return (*places, *named)


def _code(method: tuple[str, Body]) -> Code:
    return Code(method[1].kind, method[1])


def _shifted(argument: Argument) -> Argument:
    position = None if argument.position is None else argument.position + 1
    return Argument(position, argument.keyword, argument.value, argument.constant)


def _matched(body: Body, arguments: tuple[Argument, ...]) -> dict[str, list[str]]:
    """Return the values that each parameter may get; after a `*` any parameter may get it."""
    given: dict[str, list[str]] = {}
    positional = [each for each in body.parameters if each.kind == "positional"]
    rest = [each for each in body.parameters if each.kind == "var_positional"]
    keywords = [each for each in body.parameters if each.kind == "var_keyword"]
    named = {each.name: each for each in body.parameters if not each.kind.startswith("var")}
    for argument in arguments:
        if argument.keyword in named:
            targets = [named[argument.keyword]]
        elif argument.keyword is not None:
            targets = keywords
        elif argument.position is None:
            targets = list(body.parameters)
        elif argument.position < len(positional):
            targets = [positional[argument.position]]
        else:
            targets = rest
        for target in targets:
            given.setdefault(target.unique, []).append(argument.value)
    return given
