"""`jupyter kfp export`: a project without this extension, which compiles, runs, can be changed."""

import json
import os
import subprocess
import sys

import pytest

from tests.support.notebooks import code_cell

CELLS = (
    code_cell("lr = 0.5\ntext = 'a$b {c}'\norder = {'b': 1, 'a': 2}", role="parameters"),
    code_cell("from own.tools import twice", role="imports"),
    code_cell("lr = twice(lr)\n%time _seen = [text]", step="load"),
    code_cell("score = n * lr", step="fit", for_each="n in [1, 4]", for_each_limit=1),
    code_cell("best = max(score)", step="class", image="python:3.12"),
    code_cell("best = best * 10", step="better one", when="best > 1"),
    code_cell("accuracy = best / 100\nprint(best, _seen, list(order))", step="report"),
    code_cell("accuracy", role="metrics"),
    code_cell("print('bye')", step="bye", on_exit=True),
)


@pytest.fixture(name="notebook")
def a_notebook(write_notebook, tmp_path):
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "__init__.py").write_text("")
    (tmp_path / "own" / "tools.py").write_text("def twice(x):\n    return x * 2\n")
    return write_notebook("all of it.ipynb", *CELLS, kfp={"helpers": "configmap"})


def compile_there(folder):
    """Run its `pipeline.py` as somebody who has the kfp SDK and nothing of this project."""
    env = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    command = [sys.executable, "-W", "error::SyntaxWarning", "pipeline.py"]
    done = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def contents(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in files_of(folder)}


def files_of(folder):
    return [path for path in folder.rglob("*") if path.is_file()]


def test_it_compiles_and_runs_as_the_notebook_and_after_changes(kfp, notebook, tmp_path):
    called = kfp("export", notebook.name, "-o", "out", "--json")
    assert called.code == 0, called.err
    out = tmp_path / "out"
    assert sorted([*called.json["files"], "export.json"]) == sorted(contents(out))
    assert (called.json["folder"], called.json["delivery"]) == (str(out), "configmap")
    assert not any(b"jupyter_kfp_ext" in path.read_bytes() for path in out.glob("*.py"))
    compile_there(out)
    ran = kfp("run", "out/pipeline.yaml", "--json")
    assert ran.code == 0, ran.err
    notebook_run = kfp("run", notebook.name, "--json").json
    assert ran.json["metrics"] == notebook_run["metrics"] == {"accuracy": 0.4}
    assert "40.0 ['a$b {c}'] ['b', 'a']" in kfp("logs", ran.json["run_id"], "report").out

    helper = out / "bundle" / "helpers" / "own" / "tools.py"
    helper.write_text(helper.read_text().replace("* 2", "* 4"))
    cells = out / "bundle" / "steps" / "report.py"
    cells.write_text(cells.read_text().replace("/ 100", "/ 1000"))
    compile_there(out)
    assert kfp("run", "out/pipeline.yaml", "--json").json["metrics"] == {"accuracy": 0.08}


def test_the_bytes_are_the_same_anywhere_and_an_unchanged_export_is_replaced(
    kfp, notebook, tmp_path
):
    assert kfp("export", notebook.name, "-o", "one").code == 0
    (tmp_path / "two").mkdir()
    assert kfp("export", str(notebook), "-o", "two").code == 0
    first = contents(tmp_path / "one")
    assert first == contents(tmp_path / "two")

    (tmp_path / "two" / "pipeline.yaml").write_text("of the earlier one")
    (tmp_path / "two" / "notes.txt").write_text("mine")
    raw = json.loads(notebook.read_text())
    del raw["cells"][-1]
    notebook.write_text(json.dumps(raw))
    again = kfp("export", notebook.name, "-o", "two")
    assert again.code == 0, again.err
    second = contents(tmp_path / "two")
    gone = {"bundle/steps/bye.json", "bundle/steps/bye.py"}
    assert first.keys() - second.keys() == gone
    assert second.keys() - first.keys() == {"notes.txt"}


@pytest.mark.parametrize("split", [None, "cells"])
def test_a_notebook_without_marks_is_exported_too(split, kfp, write_notebook, tmp_path):
    path = write_notebook("plain.ipynb", "a = 1", "print(a + 1)")
    more = ["--split", split] if split else []
    assert kfp("export", path.name, "-o", "out", *more).code == 0
    steps = {each.stem for each in (tmp_path / "out" / "bundle" / "steps").glob("*.py")}
    assert len(steps) == (2 if split else 1)


REFUSED = {
    "other files": lambda out: (out / "notes.txt").write_text("mine"),
    "another notebook": lambda out: (out / "export.json").write_text(
        json.dumps({"notebook": "other.ipynb", "pipeline": "n", "files": {}})
    ),
    "no record of ours": lambda out: (out / "export.json").write_text("[1]"),
    "a record that leads out": lambda out: (out / "export.json").write_text(
        json.dumps({"notebook": "n.ipynb", "pipeline": "n", "files": {"../n.ipynb": "x"}})
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_folder_with_something_else_is_left_alone(case, kfp, write_notebook, tmp_path):
    path = write_notebook("n.ipynb", "a = 1")
    out = tmp_path / "out"
    out.mkdir()
    REFUSED[case](out)
    before = contents(tmp_path)
    called = kfp("export", path.name, "-o", "out", "--json")
    assert (called.code, called.json["problems"][0]["code"]) == (2, "usage")
    assert contents(tmp_path) == before


def test_what_was_changed_by_hand_is_not_replaced(kfp, write_notebook, tmp_path):
    path = write_notebook("n.ipynb", "a = 1")
    assert kfp("export", path.name, "-o", "out").code == 0
    (tmp_path / "out" / "pipeline.py").write_text("# better\n")
    (tmp_path / "out" / "README.md").unlink()
    before = contents(tmp_path)
    called = kfp("export", path.name, "-o", "out")
    assert (called.code, "changed or added since the export: pipeline.py." in called.err) == (
        2,
        True,
    )
    assert contents(tmp_path) == before


def test_what_cannot_be_written_or_exported_leaves_nothing(kfp, write_notebook, tmp_path):
    path = write_notebook("n.ipynb", code_cell("a = 1", step="one", memory="1.5Gi"))
    called = kfp("export", path.name, "-o", "out", "--json")
    (problem,) = called.json["problems"]
    assert (called.code, problem["code"], problem["option"]) == (1, "option-unsupported", "memory")
    assert "1536Mi" in problem["remedy"]
    (tmp_path / "file").write_text("")
    good = write_notebook("m.ipynb", "a = 1")
    assert kfp("export", good.name, "-o", "file").code == 2
    assert kfp("export", good.name, "-o", "file/out").code == 1
    assert kfp("export", "none.ipynb", "-o", "out").code == 2
    assert kfp("export", good.name).code == 2
    assert {each.name for each in tmp_path.iterdir()} >= {"n.ipynb", "m.ipynb", "file"}
    assert not (tmp_path / "out").exists()
