"""The plan: what each step runs, what it takes from others and what it leaves for them.

The nouns only; `analysis.graph` makes a plan and the compiler turns it into a spec.
Names that start with `@` are parts of the world (`@files`, `@random`, `@numpy.random`, `@cwd`,
`@environ`, `@sys.path`), which cross between steps as names do.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from ..errors import Problem
from ..notation.model import PipelineModel
from ..notation.options import StepOptions

ParameterType = Literal["int", "float", "str", "bool", "list", "dict"]


@dataclass(frozen=True)
class Parameter:
    """A simple assignment of a `parameters` cell: a pipeline parameter with its default."""

    name: str
    type: ParameterType
    default: Any
    """A JSON value; None means: not set (an optional parameter)."""
    cell_id: str
    required: bool = False
    """Whether a run must be given a value: only parameters of other tools' pipelines are so."""


@dataclass(frozen=True)
class Code:
    """Source that a step runs. Lines that it does not run are blank, so line numbers hold."""

    cell_id: str
    number: int
    source: str
    record: bool = True
    """Whether its outputs count as the notebook's; a replay in a later step is silent."""
    text: str | None = None
    """The cell as it is shown, where that is more than what runs."""
    idle: tuple[int, ...] = ()
    """Its top-level statements that import what the step has no use for, by their indices."""


@dataclass(frozen=True)
class Input:
    """Names that a step takes from another step."""

    step: str
    names: tuple[str, ...]


@dataclass(frozen=True)
class Loop:
    """That a step runs once for each item of a list (`for_each`)."""

    target: str
    """What takes the item, as source: `lr`, `x, y`."""
    names: tuple[str, ...]
    """The names in it."""
    items: str
    """The list as the user wrote it, a Python expression."""
    variable: str
    """The name under which the deciding step leaves the list."""
    values: tuple[Any, ...] | None = None
    """The items, where they are literals that KFP can have as they stand."""
    type: ParameterType | None = None
    """Their type."""
    results: tuple[str, ...] = ()
    """Names that are the list of the iterations' values afterwards."""
    limit: int = 0
    """At most so many at once; 0: any number."""


@dataclass(frozen=True)
class Decision:
    """What a small step decides for another: the items of its loop, or whether it runs."""

    kind: Literal["items", "when"]
    variable: str
    """The name that holds the answer after its cell."""
    text: str
    """What the user wrote."""
    step: str
    """Name of the step that it is for."""
    cell_id: str = ""
    number: int = 0
    """Of the step's first cell, which says so where it is skipped."""


@dataclass(frozen=True)
class Chart:
    """A ROC curve (false and true positive rates, thresholds) or a confusion matrix."""

    kind: Literal["roc", "matrix"]
    names: tuple[str, ...]
    labels: str = ""
    """The name of a matrix's categories; empty where they are not named."""


@dataclass(frozen=True)
class Watch:
    """What a plan assumes of a step beside its values; the step runtime checks it."""

    generators: tuple[str, ...] = ()
    """Random generators (`@random`, ...) that an earlier step seeded and this one does not use."""
    seeds: tuple[str, ...] = ()
    """Random generators that nobody has seeded, and that code nobody knows leaves so."""
    files: tuple[str, ...] = ()
    """`reads`: it reads no files of the working folder, though an earlier step made some;
    `writes`: it writes none."""
    packages: tuple[str, ...] = ()
    """Packages (top-level names) that keep nothing that a later step would miss."""
    strangers: tuple[str, ...] = ()
    """Packages that the tables do not know, of which code may run here: none replaces a function of
    the standard library or leaves a thread that holds a value."""
    world: tuple[str, ...] = ()
    """Parts of the world (`@environ`, `@cwd`) that such code leaves as they are."""
    reads_environ: bool = False
    """Later steps read the environment: what imports of this one set there counts, too."""
    same: tuple[str, ...] = ()
    """Names that the step takes and leaves, and that such code does not bind to something else."""
    separate: tuple[tuple[str, ...], ...] = ()
    """Names that later steps take: those of one group may share objects, those of two share none,
    though that would matter."""
    changing: tuple[str, ...] = ()
    """Of these, what later steps change."""

    def __bool__(self) -> bool:
        return self != Watch()


@dataclass(frozen=True)
class StepPlan:
    """One step of the plan (a task of the compiled pipeline)."""

    name: str
    """The user's name of the step."""
    task: str
    """KFP task name: lower-case ASCII letters, digits and `-`, unique in the plan."""
    options: StepOptions
    prelude: tuple[Code, ...]
    """Run first, in notebook order: imports, definitions and preamble slices it needs."""
    cells: tuple[Code, ...]
    inputs: tuple[Input, ...]
    outputs: tuple[str, ...]
    """Names saved for later steps, sorted."""
    parameters: tuple[str, ...]
    """Pipeline parameters it reads, bound before the prelude."""
    metrics: tuple[str, ...]
    """Names logged as metrics of the run."""
    after: tuple[str, ...]
    """Task names that must end first without giving it data."""
    read_only: tuple[str, ...] = ()
    """Input names planned as unchanged here and needed in that state by a later step; the step
    runtime checks it (see docs/semantics.md)."""
    charts: tuple[Chart, ...] = ()
    """Classification metrics of the run."""
    loop: Loop | None = None
    when: str = ""
    """The condition as the user wrote it; empty where the step runs in any case."""
    on_exit: bool = False
    """It runs once all others have ended, however they did."""
    decides: Decision | None = None
    part_of: str = ""
    """Task of the step that it was made for, where it is no step of the notebook."""
    states: tuple[str, ...] = ()
    """Of inputs and outputs: functions and classes whose definition is replayed; what crosses is
    what was stored in them since (docs/step-runtime.md, Values)."""
    made: tuple[str, ...] = ()
    """Definitions that later steps replay, where their own name does not lead to them."""
    by_value: tuple[str, ...] = ()
    """Definitions that no later step can replay."""
    watch: Watch = Watch()
    """What else is assumed of it."""
    stateful: tuple[str, ...] = ()
    """Packages whose state is a part of `@packages`, where it takes or leaves that."""
    kept: tuple[str, ...] = ()
    """Variables of modules that each import computes anew: also a part of `@packages`."""
    kept_as: Mapping[str, str] = field(default_factory=dict)
    """The names by which the notebook imports such variables, and what each is."""
    late: tuple[str, ...] = ()
    """Modules that `@imported` may name, where it takes or leaves that."""
    given: tuple[str, ...] = ()
    """Names whose values come with the code: of a cell that a kernel sends (`runs.remote`)."""
    modules: tuple[str, ...] = ()
    """Dotted modules that its code imports, sorted (for finding helpers)."""


@dataclass(frozen=True)
class Plan:
    """A notebook as a DAG of steps, in notebook order (which is a topological order)."""

    model: PipelineModel
    parameters: tuple[Parameter, ...]
    steps: tuple[StepPlan, ...]
    problems: tuple[Problem, ...]
    """All problems, also those of the notation; compile only where none is an error."""

    @property
    def cell_numbers(self) -> dict[str, int]:
        """The numbers of the cells that the steps run, by their ids."""
        return {code.cell_id: code.number for step in self.steps for code in step.cells}
