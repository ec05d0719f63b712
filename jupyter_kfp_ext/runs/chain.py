"""The whole chain from a notebook to a run; every face calls these and nothing below them."""

import tempfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from ..analysis.plan import Plan
from ..checks.kernel_look import KernelSaid
from ..compiler.compiled import CompiledPipeline
from ..engines.model import Reuse, RunStatus
from ..engines.protocol import Pausing, Retrying, Submission
from ..errors import Code, KfpExtError, Problem, Severity, errors_in
from ..helpers.find import Helpers
from ..notation.notebook import Notebook
from .engines import chosen_engine, open_engine

_REPLAN = f"{__package__}.replan"
"""The module that plans a run anew."""


@dataclass(frozen=True)
class Submitted:
    """A run that was started, and what is worth knowing about it although it could start."""

    run_id: str
    engine: str
    problems: tuple[Problem, ...]
    """Warnings and hints."""


@dataclass(frozen=True)
class Checked:
    """What a notebook means as a pipeline, and all that is wrong with it."""

    plan: Plan
    compiled: CompiledPipeline | None
    """None where errors stop compiling."""
    problems: tuple[Problem, ...]
    """Of the marks, the code, the options, the helpers and the kernel; the worst first."""
    kernel: KernelSaid = field(default_factory=KernelSaid)
    """What a live kernel has of the plan, where the user let us look."""


def plan_notebook(notebook: Notebook, split: str | None = None) -> Plan:
    """Read the marks and work out the DAG; everything that is wrong is in `Plan.problems`.

    `split` (`headings`, `cells` or `none`) cuts a notebook that has no marks. What runs of the
    notebook learned (`runs.learned`) is taken into account.
    """
    from ..analysis.graph import make_plan
    from ..notation.marks import read_marks
    from .learned import read_learned

    return make_plan(read_marks(notebook, split=split), read_learned(notebook.path))


def build(notebook: Notebook, split: str | None = None) -> CompiledPipeline:
    """Compile a notebook; raises `KfpExtError` with all errors where it has any."""
    return compile_made(plan_notebook(notebook, split))


def build_file(path: Path, split: str | None = None) -> CompiledPipeline:
    """Compile the notebook at a path, or read the pipeline that was compiled to it.

    Raises `KfpExtError` with all errors of a notebook, and what `read_pipeline_file` raises.
    """
    from ..compiler.pipeline_file import is_pipeline_file, read_pipeline_file
    from ..notation.reader import read_notebook

    if is_pipeline_file(path):
        if split is not None:
            message = f"{path.name} is a compiled pipeline: it cannot be cut into other steps."
            raise KfpExtError(Problem(Code.USAGE, message, "Leave out --split.", option="split"))
        return read_pipeline_file(path)
    return build(read_notebook(path), split)


def compile_made(
    plan: Plan, instead: Callable[[Helpers], Helpers] | None = None
) -> CompiledPipeline:
    """Compile a plan; raises `KfpExtError` with all errors where it has any.

    `instead` gets the user's files as they are found now and returns those to send.
    """
    from ..compiler.compile import compile_plan
    from ..helpers.project_wheel import build_wheel

    errors = errors_in(plan.problems)
    if errors:
        raise KfpExtError(errors)
    notebook = plan.model.notebook
    return compile_plan(plan, folder_of(notebook), _interpreter(notebook), instead, build_wheel)


def check(notebook: Notebook, split: str | None = None) -> Checked:
    """Find everything that `build` or `submit` would say about a notebook, advice and fixes.

    Runs none of it.
    """
    from ..checks.mending import with_fixes
    from ..compiler.compile import compile_plan
    from .kernels import find_kernel

    plan = plan_notebook(notebook, split)
    problems = [*plan.problems, *advice(plan)]
    compiled = None
    try:
        # A notebook in another language needs no word about its kernel.
        if all(each.code is not Code.KERNEL_LANGUAGE for each in problems):
            find_kernel(notebook)
    except KfpExtError as error:
        problems += error.problems
    if not errors_in(plan.problems):
        try:
            compiled = compile_plan(plan, folder_of(notebook), python=_interpreter(notebook))
            problems += compiled.problems
        except KfpExtError as error:
            problems += error.problems
    ordered = _worst_first(problems)

    def look(changed: Notebook) -> tuple[Problem, ...]:
        again = plan_notebook(changed, split)
        return (*again.problems, *advice(again))

    return Checked(plan, compiled, with_fixes(ordered, plan, folder_of(notebook), look))


def _interpreter(notebook: Notebook) -> str | None:
    """Return the interpreter of a notebook's kernel; None where there is none here."""
    from .kernels import find_kernel

    try:
        return find_kernel(notebook).python
    except KfpExtError:
        return None


def with_kernel(checked: Checked, said: KernelSaid) -> Checked:
    """Return the check with what a live kernel has adds to it."""
    from ..checks.kernel_drift import drift_problems
    from ..checks.kernel_values import sharpen

    problems = sharpen(checked.problems, checked.plan, said.values)
    problems += drift_problems(said.drift, code_of(checked))
    return replace(checked, problems=tuple(_worst_first(problems)), kernel=said)


def code_of(checked: Checked) -> Helpers:
    """Return the user's files that a run of a checked notebook would send; none with errors."""
    return checked.compiled.code if checked.compiled else Helpers()


def find_code(notebook: Notebook, split: str | None = None) -> tuple[Plan, Helpers]:
    """Return a notebook's plan and the user's files that its steps need, whatever is wrong."""
    from ..helpers.find import find_helpers

    plan = plan_notebook(notebook, split)
    return plan, find_helpers(plan, folder_of(notebook), _interpreter(notebook))


def _worst_first(problems: Iterable[Problem]) -> list[Problem]:
    severities = list(Severity)
    unique = dict.fromkeys(problems)
    return sorted(unique, key=lambda each: severities.index(each.severity))


def advice(plan: Plan) -> tuple[Problem, ...]:
    """Return what is worth saying of a plan that can run (docs/problems.md, "Advice")."""
    from ..checks.advise import advise

    return advise(plan, folder_of(plan.model.notebook))


def one_text(compiled: CompiledPipeline) -> tuple[str, str]:
    """Return the pipeline as YAML for a single stream, and what is to know about it.

    The text holds the code of its steps where that fits (then there is nothing to know);
    otherwise it needs the ConfigMap that `write_package` puts beside a file.
    """
    from ..compiler.for_clusters import for_clusters
    from ..compiler.package import to_yaml, write_package

    with tempfile.TemporaryDirectory() as folder:
        package = write_package(compiled, Path(folder) / "pipeline.yaml")
        if len(package.files) == 1:
            return package.files[0].read_text(encoding="utf-8"), ""
    note = "The code of the steps is too large to be in this text. Name a file with -o: "
    return to_yaml(
        for_clusters(compiled)
    ), f"{note}the ConfigMap that holds it is written beside the file."


def parse_parameters(plan: Plan, texts: Mapping[str, str]) -> dict[str, Any]:
    """Return the values of parameters typed as text, in the types that the notebook declares.

    Raises `KfpExtError`: `parameter-unknown`, `parameter-invalid`.
    """
    from ..compiler.parameters import check_parameters, parse_parameter

    declared = {each.name: each for each in plan.parameters}
    values = {
        name: parse_parameter(declared[name], text) if name in declared else text
        for name, text in texts.items()
    }
    return check_parameters(plan, values)


def submit(
    compiled: CompiledPipeline,
    *,
    engine: str | None = None,
    parameters: Mapping[str, Any] | None = None,
    cache: bool = True,
    python: str | None = None,
    ignore_resources: bool = False,
    reuse: Reuse | None = None,
    connection: str | None = None,
    namespace: str = "",
    experiment: str = "",
    replan: bool = True,
    press: str = "",
) -> Submitted:
    """Start a run and return at once.

    `parameters` are JSON values by name; those not given take their defaults. `python` overrides
    the interpreter of the notebook's kernel. `ignore_resources`: run also what asks for more than
    this machine has. `reuse` says which steps run and which are taken from an earlier run
    (`runs.again`). `engine` is the name of an engine or of a connection, `connection` that of a
    connection: both of them are clusters. `namespace`: the one that the run is in where a
    cluster has several; empty: as the connection says. `experiment`: the group that the run goes
    to there; empty: as the notebook says. `replan`: whether the run may be planned anew where an
    assumption breaks. `press` names the attempt: one that started a run of the notebook within the
    last hour gives that run again. Raises `KfpExtError`:
    `usage`, `engine-unknown`, `connection-missing`, `too-big`, `resources-missing`,
    `parameter-unknown`, `parameter-invalid`, `kernel-missing`, `kernel-language`,
    `storage-failed`.
    """
    from .kernels import find_kernel

    plan = compiled.plan
    name, connection = chosen_engine(engine, connection, plan.model.settings.engine)
    problems = (*plan.problems, *compiled.problems)
    if found := started_by(plan.model.notebook, press):
        return replace(found, problems=problems)
    opened = open_engine(name)
    kernel = find_kernel(plan.model.notebook, python) if opened.uses_kernel else None
    submission = submission_of(
        compiled,
        parameters,
        cache=cache,
        connection=connection,
        namespace=namespace,
        experiment=experiment,
    )
    run_id = opened.submit(
        replace(
            submission,
            python=kernel.python if kernel else "",
            environment=kernel.environment if kernel else {},
            replan=_REPLAN if plan.steps and replan else "",
            ignore_resources=ignore_resources,
            reuse=reuse or Reuse(),
            press=press,
        )
    )
    return Submitted(run_id, name, problems)


def started_by(notebook: Notebook, press: str) -> Submitted | None:
    """Return what a press has started of a notebook already, within the last hour; else None."""
    from ..engines.local.lookup import run_of_press
    from ..storage import home
    from .registry import Registry

    found = run_of_press(home(), notebook.path, press) if press and notebook.path else None
    return Submitted(found, Registry().get(found).engine, ()) if found else None


def submission_of(
    compiled: CompiledPipeline,
    parameters: Mapping[str, Any] | None = None,
    *,
    cache: bool = True,
    connection: str | None = None,
    namespace: str = "",
    experiment: str = "",
) -> Submission:
    """Return what an engine of clusters needs; raises `KfpExtError` for parameters that are wrong.

    `parameter-unknown`, `parameter-invalid`.
    """
    from ..compiler.parameters import check_parameters

    notebook = compiled.plan.model.notebook
    folder = folder_of(notebook)
    return Submission(
        compiled=compiled,
        notebook=notebook.raw,
        parameters=check_parameters(compiled.plan, parameters or {}),
        python="",
        folder=str(folder) if folder else None,
        cache=cache,
        connection=connection,
        namespace=namespace,
        experiment=experiment,
    )


def cancel(run: RunStatus) -> None:
    """Ask a run to end; raises `KfpExtError` (`run-ended`) where it has ended already."""
    if run.state.ended:
        raise KfpExtError(
            Problem(
                Code.RUN_ENDED,
                f"The run {run.id} has already ended ({run.state.value}).",
            )
        )
    open_engine(run.engine).cancel(run.id)


def retry(run: RunStatus) -> None:
    """Have an ended run go on with what failed of it, in the same run.

    Raises `KfpExtError`: `run-active`, `usage` where nothing failed, `option-unsupported` where its
    engine cannot.
    """
    engine = open_engine(run.engine)
    if not isinstance(engine, Retrying):
        raise KfpExtError(
            Problem(
                Code.OPTION_UNSUPPORTED,
                f"A run of the engine {run.engine} does not go on once it has ended.",
                f"`jupyter kfp resume {run.id}` starts another one, which takes what it had done.",
            )
        )
    engine.retry(run.id)


def pause(run: RunStatus) -> None:
    """Have a run stand still, until `go_on`.

    Raises `KfpExtError`: `run-ended`, `option-unsupported` where its engine knows no pause.
    """
    _pausing(run).pause(run.id)


def go_on(run: RunStatus) -> None:
    """Let a run go on that stands still; raises as `pause` does."""
    _pausing(run).go_on(run.id)


def _pausing(run: RunStatus) -> Pausing:
    engine = open_engine(run.engine)
    if not isinstance(engine, Pausing):
        raise KfpExtError(
            Problem(
                Code.OPTION_UNSUPPORTED,
                f"A run of the engine {run.engine} cannot be paused: Kubeflow Pipelines has none.",
                "Cancel it and resume it later: `jupyter kfp resume` takes what it had done.",
            )
        )
    return engine


def folder_of(notebook: Notebook) -> Path | None:
    """Return the notebook's folder, where its relative paths and helpers start; None if unsaved."""
    return Path(notebook.path).parent if notebook.path else None
