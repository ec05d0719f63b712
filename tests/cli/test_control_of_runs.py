"""Retry, clone, archive and delete from the command line, here and on the stand-in."""

import json

import pytest

from tests.standin.server import stand_in
from tests.support.notebooks import code_cell

CELLS = (
    code_cell("lr = 0.5", role="parameters"),
    code_cell("import tools\nx = tools.double(lr)", step="make"),
    code_cell(
        "import os\nif not os.path.exists({mark!r}): raise ValueError('not yet')\nprint('got', x)",
        step="use",
    ),
)


@pytest.fixture
def standin(kfp, tmp_path):
    with stand_in() as server:
        config = server.kubeconfig(tmp_path)
        store = ("--store", "minio://mlpipeline/x", "--store-url", f"{server.url}/s3")
        where = ("--url", server.url, "--kubeconfig", config, *store)
        kfp("connections", "add", "lab", *where, "--store-key", "command:echo ada:secret")
        yield server


@pytest.fixture
def notebook(write_notebook, tmp_path):
    cells = [json.loads(json.dumps(each)) for each in CELLS]
    cells[2]["source"] = cells[2]["source"].format(mark=str(tmp_path / "mended"))
    path = write_notebook("n.ipynb", *cells)
    (path.parent / "tools.py").write_text("def double(n):\n    return 2 * n\n")
    return path


def test_a_run_on_a_cluster(kfp, standin, notebook, tmp_path):
    failed = kfp("run", notebook.name, "--connection", "lab", "-p", "lr=2", "--json")
    assert failed.code == 1, failed.err
    run_id = failed.json["run_id"]
    (tmp_path / "mended").touch()
    retried = kfp("retry", "last", "--json")
    assert retried.code == 0, retried.err
    assert (retried.json["run_id"], retried.json["state"]) == (run_id, "SUCCEEDED")
    assert kfp("retry", "last").code == 2  # nothing failed

    # What is on the disk now is not what the clone runs.
    (tmp_path / "tools.py").write_text("def double(n):\n    return 'changed'\n")
    notebook.write_text(notebook.read_text().replace("'got'", "'changed'"))
    cloned = kfp("clone", run_id, "-p", "lr=3", "--json")
    assert cloned.code == 0, cloned.err
    assert (cloned.json["engine"], cloned.json["parameters"]) == ("kfp", {"lr": 3.0})
    assert kfp("logs", "last", "use").out.endswith("got 6.0\n")
    assert len(standin.store.versions) == 1  # the very same pipeline

    assert kfp("archive", run_id).code == 0
    there = standin.store.runs[retried.json["remote"]["run_id"]]
    assert there["storage_state"] == "ARCHIVED"
    assert [each["run_id"] for each in kfp("runs", "--json").json] == [cloned.json["run_id"]]
    assert [each["run_id"] for each in kfp("runs", "--archived", "--json").json] == [run_id]
    assert kfp("unarchive", run_id).code == 0
    assert there["storage_state"] == "AVAILABLE"
    assert len(kfp("runs", "--json").json) == 2

    root = f"mlpipeline/v2/artifacts/n/{there['run_id']}"
    standin.objects.stored |= {f"{root}/make/1/x/{n}": b"x" for n in "ab"}
    standin.objects.stored["mlpipeline/v2/artifacts/n/another/x"] = b"stays"
    wanted = (run_id, "--cluster", "--artifacts")
    looked = kfp("delete", *wanted, "--dry-run", "--json").json
    assert looked["removed"] is False
    assert looked["runs"][0]["cluster"]["artifacts"] == 2
    assert kfp("delete", *wanted).code == 2  # nobody there to be asked
    assert there["run_id"] in standin.store.runs
    gone = kfp("delete", *wanted, "--yes")
    assert gone.code == 0, gone.err
    assert f"2 objects in minio://{root}" in gone.out
    assert there["run_id"] not in standin.store.runs
    assert list(standin.objects.stored) == ["mlpipeline/v2/artifacts/n/another/x"]
    assert [each["run_id"] for each in kfp("runs", "--json").json] == [cloned.json["run_id"]]


def test_a_run_of_this_machine(kfp, notebook, tmp_path):
    (tmp_path / "mended").touch()
    first = kfp("run", notebook.name, "-p", "lr=2", "--json").json
    (tmp_path / "tools.py").write_text("def double(n):\n    return 'changed'\n")
    cloned = kfp("clone", "last", "--json").json
    assert (cloned["state"], cloned["parameters"]) == ("SUCCEEDED", {"lr": 2.0})
    assert [step["cached"] for step in cloned["steps"]] == [True, True]
    other = kfp("clone", first["run_id"], "-p", "lr=4", "--no-cache", "--json").json
    assert [step["cached"] for step in other["steps"]] == [False, False]
    assert kfp("logs", "last", "use").out.endswith("got 8.0\n")
    assert kfp("clone", "last", "-p", "nope=1").code == 2
    refused = kfp("retry", "last")
    assert (refused.code, "resume" in refused.err) == (1, True)
    assert kfp("archive", first["run_id"], "--json").json == [
        {"run_id": first["run_id"], "archived": True}
    ]
    assert len(kfp("runs", "--notebook", notebook.name, "--json").json) == 2
    assert kfp("delete", first["run_id"], "--yes").code == 0
    assert kfp("show", first["run_id"]).code == 2
