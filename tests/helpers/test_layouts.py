"""Layouts of projects: each is compiled, its modules are taken away, and its notebook is run.

So whatever a step imports has come with it: no file of the project is left on this machine but the
notebook's own folder.
"""

import json
import os
import sys
from pathlib import Path

import pytest
from layouts import Layout, lay_out, read_layouts

from jupyter_kfp_ext.compiler.ways import Places, shipping
from jupyter_kfp_ext.notation.notebook import Notebook
from jupyter_kfp_ext.notation.reader import parse_notebook
from jupyter_kfp_ext.runs.chain import build, check, submit
from jupyter_kfp_ext.runs.follow import follow_blocking
from jupyter_kfp_ext.runs.outputs import executed_notebook
from tests.support.notebooks import code_cell, notebook_json
from tests.support.pod_commands import Tasks

LAYOUTS = read_layouts(Path(__file__).with_name("layouts.txt").read_text(encoding="utf-8"))


def notebook_of(layout: Layout, place: Path, root: Path) -> Notebook:
    cells = [each.replace("{root}", str(root)) for each in layout.cells]
    made = [code_cell(text, step=f"s{number}") for number, text in enumerate(cells)]
    raw = notebook_json(*made, kfp=layout.metadata)
    place.write_text(json.dumps(raw))
    return parse_notebook(raw, place.name, str(place))


def take_away(root: Path) -> None:
    """Remove all of a project but its folders."""
    for folder, folders, names in os.walk(root, topdown=False):
        for name in (*names, *folders):
            path = Path(folder) / name
            if path.is_symlink() or path.is_file():
                path.unlink()


def printed(run_id: str) -> str:
    found = ""
    for cell in executed_notebook(run_id)["cells"]:
        for output in cell.get("outputs", ()):
            found += "".join(output.get("text", ())) if output["output_type"] == "stream" else ""
    return found


@pytest.mark.parametrize("layout", LAYOUTS, ids=[each.name.replace(" ", "-") for each in LAYOUTS])
def test_steps_have_all_that_they_import(layout, tmp_path, monkeypatch):
    monkeypatch.setenv("JUPYTER_KFP_HOME", str(tmp_path / "home"))
    root = tmp_path / "project"
    notebook = notebook_of(layout, lay_out(layout, root), root)
    told = {each.code.value for each in check(notebook).problems}
    assert told & {"helper-missing", "module-shadowed", "helper-refused"} == set(layout.told)
    compiled = build(notebook)
    take_away(root)
    run_id = submit(compiled, python=sys.executable).run_id
    *_, last = follow_blocking(run_id)
    assert [step.error for step in last.status.steps] == [None] * len(layout.cells)
    assert printed(run_id) == layout.prints


@pytest.mark.parametrize("layout", LAYOUTS, ids=[each.name.replace(" ", "-") for each in LAYOUTS])
def test_steps_on_a_cluster_have_all_that_they_import(layout, tmp_path, monkeypatch):
    """The commands of the compiled specification, each started in an empty folder."""
    monkeypatch.setenv("JUPYTER_KFP_HOME", str(tmp_path / "home"))
    root = tmp_path / "project"
    compiled = build(notebook_of(layout, lay_out(layout, root), root))
    take_away(root)
    place = tmp_path / "pods"
    place.mkdir()
    form = shipping(compiled, compiled.bundle, "embed", Places()).form
    done = Tasks(form, place).all()
    texts = [done[f"s{number}"] for number in range(len(layout.cells))]
    assert [each.code for each in texts] == [0] * len(texts), [each.text for each in texts]
    assert "".join(each.text for each in texts) == layout.prints


def test_the_table_is_large_enough_and_has_no_name_twice():
    names = [each.name for each in LAYOUTS]
    assert len(names) == len(set(names)) >= 40
