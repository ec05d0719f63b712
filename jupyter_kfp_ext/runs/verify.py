"""Runs each step twice with the same inputs and tells what comes out differently.

The second run gives each step the inputs that it had in the first, so that one step that differs
does not make those after it differ (docs/local-engine.md, Twice).
"""

import os
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import Any

from ..compiler.compiled import CompiledPipeline
from ..engines.local.layout import RunFolder, StepFolder, run_folder
from ..engines.local.spec_reader import read_pipeline
from ..engines.local.step_records import step_records
from ..engines.local.work_folder import source_of
from ..engines.model import Reuse, RunStatus, State, StepStatus
from ..storage import home as default_home
from ..storage import read_json
from .again import find_step, others_of, run_record, steps_before
from .chain import submit
from .outputs import cell_outputs

_ADDRESS = re.compile(r"\b0x[0-9a-fA-F]{6,}")


@dataclass(frozen=True)
class Difference:
    """One thing that a step gave differently the second time."""

    step: str
    kind: str
    """`value`, `metric`, `output` (what a cell printed or showed) or `file`."""
    name: str
    """The variable, metric or file; of an output, `cell 4`."""
    first: str
    """What it was, in short."""
    second: str


@dataclass(frozen=True)
class Verified:
    """What two runs showed."""

    runs: tuple[RunStatus, ...]
    """The two runs; only the first where that failed."""
    differences: tuple[Difference, ...] = ()
    unchecked: tuple[str, ...] = ()
    """Values that could not be compared, as `step.name`."""

    @property
    def repeatable(self) -> bool:
        """Whether both runs succeeded and gave the same."""
        ended = all(run.state is State.SUCCEEDED for run in self.runs)
        return ended and len(self.runs) == 2 and not self.differences


def verify(
    compiled: CompiledPipeline,
    step: str | None,
    wait: Callable[[str], RunStatus],
    parameters: Mapping[str, Any],
    ignore_resources: bool = False,
) -> Verified:
    """Run all steps of a notebook twice, or one with what it needs.

    `wait` shows a run until it has ended. Raises `KfpExtError` (`step-missing`), and what `submit`
    raises.
    """
    steps = step_records(read_pipeline(compiled.spec, compiled.platform), compiled.plan)
    first, second = Reuse(twice="first"), Reuse()
    chosen = tuple(each.task for each in steps)
    if step is not None:
        record = find_step(steps, step)
        chosen = (record.task,)
        left_out = others_of(record, steps)
        before = tuple(each.task for each in steps_before(record, steps))
        first = Reuse(fresh=chosen, left_out=left_out, twice="first")
        second = Reuse(fresh=chosen, left_out=left_out, as_is=before)
    # The steps before one that is looked at alone may come from the cache.
    cache = step is not None

    def start(reuse: Reuse, cache: bool) -> str:
        return submit(
            compiled,
            engine="local",
            parameters=parameters,
            cache=cache,
            ignore_resources=ignore_resources,
            reuse=reuse,
        ).run_id

    one = wait(start(first, cache))
    if one.state is not State.SUCCEEDED:
        return Verified((one,))
    again = replace(second, run=one.id, twice=one.id)
    if step is None:
        again = Reuse(fresh=chosen, twice=one.id)
    two = wait(start(again, False))
    if two.state is not State.SUCCEEDED:
        return Verified((one, two))
    found: list[Difference] = []
    unchecked: list[str] = []
    for status in two.steps:
        if status.task in chosen and status.state is State.SUCCEEDED:
            found += _differences(one, two, status, unchecked)
    return Verified((one, two), tuple(found), tuple(unchecked))


def _differences(
    one: RunStatus, two: RunStatus, step: StepStatus, unchecked: list[str]
) -> Iterator[Difference]:
    home = default_home()
    folders = [run_folder(home, run.id) for run in (one, two)]
    for before, after in _places(folders[0], folders[1], step.task):
        yield from _values(step.name, after, unchecked)
        yield from _metrics(step.name, before, after)
        yield from _files(step.name, before, after, run_record(two.id).folder)
    yield from _shown(one, two, step)


def _places(one: RunFolder, two: RunFolder, task: str) -> Iterator[tuple[StepFolder, StepFolder]]:
    """Yield the folders of each process that ran a step's cells: one, or one an iteration."""
    before, after = one.step(task), two.step(task)
    yield before, after
    for place in sorted((after.path / "iterations").glob("*")):
        yield before.part("", place.name), StepFolder(place)


def _values(step: str, after: StepFolder, unchecked: list[str]) -> Iterator[Difference]:
    try:
        report = read_json(after.twice / "compared.json")
    except (OSError, ValueError):
        return
    unchecked += [f"{step}.{name}" for name in report["unknown"]]
    for each in report["differs"]:
        yield Difference(step, "value", each["name"], each["first"], each["second"])


def _metrics(step: str, before: StepFolder, after: StepFolder) -> Iterator[Difference]:
    old, new = (_said(each) for each in (before, after))
    for name in sorted(old.keys() | new.keys()):
        if old.get(name) != new.get(name):
            plain = name.removeprefix("metric_")
            yield Difference(step, "metric", plain, str(old.get(name)), str(new.get(name)))


def _said(folder: StepFolder) -> dict[str, Any]:
    try:
        return dict(read_json(folder.executor_output).get("parameterValues", {}))
    except (OSError, ValueError):
        return {}


def _files(
    step: str, before: StepFolder, after: StepFolder, folder: str | None
) -> Iterator[Difference]:
    old, new = (_made(each, folder) for each in (before, after))
    for name in sorted(old.keys() | new.keys()):
        if old.get(name) != new.get(name):
            words = [each.get(name, "")[:12] or "absent" for each in (old, new)]
            yield Difference(step, "file", name, *words)
    reasons = [_kept(each).get("unrepeatable", "") for each in (before, after)]
    if any(reasons):
        yield Difference(step, "file", "", *reasons)


def _made(folder: StepFolder, source: str | None) -> dict[str, str]:
    """Return the digests of the files that a step wrote, by path as the notebook sees it."""
    left = (_kept(folder).get("depends") or {}).get("left", {})
    found = {path: (known or {}).get("content", "") for path, known in left.items()}
    for place, _, names in os.walk(folder.work):
        for name in names:
            path = Path(place, name)
            if path.is_file() and not path.is_symlink() and "__pycache__" not in path.parts:
                found[source_of(str(path), folder.work, source)] = _digest(path)
    start = f"{source}{os.sep}"
    return {name.removeprefix(start): digest for name, digest in found.items()}


def _digest(path: Path) -> str:
    return sha256(path.read_bytes()).hexdigest()


def _kept(folder: StepFolder) -> dict[str, Any]:
    try:
        return dict(read_json(folder.kept))
    except (OSError, ValueError):
        return {}


def _shown(one: RunStatus, two: RunStatus, step: StepStatus) -> Iterator[Difference]:
    old, new = (cell_outputs(run.id, step.task) for run in (one, two))
    for cell in new:
        texts = [_text(each.get(cell, {}).get("outputs", ())) for each in (old, new)]
        if texts[0] != texts[1]:
            number = new[cell]["number"]
            yield Difference(step.name, "output", f"cell {number}", *map(_short, texts))


def _text(outputs: Any) -> str:
    """Return what a cell showed, without what goes to standard error: progress, warnings, times."""
    parts = []
    for each in outputs:
        if each["output_type"] == "stream":
            parts.append(each["text"] if each["name"] == "stdout" else "")
        else:
            data = each.get("data", {})
            parts += [str(data[kind]) for kind in sorted(data)]
    return _ADDRESS.sub("0x", "".join(parts))


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 60 else f"{line[:57]}..."
