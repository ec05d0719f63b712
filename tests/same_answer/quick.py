"""Runs a notebook as a pipeline without the engine: the real plan, specification and step runtime.

Each step is a forked process that does what a step's command does, one after another. Thousands
of notebooks can be run so (`test_generated.py`, `tools/mutate_analysis.py`); a step that finds its
plan wrong stops the run, where the engine plans anew.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from jupyter_kfp_ext.engines.local.executor_input import RunFacts, build_executor_input
from jupyter_kfp_ext.engines.local.launch import prepare_folder
from jupyter_kfp_ext.engines.local.layout import StepFolder
from jupyter_kfp_ext.engines.local.outcome import read_results
from jupyter_kfp_ext.engines.local.spec_reader import read_pipeline
from jupyter_kfp_ext.engines.local.tree import Tree
from jupyter_kfp_ext.engines.local.work_folder import start_folder
from jupyter_kfp_ext.engines.model import State
from jupyter_kfp_ext.errors import KfpExtError
from jupyter_kfp_ext.notation.reader import parse_notebook
from jupyter_kfp_ext.runs.chain import build
from jupyter_kfp_ext.runs.outputs import fold_cells, in_notebook_order
from tests.same_answer.pipelines import Answer

NURSERY = Path(__file__).with_name("step_nursery.py")
FACTS = RunFacts("quick", "quick", "2024-01-01T00:00:00Z", "/")


class Silent:
    """Nobody is told what happens to loops and conditions."""

    def opened(self, task, key, items): ...

    def ended(self, task, key, state, reason): ...

    def broke(self, task, key, reason): ...


class QuickRunner:
    """Runs notebooks in a folder of its own; `close` it in the end."""

    def __init__(self):
        self._folder = Path(tempfile.mkdtemp(prefix="quick-"))
        self._process = subprocess.Popen(
            [sys.executable, "-u", "-c", f"exec(open({str(NURSERY)!r}).read())"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def close(self):
        self._process.stdin.close()
        self._process.stdout.close()
        self._process.wait()
        shutil.rmtree(self._folder, ignore_errors=True)

    def run(self, raw, folder=None):
        """Run a notebook; `folder` holds the files beside it."""
        home = self._folder / "run"
        shutil.rmtree(home, ignore_errors=True)
        home.mkdir()
        folder = folder or home / "beside"
        folder.mkdir(exist_ok=True)
        path = folder / "notebook.ipynb"
        try:
            compiled = build(parse_notebook(raw, name=path.name, path=str(path)))
        except KfpExtError as error:
            codes = tuple(each.code.value for each in error.problems)
            return Answer(codes, [], (), 0, str([each.message for each in error.problems]))
        (home / "code.zip").write_bytes(compiled.bundle)
        pipeline = read_pipeline(compiled.spec, compiled.platform)
        given = {name: each.default for name, each in pipeline.parameters.items()}
        tree = Tree(pipeline, given, Silent(), "quick")
        records, failed = [], []
        steps = 0
        while (found := tree.take(lambda need: need)) is not None:
            instance, _ = found
            steps += 1
            step = StepFolder(home / f"step-{steps}")
            said = self._step(instance, step, folder, home / "code.zip")
            lines = step.cells.read_bytes().splitlines() if step.cells.exists() else []
            records.append([*map(json.loads, lines)])
            if said is None:
                tree.succeed(instance, read_results(instance.task, step))
            else:
                failed.append((said["name"], said["message"]))
                tree.fail(instance, State.FAILED)
        cells = fold_cells(in_notebook_order(records))
        outputs = [
            cells[cell["id"]].outputs if cell["id"] in cells else [] for cell in raw["cells"]
        ]
        return Answer((), outputs, tuple(failed), steps, json.dumps(failed) if failed else "")

    def _step(self, instance, step, folder, bundle):
        """Run one step; return its error (`StepError` as JSON), None where it succeeded."""
        task = instance.task
        prepare_folder(step, str(folder))
        document = build_executor_input(task, step, instance.scope.inputs, FACTS)
        step.executor_input.write_text(json.dumps(document))
        environment = {
            **os.environ,
            "KFP_STEP_CODE": str(bundle),
            "KFP_STEP_CACHE": str(self._folder),
            "KFP_TERMINATION_LOG": str(step.termination_log),
        }
        request = {
            "argv": [*task.container.args[:3], f"@{step.executor_input}"],
            "cwd": str(start_folder(step.work, str(folder))),
            "env": environment,
            "log": str(step.log),
        }
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        if int(self._process.stdout.readline()) == 0:
            return None
        return json.loads(step.termination_log.read_bytes())["error"]
