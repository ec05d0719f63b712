"""Which step made what another one takes: by the code of the run, else by its specification.

Of a run that another tool made, or whose code is not here, the specification that Kubeflow has of
it tells as much by the keys of artifacts and parameters.
"""

import json
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..engines.local.spec import Dag, PipelineInput, TaskOutput
from ..engines.local.spec_reader import read_pipeline
from ..storage import read_json
from .pulling import Outputs

Made = tuple[str, str]
"""A task's path and the key of one of its outputs."""


@dataclass(frozen=True)
class Taking:
    """That a step takes something that another one made."""

    maker: str
    """Name of the step that made it."""
    name: str
    """Of the value; where only the specification tells, the key of the maker's output."""
    taker: str


@dataclass(frozen=True)
class Lineage:
    """All that steps of a run take from each other, in the order of the steps."""

    takings: tuple[Taking, ...]
    steps: tuple[str, ...]
    by_name: bool
    """Whether values are known by their names, not by the artifacts that hold them."""

    def takers(self, maker: str, name: str) -> tuple[str, ...]:
        """Return the steps that take something of a step."""
        return tuple(
            dict.fromkeys(
                each.taker for each in self.takings if (each.maker, each.name) == (maker, name)
            )
        )

    def taken_by(self, taker: str) -> list[tuple[str, str]]:
        """Return what a step takes with the step that made it, in the order of those."""
        found = {(each.name, each.maker) for each in self.takings if each.taker == taker}
        return sorted(found, key=lambda each: (self.steps.index(each[1]), each[0]))


NOTHING = Lineage((), (), by_name=True)


def slices_of(bundle: Path) -> dict[str, dict[str, Any]]:
    """Return the slice of each task; none where the code of the run is not here."""
    try:
        with zipfile.ZipFile(bundle) as archive:
            return {
                Path(name).stem: json.loads(archive.read(name))
                for name in archive.namelist()
                if name.startswith("steps/")
            }
    except (OSError, zipfile.BadZipFile):
        return {}


def lineage_of(outputs: Outputs, slices: Mapping[str, Mapping[str, Any]]) -> Lineage:
    """Return what the steps of a run take from each other."""
    order = tuple(step.name for step in outputs.record.steps)
    steps = {path: step.name for step in outputs.record.steps for path, _ in step.parts}
    if slices:
        tasks = {path.rpartition("/")[2]: name for path, name in steps.items()}
        # Steps that share a pod have its path in common.
        tasks |= {step.task: step.name for step in outputs.record.steps if step.chain}
        return Lineage(tuple(_by_slices(slices, tasks)), order, by_name=True)
    compiled = read_json(outputs.run.pipeline)
    root = read_pipeline(compiled["pipeline_spec"], compiled["platform_spec"]).root
    found = [
        Taking(steps[maker], key, steps[taker])
        for (maker, key), taker in _by_tasks(root, {})
        if maker in steps and taker in steps and steps[maker] != steps[taker]
    ]
    found.sort(key=lambda each: order.index(each.taker))
    return Lineage(tuple(found), order, by_name=False)


def _by_slices(
    slices: Mapping[str, Mapping[str, Any]], steps: Mapping[str, str]
) -> Iterator[Taking]:
    """Yield what steps take; `steps` are their names by task, those of their parts, too."""
    names = {task: steps.get(task, each["step"]) for task, each in slices.items()}
    makers = {task.replace("-", "_"): name for task, name in names.items()}
    for task, slice_ in sorted(slices.items(), key=lambda each: _first_cell(each[1])):
        for taken in slice_.get("inputs", ()):
            maker = makers.get(taken["artifact"].partition("__")[0], names[task])
            if maker != names[task] and maker in steps.values():
                yield from (Taking(maker, name, names[task]) for name in taken["names"])


def _first_cell(slice_: Mapping[str, Any]) -> int:
    return min((cell["number"] or 0 for cell in slice_.get("cells", ())), default=0)


def _by_tasks(dag: Dag, given: Mapping[str, Sequence[Made]]) -> Iterator[tuple[Made, str]]:
    """Yield what was made with the path of the task that takes it.

    `given`: what comes into the DAG by its own inputs.
    """
    for task in dag.tasks:
        taken = {
            name: list(_made(source, dag, given))
            for name, source in (*task.parameters.items(), *task.artifacts.items())
        }
        if task.dag is not None:
            yield from _by_tasks(task.dag, taken)
            continue
        for made in taken.values():
            yield from ((each, task.path) for each in made)


def _made(source: object, dag: Dag, given: Mapping[str, Sequence[Made]]) -> Iterable[Made]:
    """Yield what a task takes by one input: several outputs where only one of them is made."""
    if isinstance(source, PipelineInput):
        yield from given.get(source.name, ())
    elif isinstance(source, TaskOutput):
        (task,) = (each for each in dag.tasks if each.name == source.task)
        if task.dag is None:
            yield task.path, source.key
            return
        for inner in (task.dag.artifacts, task.dag.parameters):
            for each in inner.get(source.key, ()):
                yield from _made(each, task.dag, {})
