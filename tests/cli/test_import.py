"""`jupyter kfp import`: files of other tools in, a notebook with marks of its own out."""

import json

from tests.support.notebooks import code_cell, notebook_json

KALE = (
    code_cell("n = 2", tags=["pipeline-parameters"]),
    code_cell("x = [n]", tags=["block:make"]),
    code_cell("print('got', x)", tags=["block:use", "prev:make"]),
)


def test_kale_s_notebook_is_converted_in_place_and_runs(kfp, write_notebook):
    path = write_notebook("n.ipynb", *KALE)
    called = kfp("import", path.name, "--from", "kale")
    assert called.code == 0, called.err
    assert "`block:use`, `prev:make` became the step `use`" in called.out
    cells = json.loads(path.read_text())["cells"]
    assert [cell["metadata"]["kfp"] for cell in cells] == [
        {"role": "parameters"},
        {"step": "make"},
        {"step": "use", "after": ["make"]},
    ]
    assert kfp("run", path.name, "-p", "n=5").code == 0
    assert "got [5]" in kfp("logs", "last").out
    assert "Nothing to convert" in kfp("import", path.name, "--from", "kale").err


def test_another_file_is_written_where_it_is_asked_for(kfp, write_notebook, tmp_path):
    path = write_notebook("n.ipynb", *KALE)
    before = path.read_bytes()
    called = kfp("import", path.name, "--from", "kale", "-o", "new.ipynb", "--json")
    assert (called.code, path.read_bytes()) == (0, before)
    assert called.json["file"] == str(tmp_path / "new.ipynb")
    assert len(called.json["changes"]) == 3
    again = kfp("import", path.name, "--from", "kale", "-o", "new.ipynb")
    assert (again.code, "is there already" in again.err) == (2, True)


def test_an_elyra_pipeline_becomes_a_notebook_that_runs(kfp, write_notebook, tmp_path):
    write_notebook("a.ipynb", "open('d.txt', 'w').write('data of a')")
    write_notebook("b.ipynb", "print(open('d.txt').read())")
    nodes = [
        {
            "id": name,
            "op": "execute-notebook-node",
            "app_data": {"component_parameters": {"filename": f"{name}.ipynb"}},
            "inputs": [{"links": [{"node_id_ref": "a"}] if name == "b" else []}],
        }
        for name in "ba"
    ]
    (tmp_path / "work.pipeline").write_text(json.dumps({"pipelines": [{"nodes": nodes}]}))
    called = kfp("import", "work.pipeline", "--from", "elyra")
    assert called.code == 0, called.err
    assert kfp("run", "work.ipynb").code == 0
    assert "data of a" in kfp("logs", "last", "b").out
    again = kfp("import", "work.pipeline", "--from", "elyra")
    assert (again.code, "is there already" in again.err) == (2, True)


def test_calls_that_do_not_fit(kfp, write_notebook):
    path = write_notebook("n.ipynb", json.dumps(notebook_json("x = 1")))
    assert kfp("import", path.name).code == 2
    assert kfp("import", path.name, "--from", "airflow").code == 2
    assert kfp("import", path.name, "--from", "elyra").code == 2
    assert kfp("import", "gone.ipynb", "--from", "kale").code == 2
