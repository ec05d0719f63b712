"""Namespaces of an installation for several users, from the command line alone."""

import pytest

from tests.standin.server import stand_in
from tests.standin.tenancy import Tenancy
from tests.support.notebooks import code_cell

CELLS = (code_cell("x = 1", step="one"), code_cell("print(x)", step="two"))


@pytest.fixture
def several(kfp, tmp_path):
    with stand_in(tenancy=Tenancy({"zoo": "owner", "ada": "contributor"})) as server:
        config = server.kubeconfig(tmp_path)
        said = ("--url", server.url, "--kubeconfig", config, "--namespace", "zoo")
        assert kfp("connections", "add", "lab", *said).code == 0
        yield server


def ran(called):
    assert called.code == 0, called.err
    return called.json


def test_runs_in_another_namespace_and_what_follows_them(kfp, several, write_notebook):
    listed = kfp("connections", "namespaces").out
    assert listed == "zoo  (the connection's, owner)\nada  (contributor)\n"
    path = write_notebook("n.ipynb", *CELLS)
    where = ("--connection", "lab", "--json")
    first = ran(kfp("run", path.name, *where, "--namespace", "ada"))
    assert first["remote"]["namespace"] == "ada"
    # Results of one namespace are not handed to pods of another.
    refused = kfp("run", path.name, *where, "--from", "two")
    assert refused.code == 2
    assert "No run of n.ipynb" in refused.out + refused.err
    part = ran(kfp("run", path.name, *where, "--namespace", "ada", "--from", "two"))
    assert [step["cached"] for step in part["steps"]] == [True, False]
    cloned = ran(kfp("clone", first["run_id"], "--json"))
    assert cloned["remote"]["namespace"] == "ada"
    assert kfp("archive", first["run_id"]).code == 0
    assert kfp("delete", first["run_id"], "--cluster", "--yes").code == 0
    assert first["remote"]["run_id"] not in several.store.runs


def test_schedules_and_runs_of_another_namespace(
    kfp, several, write_notebook, tmp_path, monkeypatch
):
    path = write_notebook("n.ipynb", *CELLS)
    ada = ("--connection", "lab", "--namespace", "ada", "--json")
    own = ("--connection", "lab", "--json")
    made = ran(kfp("schedule", "add", path.name, "--every", "6h", *ada))
    assert made["namespace"] == "ada"
    assert ran(kfp("schedule", "list", *own)) == []
    assert [each["id"] for each in ran(kfp("schedule", "list", *ada))] == [made["id"]]
    assert kfp("schedule", "pause", "n", *own).code == 2
    assert ran(kfp("schedule", "pause", "n", *ada))["enabled"] is False
    assert ran(kfp("schedule", "resume", "n", *ada))["enabled"] is True
    there = several.recurring.fire(made["id"])["run_id"]
    (seen,) = ran(kfp("schedule", "runs", "n", *ada))
    assert kfp("logs", seen["run_id"], "--follow").code == 0  # waits for the end
    assert ran(kfp("show", seen["run_id"], "--json"))["remote"]["namespace"] == "ada"
    assert ran(kfp("runs", *own)) == []
    assert [each["remote_id"] for each in ran(kfp("runs", *ada))] == [there]
    # A colleague, whose connection is to another namespace, finds by the id where it is.
    with monkeypatch.context() as elsewhere:
        elsewhere.setenv("JUPYTER_KFP_HOME", str(tmp_path / "colleague"))
        kfp("connections", "add", "lab", "--url", several.url, "--namespace", "zoo")
        assert ran(kfp("attach", there, "--json"))["remote"]["namespace"] == "ada"
    assert ran(kfp("schedule", "remove", "n", *ada)) == {"removed": made["id"]}
    assert several.recurring.kept == {}


def test_cleaning_in_another_namespace(kfp, several, write_notebook):
    assert kfp("clean", "--namespace", "ada").code == 2
    path = write_notebook("n.ipynb", *CELLS)
    where = ("--connection", "lab", "--namespace", "ada")
    assert kfp("run", path.name, *where).code == 0
    calls = len(several.calls)
    cleaned = ran(kfp("clean", *where, "--dry-run", "--json"))["cluster"]
    assert (cleaned["connection"], cleaned["namespace"]) == ("lab", "ada")
    asked = [each.path for each in several.calls[calls:] if "/namespaces/" in each.path]
    assert {each.split("/namespaces/")[1].split("/")[0] for each in asked} == {"ada"}
    assert "on lab (ada)" in kfp("clean", *where, "--dry-run").out


def test_nothing_to_choose(kfp, tmp_path):
    with stand_in() as server:
        kfp("connections", "add", "lab", "--url", server.url)
        assert kfp("connections", "namespaces").out.startswith("There is nothing to choose")
        assert kfp("connections", "namespaces", "--json").json == {"own": "", "namespaces": []}
