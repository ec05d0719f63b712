"""Snapshots of volumes before a step, and a run from there with the data as it was."""

import json

import pytest
import yaml
from kfp_on_cluster import connection_to
from snapshots_on_cluster import has_snapshots, snapshots_on

from jupyter_kfp_ext.engines.kfp import cleaning
from jupyter_kfp_ext.engines.kfp.access import open_api
from jupyter_kfp_ext.engines.kfp.connections import add_connection, choose, known_connections
from jupyter_kfp_ext.engines.kfp.rights import TAKING_ROLE
from tests.conftest import ROOT
from tests.support.notebooks import code_cell, notebook_json

DATA = {"claim": "data", "path": "/data"}
KEPT = {**DATA, "snapshot": True}
CELLS = (
    code_cell("open('/data/n', 'w').write('1')", step="begin", volumes=[DATA]),
    code_cell(
        "n = 10 * int(open('/data/n').read())\nopen('/data/n', 'w').write(str(n))\nprint('now', n)",
        step="change",
        volumes=[KEPT],
    ),
    code_cell("print('read', open('/data/n').read())", step="read", volumes=[DATA]),
)


@pytest.fixture
def folders(lab, real):
    """The controller of the tests; pods may take snapshots only after `allow`."""
    if has_snapshots(real):
        pytest.skip("the cluster has snapshots of its own")
    with snapshots_on(real) as found:
        found.claim("data")
        yield found


def allow(real):
    """Give the service account of the pods the role of the docs."""
    listed = yaml.safe_load_all((ROOT / "docs" / "kfp-role.yaml").read_text())
    (role,) = (each for each in listed if each["metadata"]["name"] == TAKING_ROLE)
    role["metadata"]["namespace"] = real.namespace
    group = "rbac.authorization.k8s.io/v1"
    real.make("roles", role, group)
    who = {"kind": "ServiceAccount", "name": "default", "namespace": real.namespace}
    reference = {"apiGroup": group.partition("/")[0], "kind": "Role", "name": TAKING_ROLE}
    bound = {"metadata": {"name": TAKING_ROLE}, "roleRef": reference, "subjects": [who]}
    real.make("rolebindings", bound, group)


def logs(kfp, run):
    return kfp("logs", run, "--json").json["logs"]


def test_a_run_from_a_step_on_with_the_data_as_it_was(
    kfp, lab, real, folders, kfp_home, write_notebook, monkeypatch
):
    allow(real)
    path = write_notebook("n.ipynb", *CELLS)
    first = kfp("run", path.name, "--connection", "lab", "--json")
    assert first.code == 0, first.out + first.err
    assert [each["name"] for each in first.json["steps"]] == ["begin", "change", "read"]
    assert logs(kfp, "last")["change"] == "now 10\n"
    there = first.json["remote"]["run_id"]
    snapshot = f"data-{there[:8]}-change"
    assert "snapshot of data taken" in kfp("show", "last").out
    with monkeypatch.context() as elsewhere:
        elsewhere.setenv("JUPYTER_KFP_HOME", str(kfp_home.with_name("colleague")))
        add_connection(connection_to(lab, real), default=True)
        attached = kfp("attach", there, "--json")
        assert attached.code == 0, attached.err
        seen = {each["name"]: each["snapshots"] for each in attached.json["steps"]}
        assert seen == {"begin": [], "change": [snapshot], "read": []}

    again = ("run", path.name, "--connection", "lab", "--from", "change", "--json")
    second = kfp(*again, "--data", "snapshot")
    assert second.code == 0, second.out + second.err
    assert [each["cached"] for each in second.json["steps"]] == [True, False, False]
    assert logs(kfp, "last")["change"] == "now 10\n"
    assert logs(kfp, "last")["read"] == "read 10\n"
    claim = f"data-{second.json['remote']['run_id'][:8]}"
    (note,) = second.json["notes"]
    assert snapshot in note
    assert claim in note
    assert claim in real.names("persistentvolumeclaims")

    third = kfp(*again)
    assert third.code == 0, third.out + third.err
    assert logs(kfp, "last")["change"] == "now 100\n"  # the claim itself stayed as it was

    nowhere = kfp(*again[:5], "read", "--data", "snapshot")
    assert (nowhere.code, "snapshot of the data before read" in nowhere.err) == (2, True)
    changed = code_cell("open('/data/n', 'w').write('7')", step="begin", volumes=[DATA])
    write_notebook("n.ipynb", changed, *CELLS[1:])
    twice = kfp(*again, "--data", "snapshot")
    assert (twice.code, "a second time" in twice.err) == (2, True)
    write_notebook("n.ipynb", *CELLS)

    shown = kfp("delete", second.json["run_id"], "--cluster", "--dry-run").out
    assert claim in shown
    assert f"{claim}-change" in shown
    assert kfp("delete", second.json["run_id"], "--cluster", "--yes").code == 0
    assert claim not in real.names("persistentvolumeclaims")
    left = {each["metadata"]["name"] for each in real.cluster.our_snapshots()}
    assert left == {snapshot, f"data-{third.json['remote']['run_id'][:8]}-change"}

    connection = choose("lab", known_connections())
    monkeypatch.setattr(cleaning, "LEAST_AGE", 0.0)
    assert cleaning.clean_cluster(kfp_home, connection, 0.0).snapshots == ()
    open_api(connection).delete_run(there)
    told = cleaning.clean_cluster(kfp_home, connection, 0.0, dry_run=True)
    assert told.snapshots == (snapshot,)
    assert cleaning.clean_cluster(kfp_home, connection, 0.0) == told
    assert snapshot not in {each["metadata"]["name"] for each in real.cluster.our_snapshots()}


def test_a_failed_run_is_resumed_with_the_data_as_it_was(kfp, lab, real, folders, write_notebook):
    allow(real)
    begin, change, read = CELLS
    failing = code_cell(change["source"] + "\n1 / 0", step="change", volumes=[KEPT])
    beside = code_cell("1 / 0", step="beside", volumes=[KEPT], after=["begin"])
    path = write_notebook("n.ipynb", begin, failing, read)
    failed = kfp("run", path.name, "--connection", "lab", "--json")
    assert failed.code == 1
    snapshot = f"data-{failed.json['remote']['run_id'][:8]}-change"
    write_notebook("n.ipynb", *CELLS)
    resume = ("resume", failed.json["run_id"], "--json")
    again = kfp(*resume, "--data", "snapshot")
    assert again.code == 0, again.err
    taken = {each["name"]: each["cached_from"] for each in again.json["steps"]}
    assert taken == {"begin": failed.json["run_id"], "change": None, "read": None}
    assert snapshot in again.json["notes"][0]
    assert logs(kfp, "last")["change"] == "now 10\n"
    done = kfp("resume", "last", "--data", "snapshot")
    assert (done.code, "no step of it runs again" in done.err) == (2, True)
    assert kfp(*resume).code == 0
    assert logs(kfp, "last")["change"] == "now 100\n"  # the claim as it is now

    write_notebook("n.ipynb", begin, failing, beside)
    assert kfp("run", path.name, "--connection", "lab").code == 1
    several = kfp("resume", "last", "--data", "snapshot")
    assert (several.code, "each of change, beside" in several.err) == (2, True)


def test_steps_that_share_a_pod(kfp, lab, real, folders, tmp_path):
    allow(real)
    path = tmp_path / "n.ipynb"
    path.write_text(json.dumps(notebook_json(*CELLS, kfp={"fuse": "auto"})))
    first = kfp("run", path.name, "--connection", "lab", "--json")
    assert first.code == 0, first.out + first.err
    assert "In one pod (`fuse`): change, read." in first.json["notes"][0]
    begin, change, read = first.json["steps"]
    assert [len(each["snapshots"]) for each in (begin, change, read)] == [0, 1, 0]
    again = kfp("run", path.name, "--connection", "lab", "--from", "change", "--data", "snapshot")
    assert again.code == 0, again.out + again.err
    assert logs(kfp, "last")["read"] == "read 10\n"


def test_pods_that_may_not_take_any(kfp, lab, real, folders, write_notebook):
    path = write_notebook("n.ipynb", *CELLS)
    called = kfp("run", path.name, "--connection", "lab", "--json")
    assert called.code == 1
    begin, change, read = called.json["steps"]
    assert [each["state"] for each in (begin, change, read)] == ["SUCCEEDED", "FAILED", "SKIPPED"]
    assert change["error"]["name"] == "cluster-denied"
    assert "may not take snapshots" in change["error"]["message"]
    assert TAKING_ROLE in change["error"]["remedy"]
    refused = kfp("run", path.name, "--connection", "lab", "--from", "change", "--data", "snapshot")
    assert refused.code == 2
    assert "snapshot" in refused.err


def test_a_cluster_that_knows_none_refuses_before_anything_runs(kfp, lab, real, write_notebook):
    if has_snapshots(real):
        pytest.skip("the cluster has snapshots of its own")
    real.claim("data")
    path = write_notebook("n.ipynb", *CELLS)
    called = kfp("run", path.name, "--connection", "lab", "--json")
    assert called.code == 1
    assert "the cluster does not know any" in called.json["message"]
    assert "run_id" not in called.json["remote"]
