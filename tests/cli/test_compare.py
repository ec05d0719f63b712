"""`jupyter kfp compare`: what differs between runs, for people and for scripts."""

from tests.support.notebooks import code_cell


def notebook(last):
    return (
        code_cell("lr = 0.5\nkeep = 1", role="parameters"),
        code_cell("total = lr * 2", step="make"),
        code_cell(last, step="use"),
        code_cell("score = total", role="metrics"),
    )


def test_what_differs_is_marked(kfp, write_notebook):
    path = write_notebook("n.ipynb", *notebook("print(total)"))
    first = kfp("run", path.name, "--json", "-p", "lr=1").json["run_id"]
    write_notebook("n.ipynb", *notebook("print(total + 1)"))
    second = kfp("run", path.name, "--json", "-p", "lr=2").json["run_id"]

    called = kfp("compare", first, "last")
    assert (called.code, called.err) == (0, "")
    lines = [line.split() for line in called.out.splitlines()]
    assert [first, second] in lines
    assert ["*", "lr", "1", "2"] in lines
    assert ["*", "score", "2", "4"] in lines
    assert "keep" not in called.out
    assert "  cell 3 (use): changed" in called.out.splitlines()
    assert "    +print(total + 1)" in called.out.splitlines()
    assert ["keep", "1", "1"] in [
        line.split() for line in kfp("compare", "--all", first, second).out.splitlines()
    ]

    told = kfp("compare", first, second, "--json").json
    assert [each["run_id"] for each in told["runs"]] == [first, second]
    assert told["metrics"] == [{"name": "score", "values": [2.0, 4.0], "differs": True}]
    assert told["steps"][0]["seconds"][0] > 0


def test_files_of_the_steps_are_compared_as_they_were_run(kfp, write_notebook):
    path = write_notebook("n.ipynb", code_cell("import tools\nprint(tools.x)", step="use"))
    helper = path.parent / "tools.py"
    helper.write_text("x = 1\ny = 0\n")
    first = kfp("run", path.name, "--json").json["run_id"]
    helper.write_text("x = 2\ny = 0\n")
    second = kfp("run", path.name, "--json").json["run_id"]
    helper.unlink()  # it counts what was run
    code = kfp("compare", first, second, "--json").json["code"]
    assert code[0] == {"run_id": first, "cells": [], "files": []}
    assert code[1]["cells"] == []
    [file] = code[1]["files"]
    assert (file["change"], file["path"]) == ("changed", "helpers/tools.py")
    assert [line for line in file["lines"] if line[0] in "+-"] == ["-x = 1", "+x = 2"]


def test_what_cannot_be_compared(kfp, write_notebook):
    path = write_notebook("n.ipynb", code_cell("x = 1", step="a"))
    run = kfp("run", path.name, "--json").json["run_id"]
    for args, code in (([run, "last"], "usage"), ([run, "2019"], "run-missing")):
        called = kfp("compare", *args)
        assert called.code == 2
        assert f"error[{code}]" in called.err
