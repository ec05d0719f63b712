"""What operations do: names read, bound and changed, through functions and aliases.

An abstract interpreter: it walks the notebook's statements in order and knows, at each point, what
each name may refer to (`analysis.heap`). Calls of functions and classes of the notebook are
followed into their bodies where they are called, so latent effects are seen with the names as they
are then.
"""

import builtins
from dataclasses import replace

from . import calls, world
from .bodies import captured_names, names_in
from .callee import Callees
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
    Import,
    Iterate,
    Loop,
    Operate,
    Show,
    Unbind,
    Use,
)
from .heap import FILLING, HELPER, ITERATOR, NOTHING, PARTIAL, STATEFUL, Code, Known, Module, Value
from .scopes import is_module_name
from .stars import exported
from .user_code import order_of

BUILTINS = frozenset(dir(builtins)) | {"get_ipython", "display"}
STAR = "@star"
"""Stands for all names that a star import binds."""
_AMBIENT_MODULES = (("os.environ", world.ENVIRON), ("sys.path", world.SYS_PATH))
_DIFFERENTIATING = frozenset({"accelerate", "fastai", "lightning", "pytorch_lightning", "torch"})
"""Packages where `loss.backward()` changes what a loss was computed from, by any operator."""
_MOST_ROUNDS = 6
"""Rounds after which a loop's sharing is taken as known (each adds at least one pair of names)."""


class Interpreter(Callees):
    """Knows what each operation does to the heap, and what of it a plan has to know."""

    def _use(self, operation: Use) -> None:
        name = operation.name
        if operation.if_there and name not in self.heap.values:
            return
        if name not in self.effects.definite:
            sure = not self._depth and not operation.if_there
            # A line of a function's body may be one of another cell.
            here = 0 if self.stack else operation.line
            line, known = self.effects.exposed.get(name, (here, sure))
            self.effects.exposed[name] = (line, known or sure)
        if name not in self.heap.values and name not in BUILTINS:
            # Bound by something that cannot be seen (a star import, `exec`).
            self.heap.put(name, Value(same=frozenset({self.heap.site(("unseen", name))})))

    def _bind(self, operation: Bind) -> None:
        made = operation.fresh and not operation.iterator
        value = self.fresh(operation) if made else NOTHING
        for name in operation.sources:
            source = self.value(name)
            if operation.share == "weak":
                source = source.weakened()
            elif operation.share == "none":
                source = source.weakened() if self.differentiates else source.carried()
            value |= source
        if operation.operated:
            value |= self.value(operation.operated).weakened()
        if operation.iterator and operation.fresh:
            value = self.iterator(operation, value, frozenset(self.effects.moved))
        elif operation.iterator:
            value |= Value(knows=frozenset({ITERATOR}))
        self._let_go(operation)
        self.store(operation.name, value)

    def _let_go(self, operation: Bind | Define | Import | Unbind) -> None:
        """Run what the end of the object may run that a name had so far.

        Other names that lead to it are needed there: it does not end while one of them does.
        """
        rebound = not isinstance(operation, Unbind)
        if rebound and not is_module_name(operation.name):
            return
        value = self.heap.get(operation.name)
        ends = any(self.methods_named(known, "__del__") for known in value.knows)
        if self.helpers_end and HELPER in value.knows:
            ends |= self.heap.holds_objects(value)
        if ends:
            for name in sorted(filter(is_module_name, self.heap.sharing(value.objects))):
                self._use(Use(name, operation.line, if_there=True))
            self.run_deleting(value, operation)

    def _unbind(self, operation: Unbind) -> None:
        name = operation.name
        self._let_go(operation)
        if is_module_name(name):
            self.effects.unbound.add(name)
            self.effects.definite.discard(name)
            if not self._depth:
                self.effects.bound.discard(name)
        if not self._depth:
            self.heap.drop(name)

    def _change(self, operation: Change) -> None:
        adds = NOTHING
        for each in operation.adds:
            adds |= self.value(each)
        value = self.value(operation.name)
        # A class of the notebook knows the modules that it is made from, a list what is in it.
        own = any(isinstance(known, Code) for known in value.knows) or self.heap.holds_objects(
            value
        )
        for known in value.knows:
            # What a call made of a module (`re.match(...)`) is not the module's own state.
            if isinstance(known, Module) and not (value.weak or own):
                self.heap.parts |= adds.objects
                self._write_ambient(known.dotted)
                if self.keeps(known.dotted):
                    self.left_in_packages(adds)
                    self.escape(operation, adds)
                    return
                if not known.dotted.startswith(tuple(start for start, _ in _AMBIENT_MODULES)):
                    self.effects.settings.add(known.dotted)
                # A function put into a module may be called by anyone from here on.
                self.escape(operation, adds)
        self.change(value, adds, operation.name, direct=True)

    def _iterate(self, operation: Iterate) -> None:
        value = self.value(operation.name)
        self.advance(value, operation.name)
        given = self.run_special_methods(value, operation, value)
        if operation.result:
            self.heap.put(operation.result, self.yielded(value) | given)

    def _operate(self, operation: Operate) -> None:
        given = NOTHING
        everything = self.union(map(self.value, (*operation.names, operation.stored)))
        for name in operation.names:
            value = self.value(name)
            if operation.item and FILLING in value.knows:
                self.change(value, name=name)
                given |= self.escape(operation, value)
            given |= self.run_special_methods(value, operation, everything)
        if operation.result:
            self.heap.put(operation.result, given)

    def _compare(self, operation: Compare) -> None:
        for name in operation.names:
            self.effects.compared |= self.value(name).objects

    def _show(self, operation: Show) -> None:
        self.run_representations(self.value(operation.name), operation)

    def _attribute(self, operation: Attribute) -> None:
        value = self.value(operation.value)
        if "__class__" in operation.path:
            value, path = self.through_class(value, operation.path)
            if not path:
                self.heap.put(operation.result, value)
                return
            operation = replace(operation, path=path)
        given = self.run_properties(
            value, operation.path, operation, value | self.value(operation.stored)
        )
        holds = bool(value.objects - self.definitions)
        if operation.path[-1] in calls.REGISTERING:
            holds = False
            self.change(value, direct=True)
        knows: set[Known] = set()
        own = self.heap.holds_objects(value)
        for each in value.knows:
            if isinstance(each, Module) and not own:
                dotted = ".".join((each.dotted, *operation.path))
                knows.add(Module(dotted))
                self._read_ambient(dotted)
            elif isinstance(each, Code) and each.kind == "class":
                knows.update((each, *self.methods_named(each, operation.path[-1])))
            elif holds or not (isinstance(each, Code) and each.kind == "function"):
                knows.add(each)
                if isinstance(each, Code) and each.kind == "instance":
                    knows.update(self.methods_named(each, operation.path[-1]))
        if Module("builtins") in value.knows:
            self.added_builtins.add(operation.path[-1])
            if operation.stored:
                self.heap.put(operation.path[-1], self.value(operation.stored))
        if operation.path[-1] == "__dict__":
            self.give_attributes(value)
        if operation.path[-1] in calls.BOUND and not any(isinstance(k, Module) for k in knows):
            knows.add(PARTIAL)
        result = Value(value.same, value.weak, frozenset(knows)) | given
        if STATEFUL in value.knows:
            result |= self.left_in_packages(NOTHING)
        self.heap.put(operation.result, result)

    def _read_ambient(self, dotted: str) -> None:
        for start, part in _AMBIENT_MODULES:
            if dotted.startswith(start):
                self.touch_world(world.Effect(reads=frozenset({part})))

    def _write_ambient(self, dotted: str) -> None:
        for start, part in _AMBIENT_MODULES:
            if dotted.startswith(start):
                self.touch_world(world.Effect(writes=frozenset({part})))

    def _import(self, operation: Import) -> None:
        self.effects.world_reads.add(world.SYS_PATH)
        top = operation.module.split(".")[0]
        self.differentiates |= top in _DIFFERENTIATING
        if top in self.written_modules:
            self.touch_world(world.Effect(reads=frozenset({world.FILES, world.CWD})))
        if operation.name == "*":
            self.effects.bound.add(STAR)
            for name in sorted(exported(operation.module) & self.heap.values.keys()):
                known = Module(f"{operation.module}.{name}")
                self.store(name, Value(knows=frozenset({known})))
            if self.is_local(top):
                self.starred.append(operation.module)
                self.import_helper(operation, operation.module)
                inside = f"{operation.module}."
                names = {each.removeprefix(inside): each for each in self.kept if inside in each}
                self.kept_as.update({name: each for name, each in names.items() if "." not in name})
            return
        dotted = operation.module
        if operation.attribute:
            dotted = f"{dotted}.{operation.attribute}"
        knows: set[Known] = {Module(dotted)}
        if top in self.stateful:
            knows.update((HELPER, STATEFUL))
        if top in self.written_modules or self.is_local(top):
            knows.add(HELPER)
            self.import_helper(operation, dotted)
            if dotted in self.kept:
                self.kept_as[operation.name] = dotted
        site = frozenset({self.heap.module(top)})
        self._let_go(operation)
        self.store(operation.name, Value(site, knows=frozenset(knows)))

    def _define(self, operation: Define) -> None:
        body = operation.code
        held = self.fresh(operation)
        if not self.stack:
            self.definitions |= held.same
        for name in sorted(captured_names(body)):
            # The variable itself is shared by all functions of one call that refer to it.
            held |= self.value(name) | self.variable(name)
        for parameter in body.parameters:
            if parameter.default:
                default = self.value(parameter.default)
                self.default_values[parameter.unique] = default
                held |= default
        for base in body.bases:
            held |= self.value(base)
        for name in sorted(body.locals if body.kind == "class" else ()):
            value = self.value(name)
            held |= Value(value.same, value.weak)
        self._own(body, held)
        if body.kind == "class":
            self._note_members(body)
            self._make_class(operation, held)
        self._let_go(operation)
        kind = "function" if body.kind == "function" else "class"
        known = Code(kind, body)  # type: ignore[arg-type]
        self.store(operation.name, held | Value(knows=frozenset({known})))

    def _note_members(self, body: Body) -> None:
        """Note what a class body binds by calls: `x = property(_get_x)`, `x = Descriptor()`."""
        self.members[body] = [
            (member, known)
            for name in sorted(body.locals)
            for member in (name.rpartition(":")[2],)
            for known in sorted(self.heap.get(name).knows, key=order_of)
            if isinstance(known, Code) and (member, known.body) not in body.methods
        ]

    def _make_class(self, operation: Define, held: Value) -> None:
        """Run what the making of a class runs: `__init_subclass__`, and its metaclass."""
        body = operation.code
        metaclass = self.value(body.metaclass).knows if body.metaclass else frozenset()
        for known in sorted(held.knows, key=order_of):
            if isinstance(known, Code) and known.kind == "class":
                metaclass |= self.metaclasses.get(known.body, frozenset())
                for method in self.methods_named(known, "__init_subclass__"):
                    self.follow(method.body, (), operation, held)
        self.metaclasses[body] = metaclass
        for known in sorted(metaclass, key=order_of):
            # What a metaclass holds is seen by its classes too: `cls.registry`.
            of_meta = Value(knows=frozenset({known}))
            if isinstance(known, Code):
                of_meta |= self.owners.get(known.body, NOTHING)
            self.heap.put("%meta", of_meta | held)
            for name in ("__prepare__", "__new__", "__init__"):
                for method in self.methods_named(known, name):
                    self.follow(method.body, (Argument(0, None, "%meta"),), operation, held)
            self.heap.drop("%meta")

    def _own(self, body: Body, held: Value) -> None:
        """Note whose state a function's or a method's cache is."""
        self.owners[body] = held
        for _, method in body.methods:
            self._own(method, held)

    def _branch(self, operation: Branch) -> None:
        before = set(self.effects.definite)
        ends: list[set[str]] = []
        self._depth += 1
        for alternative, leaves in zip(operation.alternatives, operation.leaves, strict=True):
            self.effects.definite = set(before)
            self.run(alternative)
            (self.exits if leaves else ends).append(self.effects.definite)
        self._depth -= 1
        self.effects.definite = set.intersection(*ends) if ends else before

    def _loop(self, operation: Loop) -> None:
        before = set(self.effects.definite)
        self._depth += 1
        for _ in range(_MOST_ROUNDS):
            state = {name: self.heap.get(name) for name in self._mentioned(operation)}
            self.effects.definite = set(before)
            self.run(operation.operations)
            if all(self.heap.get(name) == value for name, value in state.items()):
                break
        self._depth -= 1
        self.effects.definite = before

    def _mentioned(self, operation: Loop) -> set[str]:
        return {name for name in names_in(operation.operations) if name in self.heap.values}

    def _call(self, operation: Call) -> None:
        self.heap.put(operation.result, self.call(operation))
