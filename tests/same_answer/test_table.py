"""The table: each small notebook gives the kernel's answer however it is cut, or says why not.

The kernel runs a notebook once. The local engine runs it with one step a cell, with a last step
that shows all names and files that are left, and cut into steps of several cells. `KFP_WAYS=all`
runs both cuts with and without that last step, because what a later step needs changes the plan.
`KFP_KERNEL_ANSWERS=folder` keeps the kernels' answers for the next run.
"""

import hashlib
import json
import os
import re
import shutil
import sys
from importlib.util import find_spec
from itertools import takewhile
from pathlib import Path

import pytest

from jupyter_kfp_ext.engines.local import engine
from tests.same_answer.comparing import differences, failed
from tests.same_answer.kernels import NURSERY_PROCESS, run_in_kernel
from tests.same_answer.last_cell import find_names, last_cell
from tests.same_answer.pipelines import (
    notebook_of,
    one_step_a_cell,
    run_as_pipeline,
    several_cells_a_step,
)
from tests.same_answer.reading import read_cases
from tests.same_answer.runner_nursery import RunnerNursery

HERE = Path(__file__).parent
PROBE = HERE / "installed" / "same_answer_probe.py"
ALL = os.environ.get("KFP_WAYS") == "all"


def as_parameter(case):
    marks = []
    if "wrong" in case.said:
        marks.append(pytest.mark.xfail(reason=case.said["wrong"], strict=True))
    if "needs" in case.said and find_spec(case.said["needs"].split()[0]) is None:
        marks.append(pytest.mark.skip(reason=f"needs {case.said['needs']}"))
    return pytest.param(case, id=case.id, marks=marks)


@pytest.fixture(scope="module", autouse=True)
def kernels():
    yield
    NURSERY_PROCESS.close()


@pytest.fixture(scope="module")
def runners():
    made = RunnerNursery()
    yield made
    made.close()


@pytest.fixture
def forked_runners(runners, same_answer_home, monkeypatch):
    """Have runs go on in forked runners (`runner_nursery.py`)."""
    monkeypatch.setattr(engine, "hand_over", runners.hand_over)


@pytest.fixture
def run_folder(tmp_path):
    """Make folders with the files beside a case's notebook, empty but for these."""

    def make(case, name):
        folder = tmp_path / name
        for file, text in case.files.items():
            path = folder / file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        folder.mkdir(exist_ok=True)
        return folder

    yield make
    shutil.rmtree(tmp_path, ignore_errors=True)


@pytest.mark.parametrize("case", [as_parameter(case) for case in read_cases()])
def test_same_answer(case, run_folder, forked_runners):
    expected, last = kept_answer(case) or kernel_answer(case, run_folder(case, "kernel"))
    ways = [("cells", one_step_a_cell, last), ("steps", several_cells_a_step, None)]
    if ALL:
        ways += [
            ("cells alone", one_step_a_cell, None),
            ("steps, last", several_cells_a_step, last),
        ]
    for name, cut, last_source in ways:
        raw = notebook_of(case, cut(case), last_source)
        answer = run_as_pipeline(raw, run_folder(case, name))
        judge(case, name, expected, answer)


def importing(count):
    """Return some of the cases whose cells import packages that take long, spread over all."""
    slow = re.compile(r"^(?:import|from) (?:numpy|pandas|matplotlib|sklearn)", re.MULTILINE)
    plain = [each for each in read_cases() if not {"wrong", "stops", "refused"} & set(each.said)]
    found = [each for each in plain if slow.search("\n".join(each.sources))]
    return found[:: len(found) // count][:count]


@pytest.mark.skipif(sys.platform != "linux", reason="a warm parent needs Linux")
@pytest.mark.parametrize("case", [as_parameter(case) for case in importing(16)])
def test_same_answer_of_forked_steps(case, run_folder, same_answer_home, monkeypatch):
    """Steps are forked from a parent that has their packages loaded (docs/local-engine.md)."""
    monkeypatch.setenv("JUPYTER_KFP_WARM", "1")
    expected = run_in_kernel(case.sources, run_folder(case, "kernel"))
    raw = notebook_of(case, one_step_a_cell(case))
    judge(case, "cells", expected, run_as_pipeline(raw, run_folder(case, "cells")))


def kernel_answer(case, folder):
    """Return the outputs of a kernel, and the source of the last cell that it ran."""
    shown = []

    def show(outputs):
        shown.append(last_cell(outputs, folder, case))
        return shown[0]

    outputs = run_in_kernel(case.sources, folder, (find_names, show))
    last = shown[0] if shown else None
    if last is not None:
        # The cell that found the names is not of the notebook.
        del outputs[len(case.cells)]
    keep_answer(case, (outputs, last))
    return outputs, last


def kept_answer(case):
    """Return the kernel's answer of an earlier run, where `KFP_KERNEL_ANSWERS` names a folder."""
    place = place_of(case)
    return json.loads(place.read_text()) if place and place.exists() else None


def keep_answer(case, answer):
    if place := place_of(case):
        place.parent.mkdir(exist_ok=True)
        place.write_text(json.dumps(answer))


def place_of(case):
    folder = os.environ.get("KFP_KERNEL_ANSWERS")
    said = repr((case, sys.version, (HERE / "last_cell.py").read_text(), PROBE.read_text()))
    name = hashlib.sha256(said.encode()).hexdigest()
    return Path(folder, name).with_suffix(".json") if folder else None


def judge(case, way, expected, answer):
    """Fail where an answer is not the kernel's and not what the case says instead."""
    together = way.startswith("steps")
    if answer.refused:
        told = f"{way}: refused, {set(answer.refused)} {answer.words}"
        assert case.refused and case.refused in answer.refused, told
        return
    assert not case.refused or together, f"{way}: not refused"
    if case.stops and (answer.errors or not together):
        codes = {each.name for each in answer.errors}
        assert codes == {case.stops}, f"{way}: does not stop so, {codes} {answer.words}"
        return
    differing = differences(expected, answer.outputs, case.differs)
    if differing:
        pytest.fail(f"{way} ({answer.steps} steps): {report(differing, answer)}")
    assert bool(answer.errors) == failed(expected[-1]), f"{way}: {answer.words}"
    if not answer.errors:
        assert list(answer.skipped) == case.skips, f"{way}: other steps are skipped"
    if case.metrics is not None:
        assert answer.metrics == case.metrics, f"{way}: other metrics"


def report(differing, answer):
    number, one, other = differing[0]
    first, second = "\n".join(one), "\n".join(other)
    same = sum(
        1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(first, second, strict=False))
    )
    start = max(0, same - 60)
    shown = [text[start : start + 400] for text in (first, second)]
    told = f"cell {number}\n kernel   {shown[0]}\n pipeline {shown[1]}\n"
    return told + (f" said {answer.words}" if answer.words else "")
