"""Runs a notebook as a pipeline without the engine: the real plan, specification and step runtime.

Each step is a forked process that does what a step's command does, one after another. Thousands
of notebooks can be run so (`test_generated.py`, `tools/mutate_analysis.py`); loops, conditions
and everything else that an engine does is not here.
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
from jupyter_kfp_ext.engines.local.spec import read_pipeline
from jupyter_kfp_ext.errors import KfpExtError
from jupyter_kfp_ext.notation.reader import parse_notebook
from jupyter_kfp_ext.runs.chain import build
from jupyter_kfp_ext.runs.outputs import fold_cells
from tests.same_answer.pipelines import Answer

NURSERY = Path(__file__).with_name("step_nursery.py")
FACTS = RunFacts("quick", "quick", "2024-01-01T00:00:00Z", "/")


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
        bundle = home / "code.zip"
        bundle.write_bytes(compiled.bundle)
        pipeline = read_pipeline(compiled.spec, compiled.platform)
        results, records, failed = {}, [], []
        given = {name: each.default for name, each in pipeline.parameters.items()}
        for task in pipeline.tasks:
            if not set(task.after) <= results.keys():
                continue
            step = StepFolder(home / task.name)
            prepare_folder(step, str(folder))
            document = build_executor_input(task, step, given, results, FACTS)
            step.executor_input.write_text(json.dumps(document))
            status = self._step(task, step, bundle)
            records += step.cells.read_bytes().splitlines() if step.cells.exists() else []
            if status:
                said = json.loads(step.termination_log.read_bytes())["error"]
                failed.append((said["name"], said["message"]))
            else:
                results[task.name] = read_results(task, step)
        cells = fold_cells(map(json.loads, records))
        outputs = [
            cells[cell["id"]].outputs if cell["id"] in cells else [] for cell in raw["cells"]
        ]
        words = json.dumps(failed) if failed else ""
        return Answer((), outputs, tuple(failed), len(pipeline.tasks), words)

    def _step(self, task, step, bundle):
        environment = {
            **os.environ,
            "KFP_STEP_CODE": str(bundle),
            "KFP_STEP_CACHE": str(self._folder),
            "KFP_TERMINATION_LOG": str(step.termination_log),
        }
        arguments = [*task.container.args[:3], f"@{step.executor_input}"]
        request = {
            "argv": arguments,
            "cwd": str(step.work),
            "env": environment,
            "log": str(step.log),
        }
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())
