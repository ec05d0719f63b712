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


def test_nothing_to_choose(kfp, tmp_path):
    with stand_in() as server:
        kfp("connections", "add", "lab", "--url", server.url)
        assert kfp("connections", "namespaces").out.startswith("There is nothing to choose")
        assert kfp("connections", "namespaces", "--json").json == {"own": "", "namespaces": []}
