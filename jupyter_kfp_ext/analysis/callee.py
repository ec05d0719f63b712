"""Calls: which code may run, what it changes, and what its result shares.

The order of knowledge: a body in the notebook is followed; builtins and well-known names are in
tables (`analysis.calls`); a function of an installed package is assumed to leave its arguments
alone; a helper module's function and a value of unknown origin may change all that it gets.
"""

from dataclasses import replace

from . import calls, world
from .facts import Call
from .heap import (
    CACHE,
    FILLING,
    HELPER,
    IPYTHON,
    ITERATOR,
    LOGGER,
    NO_OBJECTS,
    NOTHING,
    PARTIAL,
    PARTS_OF_MODULES,
    PATH,
    STATEFUL,
    STRANGE,
    Code,
    Module,
    Objects,
    Value,
)
from .machine import Effects, Hook
from .replayable import TYPE_FACTORIES
from .scopes import is_module_name
from .trusted import is_trusted
from .user_code import UserCode, order_of

_HOOKING = frozenset({"register_magics", "register_magic_function"})
"""Calls of the shell that give it magics."""


class Callees(UserCode):
    """The part of the interpreter that knows what calls do."""

    def call(self, operation: Call) -> Value:
        """Do what a call does; return what its result may be."""
        callee, path = operation.callee, operation.path
        receiver = self.value(callee)
        if "__class__" in path:
            receiver, path = self.through_class(receiver, path)
            operation = replace(operation, path=path)
        if len(path) > 1:
            # `shop.stock.append(x)`, where `stock` is a property.
            receiver |= self.run_properties(receiver, path[:-1], operation, receiver)
        if "id" in (callee, *(each.value for each in operation.arguments)):
            self.effects.compared |= self.arguments(operation).objects
        if not receiver.knows:
            for module in self.starred:
                self.call_helper(self.helper_effects(".".join((module, callee, *path))))
        unseen = callee not in self.heap.values and callee[:1] not in ("%", ":")
        if callee == "get_ipython" and not path:
            return Value(knows=frozenset({IPYTHON}))
        if not callee:
            return self._of_text(operation)
        if unseen and len(path) == 1 and callee in calls.BUILTIN_TYPES and operation.arguments:
            return self._of_type(operation)
        if world.sets_up_logging(path):
            self.effects.settings.add(f"logging.{path[-1]}")
        if unseen and not path:
            return self._builtin(callee, operation)
        if IPYTHON in receiver.knows:
            return self._magic(operation)
        if PARTIAL in receiver.knows:
            return self._unknown(operation, receiver)
        result = NOTHING
        handled = False
        of_class = any(
            isinstance(each, Code) and each.kind != "function" for each in receiver.knows
        )
        before, ends = self.effects.definite, []
        for known in sorted(receiver.knows, key=order_of):
            self.effects.definite = set(before)
            if isinstance(known, Module):
                # A class of the notebook knows its bases, and so does what holds it (a dictionary
                # by members of an enum): `append` of that is no function of `enum`.
                if path and of_class:
                    continue
                # A method of what holds functions (`[np.sum].append`) is none of a module.
                handled |= not (path and self.heap.holds_objects(receiver))
                if HELPER in receiver.knows:
                    found = self.helper_effects(".".join((known.dotted, *path)))
                    self.call_helper(found)
                    if found.patches:
                        self.patch(self.arguments(operation))
                    result |= self._unknown(operation, receiver)
                else:
                    result |= self._installed(".".join((known.dotted, *path)), operation)
                ends.append(self.effects.definite)
            elif isinstance(known, Code):
                followed = self.call_user_code(known, operation, receiver)
                # What `append` is called of may hold a class, whose patches are no `append`.
                handled |= followed is not None and not self._is_perhaps_patched(known, path)
                result |= followed or NOTHING
                if followed is not None:
                    ends.append(self.effects.definite)
        # Each of these may be what is called.
        self.effects.definite = set.intersection(*ends) if ends else before
        if handled:
            if CACHE in receiver.knows and not path and not _is_decorated(receiver):
                self.change(receiver, result, callee)
            return result
        if HELPER in receiver.knows:
            self.call_helper(self.helper_effects.of_method(path[-1] if path else "__call__"))
            return result | self._unknown(operation, receiver)
        if path:
            return result | self._method(operation, receiver)
        return result | self._value_called(operation, receiver)

    def _is_perhaps_patched(self, known: Code, path: tuple[str, ...]) -> bool:
        """Tell a method that no class body has, where functions were stored in the class."""
        members = {name for name, _ in known.body.methods}
        return bool(path) and known.body in self.patches and path[-1] not in members

    def _of_type(self, operation: Call) -> Value:
        """Call a method by its type: `list.append(xs, 1)`, `object.__setattr__(self, ...)`."""
        instance, *rest = operation.arguments
        method = replace(
            operation,
            callee=instance.value,
            arguments=tuple(
                replace(each, position=each.position - 1) if each.position else each
                for each in rest
            ),
        )
        return self._method(method, self.value(instance.value))

    def _of_text(self, operation: Call) -> Value:
        self._iterates(operation, operation.path[-1:] or ("",))
        self.escape(operation, self.arguments(operation))
        return NOTHING

    def _builtin(self, name: str, operation: Call) -> Value:
        arguments = self.arguments(operation)
        self._iterates(operation, (name,))
        given, before = NOTHING, set(self.effects.moved)
        if name not in calls.WRAPPERS | calls.BUILTIN_LOOKING | {"super"}:
            given = self.escape(operation, arguments)
        for each in calls.CHANGED_ARGUMENTS.get(name, ()):
            self._change_argument(operation, each, arguments, name in calls.STORES)
        self._change_keywords(operation, arguments)
        if name == "type" and len(operation.arguments) == 1:
            return self.class_of(arguments)
        if name == "vars":
            self.give_attributes(arguments)
        if name == "open":
            self.touch_world(world.of_open(_mode(operation, 1)))
            return self.iterator(operation, NOTHING)
        if name in calls.BUILTIN_PLAIN and not (name == "type" and len(operation.arguments) == 3):
            return NOTHING
        if name == "super":
            return arguments
        if name in calls.BUILTIN_ITERATORS:
            moved = self._moved(name, operation, arguments) | (self.effects.moved - before)
            return self.iterator(operation, arguments | given, moved)
        if name == "next":
            return self.yielded(arguments) | given | self.fresh(operation)
        if name in calls.BUILTIN_CONTAINERS:
            # `sorted(xs, key=f)` holds nothing of f.
            items = self.union(
                self.yielded(self.value(each.value))
                for each in operation.arguments
                if each.keyword != "key"
            )
            items |= given
            without = items.knows - {ITERATOR}
            return Value(items.same, items.weak, without) | self.fresh(operation)
        if name == "type" and len(operation.arguments) == 3:
            return arguments | self._type_made(operation, name)
        return self.arguments(operation, but="key") | given | self.fresh(operation)

    def _moved(self, name: str, operation: Call, arguments: Value) -> Objects:
        """Return what going through an iterator changes, beside that iterator and its body."""
        if arguments.knows - {ITERATOR} and not all(
            isinstance(each, Code) for each in arguments.knows - {ITERATOR}
        ):
            return arguments.objects
        calling = name in {"map", "filter"} or (name == "iter" and len(operation.arguments) > 1)
        called = operation.arguments[:1] if calling else ()
        first = self.union(self.value(each.value) for each in called)
        known = first.knows and first.objects <= self.definitions
        # `map(stack.rotate, xs)`: a method of nobody known.
        return NO_OBJECTS if known or not first.objects else arguments.objects

    def _type_made(self, operation: Call, name: str) -> Value:
        code = Code("class", self.made_type(operation, name))
        return self.fresh(operation) | Value(knows=frozenset({code}))

    def _magic(self, operation: Call) -> Value:
        name = operation.path[-1] if operation.path else ""
        if name in _HOOKING or operation.path[-2:] == ("events", "register"):
            self._hook(operation, name in _HOOKING)
        texts = [str(each) for each in _constants(operation)]
        if name in {"for_type", "for_type_by_name"}:
            self.effects.settings.add("IPython.display_formatter")
        if name in {"system", "getoutput"}:
            self.touch_world(world.of_magic("system", name, "".join(texts)))
        elif texts:
            own = self.heap.get(texts[0])
            if any(isinstance(each, Code) for each in own.knows):
                # A magic of the notebook's own (`@register_line_magic`) is called.
                return self.escape(operation, own) | self.fresh(operation)
            kind = "cell" if name == "run_cell_magic" else "line"
            self.touch_world(world.of_magic(kind, texts[0], " ".join(texts[1:])))
            if texts[0] == "run" and (words := " ".join(texts[1:]).split()):
                self.call_helper(self.helper_effects.of_script(words[0]))
        return self.fresh(operation)

    def _hook(self, operation: Call, by_magic: bool) -> None:
        """Note what the shell runs from here on, and whether that has a memory."""
        given = self.arguments(operation)
        classes = [
            each for each in given.knows if isinstance(each, Code) and each.kind != "function"
        ]
        made = self.fresh(operation, "hooked")
        made |= Value(knows=frozenset(Code("instance", each.body) for each in classes))
        outer, self.effects = self.effects, Effects()
        self.escape(operation, given | made)
        inner, self.effects = self.effects, outer
        for name, seen in inner.exposed.items():
            outer.exposed.setdefault(name, seen)
        moved = inner.moved & ((made.objects | given.objects) - self.definitions)
        magics = frozenset(name for each in classes for name, _ in each.body.methods)
        remembers = bool(moved or inner.changed or inner.bound or inner.unbound)
        outer.hooks.append(Hook(magics if by_magic else None, remembers))

    def _installed(self, dotted: str, operation: Call) -> Value:
        """Call a function of an installed package: its arguments are assumed unchanged."""
        name = dotted.rpartition(".")[2]
        arguments = self.arguments(operation)
        keywords = frozenset(each.keyword for each in operation.arguments if each.keyword)
        self.touch_world(world.of_function(dotted, _mode(operation, 1), keywords))
        asks = dotted in world.ASKING and not operation.arguments
        if world.is_setting(dotted) and not asks:
            self.effects.settings.add(dotted)
        if dotted == "weakref.finalize":
            first = self.union(self.value(each.value) for each in operation.arguments[:1])
            self.effects.finalized |= first.same - self.definitions
        if dotted.startswith("logging."):
            self._log(name)
        if dotted.startswith("logging.config."):
            # It disables the loggers that there are, by whatever names.
            for logger, value in self.heap.values.items():
                if LOGGER in value.knows and is_module_name(logger):
                    self.effects.exposed.setdefault(logger, (0, False))
        if dotted in PARTS_OF_MODULES:
            return Value(knows=frozenset({PARTS_OF_MODULES[dotted]}))
        if dotted == "importlib.reload":
            # It makes the module anew, whatever was stored in it before.
            modules = {each.dotted for each in arguments.knows if isinstance(each, Module)}
            if STATEFUL in arguments.knows or any(map(self.keeps, modules)):
                self.touch_world(world.BOTH_PACKAGES)
            else:
                self.effects.settings |= modules
        if dotted == "importlib.import_module" and operation.arguments:
            self.import_later(str(operation.arguments[0].constant))
        self._iterates(operation, (name,))
        given = NOTHING
        if name not in calls.WRAPPERS:
            given = self.escape(operation, arguments)
        for each in calls.CHANGED_ARGUMENTS.get(name, ()):
            self._change_argument(operation, each, arguments)
        self._change_keywords(operation, arguments)
        self.assume_unchanged([arguments])
        made = self.fresh(operation) | given
        strange = not is_trusted(dotted)
        if strange:
            made |= Value(knows=frozenset({STRANGE}))
            self.effects.perhaps_compared |= arguments.objects
        if dotted in calls.UNPICKLERS or "allow_pickle" in keywords:
            made |= self._unpickled()
        if name in TYPE_FACTORIES:
            made |= self._type_made(operation, name)
        if name in calls.HOLDING_ARGUMENTS:
            return made | arguments | Value(knows=frozenset({PARTIAL}))
        if name == "defaultdict":
            made |= Value(knows=frozenset({FILLING}))
        if dotted.startswith("pathlib."):
            made |= Value(knows=frozenset({PATH}))
        if dotted.startswith(calls.ITERATOR_MODULES):
            made |= arguments.weakened()
            calls_back = name in calls.CALLING_ITERATORS
            moved = arguments.objects if calls_back else self._moved(name, operation, arguments)
            made = self.iterator(operation, made, moved)
            if name == "tee":
                made |= self.fresh(operation, "pair")  # holds iterators, and is none itself
        if dotted in {"functools.lru_cache", "functools.cache"}:
            made |= Value(knows=frozenset({CACHE}))
        if name in calls.SAME_RESULTS:
            return made | arguments
        if name in calls.PLAIN_RESULTS and not strange:
            return made
        return made | arguments.weakened()

    def _log(self, name: str) -> None:
        """Note that a message goes into a file, where the notebook logs to files."""
        if self.logs_to_files and name in calls.LOGGING:
            self.touch_world(world.APPEND_TO_FILES)

    def _unpickled(self) -> Value:
        """Return what a file may hold of the notebook's: any of its functions and instances."""
        self.effects.unpickles = True
        found = {
            Code("instance" if each.kind == "class" else each.kind, each.body)
            for value in self.heap.values.values()
            for each in value.knows
            if isinstance(each, Code)
        }
        return Value(knows=frozenset(found))

    def _method(self, operation: Call, receiver: Value) -> Value:
        """Call a method of a value that is no instance of a class of the notebook."""
        name = operation.path[-1]
        arguments = self.arguments(operation)
        keywords = frozenset(each.keyword for each in operation.arguments if each.keyword)
        self.touch_world(world.of_method(name, _mode(operation, 0), keywords))
        self._log(name)
        if PATH in receiver.knows:
            self.touch_world(world.of_path_method(name))
        self._iterates(operation, (name,))
        given = self.escape(operation, arguments | receiver)
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
        made = self.fresh(operation) | given
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
        arguments = self.arguments(operation)
        everything = arguments if _is_module(receiver) else arguments | receiver
        if STATEFUL in receiver.knows:
            everything = self.left_in_packages(everything)
        everything |= self.escape(operation, everything | receiver)
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
                value = self.value(each.value)
                if ITERATOR in value.knows:
                    self.advance(value, each.value)
                else:
                    self.change(value, adds, each.value, direct)

    def _iterates(self, operation: Call, names: tuple[str, ...]) -> None:
        if any(name in calls.ITERATING for name in names):
            for each in operation.arguments:
                self.advance(self.value(each.value), each.value)


def _is_module(value: Value) -> bool:
    return any(isinstance(each, Module) for each in value.knows)


def _is_decorated(value: Value) -> bool:
    """Tell a function whose cache its decorator names: `follow` knows what its calls change."""
    return any(isinstance(each, Code) and bool(each.body.remembers) for each in value.knows)


def _constants(operation: Call) -> tuple[object, ...]:
    return tuple(each.constant for each in operation.arguments if each.constant is not None)


def _mode(operation: Call, position: int) -> object:
    """Return the mode of a call that opens a file, where it is written down."""
    for each in operation.arguments:
        if each.keyword == "mode" or each.position == position:
            return each.constant
    return None
