"""Errors, crashes and tags: where the cells stop, what says so, and what the notebook shows."""

import json

import nbformat
import pytest

from tests.support.command_line import call_kfp
from tests.support.notebooks import code_cell

# the second of three steps; name, line of the error, outputs that the cell has before it
ENDS = {
    "error": ("x = 1\n1 / 0", "ZeroDivisionError", 2, 0),
    "crash": (
        "import ctypes\nprint('before', flush=True)\ndef f():\n    ctypes.string_at(0)\n\nf()",
        "step-crashed",
        6,
        1,
    ),
    "abort": ("import os\nos.abort()", "step-crashed", 2, 0),
    "silent end": ("import os\nos._exit(0)", "step-failed", None, 0),
    "end with a code": ("import os\nos._exit(3)", "step-failed", None, 0),
    "killed": ("import os, signal\nos.kill(os.getpid(), signal.SIGKILL)", "step-killed", None, 0),
    "memory": ("held = bytearray(10**15)", "MemoryError", 1, 0),
    "exit": ("import sys\nsys.exit('bye')", "SystemExit", 2, 0),
}


def run(write_notebook, *cells):
    path = write_notebook("n.ipynb", *cells)
    out = path.with_suffix(".out.ipynb")
    called = call_kfp("run", path.name, "--json", "--output-notebook", out, cwd=path.parent)
    executed = json.loads(out.read_text())
    nbformat.validate(nbformat.from_dict(executed))
    return called, executed["cells"]


@pytest.mark.parametrize("name", ENDS)
def test_the_end_of_a_cell_is_named(name, kfp_home, write_notebook):
    source, error, line, before = ENDS[name]
    cells = [code_cell(text, step=f"s{n}") for n, text in enumerate(["'a'", source, "'c'"], 1)]
    called, executed = run(write_notebook, *cells)
    assert called.code == 1
    [told] = [step["error"] for step in called.json["steps"] if step["error"]]
    assert (told["name"], told["cell"], told["line"]) == (error, 2, line)
    assert told["message"]
    assert told["remedy"] or name == "error"
    assert "kfp_step" not in json.dumps([told, executed])
    outputs = executed[1]["outputs"]
    assert [each["output_type"] for each in outputs[:before]] == ["stream"] * before
    assert outputs[before]["ename"] == error
    # A kernel stops there, though the third step needs nothing of the second.
    assert executed[0]["outputs"] != []
    assert (executed[2]["outputs"], executed[2]["execution_count"]) == ([], None)


def tagged(cell, tag):
    return {**cell, "metadata": {**cell["metadata"], "tags": [tag]}}


@pytest.mark.parametrize("steps", [("a", "a", "a"), ("a", "b", "c")])
def test_a_cell_that_may_fail_stops_nothing(steps, kfp_home, write_notebook):
    sources = ["x = y = 1", "y = 2\nundefined\nx = 2", "print(x, y)"]
    cells = [code_cell(text, step=step) for text, step in zip(sources, steps, strict=True)]
    cells[1] = tagged(cells[1], "raises-exception")
    called, executed = run(write_notebook, *cells)
    assert called.code == 0, called.err
    assert executed[1]["outputs"][0]["ename"] == "NameError"
    assert executed[2]["outputs"][0]["text"] == "1 2\n"


def test_a_cell_that_nbclient_skips_is_skipped(kfp_home, write_notebook):
    cells = [code_cell("x = 1", step="a"), code_cell("x = 2"), code_cell("print(x)", step="b")]
    cells[1] = tagged(cells[1], "skip-execution")
    called, executed = run(write_notebook, *cells)
    assert called.code == 0, called.err
    assert executed[1]["execution_count"] is None
    assert executed[2]["outputs"][0]["text"] == "1\n"


def test_a_helper_is_named_as_it_lies_beside_the_notebook(kfp_home, write_notebook, tmp_path):
    (tmp_path / "helper.py").write_text("def divide(x):\n    return 1 / x\n")
    called, executed = run(write_notebook, code_cell("import helper\nhelper.divide(0)", step="a"))
    shown = "\n".join(executed[0]["outputs"][0]["traceback"])
    assert "helper.py" in shown
    assert "kfp-step-" not in shown
    assert called.json["steps"][0]["error"]["line"] == 2
