"""Several runs side by side: what differs in parameters, metrics, steps, their order and code."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ..engines.model import RunStatus, StepStatus
from ..errors import Code, KfpExtError, Problem
from .about import read_about
from .code_difference import CodeCell, compare_code
from .registry import Registry
from .report import elapsed, run_summary

FEWEST = 2
MOST = 20

_OF_STEPS = (
    "state",
    "after",
    "cached",
    "seconds",
    "iterations",
    "peak_memory_bytes",
    "cpu_seconds",
    "bytes_out",
)


def compare_runs(names: Sequence[str]) -> dict[str, Any]:
    """Return the comparison of runs in its wire form (docs/api.md, `Comparison`).

    `names` are run ids, beginnings of them or `last`; each run counts once, in the order given.
    Every list of values has one for each run, None where that run has none. Raises `KfpExtError`:
    `run-missing`, `usage` for fewer than 2 or more than 20 runs.
    """
    registry = Registry()
    ids = tuple(dict.fromkeys(registry.resolve(each) for each in names))
    if not FEWEST <= len(ids) <= MOST:
        message = f"{FEWEST} to {MOST} runs can be compared, not {len(ids)}."
        raise KfpExtError(Problem(Code.USAGE, message, "`jupyter kfp runs` lists them."))
    runs = [registry.get(each) for each in ids]
    return {
        "runs": [{**run_summary(each), "about": read_about(each.id).to_json()} for each in runs],
        "parameters": _rows([run.parameters for run in runs]),
        "metrics": _rows([run.metrics for run in runs]),
        "steps": _steps(runs),
        "code": _code(ids),
    }


def _rows(columns: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return a row for each name that any run has, in the order of the first that has it."""
    names = _names(columns)
    return [_row(name, [column.get(name) for column in columns], columns) for name in names]


def _row(
    name: str, values: list[Any], columns: Sequence[Mapping[str, Any]] | None = None
) -> dict[str, Any]:
    # A value None and no value are different things.
    there = [name in column for column in columns] if columns else [True]
    differs = any(each != values[0] for each in values) or len(set(there)) > 1
    return {"name": name, "values": values, "differs": differs}


def _names(columns: Iterable[Iterable[str]]) -> list[str]:
    return list(dict.fromkeys(name for column in columns for name in column))


def _steps(runs: Sequence[RunStatus]) -> list[dict[str, Any]]:
    told = [{step.name: _told(step, run) for step in run.steps} for run in runs]
    return [
        {
            "name": name,
            **{key: [steps.get(name, {}).get(key) for steps in told] for key in _OF_STEPS},
        }
        for name in _names(told)
    ]


def _told(step: StepStatus, run: RunStatus) -> dict[str, Any]:
    return {key: _value(step, key, run) for key in _OF_STEPS}


def _value(step: StepStatus, key: str, run: RunStatus) -> Any:
    if key == "seconds":
        return elapsed(step.started, step.ended)
    if key == "after":
        return [each.name for each in run.steps if each.task in step.after]
    if key == "iterations":
        return [{"item": each.item, "state": each.state.value} for each in step.iterations] or None
    return step.state.value if key == "state" else getattr(step, key)


def _code(ids: Sequence[str]) -> list[dict[str, Any]]:
    """Return, for each run, what differs from the code of the run named first."""
    first, *others = [_cells(each) for each in ids]
    told: list[dict[str, Any]] = [{"run_id": ids[0], "cells": [], "files": []}]
    for run_id, cells in zip(ids[1:], others, strict=True):
        found = None if first is None or cells is None else compare_code(first, cells)
        told.append(
            {
                "run_id": run_id,
                "cells": None if found is None else [each.to_json() for each in found],
                "files": _files(ids[0], run_id),
            }
        )
    return told


def _files(first: str, second: str) -> list[dict[str, Any]] | None:
    """Return the files of the steps that differ; None where those of a run are not known."""
    from .code import files_between

    try:
        found = files_between(first, second)
    except KfpExtError:
        return None
    return [
        # The first two lines of a difference name the file again.
        {"change": each.kind, "path": each.name, "lines": each.diff.splitlines()[2:]}
        for each in found
    ]


def _cells(run_id: str) -> list[CodeCell] | None:
    """Return the code cells that a run was started with; None where they are not known."""
    from ..notation.marks import read_marks
    from .again import submitted_notebook

    try:
        notebook, split = submitted_notebook(run_id)
        model = read_marks(notebook, split=split)
    except KfpExtError:
        return None
    return [
        CodeCell(each.cell.id, each.cell.number, each.step, each.cell.source)
        for each in model.cells
        if each.cell.number is not None
    ]
