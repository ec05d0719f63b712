"""Which names may share objects, and which code an object may run: the abstract heap."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

from .facts import Body
from .scopes import is_module_name


@dataclass(frozen=True)
class Module:
    """A module, or something in it, by its dotted name."""

    dotted: str


@dataclass(frozen=True)
class Code:
    """A function or class of the notebook, or an instance of such a class."""

    kind: Literal["function", "class", "instance"]
    body: Body


@dataclass(frozen=True)
class Trait:
    """What else is known of a value: it is an iterator; it came from a helper module."""

    name: Literal[
        "iterator",
        "cache",
        "filling",
        "helper",
        "ipython",
        "path",
        "partial",
        "strange",
        "stateful",
    ]


Known = Module | Code | Trait
ITERATOR = Trait("iterator")
LOGGER = Module("logging.logger")
PARTS_OF_MODULES = {"decimal.getcontext": Module("decimal.context"), "logging.getLogger": LOGGER}
"""Calls that give a part of a module's own state: what is stored in that is a setting."""

CACHE = Trait("cache")
FILLING = Trait("filling")
"""Looking up an item may add it (`defaultdict`)."""
HELPER = Trait("helper")
IPYTHON = Trait("ipython")
PATH = Trait("path")
PARTIAL = Trait("partial")
"""A call of it calls functions that it holds with arguments that it holds (`partial`)."""
STRANGE = Trait("strange")
"""It came from a package that the tables do not know (`analysis.trusted`)."""
STATEFUL = Trait("stateful")
"""It came from a package that was seen to keep something between calls."""

Objects = frozenset[int]
NO_OBJECTS: Objects = frozenset()


@dataclass(frozen=True)
class Value:
    """What a name may refer to.

    `same`: objects that it is or holds, as the code says. `weak`: objects that it may share though
    the code does not say so (results of calls). `knows`: modules and code it may run.
    """

    same: Objects = NO_OBJECTS
    weak: Objects = NO_OBJECTS
    knows: frozenset[Known] = frozenset()

    @property
    def objects(self) -> Objects:
        """All objects that it may share."""
        return self.same | self.weak if self.weak else self.same

    def is_in(self, other: "Value") -> bool:
        """Tell whether the other value may be all that this one may be."""
        return self.same <= other.same and self.weak <= other.weak and self.knows <= other.knows

    def __or__(self, other: "Value") -> "Value":
        if other.is_in(self):
            return self
        if self.is_in(other):
            return other
        return Value(self.same | other.same, self.weak | other.weak, self.knows | other.knows)

    def weakened(self) -> "Value":
        """Return the same as a mere possibility: what a call may give back of what it got.

        What `r.view(np.recarray)` gives is nothing of numpy: its methods are its own.
        """
        kept = frozenset(
            each for each in self.knows if not isinstance(each, Module) and each != ITERATOR
        )
        return Value(NO_OBJECTS, self.objects, kept)

    def carried(self) -> "Value":
        """Return only what it knows of its kind (a result of an operator: `folder / "a"`)."""
        kept = frozenset(
            each
            for each in self.knows
            if each == PATH or (isinstance(each, Code) and each.kind == "instance")
        )
        return Value(knows=kept)


NOTHING = Value()


@dataclass
class Heap:
    """Values by name, and the names of each object: a change finds all names that see it."""

    values: dict[str, Value] = field(default_factory=dict)
    names: dict[int, set[str]] = field(default_factory=dict)
    instances: set[str] = field(default_factory=set)
    """Names that may be instances of classes of the notebook."""
    modules: set[int] = field(default_factory=set)
    """Objects that are imported modules."""
    parts: set[int] = field(default_factory=set)
    """Objects that were stored in modules: `sys.argv = [...]`."""
    grown: int = 0
    """How often a name was found to hold more (temporary names aside)."""
    _sites: dict[object, int] = field(default_factory=dict)
    _locals: set[str] = field(default_factory=set)

    def site(self, key: object) -> int:
        """Return the object that stands for all that is made at one place of the program."""
        return self._sites.setdefault(key, len(self._sites) + 1)

    def module(self, top: str) -> int:
        """Return the object that stands for a package and all that is in it."""
        found = self.site(("module", top))
        self.modules.add(found)
        return found

    def holds_objects(self, value: Value) -> bool:
        """Tell a value that is no mere module or something in it: `[np.mean]` holds a list."""
        return not value.objects <= self.modules | self.parts

    def get(self, name: str) -> Value:
        """Return what a name may refer to."""
        return self.values.get(name, NOTHING)

    def put(self, name: str, value: Value) -> None:
        """Bind a name, forgetting what it was."""
        earlier = self.values.get(name)
        if earlier is value:
            return
        self.values[name] = value
        old, new = earlier.objects if earlier else NO_OBJECTS, value.objects
        if any(isinstance(each, Code) and each.kind == "instance" for each in value.knows):
            self.instances.add(name)
        else:
            self.instances.discard(name)
        if not is_module_name(name):
            self._locals.add(name)
        for each in new - old:
            self.names.setdefault(each, set()).add(name)
        for each in old - new:
            self.names[each].discard(name)

    def merge(self, name: str, value: Value) -> None:
        """Bind a name that may also keep its old value."""
        old = self.get(name)
        if not value.is_in(old):
            self.put(name, old | value)
            self.grown += name[:1] != "%"
        elif name not in self.values:
            self.put(name, value)

    def drop(self, name: str) -> None:
        """Forget a name."""
        old = self.values.pop(name, None)
        self.instances.discard(name)
        if old is not None:
            for each in old.objects:
                self.names[each].discard(name)

    def sharing(self, objects: Iterable[int]) -> set[str]:
        """Return all names that may see a change of these objects."""
        found: set[str] = set()
        for each in objects:
            found |= self.names.get(each, set())
        return found

    def forget_locals(self) -> None:
        """Drop temporary and local names, after a statement."""
        for name in self._locals:
            self.drop(name)
        self._locals.clear()
