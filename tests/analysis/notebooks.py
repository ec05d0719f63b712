"""Small notebooks for the tests of the analysis, and an oracle that runs their plans.

The oracle is a tiny engine: each step is a forked process in a folder of its own, that gets its
inputs as pickled copies, grouped as the step runtime groups them: all names of one step in one
pickle. What it prints and leaves is compared with the notebook run from top to bottom.
"""

import contextlib
import io
import os
import pickle
import random
import shutil
import sys
import tempfile
import traceback
import types
from pathlib import Path

from jupyter_kfp_ext.analysis.graph import make_plan
from jupyter_kfp_ext.errors import errors_in
from jupyter_kfp_ext.notation.model import MarkedCell, MarkSource, PipelineModel, Role, Step
from jupyter_kfp_ext.notation.notebook import Cell, Notebook
from jupyter_kfp_ext.notation.options import PipelineSettings, StepOptions
from jupyter_kfp_ext.runtime.step.definitions import put_states, take_states
from jupyter_kfp_ext.runtime.step.grouping import Crossing, dump


def model_of(*cells, options=None, path=None):
    """Build a model: each cell is source (a step of its own) or `(step or role, source)`."""
    marked = []
    for index, each in enumerate(cells):
        mark, source = each if isinstance(each, tuple) else (f"s{index + 1}", each)
        cell = Cell(index, index + 1, f"c{index + 1}", "code", source)
        roles = {role.value for role in Role}
        if mark in roles:
            step = None
            if mark == "metrics":
                step = next((m.step for m in reversed(marked) if m.step), None)
            marked.append(MarkedCell(cell, Role(mark), MarkSource.METADATA, step, source))
        else:
            marked.append(MarkedCell(cell, Role.STEP, MarkSource.METADATA, mark, source))
    names = list(dict.fromkeys(m.step for m in marked if m.role is Role.STEP))
    steps = []
    for name in names:
        own = tuple(m for m in marked if m.step == name and m.role is Role.STEP)
        option = (options or {}).get(name, StepOptions())
        steps.append(Step(name, own, option, option))
    notebook = Notebook("nb.ipynb", path, tuple(m.cell for m in marked), {})
    return PipelineModel(
        notebook, "nb", PipelineSettings(), tuple(marked), tuple(steps), split=None
    )


def plan_of(*cells, **more):
    return make_plan(model_of(*cells, **more))


def inputs_of(plan):
    """Return `{step: {producer: names}}`, the part of a plan that most tests are about."""
    return {
        step.name: {each.step: list(each.names) for each in step.inputs}
        for step in plan.steps
        if step.inputs
    }


def codes_of(plan):
    return [each.code.value for each in plan.problems]


def apart(run, *arguments):
    """Return what a function returns in a forked process, so that nothing it sets up stays."""
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        try:
            os.close(reading)
            try:
                answer = (True, run(*arguments))
            except BaseException:
                answer = (False, traceback.format_exc())
            with os.fdopen(writing, "wb") as pipe:
                pickle.dump(answer, pipe)
        finally:
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        good, answer = pickle.load(pipe)
    os.waitpid(child, 0)
    if not good:
        raise StepError(answer)
    return answer


class StepError(Exception):
    """A step, or the notebook run straight, ended in an error."""


def run_straight(cells):
    """Run sources top to bottom; return what each printed."""
    with tempfile.TemporaryDirectory() as folder:
        return apart(_run_straight, cells, folder)


def _run_straight(cells, folder):
    os.chdir(folder)
    random.seed(99)
    printed = []
    names = _main()
    for source in cells:
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            exec(compile(source, "<cell>", "exec"), names)
        printed.append(out.getvalue())
    return printed


def _main():
    module = types.ModuleType("__main__")
    module.__dict__["__builtins__"] = __builtins__
    sys.modules["__main__"] = module
    return module.__dict__


def run_plan(plan):
    """Run a plan step by step; return what each cell printed, in notebook order."""
    stored, printed, done = {}, {}, set()
    with tempfile.TemporaryDirectory() as folder:
        for step in plan.steps:
            assert set(step.after) <= done
            done.add(step.task)
            work = Path(folder, step.task)
            work.mkdir()
            stored[step.name], shown = apart(_run_step, plan, step, stored, work)
            printed |= shown
    return [printed[cell.cell.id] for cell in plan.model.cells if cell.cell.id in printed]


def _run_step(plan, step, stored, work):
    printed = {}
    os.chdir(work)
    random.seed(7)
    names = _main()
    for each in plan.parameters:
        if each.name in step.parameters:
            names[each.name] = pickle.loads(pickle.dumps(each.default))
    for code in step.prelude:
        _run(code, names, printed)
    _fail_on_missing(step)
    for given in step.inputs:
        group = put_states(names, load(stored[given.step]), set(step.states) & set(given.names))
        for name in given.names:
            if name.startswith("@"):
                _restore(name, group[name], work)
            elif name in group:
                names[name] = group[name]
    for code in step.cells:
        _run(code, names, printed)
    kept = {
        name: _world(name, work) if name.startswith("@") else names[name]
        for name in step.outputs
        if name.startswith("@") or name in names
    }
    crossing = Crossing(names, {"by_value": step.by_value, "made": step.made})
    take_states(kept, set(step.states), crossing)
    graph = dump(kept, crossing=crossing)
    return (b"".join(graph.parts), [bytes(each) for each in graph.buffers]), printed


def load(stored):
    stream, buffers = stored
    return pickle.loads(stream, buffers=[bytearray(each) for each in buffers])


def _world(name, work):
    if name == "@random":
        return random.getstate()
    if name == "@numpy.random":
        return sys.modules["numpy"].random.get_state()
    if name == "@cwd":
        return os.path.relpath(Path.cwd(), work)
    if name == "@environ":
        return dict(os.environ)
    if name == "@sys.path":
        return list(sys.path)
    assert name == "@files"
    return str(work)


def _restore(name, state, work):
    if name == "@random":
        random.setstate(state)
    elif name == "@numpy.random":
        import numpy as np

        np.random.set_state(state)
    elif name == "@cwd":
        os.chdir(work / state)
    elif name == "@environ":
        os.environ.clear()
        os.environ.update(state)
    elif name == "@sys.path":
        sys.path[:] = state
    else:
        shutil.copytree(state, work, dirs_exist_ok=True)


def _fail_on_missing(step):
    assert len({name for each in step.inputs for name in each.names}) == sum(
        len(each.names) for each in step.inputs
    ), "a name comes from two steps"


def _run(code, names, printed):
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        exec(compile(code.source, "<cell>", "exec"), names)
    if code.record:
        printed[code.cell_id] = out.getvalue()
    else:
        assert not out.getvalue(), f"a replay printed: {code.source!r}"


def cells_of(text):
    """Return the cells of a notebook written as one text, with `---` between them."""
    return [each.strip("\n") for each in text.split("\n---\n")]


def assert_same_as_straight(text):
    """Fail where the plan of a notebook, a text with `---` between cells, gives another answer."""
    cells = cells_of(text)
    expected = run_straight(cells)
    plan = plan_of(*cells)
    assert not errors_in(plan.problems)
    assert run_plan(plan) == expected
