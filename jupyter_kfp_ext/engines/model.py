"""What is known about a run: the nouns that engines write and every face shows."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from enum import Enum
from typing import Any

from ..errors import Code, KfpExtError, Problem


class State(str, Enum):
    """State of a run or step, in the words of the KFP v2 API (`RuntimeState`)."""

    PENDING = "PENDING"
    RUNNING = "RUNNING"
    SUCCEEDED = "SUCCEEDED"
    SKIPPED = "SKIPPED"
    FAILED = "FAILED"
    PAUSED = "PAUSED"
    """Of a run alone: its steps stand still in the states that they were in."""
    CANCELING = "CANCELING"
    CANCELED = "CANCELED"

    @property
    def ended(self) -> bool:
        """Whether nothing more will happen."""
        return self in _ENDED


_ENDED = frozenset({State.SUCCEEDED, State.SKIPPED, State.FAILED, State.CANCELED})


@dataclass(frozen=True)
class Broken:
    """An assumption of the plan that a step found to be wrong (docs/semantics.md)."""

    kind: str
    """What was seen: a value of `analysis.observed.Seen`."""
    names: tuple[str, ...]
    """Variables, parts of the world or packages, sorted."""
    cells: tuple[str, ...]
    """Ids of the cells one of which did it, in order."""

    @staticmethod
    def from_json(data: Mapping[str, Any]) -> "Broken":
        """Build it from its wire form; `KeyError` or `TypeError` where that is damaged."""
        return Broken(str(data["kind"]), tuple(data["names"]), tuple(data["cells"]))


@dataclass(frozen=True)
class StepError:
    """Why a step failed, in the user's own terms: the cell, the line and the traceback."""

    name: str
    """Exception class, or a `Code` value where no exception of the user's is the cause."""
    message: str
    cell: int | None = None
    cell_id: str | None = None
    line: int | None = None
    source: str = ""
    """The text of that line."""
    traceback: tuple[str, ...] = ()
    """As nbformat's error output: lines with ANSI colours, none of ours among them."""
    remedy: str = ""
    broken: tuple[Broken, ...] = ()
    """The assumptions that did not hold; empty where the error has another cause."""

    @staticmethod
    def from_json(data: Mapping[str, Any]) -> "StepError":
        """Build it from its wire form; fields that are not known are left out."""
        known = _known(StepError, data)
        known["traceback"] = tuple(known.get("traceback", ()))
        known["broken"] = tuple(Broken.from_json(each) for each in known.get("broken", ()))
        return StepError(**known)


@dataclass(frozen=True)
class Iteration:
    """One run of a loop's body. Times are seconds since the epoch."""

    key: str
    """Its place from 0, `2`; in a loop within a loop `1.2`."""
    item: str
    """The item in short, as text."""
    state: State = State.PENDING
    started: float | None = None
    ended: float | None = None
    attempt: int = 0
    error: StepError | None = None

    @staticmethod
    def from_json(data: Mapping[str, Any]) -> "Iteration":
        """Build it from its wire form; fields that are not known are left out."""
        return Iteration(**iteration_fields(data))


@dataclass(frozen=True)
class StepStatus:
    """One step of a run. Times are seconds since the epoch."""

    name: str
    task: str
    title: str
    cells: tuple[str, ...]
    """Ids of its cells, in order."""
    after: tuple[str, ...]
    """Task names of all steps it waits for."""
    state: State = State.PENDING
    started: float | None = None
    ended: float | None = None
    cached: bool = False
    """Whether the results of an earlier run were taken."""
    cached_from: str | None = None
    """The id of the run that made them."""
    attempt: int = 0
    cell: str | None = None
    """Id of the cell that runs now."""
    reason: str = ""
    """Why it waits or was skipped, in words."""
    snapshots: tuple[str, ...] = ()
    """Snapshots of its volumes that were taken before it on a cluster, by their names there."""
    snapshot_seconds: float | None = None
    """How long that took."""
    peak_memory_bytes: int | None = None
    cpu_seconds: float | None = None
    gpu_memory_bytes: int | None = None
    bytes_in: int | None = None
    """Of the artifacts that its processes were given: values and files."""
    bytes_out: int | None = None
    """Of those that they left."""
    requests: Mapping[str, str] = field(default_factory=dict)
    """What it asked of a machine, by option (`cpu`, `memory`, `gpu`), as it was written."""
    suggested: Mapping[str, str] = field(default_factory=dict)
    """What it would better ask for, by option, judged by what it took; empty where nothing."""
    error: StepError | None = None
    iterations: tuple[Iteration, ...] = ()
    """Of a loop, once its items are known, in their order."""

    @staticmethod
    def from_json(data: Mapping[str, Any]) -> "StepStatus":
        """Build it from its wire form; fields that are not known are left out."""
        return StepStatus(**step_fields(data))

    def to_json(self) -> dict[str, Any]:
        """Return the wire form (docs/api.md, `Step`)."""
        return asdict(self)


@dataclass(frozen=True)
class Phase:
    """A part of the way from the press of Run to a run that goes on.

    Times are seconds since the epoch.
    """

    name: str
    state: State = State.PENDING
    started: float | None = None
    ended: float | None = None
    message: str = ""
    """What it did, or why it failed."""

    @staticmethod
    def from_json(data: Mapping[str, Any]) -> "Phase":
        """Build it from its wire form; fields that are not known are left out."""
        known = _known(Phase, data)
        known["state"] = State(known.get("state", State.PENDING))
        return Phase(**known)


@dataclass(frozen=True)
class RunStatus:
    """A whole run as of event number `seq`. Times are seconds since the epoch."""

    id: str
    name: str
    """Name of the pipeline."""
    notebook: str | None
    """Absolute path of the notebook on disk; the server turns it into a contents path."""
    engine: str
    state: State
    created: float
    seq: int
    started: float | None = None
    ended: float | None = None
    message: str = ""
    """Why the run as a whole failed, where no step says it."""
    parameters: Mapping[str, Any] = field(default_factory=dict)
    metrics: Mapping[str, float] = field(default_factory=dict)
    classification: Mapping[str, Any] = field(default_factory=dict)
    """ROC curves and confusion matrices, as the metadata of KFP's `ClassificationMetrics`."""
    steps: tuple[StepStatus, ...] = ()
    notes: tuple[str, ...] = ()
    """What the engine does not apply of what the pipeline says, a sentence each."""
    phases: tuple[Phase, ...] = ()
    """How it was started, where that takes more than an instant: on a cluster."""
    remote: Mapping[str, str] = field(default_factory=dict)
    """Where it is on a cluster: `connection`, `namespace`, `run_id` and other ids by name."""

    @staticmethod
    def from_json(data: Mapping[str, Any]) -> "RunStatus":
        """Build it from its wire form; fields that are not known are left out."""
        known = run_fields(data)
        steps = tuple(StepStatus.from_json(each) for each in known.get("steps", ()))
        return RunStatus(**{**known, "steps": steps})

    def step(self, task: str) -> StepStatus:
        """Return the step of a task; `KfpExtError` (`step-missing`) where there is none."""
        for step in self.steps:
            if step.task == task:
                return step
        names = ", ".join(step.task for step in self.steps)
        raise KfpExtError(
            Problem(
                Code.STEP_MISSING,
                f"Run {self.id} has no step {task!r}.",
                f"Its steps are: {names}.",
            )
        )

    def to_json(self) -> dict[str, Any]:
        """Return the wire form (docs/api.md, `Run`)."""
        return asdict(self)


@dataclass(frozen=True)
class Reuse:
    """Which steps of a run are to run, and which earlier run others are taken from.

    Steps are meant by their task names.
    """

    run: str = ""
    """Id of an earlier run: a step that is the same work as there is taken from it, also where
    caching is off; empty: only the cache is asked."""
    fresh: tuple[str, ...] = ()
    """Steps that run in any case."""
    left_out: tuple[str, ...] = ()
    """Steps that do not run."""
    as_is: tuple[str, ...] = ()
    """Steps that are taken from the earlier run, whatever their code is now."""
    data: str = ""
    """`snapshot`: volumes are as they were before the first of `fresh` in that run; empty: as they
    are now."""
    twice: str = ""
    """For `verify`: `first`, a run whose steps keep all values of their cells; or the id of that
    run: each step runs with the inputs that it had there, and its values are compared."""

    @staticmethod
    def from_json(data: Mapping[str, Any]) -> "Reuse":
        """Build it from its wire form; fields that are not known are left out."""
        known = _known(Reuse, data)
        lists = {name: tuple(each) for name, each in known.items() if isinstance(each, list)}
        return Reuse(**{**known, **lists})


@dataclass(frozen=True)
class LeftThere:
    """What a run has left on its cluster, or what of that was removed."""

    connection: str
    run_id: str
    """KFP's own id of the run; empty where KFP has none."""
    artifacts: int
    """Objects in the store; 0 also where the connection does not lead there."""
    place: str
    """Where these are; empty where that is not known."""
    claims: tuple[str, ...] = ()
    """Claims that the run made for itself: those that it could not remove at its end, and those
    that were made of snapshots."""
    snapshots: tuple[str, ...] = ()
    """Snapshots of volumes that it took before its steps."""


def step_fields(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of `StepStatus` that a JSON object has, in their Python types."""
    known = _known(StepStatus, data)
    for name in ("cells", "after", "snapshots"):
        if name in known:
            known[name] = tuple(known[name])
    if "state" in known:
        known["state"] = State(known["state"])
    if known.get("error") is not None:
        known["error"] = StepError.from_json(known["error"])
    if "iterations" in known:
        known["iterations"] = tuple(map(Iteration.from_json, known["iterations"]))
    return known


def iteration_fields(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of `Iteration` that a JSON object has, in their Python types."""
    known = _known(Iteration, data)
    if "state" in known:
        known["state"] = State(known["state"])
    if known.get("error") is not None:
        known["error"] = StepError.from_json(known["error"])
    return known


def run_fields(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of `RunStatus` that a JSON object has, in their Python types."""
    known = _known(RunStatus, data)
    if "state" in known:
        known["state"] = State(known["state"])
    if "notes" in known:
        known["notes"] = tuple(known["notes"])
    if "phases" in known:
        known["phases"] = tuple(map(Phase.from_json, known["phases"]))
    return known


def _known(noun: type[Any], data: Mapping[str, Any]) -> dict[str, Any]:
    names = {each.name for each in fields(noun)}
    return {name: value for name, value in data.items() if name in names}
