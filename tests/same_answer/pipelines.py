"""Runs notebooks as pipelines on the local engine, through its Python API."""

import json
import os
import random
import shutil
import sys
import zlib
from dataclasses import dataclass, field
from pathlib import Path

from jupyter_kfp_ext.engines.model import State
from jupyter_kfp_ext.errors import KfpExtError
from jupyter_kfp_ext.notation.reader import parse_notebook
from jupyter_kfp_ext.runs.chain import build, submit
from jupyter_kfp_ext.runs.follow import follow_blocking
from jupyter_kfp_ext.runs.outputs import executed_notebook

SPEC = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}


@dataclass(frozen=True)
class Answer:
    """What running a notebook as a pipeline gave."""

    refused: tuple[str, ...]
    """Codes of the problems because of which it was not run."""
    outputs: list
    """Of each cell; empty where it was not run."""
    errors: tuple
    """`StepError`s of the steps that failed."""
    steps: int
    words: str
    """What was said about a refusal or failure, for the report of a test."""
    skipped: tuple[str, ...] = ()
    """Names of the steps that were skipped."""
    metrics: dict = field(default_factory=dict)


def one_step_a_cell(case):
    """Return the name of each cell's step."""
    return [f"s{number}" for number in range(1, len(case.cells) + 1)]


def several_cells_a_step(case):
    """Return a cut of the notebook into steps that stays the same for the same case.

    Another number in `KFP_CUT` makes other cuts.
    """
    count = len(case.cells)
    seed = zlib.crc32(f"{case.id}{os.environ.get('KFP_CUT', '')}".encode())
    chance = random.Random(seed)
    if count < 3:
        borders = set()
    else:
        borders = set(chance.sample(range(1, count), chance.randint(1, max(1, (count - 1) // 2))))
    step, steps = 1, []
    for index, cell in enumerate(case.cells):
        # A cell that is a step of its own ends the one before it.
        alone = cell.says_its_step or (index and case.cells[index - 1].says_its_step)
        step += bool(index in borders or alone)
        steps.append(f"s{step}")
    return steps


def notebook_of(case, steps, last=None):
    """Return a notebook in which each cell is of its step; `last` is a cell and step of its own."""
    cells = [
        cell_of(f"c{number}", cell.source, marks_of(cell, step))
        for number, (cell, step) in enumerate(zip(case.cells, steps, strict=True), 1)
    ]
    if last is not None:
        cells.append(cell_of("last", last, {"step": "last"}))
    return {"cells": cells, "metadata": SPEC, "nbformat": 4, "nbformat_minor": 5}


def marks_of(cell, step):
    """Return what a cell's metadata says: its step, where nothing else says what it is."""
    if "unmarked" in cell.marks:
        return {}
    if "role" in cell.marks or cell.says_its_step:
        return cell.marks
    return {**cell.marks, "step": step}


def cell_of(cell_id, source, marks):
    return {
        "cell_type": "code",
        "id": cell_id,
        "metadata": {"kfp": marks},
        "source": source,
        "outputs": [],
        "execution_count": None,
    }


def run_as_pipeline(raw, folder):
    """Run a notebook that lies in a folder; waits for its end."""
    path = Path(folder) / "notebook.ipynb"
    notebook = parse_notebook(raw, name=path.name, path=str(path))
    try:
        compiled = build(notebook)
        run = submit(compiled, python=sys.executable).run_id
    except KfpExtError as error:
        codes = tuple(each.code.value for each in error.problems)
        return Answer(codes, [], (), 0, str([each.message for each in error.problems]))
    status = None
    for change in follow_blocking(run):
        status = change.status
    executed = executed_notebook(run)
    # The runner may still be leaving.
    shutil.rmtree(Path(os.environ["JUPYTER_KFP_HOME"]) / "runs" / run, ignore_errors=True)
    errors = tuple(step.error for step in status.steps if step.error is not None)
    words = json.dumps([[each.name, each.message] for each in errors]) if errors else status.message
    outputs = [cell["outputs"] for cell in executed["cells"]]
    skipped = tuple(step.name for step in status.steps if step.state is State.SKIPPED)
    return Answer((), outputs, errors, len(status.steps), words, skipped, status.metrics)
