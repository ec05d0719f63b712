"""Kale's notebooks with marks of this project: the same meaning, and nothing else touched."""

import pytest
from notation_cases import code, raw, text

from jupyter_kfp_ext.notation.from_kale import from_kale
from jupyter_kfp_ext.notation.marks import read_marks
from jupyter_kfp_ext.notation.reader import parse_notebook

KALE = {
    "pipeline_name": "small",
    "pipeline_description": "",
    "experiment": {"id": "new", "name": "baseline"},
    "base_image": "python:3.12",
    "enable_caching": True,
    "steps_defaults": ["label:team:vision", "limit:memory:2Gi"],
    "volumes": [{"type": "pvc", "name": "data", "mount_point": "/data"}],
}


def notebook(*cells, **metadata):
    return parse_notebook(raw(*cells, **metadata), name="work.ipynb")


def meaning(found):
    model = read_marks(found)
    cells = [(each.cell.id, each.role, each.step) for each in model.cells]
    return cells, [(each.name, each.options) for each in model.steps], model.settings, model.name


WHOLE = (
    text("# Title"),
    code("import numpy", tags=["imports"]),
    code("def f(): pass", tags=["functions"]),
    code("lr = 1", tags=["pipeline-parameters"]),
    code("x = f()", tags=["block:load", "limit:nvidia.com/gpu:1", "mine"]),
    code("y = x"),
    code("print(y)", tags=["skip"]),
    code("z = y"),
    code("w = z", tags=["step:train", "prev:load", "image:python:3.13", "cache:disabled"]),
    code("a = 1", tags=["pipeline-metrics"]),
)


def test_the_meaning_stays():
    before = notebook(*WHOLE, kubeflow_notebook=KALE)
    converted = from_kale(before)
    assert meaning(converted.notebook) == meaning(before)
    assert converted.problems == ()
    assert len(converted.changes) == 8


def test_marks_are_metadata_now_and_other_tags_stay():
    found = from_kale(notebook(*WHOLE, kubeflow_notebook=KALE, other=1)).notebook
    [load] = [cell for cell in found.cells if cell.source == "x = f()"]
    assert load.metadata == {
        "kfp": {"step": "load", "gpu": 1, "gpu_type": "nvidia.com/gpu"},
        "tags": ["mine"],
    }
    assert set(found.metadata) == {"kfp", "other"}
    assert [cell.metadata.get("tags") for cell in found.cells if cell is not load].count(None) == 9


@pytest.mark.parametrize("role", ["imports", "functions", "pipeline-parameters"])
def test_a_cell_without_tags_gets_the_role_of_the_cell_above_as_in_kale(role):
    cells = (code("a = 1", tags=[role]), code("b = 2"), code("c = 3", tags=["block:one"]))
    found = from_kale(notebook(*cells)).notebook
    first, second, _ = found.cells
    assert first.metadata["kfp"] == second.metadata["kfp"]


def test_papermill_s_tag_stays_and_is_no_change():
    converted = from_kale(notebook(code("lr = 1", tags=["parameters"]), code("x = lr")))
    assert converted.changes == ()
    assert converted.notebook.cells[0].metadata == {"tags": ["parameters"]}


@pytest.mark.parametrize(
    ("tags", "problem"),
    [
        (["block:one", "imports"], "mark-conflict"),
        (["block:one", "limit:memory:x"], "option-invalid"),
        (["block:one", "notebook:other.ipynb"], "option-unsupported"),
        (["block:one", "prev:"], "mark-invalid"),
    ],
)
def test_a_cell_whose_tags_are_wrong_stays_as_it_is(tags, problem):
    converted = from_kale(notebook(code(tags=tags)))
    assert [each.code.value for each in converted.problems] == [problem]
    assert converted.notebook.cells[0].metadata == {"tags": tags}
    assert converted.changes == ()


def test_what_kale_has_and_we_have_not_is_said():
    kale = {**KALE, "volumes": [{"type": "snap", "name": "s"}], "katib_run": True}
    converted = from_kale(notebook(code(tags=["block:one"]), kubeflow_notebook=kale))
    assert [each.severity.value for each in converted.problems] == ["warning", "warning"]
    assert "kubeflow_notebook" not in converted.notebook.metadata


def test_a_second_time_changes_nothing():
    once = from_kale(notebook(*WHOLE, kubeflow_notebook=KALE)).notebook
    again = from_kale(once)
    assert (again.changes, again.notebook.raw) == ((), once.raw)
