"""Plans written by hand, small enough to read in a test."""

from collections.abc import Sequence
from typing import Any

import msgspec

from jupyter_kfp_ext.analysis.plan import Code, Input, Parameter, Plan, StepPlan
from jupyter_kfp_ext.compiler.compile import compile_plan
from jupyter_kfp_ext.compiler.compiled import CompiledPipeline
from jupyter_kfp_ext.notation.model import MarkedCell, MarkSource, PipelineModel, Role, Step
from jupyter_kfp_ext.notation.notebook import Cell, Notebook
from jupyter_kfp_ext.notation.options import PipelineSettings, StepOptions


def step(
    name: str,
    source: str = "pass\n",
    *,
    options: StepOptions | None = None,
    inputs: Sequence[tuple[str, tuple[str, ...]]] = (),
    outputs: tuple[str, ...] = (),
    parameters: tuple[str, ...] = (),
    metrics: tuple[str, ...] = (),
    after: tuple[str, ...] = (),
    modules: tuple[str, ...] = (),
    metadata: dict[str, Any] | None = None,
    first_line: str = "",
) -> dict[str, Any]:
    return locals()


def make_plan(
    *steps: dict[str, Any],
    name: str = "digits",
    parameters: Sequence[tuple[str, str, Any]] = (),
    settings: PipelineSettings | None = None,
    problems: tuple[Any, ...] = (),
) -> Plan:
    """Return a plan whose step n has the one cell `c<n>`; parameters stand in cell `p`."""
    cells, model_steps, plans = [], [], []
    if parameters:
        cells.append(Cell(0, 1, "p", "code", "parameters"))
    for each in steps:
        number = len(cells) + 1
        options = each["options"] or StepOptions()
        metadata = {"kfp": each["metadata"] or {"step": each["name"]}}
        cell = Cell(number - 1, number, f"c{number}", "code", each["first_line"], metadata)
        marked = MarkedCell(cell, Role.STEP, MarkSource.METADATA, each["name"], each["source"])
        cells.append(cell)
        model_steps.append(Step(each["name"], (marked,), options, options))
        plans.append(
            StepPlan(
                name=each["name"],
                task=each["name"].replace("_", "-"),
                options=options,
                prelude=(),
                cells=(Code(cell.id, number, each["source"]),),
                inputs=tuple(Input(source, names) for source, names in each["inputs"]),
                outputs=each["outputs"],
                parameters=each["parameters"],
                metrics=each["metrics"],
                after=each["after"],
                modules=each["modules"],
            )
        )
    model = PipelineModel(
        Notebook(f"{name}.ipynb", None, tuple(cells), {}),
        name,
        settings or PipelineSettings(),
        tuple(marked for each in model_steps for marked in each.cells),
        tuple(model_steps),
        None,
    )
    declared = tuple(Parameter(key, kind, default, "p") for key, kind, default in parameters)
    return Plan(model, declared, tuple(plans), problems)


def digits_plan(**more: Any) -> Plan:
    """Return three steps that hand values on: load, train, judge."""
    return make_plan(
        step("load", "X, y = data(seed)\n", outputs=("X", "y"), parameters=("seed",)),
        step(
            "train",
            "model = fit(X, y, lr)\n",
            inputs=[("load", ("X", "y"))],
            outputs=("model",),
            parameters=("lr",),
        ),
        step(
            "judge_it",
            "accuracy = score(model)\n",
            inputs=[("load", ("y",)), ("train", ("model",))],
            metrics=("accuracy",),
        ),
        parameters=[("seed", "int", 7), ("lr", "float", 0.5)],
        **more,
    )


def options_of(said: dict[str, Any]) -> StepOptions:
    return msgspec.convert(said, StepOptions)


def compiled_with(said: dict[str, Any]) -> CompiledPipeline:
    """Return a pipeline of the steps `other` and `one`; `one` has these options."""
    plan = make_plan(step("other"), step("one", options=options_of(said)))
    return compile_plan(plan, None)
