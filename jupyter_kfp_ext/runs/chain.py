"""The whole chain from a notebook to a run; every face calls these and nothing below them."""

import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from ..analysis.observed import Observed
from ..analysis.plan import Plan
from ..checks.kernel_values import KernelValues
from ..compiler.compiled import CompiledPipeline
from ..engines.model import Reuse, RunStatus
from ..engines.protocol import Pausing, Submission
from ..errors import Code, KfpExtError, Problem, Severity, errors_in
from ..notation.model import PipelineModel
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
    values: KernelValues = field(default_factory=dict)
    """What a live kernel has for the names of the plan, where the user let us look."""


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
    return _compile(plan_notebook(notebook, split))


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


def compile_model(model: PipelineModel, observed: Iterable[Observed]) -> CompiledPipeline:
    """Compile a notebook's model with effects that were seen; raises `KfpExtError`."""
    from ..analysis.graph import make_plan

    return _compile(make_plan(model, observed))


def _compile(plan: Plan) -> CompiledPipeline:
    from ..compiler.compile import compile_plan

    errors = errors_in(plan.problems)
    if errors:
        raise KfpExtError(errors)
    notebook = plan.model.notebook
    return compile_plan(plan, folder_of(notebook), python=_interpreter(notebook))


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


def with_values(checked: Checked, values: KernelValues) -> Checked:
    """Return the check with what a live kernel's values add to it."""
    from ..checks.kernel_values import sharpen

    problems = sharpen(checked.problems, checked.plan, values)
    return replace(checked, problems=tuple(_worst_first(problems)), values=values)


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
    from ..compiler.package import to_yaml, write_package

    with tempfile.TemporaryDirectory() as folder:
        package = write_package(compiled, Path(folder) / "pipeline.yaml")
        if len(package.files) == 1:
            return package.files[0].read_text(encoding="utf-8"), ""
    note = "The code of the steps is too large to be in this text. Name a file with -o: "
    return to_yaml(compiled), f"{note}the ConfigMap that holds it is written beside the file."


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
) -> Submitted:
    """Start a run and return at once.

    `parameters` are JSON values by name; those not given take their defaults. `python` overrides
    the interpreter of the notebook's kernel. `ignore_resources`: run also what asks for more than
    this machine has. `reuse` says which steps run and which are taken from an earlier run
    (`runs.again`). `engine` is the name of an engine or of a connection, `connection` that of a
    connection: both of them are clusters. Raises `KfpExtError`:
    `usage`, `engine-unknown`, `connection-missing`, `too-big`, `resources-missing`,
    `parameter-unknown`, `parameter-invalid`, `kernel-missing`, `kernel-language`,
    `storage-failed`.
    """
    from ..compiler.parameters import check_parameters
    from .kernels import find_kernel

    plan = compiled.plan
    notebook = plan.model.notebook
    name, connection = chosen_engine(engine, connection, plan.model.settings.engine)
    opened = open_engine(name)
    folder = folder_of(notebook)
    kernel = find_kernel(notebook, python) if opened.uses_kernel else None
    run_id = opened.submit(
        Submission(
            compiled=compiled,
            notebook=notebook.raw,
            parameters=check_parameters(plan, parameters or {}),
            python=kernel.python if kernel else "",
            environment=kernel.environment if kernel else {},
            folder=str(folder) if folder else None,
            cache=cache,
            replan=_REPLAN if plan.steps else "",
            ignore_resources=ignore_resources,
            reuse=reuse or Reuse(),
            connection=connection,
        )
    )
    return Submitted(run_id, name, (*plan.problems, *compiled.problems))


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
