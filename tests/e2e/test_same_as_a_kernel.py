"""A run's executed notebook holds what a kernel that runs the notebook top to bottom makes."""

import contextlib
import json
import re
import shutil
import sys
from pathlib import Path

import nbformat
import pytest
from nbclient.exceptions import CellExecutionError

from tests.support.command_line import call_kfp
from tests.support.kernel_client import KernelClient
from tests.support.notebooks import code_cell, notebook_json

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


def kernel_outputs(raw, folder):
    """Run a notebook in a fresh kernel; outputs of each code cell up to one that fails."""
    notebook = nbformat.reads(json.dumps(raw), as_version=4)
    client = KernelClient(notebook, resources={"metadata": {"path": str(folder)}})
    with contextlib.suppress(CellExecutionError):
        client.execute()
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    last = max(index for index, cell in enumerate(cells) if cell.execution_count)
    return [outputs_of(cell) for cell in cells[: last + 1]]


def run_outputs(path):
    """Run a notebook by `jupyter kfp run`; the report and the outputs of each code cell."""
    out = path.with_suffix(".out.ipynb")
    called = call_kfp("run", path.name, "--json", "--output-notebook", out, cwd=path.parent)
    executed = json.loads(out.read_text())
    cells = [cell for cell in executed["cells"] if cell["cell_type"] == "code"]
    return called, [outputs_of(cell) for cell in cells]


def outputs_of(cell):
    """A cell's outputs, the text of each stream as a whole.

    In which order a kernel sends what a cell wrote to both streams depends on when it flushes.
    """
    streams = {}
    others = []
    for output in map(comparable, cell["outputs"]):
        if output["output_type"] == "stream":
            streams[output["name"]] = streams.get(output["name"], "") + output["text"]
        else:
            others.append(output)
    return streams, others


def comparable(output):
    """An output without what differs between any two runs of a kernel: addresses, file names."""
    text = json.dumps(output, sort_keys=True)
    text = re.sub(r"0x[0-9a-f]{6,}", "0x", text)
    text = re.sub(r"/tmp/ipykernel_\d+/\d+\.py", "FILE", text)
    output = json.loads(text)
    if "traceback" in output:
        output["traceback"] = "\n".join(output["traceback"]).split("\n")
    return output


PLAIN = {
    "text": ["print('a')\nprint('b')", "'value'", "3;", "None", "[1, 'x', {2: (3,)}]"],
    "values": [
        "def double(x):\n    return 2 * x",
        "xs = [1, 2, 3]",
        "ys = [double(x) for x in xs]\nxs.append(4)",
        "print(xs, ys)\nlen(xs) + len(ys)",
    ],
    "streams": [
        "import sys\nprint('out')\nprint('err', file=sys.stderr)\nprint('out again')",
        "import warnings\nwarnings.warn('careful')",
    ],
    "rich": [
        "class Shown:\n    def _repr_html_(self):\n        return '<b>hi</b>'",
        "Shown()",
        "from IPython.display import HTML, Markdown, display\ndisplay(HTML('<i>x</i>'))\n1",
        "handle = display(Markdown('before'), display_id='d')\nhandle.update(Markdown('after'))",
    ],
    "a display of another step": [
        "shown = display('a', display_id='d')",
        "shown.update('b')",
        "display('c', display_id='e');",
        "from IPython.display import update_display\nupdate_display('f', display_id='e')",
    ],
    "frames": [
        "import pandas as pd\nframe = pd.DataFrame({'a': [1, 2], 'b': ['x', 'y']})",
        "frame",
        "frame.a.mean()",
    ],
    "magics": ["%env KFP_E2E=1", "import os\nos.environ['KFP_E2E']", "x = !echo hello\nx[0]"],
    "await": ["import asyncio\nawait asyncio.sleep(0)\n'done'"],
    "aliases": ["a = [1]\nb = a", "b.append(2)", "a is b, a"],
    "error": ["print('before')", "values = {'a': 1}\nprint('here')\nvalues['b']", "print('after')"],
    "error in a function": ["def inner():\n    raise ValueError('no')", "x = 1\ninner()"],
}


@pytest.mark.parametrize("name", PLAIN)
def test_one_step_a_cell(name, kfp_home, write_notebook, tmp_path):
    cells = [code_cell(source, step=f"s{n}") for n, source in enumerate(PLAIN[name])]
    path = write_notebook("n.ipynb", *cells)
    called, made = run_outputs(path)
    expected = kernel_outputs(notebook_json(*cells), tmp_path)
    # A step that needs nothing of the failing one runs all the same.
    assert made[: len(expected)] == expected
    failing = name.startswith("error")
    assert called.code == (1 if failing else 0), called.err
    assert called.json["state"] == ("FAILED" if failing else "SUCCEEDED")


def test_the_example(kfp_home, tmp_path):
    folder = tmp_path / "examples"
    shutil.copytree(EXAMPLES, folder, ignore=shutil.ignore_patterns("__pycache__"))
    raw = json.loads((folder / "digits.ipynb").read_text())
    called, made = run_outputs(folder / "digits.ipynb")
    assert called.code == 0, called.err
    assert made == kernel_outputs(raw, folder)
    assert called.json["metrics"]["accuracy"] > 0.9


def test_this_interpreter_runs_the_steps(kfp_home, write_notebook):
    path = write_notebook("n.ipynb", code_cell("import sys\nsys.executable", step="s"))
    _, made = run_outputs(path)
    assert made[0][1][0]["data"]["text/plain"] == repr(sys.executable)
