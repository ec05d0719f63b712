"""A folder with a notebook that is run again and again, for tests of what is taken from before."""

import json
import sys
from pathlib import Path

from jupyter_kfp_ext.engines.local.layout import run_folder
from jupyter_kfp_ext.notation.reader import read_notebook
from jupyter_kfp_ext.runs.chain import build, submit
from jupyter_kfp_ext.runs.follow import follow_blocking
from tests.support.notebooks import notebook_json
from tests.support.processes import until_left


class Workshop:
    """Runs a notebook of one folder in a home, in the process of the test."""

    def __init__(self, home: Path, folder: Path) -> None:
        """Make the folder."""
        folder.mkdir(parents=True)
        self.home = home
        self.folder = folder
        self.notebook = folder / "nb.ipynb"

    def write(self, *cells, **metadata):
        """Write the notebook."""
        self.notebook.write_text(json.dumps(notebook_json(*cells, **metadata)))

    def start(self, **more):
        """Start a run of the notebook and return its id."""
        compiled = build(read_notebook(self.notebook))
        return submit(compiled, **{"python": sys.executable, **more}).run_id

    def end(self, run_id):
        """Wait until a run has ended and its runner is gone; return its status."""
        *_, last = follow_blocking(run_id, home=self.home)
        until_left(run_folder(self.home, run_id))
        return last.status

    def run(self, **more):
        """Run the notebook and return the status of its end."""
        return self.end(self.start(**more))

    def step(self, status, task):
        """Return the folder of a step of a run."""
        return run_folder(self.home, status.id).step(task)


def taken(status):
    """Return the names of the steps that a run took from an earlier one, in order."""
    return [step.name for step in status.steps if step.cached]
