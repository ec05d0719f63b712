"""What flows between tasks: where each input of a task takes its value from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..model import State
from .spec import (
    ArtifactSource,
    Constant,
    Dag,
    FinalStatus,
    ParameterSource,
    PipelineInput,
    Task,
)
from .values import as_passed, field_of

Artifact = Mapping[str, Any]
"""KFP `RuntimeArtifact`; `uri` is an absolute path."""
ABSENT = object()
"""Stands for an input that has no value."""


@dataclass(frozen=True)
class Results:
    """What a finished task left."""

    parameters: Mapping[str, Any] = field(default_factory=dict)
    artifacts: Mapping[str, tuple[Artifact, ...]] = field(default_factory=dict)
    """Of a loop, the artifacts of all iterations, in the order of the items."""


@dataclass(frozen=True)
class Inputs:
    """What the tasks of a DAG can take: its own inputs, and what its tasks have left."""

    parameters: Mapping[str, Any] = field(default_factory=dict)
    artifacts: Mapping[str, tuple[Artifact, ...]] = field(default_factory=dict)
    results: Mapping[str, Results] = field(default_factory=dict)
    final: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """`PipelineTaskFinalStatus` of tasks that have ended."""


def parameter_values(task: Task, inputs: Inputs) -> dict[str, Any]:
    """Return the values of a task's input parameters, in their types; those without are absent."""
    values: dict[str, Any] = {}
    for name, source in task.parameters.items():
        value = parameter_value(source, inputs)
        if value is not ABSENT:
            values[name] = value
    for name, declared in task.parameter_types.items():
        if name not in values and declared.default is not None:
            values[name] = declared.default
        if name in values:
            values[name] = as_passed(values[name], declared.kind)
    return values


def parameter_value(source: ParameterSource, inputs: Inputs) -> Any:
    """Return what a source gives, `ABSENT` where that has no value."""
    if isinstance(source, Constant):
        return source.value
    if isinstance(source, FinalStatus):
        return dict(inputs.final[source.task])
    if isinstance(source, PipelineInput):
        value = inputs.parameters.get(source.name, ABSENT)
        return value if value is ABSENT or source.field is None else field_of(value, source.field)
    left = inputs.results.get(source.task)
    return ABSENT if left is None else left.parameters.get(source.key, ABSENT)


def artifact_values(task: Task, inputs: Inputs) -> dict[str, tuple[Artifact, ...]]:
    """Return the input artifacts of a task that are there."""
    found = {name: _artifacts(source, inputs) for name, source in task.artifacts.items()}
    return {name: artifacts for name, artifacts in found.items() if artifacts is not None}


def _artifacts(source: ArtifactSource, inputs: Inputs) -> tuple[Artifact, ...] | None:
    if isinstance(source, PipelineInput):
        return inputs.artifacts.get(source.name)
    left = inputs.results.get(source.task)
    return None if left is None else left.artifacts.get(source.key)


def dag_results(dag: Dag, results: Mapping[str, Results], ended: Mapping[str, State]) -> Results:
    """Return the outputs of a DAG: each from the first of its sources that succeeded."""
    parameters: dict[str, Any] = {}
    artifacts: dict[str, tuple[Artifact, ...]] = {}
    for key, sources in dag.parameters.items():
        for source in sources:
            if ended.get(source.task) is State.SUCCEEDED and source.task in results:
                value = results[source.task].parameters.get(source.key, ABSENT)
                if value is not ABSENT:
                    parameters[key] = value
                    break
    for key, sources in dag.artifacts.items():
        for source in sources:
            left = results.get(source.task)
            if ended.get(source.task) is State.SUCCEEDED and left and source.key in left.artifacts:
                artifacts[key] = left.artifacts[source.key]
                break
    return Results(parameters, artifacts)


def collected(dag: Dag, iterations: Sequence[Results], nested: bool) -> Results:
    """Return the outputs of a loop: of each iteration, in the order of the items.

    Lists of a loop within the loop are joined to one, as KFP's driver does (`CollectInputs`).
    """
    parameters = {}
    for key in dag.parameters:
        values = [each.parameters[key] for each in iterations if key in each.parameters]
        parameters[key] = [item for value in values for item in value] if nested else values
    return Results(
        parameters,
        {
            key: tuple(one for each in iterations for one in each.artifacts.get(key, ()))
            for key in dag.artifacts
        },
    )
