"""What the source of a cell says, before anything is known about the names in it.

A statement becomes a short list of *operations* on names, in the order in which Python performs
them. Names of other scopes are made unique (`:3:row` is `row` in scope 3 of its cell), values on
the way are temporary names (`%7`), so everything later works on one flat set of names.
`analysis.interpret` gives the operations their meaning.
"""

from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from ..errors import Problem


@dataclass(frozen=True, slots=True)
class Use:
    """A name is read."""

    name: str
    line: int
    if_there: bool = False
    """Code asks for the name, and copes where it is not there: `"x" in globals()`."""


@dataclass(frozen=True, slots=True)
class Bind:
    """A name is bound to a value that may share objects with `sources`."""

    name: str
    sources: tuple[str, ...]
    line: int
    share: Literal["same", "weak", "none"] = "same"
    """How objects are shared: said so (`a`), possible (`a + b`), or not at all (`a - b`)."""
    fresh: bool = False
    """A new object is made (a list display, a sum)."""
    iterator: bool = False
    """The value is an iterator: reading it changes it."""
    operated: str = ""
    """What operators of the notebook's own classes gave back: possibly what it is."""


@dataclass(frozen=True, slots=True)
class Unbind:
    """A name is deleted."""

    name: str
    line: int


@dataclass(frozen=True, slots=True)
class Change:
    """The object of a name may be changed in place, and then holds `adds` too."""

    name: str
    line: int
    adds: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Iterate:
    """A value is iterated: that changes an iterator, and runs `__iter__` of user classes."""

    name: str
    line: int
    result: str = ""
    """Temporary name of what it yields."""


@dataclass(frozen=True, slots=True)
class Operate:
    """Operators, properties or formatting act on values: special methods may run."""

    names: tuple[str, ...]
    line: int
    result: str = ""
    """Temporary name of what these methods give back."""
    item: bool = False
    """An item is looked up: that may add it (`defaultdict`)."""
    stored: str = ""
    """What the methods get besides, to store it."""


@dataclass(frozen=True, slots=True)
class Compare:
    """The identity of values is looked at: `a is b`, `id(a)`."""

    names: tuple[str, ...]
    line: int


@dataclass(frozen=True, slots=True)
class Show:
    """A value is shown as the result of a cell: `__repr__` and its like may run."""

    name: str
    line: int


@dataclass(frozen=True, slots=True)
class Argument:
    """An argument of a call: position (None after a `*`), keyword, and the value's name."""

    position: int | None
    keyword: str | None
    value: str
    constant: str | int | bool | None = None
    """Its value where it is a short literal."""


@dataclass(frozen=True, slots=True)
class Call:
    """`callee.path(...)`; `result` is the temporary name of what it returns."""

    callee: str
    path: tuple[str, ...]
    arguments: tuple[Argument, ...]
    result: str
    line: int


@dataclass(frozen=True, slots=True)
class Attribute:
    """`result = value.path` without a call."""

    value: str
    path: tuple[str, ...]
    result: str
    line: int
    stored: str = ""
    """What is stored there (`value.path = stored`)."""


@dataclass(frozen=True, slots=True)
class Import:
    """A name is bound to a module, or to something in it. `name` is `*` for a star import."""

    name: str
    module: str
    attribute: str | None
    line: int

    @property
    def package(self) -> str:
        """The first word of the module; empty where it is relative."""
        return self.module.partition(".")[0]


@dataclass(frozen=True, slots=True)
class Define:
    """A name (or temporary) is bound to a function or class with this body."""

    name: str
    code: "Body"
    line: int


@dataclass(frozen=True, slots=True)
class Branch:
    """One of the alternatives runs. Those that leave (`raise`, `return`) have `leaves` set."""

    alternatives: tuple[tuple["Operation", ...], ...]
    leaves: tuple[bool, ...]


@dataclass(frozen=True, slots=True)
class Loop:
    """Operations that run any number of times, also none."""

    operations: tuple["Operation", ...]


Operation: TypeAlias = (
    Use
    | Bind
    | Unbind
    | Change
    | Iterate
    | Operate
    | Compare
    | Show
    | Call
    | Attribute
    | Import
    | Define
    | Branch
    | Loop
)


@dataclass(frozen=True, slots=True)
class BodyParameter:
    """A parameter of a function: its own name, its unique name, and the default's temporary."""

    name: str
    unique: str
    kind: Literal["positional", "keyword", "var_positional", "var_keyword"]
    default: str | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Body:
    """A function or class body. Compared by identity: two equal texts are two functions."""

    kind: Literal["function", "class"]
    name: str
    line: int
    parameters: tuple[BodyParameter, ...] = ()
    operations: tuple[Operation, ...] = ()
    """For a class: what its methods' bodies do is in `methods`; its own body ran already."""
    result: str = ""
    """Unique name that stands for what a function returns or yields."""
    generator: bool = False
    remembers: Literal["", "results", "attribute"] = ""
    """A cache keeps its results: its own, or an attribute of the instance."""
    plain: bool = False
    """It gives the same for the same arguments, and no object that can change."""
    methods: tuple[tuple[str, "Body"], ...] = ()
    bases: tuple[str, ...] = ()
    metaclass: str = ""
    locals: frozenset[str] = frozenset()
    """Unique names that belong to this activation (parameters included)."""


@dataclass(frozen=True, slots=True)
class Statement:
    """One top-level statement of a cell."""

    line: int
    end_line: int
    column: int
    end_column: int
    """Columns count UTF-8 bytes, as `ast` does."""
    operations: tuple[Operation, ...]
    replayable: bool
    """Running it again elsewhere gives the same, if what it uses is the same there."""
    setting: bool = False
    """An action that sets up a module or the process (`pd.set_option(...)`), to be replayed."""
    definition: bool = False
    """A `def` or a `class`."""
    computed: bool = False
    """A definition whose defaults or class attributes may differ each time it runs."""
    declares: bool = False
    """It imports or defines something (in a branch, too): such statements are always replayed,
    while what a step's cell assigns crosses as a value."""
    resource: str | None = None
    """What `name = ...` makes, where that can never cross: `an open file`, `a generator`."""
    hides: bool = False
    """It may read and bind names that the text does not show (`exec(text)`, `%run`)."""
    compiles: bool = False
    """It says how all code after it is compiled (`from __future__ import ...`)."""
    plain_call: bool = False
    """It is a call whose arguments are the same each time."""
    literal: bool = False
    """A simple assignment of a literal (what a `parameters` cell declares)."""
    target: str | None = None
    value: object = None
    annotation: str | None = None


def imports_of(statement: Statement) -> list[Import]:
    """Return what a statement imports in any case, not in a branch."""
    return [each for each in statement.operations if isinstance(each, Import)]


@dataclass(frozen=True, slots=True)
class CellFacts:
    """Everything the source of one cell says. Equal source gives the same object."""

    statements: tuple[Statement, ...]
    problem: Problem | None = None
    """Why the cell cannot be read (`syntax-error`), without its place in a notebook."""
    modules: tuple[str, ...] = ()
    """Dotted modules (and `from a import b` as `a.b`) that its code imports, sorted."""
    open_names: bool = False
    """Names may appear that the text does not show (star import, `exec`, `%run`, `globals()`)."""
    uses: frozenset[str] = field(default_factory=frozenset)
    """Module-level names that it reads before it binds them."""
    binds: frozenset[str] = field(default_factory=frozenset)
    unbinds: frozenset[str] = field(default_factory=frozenset)
