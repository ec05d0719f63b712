"""Running a part of a notebook again: which steps run, and which earlier run the others come from.

The engine does the rest (docs/local-engine.md, Results of earlier runs): what changed since then
runs, too, with what depends on it.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..compiler.compiled import CompiledPipeline
from ..engines.local.layout import RunFolder, bundle_path, run_folder
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
from .engines import CLUSTER_ENGINE, chosen_engine
from .registry import Registry

if TYPE_CHECKING:
    from .chain import Submitted

Place = tuple[str, str | None, str]
"""Where runs are: engine, connection, namespace; without one the connection's."""
_LOOKED_AT = 50
"""Earlier runs among which a suitable one is looked for."""


@dataclass(frozen=True)
class Resumed:
    """What a run is to be started again with."""

    compiled: CompiledPipeline
    parameters: Mapping[str, Any]
    """The values that were given at the first time, by name."""
    engine: str | None
    reuse: Reuse
    connection: str | None = None
    """Of a run on a cluster."""
    experiment: str = ""
    """Likewise."""
    namespace: str = ""
    """Likewise; empty: the connection's."""


def part_of(
    compiled: CompiledPipeline,
    from_step: str | None = None,
    only_step: str | None = None,
    *,
    engine: str | None = None,
    connection: str | None = None,
    namespace: str = "",
    data: str = "",
) -> Reuse:
    """Return what runs of a notebook where it is run from a step on, or only that step.

    Steps before it are taken from the newest run there that has their results; `engine`,
    `connection` and `namespace` say where, as for `submit`. `data` is `snapshot` where volumes are
    to be as they were before that step: then that run has snapshots of them, too. Raises
    `KfpExtError`: `step-missing`, `run-missing` where no run has them, `usage` where both are
    asked for.
    """
    if data and from_step is None:
        message = "Data is taken as it was before a step, and none is named."
        raise KfpExtError(Problem(Code.USAGE, message, "Say --from STEP.", option="data"))
    if from_step is None and only_step is None:
        return Reuse()
    if from_step is not None and only_step is not None:
        message = "Ask for the steps from one on, or for only one step, not for both."
        raise KfpExtError(Problem(Code.USAGE, message, option="only"))
    steps = step_records(read_pipeline(compiled.spec, compiled.platform), compiled.plan)
    chosen = find_step(steps, from_step or only_step or "")
    before = steps_before(chosen, steps)
    place = (*chosen_engine(engine, connection, compiled.plan.model.settings.engine), namespace)
    needed = [each.task for each in before]
    if data:
        run = _with_snapshot(compiled.plan.model.notebook, chosen, needed, place)
    else:
        run = _with_results(compiled.plan.model.notebook, chosen, needed, place)
    if only_step is not None:
        as_is = tuple(each.task for each in before)
        return Reuse(run, (chosen.task,), others_of(chosen, steps), as_is)
    return Reuse(run, _from(chosen, steps), data=data)


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


def _from(step: StepRecord, steps: Iterable[StepRecord]) -> tuple[str, ...]:
    """Return the tasks of a step and of all that wait for it."""
    steps = list(steps)
    after = [each.task for each in steps if step in steps_before(each, steps)]
    return (step.task, *after)


def others_of(step: StepRecord, steps: Iterable[StepRecord]) -> tuple[str, ...]:
    """Return the tasks of all steps that a step does not need."""
    steps = list(steps)
    needed = {step.task, *(each.task for each in steps_before(step, steps))}
    return tuple(each.task for each in steps if each.task not in needed)


def _with_results(notebook: Notebook, step: StepRecord, needed: list[str], place: Place) -> str:
    """Return the newest run that has results of all steps that are needed."""
    home = default_home()
    for run in _runs_of(notebook, place):
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


def _with_snapshot(notebook: Notebook, step: StepRecord, needed: list[str], place: Place) -> str:
    """Return the newest run with snapshots of a step's data and all results that it needs."""
    for run in _runs_of(notebook, place):
        states = {each.task: each.state for each in run.steps}
        taken = any(each.task == step.task and each.snapshots for each in run.steps)
        if taken and all(_has_results(run, task, states) for task in needed):
            return run.id
    raise KfpExtError(
        Problem(
            Code.RUN_MISSING,
            f"No run of {notebook.name} has a snapshot of the data before {step.name} and results "
            "of what it needs.",
            "Say `snapshot` of the step's volume, and run the whole notebook once on a cluster.",
            step=step.name,
        )
    )


def _runs_of(notebook: Notebook, place: Place) -> Iterator[RunStatus]:
    engine, connection, namespace = place
    wanted = namespace or (_namespace_of(connection) if engine == CLUSTER_ENGINE else "")
    if notebook.path is not None:
        for run in Registry().list(notebook=notebook.path, limit=_LOOKED_AT):
            there = connection is None or run.remote.get("connection") == connection
            # Another namespace's pods may not read what lies in this one's store.
            if run.engine == engine and there and run.remote.get("namespace", wanted) == wanted:
                yield run


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


def resumed(run: RunStatus, compiled: CompiledPipeline | None = None, data: str = "") -> Resumed:
    """Return what starts a run again: its notebook as it is now, its parameters, its results.

    `compiled` is that notebook where it is not what the file says (an editor has it). Where the
    file is gone, it is taken as the run kept it. `data` is `snapshot` where volumes are to be as
    they were before the first step that runs again. Raises `KfpExtError`: `usage` for a run that
    has not ended, `run-missing` where it has no such snapshot, and what `build` raises.
    """
    from .chain import build

    if not run.state.ended:
        message = f"The run {run.id} has not ended."
        raise KfpExtError(Problem(Code.USAGE, message, f"`jupyter kfp cancel {run.id}` ends it."))
    record = run_record(run.id)
    if compiled is None:
        compiled = _pipeline_of(record) or build(_notebook(run.id, record), record.split)
    given = _given(record, compiled)
    reuse = _part_not_done(run, compiled) if data else Reuse(run=run.id)
    return _again(run, Resumed(compiled, given, record.engine, reuse))


def _part_not_done(run: RunStatus, compiled: CompiledPipeline) -> Reuse:
    """Return what runs where a run is resumed with the data as it was before what it lacks."""
    steps = step_records(read_pipeline(compiled.spec, compiled.platform), compiled.plan)
    states = {each.task: each.state for each in run.steps}
    lacking = [each for each in steps if not _has_results(run, each.task, states)]
    if not lacking:
        message = f"All steps of run {run.id} have results: no step of it runs again."
        remedy = "Name the step: jupyter kfp run NB --from STEP --data snapshot."
        raise KfpExtError(Problem(Code.USAGE, message, remedy, option="data"))
    first = [each for each in lacking if not any(e in lacking for e in steps_before(each, steps))]
    kept = {each.task for each in run.steps if each.snapshots}
    chosen = [each for each in first if each.task in kept]
    names = ", ".join(each.name for each in chosen or first)
    if not chosen:
        message = f"In run {run.id} no snapshot of the data was taken before {names}."
        remedy = (
            "Say `snapshot` of the step's volume, and run the whole notebook once on a cluster."
        )
        raise KfpExtError(Problem(Code.RUN_MISSING, message, remedy, option="data"))
    if len(chosen) > 1:
        message = f"Run {run.id} took snapshots of its data before each of {names}."
        remedy = "Name the step to run from: jupyter kfp run NB --from STEP --data snapshot."
        raise KfpExtError(Problem(Code.USAGE, message, remedy, option="data"))
    return Reuse(run.id, _from(chosen[0], steps), data="snapshot")


def cloned(run: RunStatus) -> Resumed:
    """Return what starts a run once more: its notebook and files as they were, its parameters.

    Raises `KfpExtError`: `storage-failed` where they are no longer there, and what `build` raises.
    """
    record = run_record(run.id)
    folder = existing_run(default_home(), run.id)
    try:
        compiled = _as_then(folder, record)
    except (OSError, ValueError, KeyError) as error:
        message = f"The code of run {run.id} is no longer here: {error}"
        raise KfpExtError(Problem(Code.STORAGE_FAILED, message, "Run the notebook.")) from error
    return _again(run, Resumed(compiled, _given(record, compiled), record.engine, Reuse()))


def start_again(
    again: Resumed,
    parameters: Mapping[str, Any] | None = None,
    *,
    cache: bool = True,
    ignore_resources: bool = False,
    press: str = "",
) -> "Submitted":
    """Start it where it says, with other `parameters` where they are given; `press` as in `submit`.

    Raises what `chain.submit` raises.
    """
    from .chain import submit

    return submit(
        again.compiled,
        engine=again.engine,
        connection=again.connection,
        namespace=again.namespace,
        experiment=again.experiment,
        parameters={**again.parameters, **(parameters or {})},
        cache=cache,
        ignore_resources=ignore_resources,
        reuse=again.reuse,
        press=press,
    )


def _again(run: RunStatus, found: Resumed) -> Resumed:
    """Return it with where the run was on a cluster."""
    experiment = run.remote.get("experiment", "")
    connection = run.remote.get("connection")
    if connection is None:
        return found
    there, own = run.remote.get("namespace", ""), _namespace_of(connection)
    namespace = there if own and there != own else ""
    return replace(found, connection=connection, experiment=experiment, namespace=namespace)


def _namespace_of(connection: str | None) -> str:
    """Return the namespace in which the runs of a connection are; empty where it is gone."""
    from ..engines.kfp.connections import choose, known_connections

    try:
        return choose(connection, known_connections()).pods_in
    except KfpExtError:
        return ""


def _as_then(folder: RunFolder, record: RunRecord) -> CompiledPipeline:
    from ..analysis.graph import make_plan
    from ..compiler.compiled import Form
    from ..compiler.pipeline_file import is_pipeline_file, of_specification
    from ..notation.marks import read_marks
    from .chain import compile_made
    from .code_before import code_before
    from .learned import read_learned, read_observed

    path = Path(record.notebook or "notebook.ipynb")
    if is_pipeline_file(path):
        kept = read_json(folder.pipeline)
        code = bundle_path(folder.home, record.bundle).read_bytes() if record.bundle else b""
        return of_specification(Form(kept["pipeline_spec"], kept["platform_spec"]), code, path)
    notebook = _kept_notebook(record.id, record)
    observed = {*read_observed(folder.learned), *read_learned(notebook.path)}
    plan = make_plan(read_marks(notebook, split=record.split), sorted(observed))
    return compile_made(plan, lambda now: code_before(folder, record, plan, now))


def cell_numbers(run_id: str) -> dict[str, int]:
    """Return the numbers of the cells that a run was started with, by their ids."""
    cells = submitted_notebook(run_id)[0].cells
    return {each.id: each.number for each in cells if each.number}


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
