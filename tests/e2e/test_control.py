"""Loops, conditions and the exit: a kernel with the magics and a run give the same."""

import json
from pathlib import Path

import pytest
from control_notebooks import CASES
from nbclient import NotebookClient
from nbformat import from_dict

from jupyter_kfp_ext.notation.reader import read_notebook
from jupyter_kfp_ext.runs.chain import build, submit
from jupyter_kfp_ext.runs.follow import follow_blocking
from jupyter_kfp_ext.runs.outputs import executed_notebook
from tests.support.notebooks import notebook_json

ROOT = Path(__file__).resolve().parents[2]
LOAD = "%load_ext jupyter_kfp_ext"


def shown(cells):
    """Return what each cell put out, as text; of an error, its name and message."""
    found = []
    for cell in cells:
        texts = []
        for output in cell["outputs"]:
            if output["output_type"] == "error":
                texts.append(f"{output['ename']}: {output['evalue']}")
            elif output["output_type"] == "stream":
                texts.append(output["text"])
            else:
                texts.append(f"[{output['execution_count']}] {output['data']['text/plain']}\n")
        found.append("".join(texts))
    return found


@pytest.fixture(name="home")
def fresh_home(tmp_path, monkeypatch):
    monkeypatch.setenv("JUPYTER_KFP_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    return tmp_path / "home"


def run(path):
    """Run a notebook here and return its final status."""
    started = submit(build(read_notebook(path)))
    return [change.status for change in follow_blocking(started.run_id)][-1]


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_a_run_gives_what_the_kernel_gives(case, home, tmp_path):
    raw = notebook_json(LOAD, *case.cells)
    raw["cells"][0]["metadata"]["kfp"] = {"role": "skip"}
    path = tmp_path / "control.ipynb"
    path.write_text(json.dumps(raw))

    status = run(path)
    ours = shown(executed_notebook(status.id)["cells"])
    folder = tmp_path / "kernel"
    folder.mkdir()
    notebook = from_dict(raw)
    NotebookClient(
        notebook,
        timeout=60,
        kernel_name="python3",
        allow_errors=True,
        resources={"metadata": {"path": str(folder)}},
    ).execute()
    kernel = shown(notebook["cells"])
    errors = [number for number, text in enumerate(kernel) if "Error: " in text]
    if errors:  # a run ends there
        kernel = kernel[: errors[0] + 1]
        assert status.state.value == "FAILED"
        failed = next(step for step in status.steps if step.error)
        assert failed.error.message
    else:
        assert status.state.value == "SUCCEEDED", [step.error for step in status.steps]
    assert ours[: len(kernel)] == kernel
    skipped = [step.name for step in status.steps if step.state.value == "SKIPPED"]
    assert errors or skipped == list(case.skips)
