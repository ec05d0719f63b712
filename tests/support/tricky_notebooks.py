"""Runs notebooks that use the package `trickster`: in one process, and as a pipeline."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

from jupyter_kfp_ext.notation.reader import read_notebook
from jupyter_kfp_ext.runs.chain import build, submit
from jupyter_kfp_ext.runs.follow import follow_blocking
from jupyter_kfp_ext.runs.outputs import executed_notebook
from tests.support.notebooks import notebook_json

_STRAIGHT = """
import contextlib, io, json, sys
cells, dumps = json.loads(sys.argv[1]), json.dumps
names = {"__name__": "__main__"}
sys.modules["__main__"].__dict__.update(names)
shown = []
for number, source in enumerate(cells):
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        exec(compile(source, f"<cell {number}>", "exec"), sys.modules["__main__"].__dict__)
    shown.append(out.getvalue())
print(dumps(shown))
"""


def install_trickster(folder):
    """Make a `site-packages` with the package as a distribution; return its path."""
    site = folder / "site-packages"
    info = site / "trickster-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: trickster\nVersion: 1.0\n")
    shutil.copy(Path(__file__).with_name("trickster.py"), site)
    return site


class Tricky:
    """A folder in which notebooks run that can import `trickster`."""

    def __init__(self, folder, monkeypatch):
        self.folder = folder
        self.path = os.pathsep.join([os.environ["PYTHONPATH"], str(install_trickster(folder))])
        monkeypatch.setenv("PYTHONPATH", self.path)

    def straight(self, cells):
        """Return what each cell prints where all run in one process, from top to bottom."""
        work = self.folder / "straight"
        shutil.rmtree(work, ignore_errors=True)
        work.mkdir()
        done = subprocess.run(
            [sys.executable, "-c", _STRAIGHT, json.dumps(cells)],
            cwd=work,
            capture_output=True,
            text=True,
            check=True,
        )
        return json.loads(done.stdout)

    def write(self, cells):
        """Write a notebook of these cells into a folder of its own; return its path."""
        path = self.folder / "pipeline" / "n.ipynb"
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps(notebook_json(*cells)))
        return path

    def run(self, path):
        """Run a notebook, a step a cell; return the run and what each cell printed."""
        run_id = submit(build(read_notebook(path), "cells"), python=sys.executable).run_id
        *_, last = follow_blocking(run_id)
        executed = executed_notebook(run_id)
        return last.status, [printed(cell) for cell in executed["cells"]]


def printed(cell):
    """Return what an executed cell wrote to standard output."""
    return "".join(each["text"] for each in cell["outputs"] if each.get("name") == "stdout")
