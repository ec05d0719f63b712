"""Running a part of a notebook again: which steps run, and which earlier run the others come from.

The engine does the rest (docs/local-engine.md, Results of earlier runs): what changed since then
runs, too, with what depends on it.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..compiler.compiled import CompiledPipeline
from ..engines.local.layout import run_folder
from ..engines.local.lookup import existing_run
from ..engines.local.record import RunRecord, StepRecord
from ..engines.local.spec_reader import read_pipeline
from ..engines.local.status import DamagedRunError, read_record
from ..engines.local.step_records import step_records
from ..engines.model import Reuse, RunStatus, State
from ..errors import Code, KfpExtError, Problem
from ..notation.notebook import Notebook
from ..notation.reader import parse_notebook, read_notebook
from ..storage import home as default_home
from ..storage import read_json
from .engines import DEFAULT_ENGINE
from .registry import Registry

_LOOKED_AT = 50
"""Earlier runs among which a suitable one is looked for."""


@dataclass(frozen=True)
class Resumed:
    """What a run is to be started again with."""

    compiled: CompiledPipeline
    parameters: Mapping[str, Any]
    """The values that were given at the first time, by name."""
    engine: str
    reuse: Reuse


def part_of(
    compiled: CompiledPipeline, from_step: str | None = None, only_step: str | None = None
) -> Reuse:
    """Return what runs of a notebook where it is run from a step on, or only that step.

    Steps before it are taken from the newest run that has their results. Raises `KfpExtError`:
    `step-missing`, `run-missing` where no run has them, `usage` where both are asked for,
    `option-unsupported` on another engine.
    """
    if from_step is None and only_step is None:
        return Reuse()
    if from_step is not None and only_step is not None:
        message = "Ask for the steps from one on, or for only one step, not for both."
        raise KfpExtError(Problem(Code.USAGE, message, option="only"))
    steps = step_records(read_pipeline(compiled.spec, compiled.platform), compiled.plan)
    chosen = find_step(steps, from_step or only_step or "")
    before = steps_before(chosen, steps)
    run = _with_results(compiled.plan.model.notebook, chosen, [each.task for each in before])
    if only_step is not None:
        as_is = tuple(each.task for each in before)
        return Reuse(run, (chosen.task,), others_of(chosen, steps), as_is)
    after = [each for each in steps if chosen in steps_before(each, steps)]
    return Reuse(run, (chosen.task, *(each.task for each in after)))


def find_step(steps: Iterable[StepRecord], name: str) -> StepRecord:
    """Return the step with a name or task name; raises `KfpExtError` (`step-missing`)."""
    steps = list(steps)
    for step in steps:
        if name in (step.name, step.task):
            return step
    names = ", ".join(step.name for step in steps)
    message = f"The notebook has no step {name!r}."
    raise KfpExtError(Problem(Code.STEP_MISSING, message, f"Its steps are: {names}.", step=name))


def steps_before(step: StepRecord, steps: Iterable[StepRecord]) -> list[StepRecord]:
    """Return all that a step waits for, directly or not, in the order of the notebook."""
    steps = list(steps)
    by_task = {each.task: each for each in steps}
    found: set[str] = set()
    waiting = list(step.after)
    while waiting:
        task = waiting.pop()
        if task in by_task and task not in found:
            found.add(task)
            waiting += by_task[task].after
    return [each for each in steps if each.task in found]


def others_of(step: StepRecord, steps: Iterable[StepRecord]) -> tuple[str, ...]:
    """Return the tasks of all steps that a step does not need."""
    steps = list(steps)
    needed = {step.task, *(each.task for each in steps_before(step, steps))}
    return tuple(each.task for each in steps if each.task not in needed)


def _with_results(notebook: Notebook, step: StepRecord, needed: list[str]) -> str:
    """Return the newest run that has results of all steps that are needed."""
    home = default_home()
    for run in _runs_of(notebook):
        states = {each.task: each.state for each in run.steps}
        if all(_has_results(run, task, states) for task in needed):
            return run.id
    if not needed:
        return ""
    raise KfpExtError(
        Problem(
            Code.RUN_MISSING,
            f"No run of {notebook.name} in {home} has results of what {step.name} needs: "
            f"{', '.join(needed)}.",
            "Run the whole notebook once.",
            step=step.name,
        )
    )


def _runs_of(notebook: Notebook) -> Iterator[RunStatus]:
    if notebook.path is not None:
        runs = Registry().list(notebook=notebook.path, limit=_LOOKED_AT)
        yield from (run for run in runs if run.engine == DEFAULT_ENGINE)


def _has_results(run: RunStatus, task: str, states: Mapping[str, State]) -> bool:
    if states.get(task) is State.SKIPPED:
        return not run_record(run.id).reuse.left_out  # its condition was false
    return states.get(task) is State.SUCCEEDED


def run_record(run_id: str) -> RunRecord:
    """Return what was recorded of a run when it was submitted; raises `KfpExtError`."""
    try:
        return read_record(existing_run(default_home(), run_id))
    except DamagedRunError as error:
        message = f"The record of run {run_id} is damaged: {error}"
        raise KfpExtError(Problem(Code.STORAGE_FAILED, message)) from error


def resumed(run: RunStatus) -> Resumed:
    """Return what starts a run again: its notebook as it is now, its parameters, its results.

    Where the notebook is gone, it is taken as the run kept it. Raises `KfpExtError`: `usage` for a
    run that has not ended, `option-unsupported` for one of a cluster, and what `build` raises.
    """
    from .chain import build

    if run.engine != DEFAULT_ENGINE:
        message = f"Run {run.id} was made by the engine {run.engine}; only local runs are resumed."
        raise KfpExtError(Problem(Code.OPTION_UNSUPPORTED, message, "Start it anew."))
    if not run.state.ended:
        message = f"The run {run.id} has not ended."
        raise KfpExtError(Problem(Code.USAGE, message, f"`jupyter kfp cancel {run.id}` ends it."))
    record = run_record(run.id)
    compiled = _pipeline_of(record) or build(_notebook(run.id, record), record.split)
    given = _given(record, compiled)
    return Resumed(compiled, given, record.engine, Reuse(run=run.id))


def _pipeline_of(record: RunRecord) -> CompiledPipeline | None:
    """Return the compiled pipeline that a run was started from; None where it was a notebook."""
    from ..compiler.pipeline_file import is_pipeline_file, read_pipeline_file

    path = Path(record.notebook) if record.notebook else None
    return read_pipeline_file(path) if path is not None and is_pipeline_file(path) else None


def _notebook(run_id: str, record: RunRecord) -> Notebook:
    path = Path(record.notebook) if record.notebook else None
    if path is not None and path.is_file():
        return read_notebook(path)
    return _kept_notebook(run_id, record)


def submitted_notebook(run_id: str) -> tuple[Notebook, str | None]:
    """Return the notebook that a run was started with, and how it was cut (`split`).

    Raises `KfpExtError`: `run-missing`, `storage-failed` where its record is damaged.
    """
    record = run_record(run_id)
    return _kept_notebook(run_id, record), record.split


def _kept_notebook(run_id: str, record: RunRecord) -> Notebook:
    path = run_folder(default_home(), run_id).notebook
    try:
        raw = read_json(path)
    except (OSError, ValueError) as error:
        message = f"The notebook that run {run_id} kept cannot be read: {error}"
        raise KfpExtError(Problem(Code.STORAGE_FAILED, message)) from error
    name = Path(record.notebook).name if record.notebook else "notebook.ipynb"
    return parse_notebook(raw, name=name, path=record.notebook)


def _given(record: RunRecord, compiled: CompiledPipeline) -> dict[str, Any]:
    from ..compiler.encoding import parameter_key

    return {
        each.name: record.parameters[each.name]
        for each in compiled.plan.parameters
        if parameter_key(each.name) in record.sent
    }
