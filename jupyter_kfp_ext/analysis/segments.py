"""What a walk over a notebook finds: segments of steps, statements in their places, versions."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from ..notation.model import MarkedCell, PipelineModel, Role
from .facts import Body, CellFacts, Define, Statement
from .heap import Value
from .machine import Hook

PRELUDE_ROLES = frozenset({Role.PREAMBLE, Role.IMPORTS, Role.FUNCTIONS, Role.PARAMETERS})


@dataclass(frozen=True)
class Version:
    """Where a name's value comes from: a parameter, statements to replay, or a segment's value.

    A `state` is both: statements to replay that define a function or class, and what a segment
    stored in it since.
    """

    kind: Literal["parameter", "replay", "state", "value"]
    segment: int
    """Index of the segment that made this version (for a parameter: the one that hosts it)."""
    statements: tuple[int, ...] = ()
    """Indices of the statements that make it when they are replayed."""
    maker: int | None = None
    """Index of the statement that made it."""
    crosses: bool = True
    """Later steps take it as a value, if they can choose: a step's cell assigned it."""


@dataclass
class Placed:
    """A statement in its place."""

    statement: Statement
    cell: MarkedCell
    segment: int
    needs: dict[str, Version] = field(default_factory=dict)
    """What it reads, and where that comes from."""
    replays: bool = False
    """It may be replayed here: it says so and so does all that it needs."""
    parameter: str | None = None
    """The pipeline parameter that it declares."""
    seeds: frozenset[str] = frozenset()
    """Libraries that it seeds, whose generators do not cross."""
    resource: str | None = None
    """What it makes, where that can never cross: `an open file`, `a generator`."""
    writes_files: bool = False
    defined: frozenset[str] = frozenset()
    """Names that it binds to functions and classes, or may bind."""

    @property
    def named(self) -> frozenset[str]:
        """Those of them that lead to their function or class: no decorator stands between."""
        return frozenset(
            each.name for each in self.statement.operations if isinstance(each, Define)
        )


@dataclass
class Segment:
    """Cells of one step that stand together in the notebook, and those hosted before them."""

    step: str
    cells: list[MarkedCell] = field(default_factory=list)
    hosted: list[MarkedCell] = field(default_factory=list)
    """Cells of no step (imports, functions, preamble, parameters) that it runs whole, first."""
    entry: dict[str, Version] = field(default_factory=dict)
    values: Mapping[str, Value] = field(default_factory=dict)
    instances: set[str] = field(default_factory=set)
    """At its start: names that may be instances of classes of the notebook."""
    touched: dict[str, int] = field(default_factory=dict)
    """At its start: the last segment that bound, changed or aliased each name."""
    exposed: dict[str, None] = field(default_factory=dict)
    """Names whose value it needs from outside, in the order of their reads."""
    definite: set[str] = field(default_factory=set)
    bound: set[str] = field(default_factory=set)
    changed: set[str] = field(default_factory=set)
    assumed: set[str] = field(default_factory=set)
    compared: set[int] = field(default_factory=set)
    """Objects whose identity it looks at (`a is b`, `id(a)`)."""
    perhaps_compared: set[int] = field(default_factory=set)
    """Objects whose identity a package that nobody knows may look at."""
    strange: set[str] = field(default_factory=set)
    """Packages that the tables do not know, of which code may run; `*`: any of them."""
    reads_files: bool = False
    reads_environ: bool = False
    modules: set[str] = field(default_factory=set)
    """The first words of the modules that it uses."""
    metrics: dict[str, None] = field(default_factory=dict)


@dataclass(frozen=True)
class Unknown:
    """A name that is read and was never bound before."""

    name: str
    cell: MarkedCell
    line: int
    step: str
    sure: bool
    metric: bool = False
    hidden: MarkedCell | None = None
    """The cell of another step that may set it in a way that cannot be seen (`exec`, `%run`)."""


@dataclass
class Walk:
    """Everything that one walk over the notebook found."""

    segments: list[Segment]
    placed: list[Placed] = field(default_factory=list)
    facts: dict[str, CellFacts] = field(default_factory=dict)
    unknown: list[Unknown] = field(default_factory=list)
    stateful: frozenset[str] = frozenset()
    """Packages that were seen to keep something between calls."""
    kept: set[str] = field(default_factory=set)
    """Variables of the user's own modules that each import computes anew."""
    kept_as: dict[str, str] = field(default_factory=dict)
    """The names by which the notebook imports such variables, and what each is."""
    late: set[str] = field(default_factory=set)
    """Modules of the user's own that functions import, of those whose import does something."""
    settings: list[tuple[int, frozenset[str]]] = field(default_factory=list)
    """Statements that set up a module and cannot run again, with what they set."""
    set_up: set[str] = field(default_factory=set)
    """Modules that statements set up."""
    hidden: set[str] = field(default_factory=set)
    """Names that something binds which only the run knows (`exec(source)`)."""
    starts: dict[str, int] = field(default_factory=dict)
    """The index of each cell's first statement, by the cell's id."""
    definitions: dict[Body, int] = field(default_factory=dict)
    """The statement that defines each function and class at top level."""
    hooks: list[tuple[int, Hook]] = field(default_factory=list)
    """What statements let the shell run in later cells, where these would miss something."""
    finalized: dict[int, int] = field(default_factory=dict)
    """Objects at whose end something is to run, and the statements that say so."""
    modules: set[int] = field(default_factory=set)
    """Objects that are imported modules."""
    own: set[int] = field(default_factory=set)
    """Objects that are functions and classes themselves."""


def cut(model: PipelineModel) -> list[Segment]:
    """Cut the notebook into segments; cells of no step are hosted by the next one."""
    segments: list[Segment] = []
    waiting: list[MarkedCell] = []
    for cell in model.cells:
        if cell.role is Role.STEP and cell.step is not None:
            if not segments or segments[-1].step != cell.step:
                segments.append(Segment(cell.step))
            target = segments[-1]
            # The first segment runs them as its prelude, which is before all of its cells.
            (target.hosted if not target.cells else target.cells).extend(waiting)
            waiting = []
            target.cells.append(cell)
        elif cell.role is Role.METRICS and segments:
            segments[-1].cells += [*waiting, cell]
            waiting = []
        elif cell.role in PRELUDE_ROLES or cell.role is Role.METRICS:
            waiting.append(cell)
    if segments:
        segments[-1].cells += waiting
    return segments
