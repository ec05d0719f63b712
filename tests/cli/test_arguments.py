"""What the command line refuses and how it says so; no run is needed for these."""

import json

import pytest

from tests.support.notebooks import code_cell


@pytest.mark.parametrize(
    "args",
    [
        (),
        ("fly",),
        ("run",),
        ("run", "a.ipynb", "--from", "x", "--only", "y"),
        ("run", "a.ipynb", "--spl", "none"),
        ("run", "a.ipynb", "--split", "halves"),
        ("runs", "--limit", "0"),
        ("compare", "last"),
        ("logs",),
    ],
)
def test_wrong_usage_is_2_with_one_message(kfp, args):
    called = kfp(*args)
    assert called.code == 2
    assert called.out == ""
    assert "usage: jupyter kfp" in called.err
    assert "Traceback" not in called.err


@pytest.mark.parametrize("args", [("--help",), ("run", "--help"), ("--version",)])
def test_help_is_0(kfp, args):
    called = kfp(*args)
    assert (called.code, called.err) == (0, "")
    assert called.out


def broken(name, tmp_path, write_notebook):
    """A notebook that is wrong in one way."""
    if name == "missing":
        return tmp_path / "missing.ipynb"
    if name == "folder":
        (tmp_path / "folder.ipynb").mkdir()
        return tmp_path / "folder.ipynb"
    if name == "not json":
        (tmp_path / "bad.ipynb").write_text('{"cells": [')
        return tmp_path / "bad.ipynb"
    return write_notebook("bad.ipynb", *BROKEN[name][0], **BROKEN[name][1])


BROKEN = {
    "empty": ((), {}),
    "syntax error": ((code_cell("x = 1"), code_cell("a = 1\nb = = 2", step="s")), {}),
    "unknown option": ((code_cell("x = 1", step="s", gpus=1),), {}),
    "unknown magic option": (("%%component s --gpus 1\nx = 1",), {}),
    "cycle": (
        (code_cell("a = 1", step="a", after=["b"]), code_cell("b = 1", step="b", after=["a"])),
        {},
    ),
    "undefined name": ((code_cell("print(nowhere)", step="s"),), {}),
    "no kernel": ((code_cell("x = 1", step="s"),), {"kernelspec": {"name": "gone-kernel"}}),
    "another language": (
        (code_cell("x <- 1", step="s"),),
        {"kernelspec": {"name": "ir", "language": "R"}},
    ),
}

# name: exit code, problem code, cell, line
EXPECTED = {
    "missing": (2, "notebook-missing", None, None),
    "folder": (1, "notebook-unreadable", None, None),
    "not json": (1, "notebook-unreadable", None, None),
    "empty": (1, "notebook-empty", None, None),
    "syntax error": (1, "syntax-error", 2, 2),
    "unknown option": (1, "option-unknown", 1, None),
    "unknown magic option": (1, "option-unknown", 1, 1),
    "cycle": (1, "cycle", 1, None),
    "undefined name": (1, "name-undefined", 1, 1),
    "no kernel": (1, "kernel-missing", None, None),
    "another language": (1, "kernel-language", None, None),
}


@pytest.mark.parametrize("name", EXPECTED)
def test_a_bad_notebook_gets_one_clear_message(name, kfp, tmp_path, write_notebook):
    path = broken(name, tmp_path, write_notebook)
    before = path.read_bytes() if path.is_file() else None
    exit_code, code, cell, line = EXPECTED[name]
    called = kfp("check", path.name)
    assert called.code == exit_code
    assert called.err.count(f"error[{code}]: ") == 1
    assert called.err.count("error[") == 1
    place = f"cell {cell}, line {line}: " if line else f"cell {cell}: " if cell else ""
    assert f"{path.name}: {place}error[{code}]: " in called.err
    assert "Traceback" not in called.err
    if before is not None:
        assert path.read_bytes() == before


@pytest.mark.parametrize("name", EXPECTED)
def test_the_same_as_json(name, kfp, tmp_path, write_notebook):
    path = broken(name, tmp_path, write_notebook)
    exit_code, code, cell, line = EXPECTED[name]
    called = kfp("check", "--json", path.name)
    assert called.code == exit_code
    [problem] = [each for each in called.json if each["severity"] == "error"]
    assert (problem["code"], problem["cell"], problem["line"]) == (code, cell, line)
    assert problem["message"] and problem["remedy"]


@pytest.mark.parametrize("command", ["run", "compile"])
@pytest.mark.parametrize("name", EXPECTED)
def test_it_does_not_run_or_compile(name, command, kfp, kfp_home, tmp_path, write_notebook):
    if (name, command) == ("no kernel", "compile"):
        pytest.skip("compiling needs no kernel")
    path = broken(name, tmp_path, write_notebook)
    called = kfp(command, path.name)
    assert called.code == EXPECTED[name][0]
    assert f"error[{EXPECTED[name][1]}]: " in called.err
    assert "Traceback" not in called.err
    assert called.out == ""
    assert not (kfp_home / "runs").exists()


def test_run_json_says_why_no_run_was_started(kfp, write_notebook):
    path = write_notebook("bad.ipynb", code_cell("x = = 1", step="s"))
    called = kfp("run", "--json", path.name)
    assert called.code == 1
    assert called.json["run_id"] is None
    assert (called.json["steps"], called.json["metrics"]) == ([], {})
    assert called.json["problems"][0]["code"] == "syntax-error"


PARAMETERS = ("p.ipynb", code_cell("lr = 0.1", role="parameters"), code_cell("lr", step="s"))


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ("lr", "usage"),
        ("=1", "usage"),
        ("lr=much", "parameter-invalid"),
        ("rate=0.1", "parameter-unknown"),
    ],
)
def test_parameters_that_do_not_fit_are_usage(kfp, kfp_home, write_notebook, given, code):
    path = write_notebook(*PARAMETERS)
    called = kfp("run", path.name, "-p", given)
    assert called.code == 2
    assert f"error[{code}]: " in called.err
    assert not (kfp_home / "runs").exists()


@pytest.mark.parametrize(
    ("args", "code"),
    [
        (("--engine", "mars"), "engine-unknown"),
        (("--no-wait", "--output-notebook", "o.ipynb"), "usage"),
        (("--output-notebook", "nowhere/o.ipynb"), "usage"),
        (("--output-notebook", "."), "usage"),
        (("--output-notebook", "./p.ipynb"), "usage"),
    ],
)
def test_options_that_cannot_be(kfp, kfp_home, write_notebook, args, code):
    path = write_notebook(*PARAMETERS)
    called = kfp("run", path.name, *args)
    assert called.code == 2
    assert f"error[{code}]: " in called.err
    assert not (kfp_home / "runs").exists()


@pytest.mark.parametrize(
    "args", [("show", "x"), ("logs", "x"), ("cancel", "x"), ("show", "last"), ("logs", "../x")]
)
def test_runs_that_are_not_there(kfp, args):
    called = kfp(*args, "--json")
    assert called.code == 2
    assert called.json["problems"][0]["code"] == "run-missing"
    assert "Traceback" not in called.err


def test_no_runs_yet(kfp):
    assert kfp("runs", "--json").json == []
    assert "jupyter kfp run" in kfp("runs").out
    assert "other.ipynb" in kfp("runs", "--notebook", "other.ipynb").out


@pytest.mark.parametrize("args", [("runs",), ("show", "last")])
def test_a_home_that_is_no_folder(kfp, tmp_path, args):
    (tmp_path / "file").write_text("")
    called = kfp(*args, JUPYTER_KFP_HOME=str(tmp_path / "file"))
    assert called.code == 1
    assert "error[storage-failed]: " in called.err
    assert "JUPYTER_KFP_HOME" in called.err


def test_the_output_is_ascii_json_whatever_the_terminals_encoding(kfp, write_notebook):
    path = write_notebook("ünï.ipynb", code_cell("x = = 1", step="s"))
    called = kfp("check", "--json", path.name, PYTHONIOENCODING="ascii", PYTHONUTF8="0")
    assert called.code == 1
    assert json.loads(called.out)[0]["code"] == "syntax-error"
    assert "Traceback" not in called.err
