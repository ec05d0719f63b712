"""An import that no step can do is told before the run, and only such a one."""

import json

import pytest

from jupyter_kfp_ext.notation.reader import parse_notebook
from jupyter_kfp_ext.runs.chain import check
from tests.support.notebooks import code_cell, notebook_json

TOLD = {
    "a name": ("import gone", {}),
    "a part": ("import gone.part as g", {}),
    "from it": ("x = 1\nfrom gone.part import f", {}),
}
NOT_TOLD = {
    "of the standard library": ("import xml.dom, _thread, sys", {}),
    "installed": ("import nbformat\nfrom jupyter_server import auth", {}),
    "beside the notebook": ("import mine", {}),
    "a folder beside the notebook": ("from folder import a", {}),
    "prepared for it": ("try:\n    import gone\nexcept ImportError:\n    gone = None", {}),
    "in a condition": ("if False:\n    import gone", {}),
    "in a function": ("def f():\n    import gone", {}),
    "with packages of its own": ("import gone", {"packages": ["gone>=1"]}),
    "with an image of its own": ("import gone", {"image": "example.org/gone:1"}),
    "installed by the notebook": ("%pip install gone\nimport gone", {}),
    "installed by a command": ("!uv pip install -q gone\nimport gone", {}),
    "written by the notebook": ("import made", {}),
    "of a path that nobody knows": ("import sys\nsys.path.append(where())\nimport gone", {}),
    "of the environment's path": ("import elsewhere", {}),
}


def told(source, options, folder, monkeypatch):
    monkeypatch.setenv("JUPYTER_KFP_HOME", str(folder / "home"))
    monkeypatch.setenv("PYTHONPATH", str(folder / "there"))
    for name in ("nb/mine.py", "nb/folder/a.py", "there/elsewhere.py"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("")
    writes = "%%writefile made.py\nx = 1"
    raw = notebook_json(code_cell(writes, step="w"), code_cell(source, step="s", options=options))
    place = folder / "nb" / "nb.ipynb"
    place.write_text(json.dumps(raw))
    problems = check(parse_notebook(raw, place.name, str(place))).problems
    return [each for each in problems if "There is no module" in each.message]


@pytest.mark.parametrize("case", TOLD)
def test_told(case, tmp_path, monkeypatch):
    source, options = TOLD[case]
    (problem,) = told(source, options, tmp_path, monkeypatch)
    assert "`gone`" in problem.message
    assert (problem.cell, problem.line, problem.step) == (2, len(source.split("\n")), "s")
    assert (problem.code.value, problem.severity.value) == ("helper-missing", "warning")


@pytest.mark.parametrize("case", NOT_TOLD)
def test_not_told(case, tmp_path, monkeypatch):
    assert told(*NOT_TOLD[case], tmp_path, monkeypatch) == []
