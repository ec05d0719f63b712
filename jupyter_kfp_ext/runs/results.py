"""What a step of a run has left, to be looked at: its values, files, numbers and curves.

Nothing is unpickled and no code of the user's runs: what a value looks like was written beside it
by the step itself (`runtime/step/heads.py`).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..engines.local.lookup import read_known
from ..engines.local.work_folder import start_folder
from ..errors import Code, KfpExtError, Problem
from ..storage import read_json
from .lineage import NOTHING, Lineage, lineage_of, slices_of
from .pulling import Outputs, outputs_of

MOST_FILES = 500
"""Files of a step that are listed."""


@dataclass(frozen=True)
class Value:
    """A name that a step handed on."""

    name: str
    type: str
    summary: str
    bytes: int
    head: Mapping[str, Any] | None
    """What it looks like (docs/api.md, `Head`); None where the summary says all, or nothing."""
    used_by: tuple[str, ...]
    """Steps that take it, in the order of the notebook."""

    def to_json(self) -> dict[str, Any]:
        """Return the wire form (docs/api.md)."""
        return {**vars(self), "used_by": list(self.used_by)}


@dataclass(frozen=True)
class Taken:
    """A name that a step takes from another."""

    name: str
    step: str
    """The one that made it, or changed it last."""

    def to_json(self) -> dict[str, Any]:
        """Return the wire form (docs/api.md)."""
        return dict(vars(self))


@dataclass(frozen=True)
class ResultFile:
    """A file that a step wrote, or an artifact that is a file."""

    name: str
    """Its path from the folder in which the step started; of an artifact its key."""
    place: Path
    bytes: int
    used_by: tuple[str, ...] = ()
    """Steps that take it, where it is an artifact."""

    def to_json(self) -> dict[str, Any]:
        """Return the wire form (docs/api.md)."""
        return {"name": self.name, "bytes": self.bytes, "used_by": list(self.used_by)}


@dataclass(frozen=True)
class StepResults:
    """All that a step has left, and what it was made from."""

    inputs: tuple[Taken, ...]
    values: tuple[Value, ...]
    files: tuple[ResultFile, ...]
    numbers: Mapping[str, Any]
    """Metrics and output parameters."""
    curves: Mapping[str, Any]
    """ROC curves and confusion matrices as KFP's `ClassificationMetrics`."""

    def to_json(self) -> dict[str, Any]:
        """Return the wire form (docs/api.md)."""
        return {
            "inputs": [each.to_json() for each in self.inputs],
            "values": [each.to_json() for each in self.values],
            "files": [each.to_json() for each in self.files],
            "numbers": dict(self.numbers),
            "curves": dict(self.curves),
        }


def step_results(run_id: str, task: str) -> StepResults:
    """Return what a step, or an iteration of a loop (`train[2]`), has left so far.

    Raises `KfpExtError`: `run-missing`, `step-missing`.
    """
    outputs = outputs_of(run_id, task)
    slices = slices_of(outputs.bundle)
    slice_ = slices.get(outputs.slice, {})
    lineage = lineage_of(outputs, slices)
    (step,) = (each.name for each in outputs.record.steps if each.task == outputs.task)
    prefix = "classification_"
    charts = [each["artifact"].removeprefix(prefix) for each in slice_.get("charts", ())]
    known = read_known(outputs.run).classification
    return StepResults(
        tuple(Taken(name, maker) for name, maker in lineage.taken_by(step) if _is_shown(name)),
        tuple(_values(outputs, lineage, step)),
        tuple(_files(outputs, lineage, step)),
        outputs.numbers,
        {each: known[each] for each in charts if each in known},
    )


def result_file(run_id: str, task: str, name: str) -> Path:
    """Return the file of that name that a step left.

    Raises `KfpExtError`: `run-missing`, `step-missing`, `usage` where there is no such file.
    """
    outputs = outputs_of(run_id, task)
    for each in _files(outputs, NOTHING, ""):
        if each.name == name:
            return each.place
    message = f"Step {task} of run {run_id} has left no file {name}."
    raise KfpExtError(Problem(Code.USAGE, message, "Look at what it has left.", step=task))


def _is_shown(name: str) -> bool:
    """Whether a name is the user's: the state of generators and the like has others."""
    return not name.startswith("@") and name != "_"


def _values(outputs: Outputs, lineage: Lineage, step: str) -> Iterator[Value]:
    told: dict[Path, tuple[Any, Any]] = {}
    for name, place in sorted(outputs.places.items()):
        if not _is_shown(name):
            continue
        if place not in told:
            told[place] = read_json(place / "index.json")["names"], _heads(place)
        index, heads = told[place]
        said = index[name]
        yield Value(
            name,
            str(said["type"]),
            str(said["summary"]),
            int(said["bytes"]),
            heads.get(name),
            lineage.takers(step, name if lineage.by_name else place.name),
        )


def _heads(place: Path) -> dict[str, Any]:
    """Return what the values of a folder look like; nothing where an older runtime wrote them."""
    try:
        heads: dict[str, Any] = read_json(place / "heads.json")["names"]
    except OSError:
        return {}
    return heads


def _files(outputs: Outputs, lineage: Lineage, step: str) -> Iterator[ResultFile]:
    """Yield what a step wrote in its working folder, and artifacts that are files.

    Where its results were taken from an earlier run there is no such folder: then what it handed
    on to later steps.
    """
    for name, place in sorted(outputs.files.items()):
        if place.is_file():
            yield ResultFile(name, place, place.stat().st_size, lineage.takers(step, name))
    start = start_folder(outputs.folder.work, outputs.record.folder)
    handed = outputs.places.get("@files")
    written = list(_written(start))
    if not written and handed is not None:
        written = list(_written(handed / "files"))
    for name, place in written:
        yield ResultFile(name, place, place.stat().st_size)


def _written(folder: Path) -> Iterator[tuple[str, Path]]:
    """Yield files below a folder that are no links: those that the step, or one before it, made."""
    left = MOST_FILES
    waiting = [folder]
    while waiting and left > 0:
        place = waiting.pop()
        try:
            entries = sorted(place.iterdir())
        except OSError:
            continue
        for entry in entries:
            if entry.is_symlink():
                continue
            if entry.is_dir():
                waiting.append(entry)
            elif entry.is_file() and left > 0:
                left -= 1
                yield entry.relative_to(folder).as_posix(), entry
