"""The nouns of a KFP v2 spec that the runner schedules: a tree of DAGs with tasks in them.

`read_pipeline` in `spec_reader.py` makes them, from our specs and from those of the kfp SDK.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from .condition import Condition


@dataclass(frozen=True)
class Constant:
    """A parameter value that stands in the spec (placeholders inside are still to be filled in)."""

    value: Any


@dataclass(frozen=True)
class PipelineInput:
    """An input of the DAG that the task is in (of the pipeline, for a task of the root)."""

    name: str
    field: str | None = None
    """The field to take of a struct (`parseJson(string_value)["field"]`)."""


@dataclass(frozen=True)
class TaskOutput:
    """An output parameter or artifact of another task of the same DAG."""

    task: str
    key: str


@dataclass(frozen=True)
class FinalStatus:
    """How another task ended (`PipelineTaskFinalStatus`)."""

    task: str


ParameterSource = Constant | PipelineInput | TaskOutput | FinalStatus
ArtifactSource = PipelineInput | TaskOutput


@dataclass(frozen=True)
class ParameterType:
    """An input parameter of a component or of the pipeline."""

    kind: str
    """KFP parameter type: `STRING`, `NUMBER_INTEGER`, `NUMBER_DOUBLE`, `BOOLEAN`, `LIST`,
    `STRUCT`, `TASK_FINAL_STATUS`."""
    default: Any = None
    optional: bool = False


@dataclass(frozen=True)
class Retry:
    """Further attempts after a failure; times in seconds."""

    count: int = 0
    backoff: float = 0.0
    factor: float = 2.0
    backoff_max: float = 3600.0

    def wait(self, attempt: int) -> float:
        """Return the seconds to wait after the given failed attempt (from 1)."""
        try:
            return min(self.backoff * self.factor ** (attempt - 1), self.backoff_max)
        except OverflowError:
            return self.backoff_max


@dataclass(frozen=True)
class Container:
    """The command of a task."""

    image: str
    command: tuple[str, ...]
    args: tuple[str, ...]
    env: Mapping[str, str]
    resources: Mapping[str, Any] = field(default_factory=dict)
    """What it asks of a machine, as it stands in the specification."""


@dataclass(frozen=True)
class Importer:
    """What makes an artifact of something that exists: the parameter or constant with its URI."""

    uri: ParameterSource
    kind: Mapping[str, Any]
    metadata: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Loop:
    """That a task runs once for each item of a list (ParallelFor)."""

    item: str
    """The input parameter that gets the item."""
    values: tuple[Any, ...] | None
    """Items that stand in the spec; None where an input parameter has them."""
    parameter: str = ""
    """That input parameter."""
    limit: int = 0
    """At most so many at once; 0: as many as there is room for."""
    artifacts: bool = False
    """Whether the items are artifacts: `item` and `parameter` then name inputs of that kind."""


@dataclass(frozen=True)
class Task:
    """A node of a DAG with all that is needed to run it."""

    name: str
    title: str
    container: Container | None
    """None for a DAG of its own or an importer."""
    parameters: Mapping[str, ParameterSource]
    artifacts: Mapping[str, ArtifactSource]
    after: tuple[str, ...]
    """All tasks that must succeed first, for their data or their order."""
    parameter_types: Mapping[str, ParameterType]
    output_parameters: Mapping[str, str]
    """Type by key."""
    output_artifacts: Mapping[str, Mapping[str, Any]]
    """Artifact type (`{"schemaTitle": ...}`) by key."""
    retry: Retry
    timeout: float | None
    """Longest time of an attempt in seconds."""
    path: str = ""
    """The tasks from the root to this one, `exit-handler-1/train/train`."""
    condition: Condition | None = None
    """Without it, the task runs in any case."""
    whatever: bool = False
    """It runs once all before it have ended, however they did (`ALL_UPSTREAM_TASKS_COMPLETED`)."""
    loop: Loop | None = None
    dag: "Dag | None" = None
    importer: Importer | None = None
    settings: tuple[str, ...] = ()
    """What the platform spec says of its container beside a time limit (`pvcMount`, ...)."""
    cache: bool = False
    """Whether an earlier result may be taken (`cachingOptions.enableCache`)."""
    cache_key: str = ""
    """What stands for all of the task's inputs instead (`cachingOptions.cacheKey`)."""

    @property
    def at_exit(self) -> bool:
        """Whether it is told how the run ended: such a task runs after a cancel, too."""
        return self.whatever and any(isinstance(e, FinalStatus) for e in self.parameters.values())


@dataclass(frozen=True)
class Dag:
    """Tasks in topological order, and which of their outputs are outputs of the whole.

    Where an output has several sources, the first one that ran counts (`dsl.OneOf`).
    """

    tasks: tuple[Task, ...]
    parameters: Mapping[str, tuple[TaskOutput, ...]] = field(default_factory=dict)
    artifacts: Mapping[str, tuple[TaskOutput, ...]] = field(default_factory=dict)

    def leaves(self) -> Iterator[Task]:
        """Yield the tasks that are no DAGs, of this one and of those in it."""
        for task in self.tasks:
            if task.dag is None:
                yield task
            else:
                yield from task.dag.leaves()


@dataclass(frozen=True)
class Pipeline:
    """A pipeline that this engine can run."""

    name: str
    parameters: Mapping[str, ParameterType]
    root: Dag
    workspace: bool = False
    """Whether its steps share a folder."""
