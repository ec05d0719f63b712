"""A run has the code that it was started with, whatever is edited while it is under way."""

import json

import pytest

from jupyter_kfp_ext.compiler.ways import Places, shipping
from jupyter_kfp_ext.engines.model import State
from jupyter_kfp_ext.notation.reader import read_notebook
from jupyter_kfp_ext.runs.chain import build, submit
from jupyter_kfp_ext.runs.code import code_of_run
from jupyter_kfp_ext.runs.follow import follow_blocking
from jupyter_kfp_ext.runs.outputs import executed_notebook
from tests.support.notebooks import code_cell, notebook_json
from tests.support.tricky_notebooks import Tricky, printed

EDITS = {
    "another text": "open(os.environ['HELPER'], 'w').write('def f(): return \"new\"\\n')",
    "another import": "open(os.environ['HELPER'], 'w').write('import gone\\ndef f(): return 1\\n')",
    "no Python": "open(os.environ['HELPER'], 'w').write('def f(:')",
    "removed": "os.path.exists(os.environ['HELPER']) and os.remove(os.environ['HELPER'])",
}


@pytest.mark.parametrize("edit", EDITS.values(), ids=EDITS)
def test_planning_again_takes_the_files_that_were_sent(edit, kfp_home, tmp_path, monkeypatch):
    tricky = Tricky(tmp_path, monkeypatch)
    path = tricky.write(
        [
            "import trickster\nx = [1]",
            f"import os\n{edit}\nprint(trickster.total(x))",
            "import helper\nprint(helper.f(), x)",
        ]
    )
    helper = path.parent / "helper.py"
    helper.write_text("import part\ndef f(): return part.word\n")
    (path.parent / "part.py").write_text("word = 'old'\n")
    monkeypatch.setenv("HELPER", str(helper))
    run, shown = tricky.run(path)
    assert run.state is State.SUCCEEDED
    assert any("Planned again" in note for note in run.notes)
    assert shown[2] == "old [1, 99]\n"


def test_a_run_is_not_changed_by_an_edit_and_the_next_one_recomputes_who_uses_it(
    kfp_home, tmp_path, monkeypatch
):
    """The first step edits the helpers of both others, while they wait for it."""
    monkeypatch.setenv("EDITED", str(tmp_path / "work" / "one.py"))
    edit = (
        "import os\nwith open(os.environ['EDITED'], 'w') as file:\n"
        "    written = file.write('word = \"edited\"\\n')\nready = True"
    )
    path = tmp_path / "work" / "n.ipynb"
    path.parent.mkdir()
    cells = (
        code_cell(edit, step="edits"),
        code_cell("import one\nif ready: print(one.word)", step="first"),
        code_cell("import two\nif ready: print(two.word)", step="second"),
        code_cell("print('alone')", step="alone"),
    )
    raw = notebook_json(*cells)
    path.write_text(json.dumps(raw))
    for name in ("one", "two"):
        (path.parent / f"{name}.py").write_text(f"word = '{name}'\n")

    def run():
        run_id = submit(build(read_notebook(path))).run_id
        *_, last = follow_blocking(run_id)
        assert last.status.state is State.SUCCEEDED
        return run_id, last.status.steps, executed_notebook(run_id)["cells"]

    first, _, shown = run()
    assert [printed(cell) for cell in shown] == ["", "one\n", "two\n", "alone\n"]
    second, steps, shown = run()
    assert [printed(cell) for cell in shown] == ["", "edited\n", "two\n", "alone\n"]
    assert {step.name for step in steps if not step.cached} - {"edits"} == {"first"}
    hashes = [
        {each["path"]: each["sha256"] for each in code_of_run(run_id)["files"]}
        for run_id in (first, second)
    ]
    assert hashes[0]["helpers/one.py"] != hashes[1]["helpers/one.py"]
    assert hashes[0]["helpers/two.py"] == hashes[1]["helpers/two.py"]


@pytest.mark.parametrize("way", ["configmap", "embed"])
def test_on_a_cluster_an_edit_changes_the_commands_of_who_uses_the_file_alone(
    way, kfp_home, tmp_path
):
    """KFP's cache key holds the command; what is mounted it does not see."""
    raw = notebook_json(
        code_cell("import one\nx = one.word", step="first"),
        code_cell("import two\nprint(two.word)", step="second"),
        code_cell("print(x)", step="takes"),
    )
    path = tmp_path / "n.ipynb"
    path.write_text(json.dumps(raw))
    for name in ("one", "two"):
        (tmp_path / f"{name}.py").write_text(f"word = '{name}'\n")

    def commands():
        compiled = build(read_notebook(path))
        form = shipping(compiled, compiled.bundle, way, Places()).form
        executors = form.spec["deploymentSpec"]["executors"]
        return {
            label.removeprefix("exec-"): each["container"]["args"]
            for label, each in executors.items()
        }

    before = commands()
    (tmp_path / "two.py").write_text("word = 'edited'\n")
    after = commands()
    assert {name for name in after if after[name] != before[name]} == {"second"}
    (tmp_path / "two.py").write_text("word = 'two'\n")
    assert commands() == before
