"""Calls: which code may run, what it changes, and what its result shares.

The order of knowledge: a body in the notebook is followed; builtins and well-known names are in
tables (`analysis.calls`); a function of an installed package is assumed to leave its arguments
alone; a helper module's function and a value of unknown origin may change all that it gets.
"""

from collections.abc import Callable, Iterable
from dataclasses import replace

from . import calls, world
from .facts import Argument, Body, Call, Operation
from .heap import (
    CACHE,
    HELPER,
    IPYTHON,
    ITERATOR,
    NO_OBJECTS,
    NOTHING,
    PARTIAL,
    PATH,
    STATEFUL,
    STRANGE,
    Code,
    Known,
    Module,
    Value,
)
from .machine import Machine
from .replayable import TYPE_FACTORIES
from .trusted import is_trusted

_SHOWING = frozenset({"__repr__", "__str__", "_ipython_display_", "__getattr__"})
_CONSTRUCTING = ("__new__", "__init__", "__post_init__", "__init_subclass__", "__call__")
"""What making an instance may run; `__call__` is that of a metaclass."""


class Callees(Machine):
    """The part of the interpreter that knows what calls do."""

    def call(self, operation: Call) -> Value:
        """Do what a call does; return what its result may be."""
        callee, path = operation.callee, operation.path
        receiver = self.value(callee)
        if "__class__" in path:
            receiver, path = self.through_class(receiver, path)
            operation = replace(operation, path=path)
        unseen = callee not in self.heap.values and callee[:1] not in ("%", ":")
        if callee == "get_ipython" and not path:
            return Value(knows=frozenset({IPYTHON}))
        if not callee:
            return self._of_text(operation)
        if unseen and not path:
            return self._builtin(callee, operation)
        if IPYTHON in receiver.knows:
            return self._magic(operation)
        if PARTIAL in receiver.knows:
            return self._unknown(operation, receiver)
        result = NOTHING
        handled = False
        for known in sorted(receiver.knows, key=order_of):
            if isinstance(known, Module):
                handled = True
                if HELPER in receiver.knows:
                    result |= self._unknown(operation, receiver)
                else:
                    result |= self._installed(".".join((known.dotted, *path)), operation)
            elif isinstance(known, Code):
                followed = self._user_code(known, operation, receiver)
                handled |= followed is not None
                result |= followed or NOTHING
        if handled:
            if CACHE in receiver.knows and not path and not _is_decorated(receiver):
                self.change(receiver, result, callee)
            return result
        if HELPER in receiver.knows:
            return result | self._unknown(operation, receiver)
        if path:
            return result | self._method(operation, receiver)
        return result | self._value_called(operation, receiver)

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

    # user code

    def _user_code(self, known: Code, operation: Call, receiver: Value) -> Value | None:
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
            made = self.fresh(operation) | self._arguments(operation)
            instance = Value(
                made.same | (receiver.same - self.definitions),
                made.weak,
                made.knows | {Code("instance", known.body)} | self._bases(receiver),
            )
            for name in _CONSTRUCTING:
                for method in self.methods_named(known, name):
                    self._follow_method(method, instance, operation)
            for metaclass in sorted(self.metaclasses.get(known.body, ()), key=order_of):
                for method in self.methods_named(metaclass, "__call__"):
                    self._follow_method(method, receiver, operation)
            return instance
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
        found = [Code(body.kind, body) for member, body in known.body.methods if member == name]
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
            name: self._union(self.value(each) for each in parts) for name, parts in given.items()
        }
        for parameter in body.parameters:
            value = values.get(parameter.unique, NOTHING)
            if parameter.default is not None and not given.get(parameter.unique):
                value |= self.default_values.get(parameter.unique, NOTHING)
            if parameter.kind.startswith("var"):
                value |= self.fresh(operation, parameter.unique)
            self.heap.merge(parameter.unique, value)
        everything = self._union([*values.values()])
        if not self.may_follow(body):
            if body not in self.stack:
                self.change(everything | captured, everything)
                self.mention(body)
            return everything | self.heap.get(body.result)
        self.inside(id(operation), body, captured, lambda: self.run(body.operations))
        result = self.heap.get(body.result)
        if body.remembers == "results" and (self.shows_caches or not body.plain):
            self.change(self.owners.get(body, NOTHING), result, direct=True)
        elif body.remembers == "attribute":
            self.change(captured, result, direct=True)
        if body.generator:
            result |= everything | self.fresh(operation, "generator")
            result |= Value(knows=frozenset({ITERATOR}))
        return result

    def run_special_methods(self, value: Value, operation: Operation) -> None:
        """Run what operators, `print`, `in`, `len` and their like may call on user classes."""
        self._run_methods(value, operation, lambda name: _is_special(name))

    def run_representations(self, value: Value, operation: Operation) -> None:
        """Run what showing a value may call on user classes."""
        self._run_methods(
            value, operation, lambda name: name in _SHOWING or name.startswith("_repr_")
        )

    def run_properties(self, value: Value, path: tuple[str, ...], operation: Operation) -> None:
        """Run the property (or `__getattr__`) that reading an attribute may call."""
        wanted = {*path, "__getattr__", "__getattribute__"}
        self._run_methods(value, operation, lambda name: name in wanted)

    def _run_methods(
        self, value: Value, operation: Operation, wanted: Callable[[str], bool]
    ) -> None:
        for known in sorted(value.knows, key=order_of):
            if not isinstance(known, Code) or known.kind != "instance":
                continue
            found = [
                body
                for name, body in known.body.methods
                if wanted(name) and body.kind == "function"
            ]
            self._run_all(found, value, operation)

    def _run_all(self, bodies: list[Body], value: Value, operation: Operation) -> None:
        """Run bodies that may be called, in any order and more than once.

        Each of them may hand its instance on to a call and so let all of them run again: those that
        are on their way are not begun again, else n methods make n! orders. What such a call gets
        besides is taken to be changed.
        """
        running = [body for body in bodies if body in self.escaping]
        if any(not value.objects <= self.escaping[body] for body in running):
            self.change(value, direct=False)
        new = [
            body
            for body in dict.fromkeys(bodies)
            if body not in self.stack and body not in self.escaping
        ]
        outer = dict(self.escaping)
        for body in (*new, *running):
            self.escaping[body] = self.escaping.get(body, NO_OBJECTS) | value.objects
        # What one leaves behind another may find, whichever comes first.
        for _ in range(min(len(new), 2)):
            for body in new:
                self._escape_into(body, value, operation)
        self.escaping = outer

    def _escape_into(self, body: Body, value: Value, operation: object) -> None:
        """Run a body that someone may call with any of these objects."""
        without = Value(value.same - self.definitions, value.weak - self.definitions, value.knows)
        name = f"%any{len(self.stack)}"
        self.heap.put(name, without)
        self.follow(body, (Argument(None, None, name),), operation, value)
        self.heap.drop(name)

    def escape(self, operation: Operation, value: Value) -> None:
        """Run the user's code that a call gets and may call (`df.apply(f)`, `print(instance)`)."""
        for known in sorted(value.knows, key=order_of):
            if not isinstance(known, Code):
                continue
            bodies = (
                [known.body]
                if known.kind == "function"
                else [
                    body
                    for _, body in known.body.methods
                    if known.kind == "instance" and body.kind == "function"
                ]
            )
            self._run_all(bodies, value, operation)

    # everything else

    def _of_text(self, operation: Call) -> Value:
        self._iterates(operation, operation.path[-1:] or ("",))
        self.escape(operation, self._arguments(operation))
        return NOTHING

    def _builtin(self, name: str, operation: Call) -> Value:
        arguments = self._arguments(operation)
        self._iterates(operation, (name,))
        if name not in calls.WRAPPERS | calls.BUILTIN_LOOKING:
            self.escape(operation, arguments)
        for each in calls.CHANGED_ARGUMENTS.get(name, ()):
            self._change_argument(operation, each, arguments, name in calls.STORES)
        self._change_keywords(operation, arguments)
        if name == "type" and len(operation.arguments) == 1:
            return self.class_of(arguments)
        if name == "open":
            self.touch_world(world.of_open(_mode(operation, 1)))
            return self.fresh(operation) | Value(knows=frozenset({ITERATOR}))
        if name in calls.BUILTIN_PLAIN and not (name == "type" and len(operation.arguments) == 3):
            return NOTHING
        if name == "super":
            return arguments
        if name in calls.BUILTIN_ITERATORS:
            return arguments | self.fresh(operation) | Value(knows=frozenset({ITERATOR}))
        if name in calls.BUILTIN_CONTAINERS:
            # `sorted(xs, key=f)` holds nothing of f.
            arguments = self._arguments(operation, but="key")
            without = arguments.knows - {ITERATOR}
            return Value(arguments.same, arguments.weak, without) | self.fresh(operation)
        if name == "type" and len(operation.arguments) == 3:
            return arguments | self._type_made(operation, name)
        return self._arguments(operation, but="key") | self.fresh(operation)

    def _type_made(self, operation: Call, name: str) -> Value:
        code = Code("class", self.made_type(operation, name))
        return self.fresh(operation) | Value(knows=frozenset({code}))

    def _magic(self, operation: Call) -> Value:
        name = operation.path[-1] if operation.path else ""
        texts = [str(each) for each in _constants(operation)]
        if name in {"system", "getoutput"}:
            self.touch_world(world.of_magic("system", name, "".join(texts)))
        elif texts:
            kind = "cell" if name == "run_cell_magic" else "line"
            self.touch_world(world.of_magic(kind, texts[0], " ".join(texts[1:])))
        return self.fresh(operation)

    def _installed(self, dotted: str, operation: Call) -> Value:
        """Call a function of an installed package: its arguments are assumed unchanged."""
        name = dotted.rpartition(".")[2]
        arguments = self._arguments(operation)
        keywords = frozenset(each.keyword for each in operation.arguments if each.keyword)
        self.touch_world(world.of_function(dotted, _mode(operation, 1), keywords))
        if world.is_setting(dotted):
            self.effects.settings.add(dotted)
        self._iterates(operation, (name,))
        if name not in calls.WRAPPERS:
            self.escape(operation, arguments)
        for each in calls.CHANGED_ARGUMENTS.get(name, ()):
            self._change_argument(operation, each, arguments)
        self._change_keywords(operation, arguments)
        self.assume_unchanged([arguments])
        made = self.fresh(operation)
        strange = not is_trusted(dotted)
        if strange:
            made |= Value(knows=frozenset({STRANGE}))
        if name in TYPE_FACTORIES:
            made |= self._type_made(operation, name)
        if name in calls.HOLDING_ARGUMENTS:
            return made | arguments | Value(knows=frozenset({PARTIAL}))
        if dotted.startswith("pathlib."):
            made |= Value(knows=frozenset({PATH}))
        if dotted.startswith(calls.ITERATOR_MODULES):
            made |= Value(knows=frozenset({ITERATOR}))
        if dotted in {"functools.lru_cache", "functools.cache"}:
            made |= Value(knows=frozenset({CACHE}))
        if name in calls.SAME_RESULTS:
            return made | arguments
        if name in calls.PLAIN_RESULTS and not strange:
            return made
        return made | arguments.weakened()

    def _method(self, operation: Call, receiver: Value) -> Value:
        """Call a method of a value that is no instance of a class of the notebook."""
        name = operation.path[-1]
        arguments = self._arguments(operation)
        keywords = frozenset(each.keyword for each in operation.arguments if each.keyword)
        self.touch_world(world.of_method(name, _mode(operation, 0), keywords))
        if PATH in receiver.knows:
            self.touch_world(world.of_path_method(name))
        self._iterates(operation, (name,))
        self.escape(operation, arguments | receiver)
        in_place = any(
            each.keyword == "inplace" and each.constant is not False for each in operation.arguments
        )
        self._change_keywords(operation, arguments)
        if name in calls.REGISTERING:
            self.change(receiver, arguments, operation.callee, direct=True)
        elif name not in calls.READERS or in_place:
            adds = NOTHING
            if name in calls.KEEPERS:
                adds = arguments
            elif name not in calls.FORGETTERS:
                adds = arguments.weakened()
            self.change(receiver, adds, operation.callee)
        else:
            self.assume_unchanged([receiver])
        self.assume_unchanged([arguments])
        made = self.fresh(operation)
        if name in calls.SAME_RESULTS:
            return made | receiver | arguments.weakened()
        if name in calls.PLAIN_RESULTS and STRANGE not in receiver.knows:
            return made
        return made | receiver.weakened() | arguments.weakened()

    def _value_called(self, operation: Call, receiver: Value) -> Value:
        """Call a value (a model, a partial): it may change itself and all that it gets."""
        return self._unknown(operation, receiver)

    def _unknown(self, operation: Call, receiver: Value) -> Value:
        """Call what cannot be seen: it may change and keep all that it gets."""
        arguments = self._arguments(operation)
        everything = arguments if _is_module(receiver) else arguments | receiver
        if STATEFUL in receiver.knows:
            everything = self.left_in_packages(everything)
        self.escape(operation, everything | receiver)
        keywords = frozenset(each.keyword for each in operation.arguments if each.keyword)
        if operation.path:
            name = operation.path[-1]
            self.touch_world(world.of_method(name, _mode(operation, 0), keywords))
        self.change(everything, everything.weakened())
        known = receiver.knows & {HELPER, STATEFUL, STRANGE}
        return self.fresh(operation) | everything | Value(knows=known)

    def left_in_packages(self, given: Value) -> Value:
        """Let packages keep what they are given, and return that with all they may have kept."""
        self.touch_world(world.BOTH_PACKAGES)
        kept = Value(same=given.objects, knows=given.knows - {ITERATOR})
        self.heap.merge(world.PACKAGES, kept)
        return given | self.heap.get(world.PACKAGES)

    def _change_keywords(self, operation: Call, arguments: Value) -> None:
        in_place = any(
            each.keyword == "inplace" and each.constant is not False for each in operation.arguments
        )
        for each in operation.arguments:
            if each.keyword in calls.CHANGED_KEYWORDS or (in_place and each.position == 0):
                self.change(self.value(each.value), arguments, each.value)

    def _change_argument(
        self, operation: Call, position: int, adds: Value, direct: bool = False
    ) -> None:
        for each in operation.arguments:
            if each.position == position or (each.position is None and each.keyword is None):
                self.change(self.value(each.value), adds, each.value, direct)

    def _iterates(self, operation: Call, names: tuple[str, ...]) -> None:
        if any(name in calls.ITERATING for name in names):
            for each in operation.arguments:
                value = self.value(each.value)
                if ITERATOR in value.knows:
                    self.change(value, name=each.value)

    def _arguments(self, operation: Call, but: str = "") -> Value:
        return self._union(
            self.value(each.value) for each in operation.arguments if not but or each.keyword != but
        )

    def _union(self, values: Iterable[Value]) -> Value:
        result = NOTHING
        for each in values:
            result |= each
        return result


def order_of(known: Known) -> tuple[str, str, int]:
    """Sort what is known, so that the same text gives the same plan."""
    if isinstance(known, Code):
        return ("code", known.body.name, known.body.line)
    return ("module", known.dotted, 0) if isinstance(known, Module) else ("trait", known.name, 0)


def _is_module(value: Value) -> bool:
    return any(isinstance(each, Module) for each in value.knows)


def _is_special(name: str) -> bool:
    return name.startswith("__") and name.endswith("__") and name not in _CONSTRUCTING


def _is_decorated(value: Value) -> bool:
    """Tell a function whose cache its decorator names: `follow` knows what its calls change."""
    return any(isinstance(each, Code) and bool(each.body.remembers) for each in value.knows)


def _code(method: tuple[str, Body]) -> Code:
    return Code(method[1].kind, method[1])


def _constants(operation: Call) -> tuple[object, ...]:
    return tuple(each.constant for each in operation.arguments if each.constant is not None)


def _mode(operation: Call, position: int) -> object:
    """Return the mode of a call that opens a file, where it is written down."""
    for each in operation.arguments:
        if each.keyword == "mode" or each.position == position:
            return each.constant
    return None


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
