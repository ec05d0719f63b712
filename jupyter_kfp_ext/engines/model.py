"""What is known about a run: the nouns that engines write and every face shows."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from enum import Enum
from typing import Any


class State(str, Enum):
    """State of a run or step, in the words of the KFP v2 API (`RuntimeState`)."""

    PENDING = "PENDING"
    RUNNING = "RUNNING"
    SUCCEEDED = "SUCCEEDED"
    SKIPPED = "SKIPPED"
    FAILED = "FAILED"
    CANCELING = "CANCELING"
    CANCELED = "CANCELED"

    @property
    def ended(self) -> bool:
        """Whether nothing more will happen."""
        return self in _ENDED


_ENDED = frozenset({State.SUCCEEDED, State.SKIPPED, State.FAILED, State.CANCELED})


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
    attempt: int = 0
    cell: str | None = None
    """Id of the cell that runs now."""
    reason: str = ""
    """Why it waits or was skipped, in words."""
    peak_memory_bytes: int | None = None
    cpu_seconds: float | None = None
    error: StepError | None = None


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
    steps: tuple[StepStatus, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return the wire form (docs/api.md, `Run`)."""
        return asdict(self)
