"""Runs that are there already: started again, put aside, removed; a cluster is the stand-in."""

import pytest

from jupyter_kfp_ext.engines.kfp.connection import Connection
from jupyter_kfp_ext.engines.kfp.connections import add_connection
from jupyter_kfp_ext.engines.local.layout import run_folder
from tests.standin.server import stand_in
from tests.standin.tenancy import Tenancy
from tests.support.notebooks import code_cell
from tests.support.processes import until_left

CELLS = (
    code_cell("lr = 1", role="parameters"),
    code_cell("x = 1 / lr\nprint('x', x)", step="divide"),
)


@pytest.fixture
def lab(kfp_home, tmp_path):
    with stand_in() as server:
        kubeconfig = str(server.kubeconfig(tmp_path))
        add_connection(Connection("lab", server.url, kubeconfig=kubeconfig), default=True)
        yield server


async def test_clone_and_archive(api, put_notebook, ended):
    path = put_notebook("n.ipynb", *CELLS)
    first = (await api("POST", "runs", body={"path": path})).json["run_id"]
    await ended(first)
    put_notebook("n.ipynb", code_cell("other", step="gone"))
    answer = await api("POST", "runs", first, "clone", body={"parameters": {"lr": 4}})
    assert answer.status == 201
    run = await ended(answer.json["run_id"])
    assert (run.state.value, dict(run.parameters)) == ("SUCCEEDED", {"lr": 4})
    assert (await api("POST", "runs", first, "retry", body={})).status == 422

    assert (await api("POST", "runs", first, "archive", body={})).json == {"archived": True}

    async def listed(**query):
        runs = (await api("GET", "runs", **query)).json["runs"]
        return [(each["id"], each["archived"]) for each in runs]

    assert await listed() == [(run.id, False)]
    assert await listed(archived="only") == [(first, True)]
    assert await listed(archived="all", notebook=path) == [(run.id, False), (first, True)]
    assert (await api("GET", "runs", archived="maybe")).status == 400
    body = {"archived": False}
    assert (await api("POST", "runs", first, "archive", body=body)).json == {"archived": False}
    assert len(await listed()) == 2
    assert (await api("GET", "runs", first, "cluster")).json == {"cluster": None}
    assert (await api("DELETE", "runs", first)).json == {"cluster": None}
    assert await listed() == [(run.id, False)]


async def test_retry_and_delete_on_a_cluster(api, put_notebook, ended, lab, tmp_path):
    mark = tmp_path / "mended"
    code = f"import os\nif not os.path.exists({str(mark)!r}): raise ValueError"
    path = put_notebook("n.ipynb", code_cell(code, step="flaky"))
    run_id = (await api("POST", "runs", body={"path": path, "connection": "lab"})).json["run_id"]
    run = await ended(run_id)
    assert run.state.value == "FAILED"
    mark.touch()
    assert (await api("POST", "runs", run_id, "retry", body={})).status == 202
    assert (await ended(run_id)).state.value == "SUCCEEDED"
    names = (await api("GET", "connections", "lab", "names")).json
    assert [each["name"] for each in names["pipelines"]] == ["n"]
    assert {each["name"] for each in names["experiments"]} == {"n", "Default"}
    [listed] = (await api("GET", "connections", "lab", "runs")).json["runs"]
    assert (listed["run_id"], listed["state"]) == (run_id, "SUCCEEDED")
    assert (await api("GET", "connections", "lab", "schedules")).json == {"schedules": []}
    assert (await api("GET", "connections", "no", "names")).status == 400
    there = (await api("GET", "runs", run_id, "cluster")).json["cluster"]
    assert (there["connection"], there["run_id"]) == ("lab", run.remote["run_id"])
    gone = await api("DELETE", "runs", run_id, cluster="true")
    assert gone.json["cluster"]["run_id"] == run.remote["run_id"]
    assert lab.store.runs == {}
    assert (await api("GET", "runs", run_id)).status == 404


async def test_schedules_and_runs_of_others(api, put_notebook, ended, lab):
    path = put_notebook("n.ipynb", *CELLS)
    place = ("connections", "lab", "schedules")
    body = {"path": path, "cron": "0 9 * * 1-5", "experiment": "nightly", "parameters": {"lr": 2}}
    made = await api("POST", *place, body={**body, "concurrency": 3, "catch_up": True})
    assert made.status == 201, made.json
    assert (made.json["notebook"], made.json["when"], made.json["at_once"]) == (
        path,
        "cron 0 9 * * 1-5",
        3,
    )
    [kept] = lab.recurring.kept.values()
    assert "no_catchup" not in kept  # KFP leaves out what is false
    for wrong in ({**body, "every": "1h"}, {**body, "cron": "61 * * * *"}, {"path": path}, body):
        assert (await api("POST", *place, body=wrong)).status == 400
    key = made.json["id"]
    for verb, enabled in (("pause", False), ("resume", True)):
        assert (await api("POST", *place, key, verb, body={})).json["enabled"] is enabled

    started = lab.recurring.fire(key)
    [run] = (await api("POST", *place, key, "runs", body={})).json["runs"]
    assert run["remote_id"] == started["run_id"]
    status = await ended(run["run_id"])
    assert (status.state.value, status.remote["experiment"]) == ("SUCCEEDED", "nightly")
    assert (await api("DELETE", *place, key)).status == 200
    assert (await api("GET", *place)).json == {"schedules": []}
    assert (await api("DELETE", *place, key)).status == 400


async def test_schedules_and_runs_of_another_namespace(api, put_notebook, ended, kfp_home):
    with stand_in(tenancy=Tenancy({"zoo": "owner", "ada": "contributor"})) as server:
        add_connection(Connection("lab", server.url, namespace="zoo"), default=True)
        path = put_notebook("n.ipynb", *CELLS)
        place = ("connections", "lab", "schedules")
        ada = {"namespace": "ada"}
        made = await api("POST", *place, body={"path": path, "every": "6h"}, **ada)
        assert (made.status, made.json.get("namespace")) == (201, "ada"), made.json
        key = made.json["id"]
        assert (await api("GET", *place)).json == {"schedules": []}
        assert [each["id"] for each in (await api("GET", *place, **ada)).json["schedules"]] == [key]
        assert (await api("POST", *place, key, "pause", body={})).status == 400
        assert not (await api("POST", *place, key, "pause", body={}, **ada)).json["enabled"]
        there = server.recurring.fire(key)["run_id"]
        [run] = (await api("POST", *place, key, "runs", body={}, **ada)).json["runs"]
        assert (await ended(run["run_id"])).remote["namespace"] == "ada"
        listed = ("connections", "lab", "runs")
        assert (await api("GET", *listed)).json == {"runs": []}
        [seen] = (await api("GET", *listed, **ada)).json["runs"]
        assert (seen["remote_id"], seen["run_id"]) == (there, run["run_id"])
        names = (await api("GET", "connections", "lab", "names", **ada)).json
        assert [each["name"] for each in names["experiments"]] == ["n"]
        assert (await api("DELETE", *place, key, **ada)).status == 200
        found = (await api("GET", "clean", connection="lab", **ada)).json["cluster"]
        assert found["namespace"] == "ada"


async def test_a_run_of_a_colleague_and_what_it_ran(api, put_notebook, ended, lab, kfp_home):
    path = put_notebook("n.ipynb", *CELLS)
    body = {"path": path, "connection": "lab", "experiment": "shared"}
    run_id = (await api("POST", "runs", body=body)).json["run_id"]
    remote = (await ended(run_id)).remote
    assert (await api("DELETE", "runs", run_id)).status == 200  # as where it never was
    runs = ("connections", "lab", "runs")
    [there] = (await api("GET", *runs)).json["runs"]
    assert (there["remote_id"], there["run_id"]) == (remote["run_id"], "")
    answer = await api("POST", *runs, there["remote_id"], "attach", body={"path": path})
    assert answer.status == 201, answer.json
    attached = await ended(answer.json["run_id"])
    assert (attached.state.value, attached.remote["experiment"]) == ("SUCCEEDED", "shared")
    assert (await api("GET", "runs", attached.id)).json["notebook"] == path
    assert (await api("POST", *runs, "no", "attach", body={})).status == 404
    [pipeline] = (await api("GET", "connections", "lab", "names")).json["pipelines"]
    place = ("connections", "lab", "pipelines", pipeline["id"], "versions")
    [version] = (await api("GET", *place)).json["versions"]
    assert version["id"] == remote["pipeline_version_id"]


async def test_what_goes_is_told_before_it_goes(api, put_notebook, ended, kfp_home):
    path = put_notebook("n.ipynb", code_cell("a = 1", step="one"))
    run_id = (await api("POST", "runs", body={"path": path})).json["run_id"]
    await ended(run_id)
    until_left(run_folder(kfp_home, run_id))
    assert (await api("GET", "clean")).json["runs"] == []
    told = (await api("GET", "clean", days="0")).json
    assert (told["runs"], told["cluster"]) == ([run_id], None)
    assert told["bytes"] > 0
    assert (await api("GET", "runs", run_id)).status == 200
    assert (await api("POST", "clean", body={"days": 0})).json == told
    assert (await api("GET", "runs", run_id)).status == 404
    for wrong in ("-1", "nan", "soon"):
        assert (await api("GET", "clean", days=wrong)).status == 400
    assert (await api("POST", "clean", body={"days": "0"})).status == 400


async def test_what_goes_on_a_cluster_is_told_too(api, lab):
    answer = await api("GET", "clean", connection="lab")
    assert answer.status == 200, answer.json
    told = answer.json["cluster"]
    assert (told["connection"], told["config_maps"]) == ("lab", [])
    assert told["sizes"] == {
        "config_maps": 0,
        "bundles": 0,
        "values": 0,
        "claims": 0,
        "snapshots": 0,
    }
    assert (await api("POST", "clean", body={"connection": "none"})).status == 400
