"""The state of the abstract interpreter: its heap, what a statement did, and the calls it is in."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from . import world
from .bodies import bodies_in, names_in
from .facts import Body, Operation
from .heap import (
    HELPER,
    ITERATOR,
    NO_OBJECTS,
    NOTHING,
    STATEFUL,
    Code,
    Heap,
    Known,
    Module,
    Objects,
    Value,
)  # fmt: skip
from .repeated import Repeated
from .scopes import is_module_name

_DEEPEST = 24
"""Calls within calls that are followed; deeper ones are taken to change all that they get."""
ANYONE = ("anyone",)
"""The context of bodies that a call may run, whoever that is."""
_MOST_CALLS = 400
"""Bodies followed for one statement; then calls are taken to change all that they get."""
NO_PARTS = frozenset[str]()
_STREAMS = frozenset(
    Module(f"sys.{name}") for name in ("stdout", "stderr", "__stdout__", "__stderr__")
)


def world_parts(names: Iterable[str]) -> set[str]:
    """Return the parts of the world among names."""
    return {name for name in names if name[:1] == "@"}


@dataclass(frozen=True)
class Hook:
    """Code that the shell runs by itself (`events.register`) or by a magic of its own."""

    magics: frozenset[str] | None
    """The magics that run it, as far as methods are named so; None: it runs in every cell."""
    remembers: bool
    """It changes something, which so has to be there in the next cell."""


@dataclass
class Effects:
    """What a statement did, as far as module-level names and the world are concerned."""

    exposed: dict[str, tuple[int, bool]] = field(default_factory=dict)
    """Names read that the statement had not bound for sure: first line (0: in the body of what it
    calls), and whether the read is sure to happen."""
    bound: set[str] = field(default_factory=set)
    """Names bound, for sure or possibly."""
    definite: set[str] = field(default_factory=set)
    """Names bound, and parts of the world set, for sure."""
    unbound: set[str] = field(default_factory=set)
    """Names deleted, for sure or possibly; gone for sure where not in `bound`."""
    changed: set[str] = field(default_factory=set)
    redefined: set[str] = field(default_factory=set)
    """Of these, where the state of a function or class may be changed (`C.count += 1`, a mutable
    default)."""
    assumed: set[str] = field(default_factory=set)
    """Names given to calls that are assumed not to change them."""
    compared: set[int] = field(default_factory=set)
    """Objects whose identity was looked at."""
    perhaps_compared: set[int] = field(default_factory=set)
    """Objects that packages nobody knows got: these may look at their identity."""
    types: list[Body] = field(default_factory=list)
    """Classes that calls made (`namedtuple(...)`)."""
    world_reads: set[str] = field(default_factory=set)
    world_writes: set[str] = field(default_factory=set)
    world_sets: set[str] = field(default_factory=set)
    moved: set[int] = field(default_factory=set)
    """Objects that may have been changed."""
    settings: set[str] = field(default_factory=set)
    """Settings of modules that it made, by dotted name (`numpy.set_printoptions`)."""
    hooks: list["Hook"] = field(default_factory=list)
    """What it lets the shell run by itself in later cells."""
    finalized: set[int] = field(default_factory=set)
    """Objects at whose end something is to run (`weakref.finalize`)."""
    gives_attributes: bool = False
    """Somebody may have got the dictionary of a function."""
    unpickles: bool = False
    """It reads pickles, which name functions and classes of the notebook."""

    def size(self) -> int:
        """Return a number that grows with what is noted."""
        return sum(
            len(each)
            for each in (
                *(self.exposed, self.bound, self.unbound, self.changed, self.redefined),
                *(self.assumed, self.compared, self.types, self.settings, self.moved),
                *(self.world_reads, self.world_writes, self.world_sets, self.finalized),
            )
        )


class Machine:
    """Runs operations on a heap and notes their effects; `Interpreter` knows each operation."""

    def __init__(self, is_local: Callable[[str], bool] = lambda module: False) -> None:
        self.heap = Heap()
        self.effects = Effects()
        self.is_local = is_local
        self.starred: list[str] = []
        """Modules of the user's own of which all names were imported."""
        self.exits: list[set[str]] = []
        """What was bound and set for sure where the body that runs may be left before its end."""
        self.in_loop = False
        """The step is one iteration of a `for_each`."""
        self.helpers_end = False
        """Something runs at the end of objects that modules beside the notebook make."""
        self.iterators: dict[int, tuple[Value, Objects]] = {}
        """Iterators: what each goes over, and what going on changes besides."""
        self.stateful: frozenset[str] = frozenset()
        """Packages that were seen to keep something: their functions may do all that unseen code
        may do, and take what they kept with them."""
        self.captured: list[Value] = []
        self.stack: list[Body] = []
        self.calls = 0
        self.differentiates = False
        """Whether arithmetic remembers what it was given, as that of torch does for gradients."""
        self.definitions: set[int] = set()
        """Objects that are functions and classes themselves."""
        self.owners: dict[Body, Value] = {}
        """Functions and classes by their body; of a method the class that it is in."""
        self.default_values: dict[str, Value] = {}
        """Values of defaults, by the unique name of their parameter."""
        self.metaclasses: dict[Body, frozenset[Known]] = {}
        """Classes of classes, where they are the notebook's."""
        self.members: dict[Body, list[tuple[str, Known]]] = {}
        """Of classes: functions and instances that their bodies bind without defining them."""
        self.patches: dict[Body, frozenset[Known]] = {}
        """What was stored in classes after their definition."""
        self.wanted: dict[Body, Value] | None = None
        """Bodies that a call under way may run, and what they may get."""
        self.written_modules: frozenset[str] = frozenset()
        """Modules whose files the notebook may write itself."""
        self.logs_to_files = False
        """Whether the notebook makes handlers of loggers that write to files."""
        self.shows_caches = False
        """Whether the notebook looks into caches (`f.cache_info()`)."""
        self.added_builtins: set[str] = set()
        """Names that the notebook stores in the module `builtins`: any code has them."""
        self.shows_flags = False
        """Whether the notebook looks at what arithmetic raised in the context of `decimal`."""
        self.repeated = Repeated()
        self._context: tuple[object, ...] = ()
        self._depth = 0
        self._types: dict[object, Body] = {}
        self._statement: object = None
        self.changed: set[int] = set()
        """Objects that may have been changed since `forget_changes`."""
        self.changed_same: set[int] = set()
        """Of these, where the code says so."""

    def forget_changes(self) -> None:
        """Begin to note changed objects anew."""
        self.changed.clear()
        self.changed_same.clear()

    def run_statement(self, key: object, operations: Iterable[Operation]) -> Effects:
        """Run one top-level statement; `key` tells its place in the notebook."""
        self.effects = Effects()
        self._statement = key
        self.calls = 0
        self.run(operations)
        self.heap.forget_locals()
        return self.effects

    def run(self, operations: Iterable[Operation]) -> None:
        """Run operations in order."""
        for operation in operations:
            getattr(self, "_" + type(operation).__name__.lower())(operation)

    def value(self, name: str) -> Value:
        """Return what a name may refer to; a captured variable is part of its function."""
        if not name:
            return NOTHING
        if name in self.heap.values:
            return self.heap.values[name]
        if name[0] == ":" and self.captured:
            return self.captured[-1]
        return NOTHING

    def fresh(self, operation: object, part: str = "") -> Value:
        """Return a new object, made by an operation at this place of the program."""
        key = (self._statement, self._context, id(operation), part)
        return Value(same=frozenset({self.heap.site(key)}))

    def iterator(
        self, operation: object, source: Value, moved: Objects = NO_OBJECTS, part: str = ""
    ) -> Value:
        """Return a new iterator over a value; `moved`: what going on changes beside the iterator.

        To go on changes neither what it goes over nor its items, so that is of what is moved only.
        """
        made = self.fresh(operation, part)
        for site in made.same:
            earlier, also = self.iterators.get(site, (NOTHING, NO_OBJECTS))
            source = Value(source.same - made.same, source.weak - made.same, source.knows)
            self.iterators[site] = (earlier | source, also | (moved & source.objects))
        return made | source | Value(knows=frozenset({ITERATOR}))

    def advance(self, value: Value, name: str = "") -> None:
        """Go on with a value, if it is an iterator: that changes it, and iterators that it has."""
        if ITERATOR not in value.knows:
            return
        moved = frozenset(value.objects & self.iterators.keys())
        for site in tuple(moved):
            moved |= self.iterators[site][1]
        self.change(Value(value.same & moved, value.weak & moved, value.knows), name=name)

    def yielded(self, value: Value) -> Value:
        """Return what a value may yield: of an iterator alone, what it goes over yields."""
        for site in value.same & self.iterators.keys() if ITERATOR in value.knows else ():
            source, _ = self.iterators[site]
            if value.objects == source.objects | {site}:
                return self.yielded(source)
        return value

    def variable(self, name: str) -> Value:
        """Return the object that stands for a local variable that functions refer to."""
        key = (self._statement, self._context, name)
        return Value(same=frozenset({self.heap.site(key)}))

    def store(self, name: str, value: Value) -> None:
        """Bind a name; one that is not sure to be bound may keep its old value."""
        if is_module_name(name):
            self.effects.bound.add(name)
            self.effects.definite.add(name)
        if self._depth and name[:1] != "%":
            self.heap.merge(name, value)
        else:
            self.heap.put(name, value)

    def change(
        self, value: Value, adds: Value = NOTHING, name: str = "", direct: bool = False
    ) -> None:
        """Change all objects of a value; they then hold what is added.

        `direct`: the code stores to the value itself, so that a function or class may be meant.
        """
        if value.knows and value.knows <= _STREAMS:
            return  # to write there changes nothing that another step could have
        self.changed |= value.objects
        self.effects.moved |= value.objects
        self.changed_same |= value.same
        objects = value.objects if direct else value.objects - self.definitions
        for known in value.knows if direct and adds.knows else ():
            if isinstance(known, Code) and known.kind == "class":
                self.patches[known.body] = self.patches.get(known.body, frozenset()) | adds.knows
        names = self.heap.sharing(objects)
        if name:
            names.add(name)
        for each in names:
            kept = HELPER in self.heap.get(each).knows and each != name
            if (value.weak or kept) and self._is_import(each):
                continue  # what a helper keeps of it is a part of `@packages`
            if is_module_name(each):
                self._note_change(each, objects, direct)
            if adds is not NOTHING:
                self.heap.merge(each, adds)

    def give_attributes(self, value: Value) -> None:
        """Let somebody have the dictionary of a function (`kept = f.__dict__`).

        A replayed definition has another one, so from here on the function's own is its state.
        """
        functions = value.objects & self.definitions
        if functions and any(isinstance(each, Code) for each in value.knows):
            self.effects.gives_attributes = True
            self.change(Value(value.same & functions, value.weak & functions), direct=True)

    def _is_import(self, name: str) -> bool:
        """Tell a name that is surely a module: what a call made of it is another object."""
        knows = self.heap.get(name).knows - {HELPER, STATEFUL}
        modules = [known.dotted for known in knows if isinstance(known, Module)]
        return len(modules) == len(knows) and any("." not in dotted for dotted in modules)

    def _note_change(self, name: str, objects: frozenset[int], direct: bool) -> None:
        self.effects.changed.add(name)
        own = self.heap.get(name).objects & objects
        if own - self.definitions or (direct and own):
            self.effects.redefined.add(name)

    def assume_unchanged(self, values: Iterable[Value]) -> None:
        """Note that an unknown installed call got these objects and is taken not to change them."""
        objects = frozenset[int]().union(*(each.objects for each in values))
        self.effects.assumed |= set(filter(is_module_name, self.heap.sharing(objects)))

    def state(self) -> object:
        """Return what tells whether more is known than before, within a statement."""
        return self._statement, self.heap.grown, self.effects.size()

    def touch_world(self, effect: world.Effect) -> None:
        """Note what a call does to the world."""
        self.effects.world_reads |= effect.reads
        self.effects.world_writes |= effect.writes
        self.effects.world_sets |= effect.sets | effect.may_set
        self.effects.definite |= effect.sets

    def inside(self, key: object, body: Body, captured: Value, run: Callable[[], None]) -> None:
        """Run something as part of a call; what it binds is not sure, the world it sets may be."""
        self.calls += 1
        outer, definite = self._context, set(self.effects.definite)
        exits, self.exits = self.exits, []
        # Of what anyone may run the last call tells enough: ways to it would multiply objects.
        self._context = (*(ANYONE if outer[:1] == ANYONE else outer), key)
        self._depth += 1
        self.stack.append(body)
        self.captured.append(captured)
        try:
            run()
        finally:
            self.captured.pop()
            self.stack.pop()
            self._depth -= 1
            self._context = outer
            if self._context[:1] != ANYONE:  # whom nobody may call
                ends = map(world_parts, (self.effects.definite, *self.exits))
                definite |= set.intersection(*ends)
            self.effects.definite, self.exits = definite, exits

    def made_type(self, operation: object, name: str) -> Body:
        """Return the class that a call like `namedtuple(...)` makes at this place."""
        key = (self._statement, self._context, id(operation))
        body = self._types.setdefault(key, Body("class", name, 0))
        if not self.stack:
            self.effects.types.append(body)
        return body

    def mention(self, body: Body) -> None:
        """Take in what a body may do that is not followed: read all its names, change them.

        So may what it calls, once for each body.
        """
        pending, seen = [body], set[Body]()
        while pending:
            each = pending.pop()
            if each in seen:
                continue
            seen.add(each)
            pending += bodies_in(each.operations)
            pending += [inner for _, inner in each.methods]
            for name in sorted(names_in(each.operations)):
                if not is_module_name(name) or name not in self.heap.values:
                    continue
                if name not in self.effects.definite:
                    self.effects.exposed.setdefault(name, (each.line, False))
                value = self.heap.get(name)
                pending += [known.body for known in value.knows if isinstance(known, Code)]
                self.change(value)

    def may_follow(self, body: Body) -> bool:
        """Tell whether a body is to be followed here (not again, not too deep, not too often)."""
        return body not in self.stack and len(self.stack) < _DEEPEST and self.calls < _MOST_CALLS
