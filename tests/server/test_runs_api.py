import asyncio
import json
import os

import pytest

from jupyter_kfp_ext.runs.follow import follow
from jupyter_kfp_ext.runs.registry import Registry
from tests.support.notebooks import code_cell, notebook_json

TWO_STEPS = (
    code_cell("lr = 0.5", role="parameters"),
    code_cell("x = 0\nfor _ in range(2):\n    x += lr\nprint('made', x)", step="make"),
    code_cell("x + 1", step="use"),
)


async def test_info(api):
    answer = await api("GET", "info")
    assert answer.status == 200
    assert answer.json["engines"] == ["local", "kfp"]
    assert set(answer.json) == {"version", "engines"}


async def test_the_pipeline_of_a_saved_notebook(api, put_notebook):
    path = put_notebook("sub/n.ipynb", *TWO_STEPS)
    answer = await api("POST", "pipeline", body={"path": path})
    assert answer.status == 200
    assert [step["name"] for step in answer.json["steps"]] == ["make", "use"]
    assert answer.json["steps"][1]["inputs"] == [{"step": "make", "names": ["x"]}]
    assert answer.json["parameters"][0]["name"] == "lr"
    assert answer.json["cells"]["c1"]["role"] == "step"
    assert answer.json["problems"] == []


async def test_the_unsaved_state_wins_and_needs_no_file(api):
    notebook = notebook_json(code_cell("print(1)", step="only"))
    answer = await api("POST", "pipeline", body={"path": "new.ipynb", "notebook": notebook})
    assert [step["name"] for step in answer.json["steps"]] == ["only"]


async def test_what_is_wrong_is_in_the_pipeline(api, put_notebook):
    path = put_notebook("n.ipynb", code_cell("x = 1", step="a", gpus=2), code_cell("y = = 1"))
    answer = await api("POST", "pipeline", body={"path": path})
    assert answer.status == 200
    problems = {each["code"]: each for each in answer.json["problems"]}
    assert problems["option-unknown"]["cell_id"] == "c0"
    assert (problems["syntax-error"]["cell"], problems["syntax-error"]["line"]) == (2, 1)


async def test_a_run_from_start_to_end(api, put_notebook, ended):
    path = put_notebook("sub/n.ipynb", *TWO_STEPS)
    answer = await api("POST", "runs", body={"path": path, "parameters": {"lr": 4}})
    assert answer.status == 201
    assert answer.json["problems"] == []
    run_id = answer.json["run_id"]
    await ended(run_id)

    run = (await api("GET", "runs", run_id)).json
    assert (run["id"], run["notebook"], run["state"]) == (run_id, path, "SUCCEEDED")
    assert run["parameters"] == {"lr": 4.0}
    assert [step["state"] for step in run["steps"]] == ["SUCCEEDED", "SUCCEEDED"]

    cells = (await api("GET", "runs", run_id, "outputs", step="make")).json["cells"]
    assert cells["c1"]["outputs"][0]["text"] == "made 8.0\n"
    assert cells["c1"]["status"] == "ok"

    notebook = (await api("GET", "runs", run_id, "notebook")).json
    assert notebook["cells"][2]["outputs"][0]["data"]["text/plain"] == "9.0"

    put_notebook(path, code_cell("z = 1", step="other"))
    submitted = (await api("GET", "runs", run_id, "pipeline")).json
    assert [step["name"] for step in submitted["steps"]] == ["make", "use"]
    assert submitted["steps"][1]["inputs"] == [{"step": "make", "names": ["x"]}]

    again = await api("POST", "runs", run_id, "cancel", body={})
    assert again.status == 409
    assert again.json["problems"][0]["code"] == "run-ended"


async def test_what_this_machine_never_has_runs_only_where_that_is_said(api, put_notebook, ended):
    path = put_notebook("n.ipynb", code_cell("x = 1", step="big", memory="900Ti"))
    refused = await api("POST", "runs", body={"path": path})
    assert refused.status == 422
    (problem,) = refused.json["problems"]
    assert (problem["code"], problem["option"], problem["cell_id"]) == (
        "resources-missing",
        "memory",
        "c0",
    )
    started = await api("POST", "runs", body={"path": path, "ignore_resources": True})
    assert started.status == 201
    await ended(started.json["run_id"])
    run = (await api("GET", "runs", started.json["run_id"])).json
    assert run["state"] == "SUCCEEDED"
    assert any("of memory, and this machine has" in note for note in run["notes"])
    (step,) = run["steps"]
    assert step["requests"] == {"memory": "900Ti"}
    assert step["suggested"]["memory"].endswith("Mi")
    assert (step["bytes_in"], step["bytes_out"]) == (0, 0)


async def test_a_press_is_one_run_however_often_it_is_sent(api, put_notebook, ended, kfp_home):
    path = put_notebook("n.ipynb", code_cell("a = 1", step="one"))

    async def press(name):
        answer = await api("POST", "runs", body={"path": path, "press": name})
        assert answer.status == 201
        return answer.json["run_id"]

    run_id, *more = await asyncio.gather(*(press("first") for _ in range(4)))
    await ended(run_id)
    # Also for a server that was started since: what is known is beside the runs.
    assert {await press("first"), *more} == {run_id}
    # It is found before anything is compiled: what the editor has by now does not matter.
    broken = notebook_json(code_cell("x =", step="one"))
    body = {"path": path, "notebook": broken, "press": "first"}
    assert (await api("POST", "runs", body=body)).json == {"run_id": run_id, "problems": []}
    second = await press("second")
    await ended(second)
    assert [each.id for each in Registry(kfp_home).list()] == [second, run_id]


async def test_cancelling(api, put_notebook, ended):
    path = put_notebook("n.ipynb", code_cell("import time\ntime.sleep(300)", step="long"))
    run_id = (await api("POST", "runs", body={"path": path})).json["run_id"]
    answer = await api("POST", "runs", run_id, "cancel", body={})
    assert (answer.status, answer.json) == (202, {})
    assert (await ended(run_id)).state.value == "CANCELED"


async def test_pausing_and_going_on(api, put_notebook, ended, tmp_path):
    gate = tmp_path / "gate"
    os.mkfifo(gate)
    path = put_notebook("n.ipynb", code_cell(f"open({str(gate)!r}).close()", step="long"))
    run_id = (await api("POST", "runs", body={"path": path})).json["run_id"]
    answer = await api("POST", "runs", run_id, "pause", body={})
    assert (answer.status, answer.json) == (202, {})
    async for change in follow(run_id):
        if change.status.state.value == "PAUSED":
            break
    again = await api("POST", "runs", run_id, "resume", body={})
    assert (again.status, again.json) == (201, {"run_id": run_id, "problems": []})
    await asyncio.to_thread(gate.write_text, "")
    assert (await ended(run_id)).state.value == "SUCCEEDED"
    late = await api("POST", "runs", run_id, "pause", body={})
    assert (late.status, late.json["problems"][0]["code"]) == (409, "run-ended")


async def test_lists_are_paged_and_told_apart_by_notebook(api, put_notebook, ended):
    path = put_notebook("n.ipynb", code_cell("1", step="s"))
    other = put_notebook("other.ipynb", code_cell("1", step="s"))
    started = [
        (await api("POST", "runs", body={"path": each})).json["run_id"]
        for each in (path, other, path, path)
    ]
    for run_id in started:
        await ended(run_id)
    newest = started[::-1]

    everything = (await api("GET", "runs")).json
    assert [run["id"] for run in everything["runs"]] == newest
    assert everything["next"] is None
    assert all("steps" not in run for run in everything["runs"])

    first = (await api("GET", "runs", limit=2)).json
    assert [run["id"] for run in first["runs"]] == newest[:2]
    second = (await api("GET", "runs", limit=2, before=first["next"])).json
    assert [run["id"] for run in second["runs"]] == newest[2:]
    assert second["next"] is None

    mine = (await api("GET", "runs", notebook=path)).json
    assert [run["id"] for run in mine["runs"]] == [started[3], started[2], started[0]]


async def test_a_run_from_elsewhere_has_no_contents_path(api, kfp, write_notebook):
    path = write_notebook("outside.ipynb", code_cell("1", step="s"))
    run_id = kfp("run", str(path), "--json").json["run_id"]
    assert (await api("GET", "runs", run_id)).json["notebook"] is None


GOOD = notebook_json(code_cell("x = 1", step="s"))
BAD_REQUESTS = [
    ("pipeline", "{", 400, "usage"),
    ("pipeline", "[]", 400, "usage"),
    ("pipeline", {"path": "a.ipynb", "notebook": []}, 400, "usage"),
    ("pipeline", {"path": "a.ipynb", "notebook": GOOD, "split": "x"}, 400, "usage"),
    ("pipeline", {"path": "a.ipynb"}, 404, "notebook-missing"),
    ("pipeline", {"path": ".hidden/a.ipynb", "notebook": GOOD}, 404, "notebook-missing"),
    ("pipeline", {"path": "bad.ipynb"}, 422, "notebook-unreadable"),
    ("pipeline", {"path": "a.ipynb", "notebook": {"nbformat": 3}}, 422, "notebook-unreadable"),
    ("runs", {"path": "a.ipynb"}, 404, "notebook-missing"),
    ("runs", {"path": "a.ipynb", "notebook": notebook_json()}, 422, "notebook-empty"),
    ("runs", {"path": "a.ipynb", "notebook": notebook_json("x = = 1")}, 422, "syntax-error"),
    ("runs", {"path": "a.ipynb", "notebook": GOOD, "engine": "mars"}, 400, "engine-unknown"),
    ("runs", {"path": "a.ipynb", "notebook": GOOD, "cache": "yes"}, 400, "usage"),
    ("runs", {"path": "a.ipynb", "notebook": GOOD, "parameters": [1]}, 400, "usage"),
    (
        "runs",
        {"path": "a.ipynb", "notebook": GOOD, "parameters": {"y": 1}},
        400,
        "parameter-unknown",
    ),
    ("runs/20200101-000000-aaaaaa/cancel", {}, 404, "run-missing"),
]


@pytest.mark.parametrize(("call", "body", "status", "code"), BAD_REQUESTS)
async def test_errors_have_a_status_and_one_form(
    call, body, status, code, api, jp_root_dir, kfp_home
):
    (jp_root_dir / "bad.ipynb").write_text('{"cells": [')
    (jp_root_dir / ".hidden").mkdir()
    answer = await api("POST", *call.split("/"), body=body)
    assert answer.status == status
    assert answer.json["problems"][0]["code"] == code
    assert answer.json["message"] == answer.json["problems"][0]["message"]
    assert not (kfp_home / "runs").exists()


@pytest.mark.parametrize(
    ("path", "params", "status", "code"),
    [
        ("runs/20200101-000000-aaaaaa", {}, 404, "run-missing"),
        ("runs/20200101-000000-aaaaaa/notebook", {}, 404, "run-missing"),
        ("runs/20200101-000000-aaaaaa/outputs", {"step": "s"}, 404, "run-missing"),
        ("runs/20200101-000000-aaaaaa/outputs", {}, 400, "usage"),
        ("runs", {"limit": "0"}, 400, "usage"),
        ("runs", {"limit": "many"}, 400, "usage"),
        ("runs", {"notebook": "../x.ipynb"}, 400, "usage"),
    ],
)
async def test_errors_of_reading(path, params, status, code, api):
    answer = await api("GET", *path.split("/"), **params)
    assert answer.status == status
    assert answer.json["problems"][0]["code"] == code


async def test_an_error_of_our_own_is_a_500_without_its_text(api, monkeypatch):
    def broken():
        raise RuntimeError("secret detail")

    monkeypatch.setattr("jupyter_kfp_ext.runs.engines.engine_names", broken)
    answer = await api("GET", "info")
    assert answer.status == 500
    assert "secret" not in json.dumps(answer.json)
    assert answer.json["problems"] == []


async def test_a_part_of_a_notebook_and_resuming_take_what_was_done(api, put_notebook, ended):
    path = put_notebook("n.ipynb", *TWO_STEPS)
    refused = await api("POST", "runs", body={"path": path, "only": "use"})
    assert (refused.status, refused.json["problems"][0]["code"]) == (404, "run-missing")
    first = (await api("POST", "runs", body={"path": path})).json["run_id"]
    await ended(first)
    for call in (("runs",), ("runs", first, "resume")):
        body = {"path": path, "from": "use"} if call == ("runs",) else {}
        started = await api("POST", *call, body=body)
        assert started.status == 201, started.json
        await ended(started.json["run_id"])
        steps = (await api("GET", "runs", started.json["run_id"])).json["steps"]
        assert [each["state"] for each in steps] == ["SUCCEEDED", "SUCCEEDED"]
        assert steps[0]["cached_from"] == first
    assert (await api("POST", "runs", "nothing", "resume", body={})).status == 404


async def test_data_as_it_was_is_offered_where_it_was_asked_to_be_kept(api, put_notebook):
    data = {"claim": "data", "path": "/data"}
    kept = {**data, "snapshot": True}
    cells = (
        code_cell("x = 1", step="load", volumes=[data]),
        code_cell("print(x)", step="use", volumes=[kept]),
    )
    path = put_notebook("n.ipynb", *cells, kfp={"defaults": {"volumes": [kept]}})
    told = (await api("POST", "pipeline", body={"path": path})).json
    # What the run dialog reads it from.
    assert [each["options"]["volumes"] for each in told["steps"]] == [[data], [kept]]
    assert told["settings"]["defaults"]["volumes"] == [kept]
    body = {"path": path, "from": "use", "data": "snapshot"}
    refused = await api("POST", "runs", body=body)
    assert (refused.status, refused.json["problems"][0]["code"]) == (404, "run-missing")
    for wrong in ({"from": ""}, {"data": "yesterday"}):
        assert (await api("POST", "runs", body={**body, **wrong})).status == 400


async def test_a_mended_notebook_goes_on_from_the_run_that_failed(api, put_notebook, ended):
    cells = (
        code_cell("lr = 1", role="parameters"),
        code_cell("x = lr", step="load"),
        code_cell("print(x / 0)", step="use"),
    )
    path = put_notebook("n.ipynb", *cells)
    body = {"path": path, "parameters": {"lr": 7}}
    failed = (await api("POST", "runs", body=body)).json["run_id"]
    assert (await ended(failed)).state.value == "FAILED"
    mended = {
        "cells": [*cells[:2], code_cell("print(x / 2)", step="use")],
        "metadata": {},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    body = {"path": path, "notebook": mended, "resume": failed}
    for call in (("runs",), ("runs", failed, "resume")):
        kept = await api("POST", *call, body={**body, "data": "snapshot"})
        assert (kept.status, kept.json["problems"][0]["code"]) == (404, "run-missing")
        assert "before use" in kept.json["problems"][0]["message"]
    for more in ({"from": "use"}, {"engine": "local"}):
        refused = await api("POST", "runs", body={**body, **more})
        assert (refused.status, refused.json["problems"][0]["code"]) == (400, "usage")
    run_id = (await api("POST", "runs", body=body)).json["run_id"]
    assert (await ended(run_id)).state.value == "SUCCEEDED"
    run = (await api("GET", "runs", run_id)).json
    assert [each["cached_from"] for each in run["steps"]] == [failed, None]
    assert run["parameters"] == {"lr": 7}


async def test_loops_are_compared_by_their_items(api, put_notebook, ended):
    ids = []
    for items in ("[1, 2]", "[2]"):
        put_notebook("n.ipynb", code_cell("y = x", step="each", for_each=f"x in {items}"))
        answer = await api("POST", "runs", body={"path": "n.ipynb"})
        ids.append(answer.json["run_id"])
        await ended(ids[-1])
    (step,) = (await api("GET", "compare", runs=",".join(ids))).json["steps"]
    assert [[each["item"] for each in run] for run in step["iterations"]] == [["1", "2"], ["2"]]
    assert {each["state"] for run in step["iterations"] for each in run} == {"SUCCEEDED"}


async def test_a_run_is_named_tagged_compared_and_deleted(api, put_notebook, ended, kfp_home):
    path = put_notebook("n.ipynb", *TWO_STEPS)
    ids = []
    for rate in (1, 2):
        answer = await api("POST", "runs", body={"path": path, "parameters": {"lr": rate}})
        ids.append(answer.json["run_id"])
        await ended(ids[-1])
        put_notebook("n.ipynb", *TWO_STEPS[:-1], code_cell("x + 2", step="use"))
    said = {"name": "best", "note": "", "tags": ["a", "b"]}
    answer = await api("POST", "runs", ids[0], "about", body={"name": "best", "tags": ["a", "b"]})
    assert (answer.status, answer.json) == (200, said)
    assert (await api("GET", "runs", ids[0])).json["about"] == said
    listed = (await api("GET", "runs")).json["runs"]
    assert [each["about"]["name"] for each in listed] == ["", "best"]
    wrong = await api("POST", "runs", ids[0], "about", body={"tags": "a"})
    assert wrong.status == 400

    told = (await api("GET", "compare", runs=",".join(ids))).json
    assert [each["notebook"] for each in told["runs"]] == [path, path]
    assert told["runs"][0]["about"] == said
    assert told["parameters"] == [{"name": "lr", "values": [1.0, 2.0], "differs": True}]
    assert [step["name"] for step in told["steps"]] == ["make", "use"]
    assert told["steps"][0]["state"] == ["SUCCEEDED", "SUCCEEDED"]
    assert told["code"][0] == {"run_id": ids[0], "cells": [], "files": []}
    assert [step["after"] for step in told["steps"]] == [[[], []], [["make"], ["make"]]]
    (cell,) = told["code"][1]["cells"]
    assert (cell["change"], cell["number"], cell["step"]) == ("changed", 3, "use")
    assert cell["lines"] == ["-x + 1", "+x + 2"]
    assert (await api("GET", "compare", runs=ids[0])).status == 400
    assert (await api("GET", "compare")).status == 400
    assert (await api("GET", "compare", runs=f"{ids[0]},2019")).status == 404

    assert (await api("DELETE", "runs", ids[0])).status == 200
    assert (await api("GET", "runs", ids[0])).status == 404
    assert (await api("DELETE", "runs", ids[0])).status == 404
    assert [each["id"] for each in (await api("GET", "runs")).json["runs"]] == [ids[1]]
    assert not (kfp_home / "runs" / ids[0]).exists()


async def test_a_run_that_goes_on_is_not_deleted(api, put_notebook, ended):
    path = put_notebook("n.ipynb", code_cell("import time\ntime.sleep(600)", step="long"))
    run_id = (await api("POST", "runs", body={"path": path})).json["run_id"]
    refused = await api("DELETE", "runs", run_id)
    assert (refused.status, refused.json["problems"][0]["code"]) == (409, "run-active")
    await api("POST", "runs", run_id, "cancel", body={})
    await ended(run_id)
    assert (await api("DELETE", "runs", run_id)).status == 200
