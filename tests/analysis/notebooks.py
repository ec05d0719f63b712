"""Small notebooks for the tests of the analysis, and an oracle that runs their plans.

The oracle is a tiny engine: each step is a fresh namespace (a module `__main__` of its own) that
gets its inputs as pickled copies, grouped as the step runtime groups them: all names of one step in
one pickle. What it prints and leaves is compared with the notebook run from top to bottom.
"""

import contextlib
import io
import os
import pickle
import random
import sys
import types
from pathlib import Path

import cloudpickle

from jupyter_kfp_ext.analysis.graph import make_plan
from jupyter_kfp_ext.notation.model import MarkedCell, MarkSource, PipelineModel, Role, Step
from jupyter_kfp_ext.notation.notebook import Cell, Notebook
from jupyter_kfp_ext.notation.options import PipelineSettings, StepOptions


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


@contextlib.contextmanager
def _main():
    module = types.ModuleType("__main__")
    module.__dict__["__builtins__"] = __builtins__
    before = sys.modules["__main__"]
    sys.modules["__main__"] = module
    environ, cwd, path = dict(os.environ), str(Path.cwd()), list(sys.path)
    try:
        yield module.__dict__
    finally:
        sys.modules["__main__"] = before
        os.environ.clear()
        os.environ.update(environ)
        os.chdir(cwd)
        sys.path[:] = path


def run_straight(cells):
    """Run sources top to bottom; return what each printed, and the namespace."""
    printed = []
    random.seed(99)
    with _main() as names:
        for source in cells:
            out = io.StringIO()
            with contextlib.redirect_stdout(out):
                exec(compile(source, "<cell>", "exec"), names)
            printed.append(out.getvalue())
    return printed


def run_plan(plan):
    """Run a plan step by step; return what each cell printed, in notebook order."""
    stored = {}
    printed = {}
    done = set()
    for step in plan.steps:
        assert set(step.after) <= done
        done.add(step.task)
        random.seed(7)
        with _main() as names:
            for each in plan.parameters:
                if each.name in step.parameters:
                    names[each.name] = pickle.loads(pickle.dumps(each.default))
            for code in step.prelude:
                _run(code, names, printed)
            for given in step.inputs:
                group = pickle.loads(stored[given.step])
                for name in given.names:
                    if name == "@random":
                        random.setstate(group[name])
                    elif name == "@cwd":
                        os.chdir(group[name])
                    elif name == "@environ":
                        os.environ.update(group[name])
                    elif not name.startswith("@") and name in group:
                        names[name] = group[name]
            _fail_on_missing(step)
            for code in step.cells:
                _run(code, names, printed)
            leaving = {}
            for name in step.outputs:
                if name == "@random":
                    leaving[name] = random.getstate()
                elif name == "@cwd":
                    leaving[name] = str(Path.cwd())
                elif name == "@environ":
                    leaving[name] = dict(os.environ)
                elif name.startswith("@"):
                    leaving[name] = None
                elif name in names:
                    leaving[name] = names[name]
                else:
                    leaving[name] = Gone()
            kept = {name: each for name, each in leaving.items() if not isinstance(each, Gone)}
            stored[step.name] = _dumps(kept)
    return [printed[cell.cell.id] for cell in plan.model.cells if cell.cell.id in printed]


class Gone:
    """A name that its step did not leave (it was bound in a branch that did not run)."""


def _fail_on_missing(step):
    assert len({name for each in step.inputs for name in each.names}) == sum(
        len(each.names) for each in step.inputs
    ), "a name comes from two steps"


def _dumps(values):
    try:
        return pickle.dumps(values)
    except (pickle.PicklingError, AttributeError, TypeError):
        return cloudpickle.dumps(values)


def _run(code, names, printed):
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        exec(compile(code.source, "<cell>", "exec"), names)
    if code.record:
        printed[code.cell_id] = out.getvalue()
    else:
        assert not out.getvalue(), f"a replay printed: {code.source!r}"
