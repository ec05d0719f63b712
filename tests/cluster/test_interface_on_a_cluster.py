"""What the interface does with a run on a cluster, by the same requests to a Jupyter server."""

import asyncio
import json
import os
import shutil

import pytest
from server_fixtures import api, ended, put_notebook
from test_runs_on_a_cluster import SCIENCE

from tests.conftest import ROOT
from tests.support.notebooks import code_cell

__all__ = ["api", "ended", "put_notebook"]
LONGEST = 120
"""Seconds after which what is pushed to the interface is not waited for any more."""
GPUS = (
    code_cell("lr = 0.5", role="parameters"),
    code_cell(
        "import pathlib\nprint('training with', lr, flush=True)\n"
        "mark = pathlib.Path('/data/go')\nwhile not mark.exists():\n    pass\n"
        "loss = 2 * lr\nloss",
        step="train",
        gpu=2,
    ),
    code_cell("print('loss', loss)", step="show"),
    code_cell("final = loss", role="metrics"),
)


@pytest.fixture
def pushed(jp_ws_fetch):
    """Follow a run by what the server pushes, and return its states in their order."""

    async def follow(run_id, socket):
        states = []
        while not states or states[-1] not in ("SUCCEEDED", "FAILED", "CANCELED"):
            message = json.loads(await asyncio.wait_for(socket.read_message(), LONGEST))
            run = message.get("run") or {}
            if run.get("id") == run_id and states[-1:] != [run["state"]]:
                states.append(run["state"])
        return states

    return follow


async def test_a_step_with_gpus_from_start_to_value(
    api, put_notebook, pushed, jp_ws_fetch, lab, real
):
    said = {"volumes": [{"claim": real.claim("data"), "path": "/data"}]}
    path = put_notebook("n.ipynb", *GPUS, kfp={"defaults": said})
    socket = await jp_ws_fetch("api", "events", "subscribe")
    [gpus] = (await api("GET", "connections", "lab", "resources")).json["devices"]
    assert (gpus["kind"], gpus["largest"]) == ("nvidia.com/gpu", 2)
    body = {"path": path, "connection": "lab", "parameters": {"lr": 3}, "press": "once"}
    run_id = (await api("POST", "runs", body=body)).json["run_id"]
    following = asyncio.ensure_future(pushed(run_id, socket))

    # Its log comes while it runs: what it is to go on with is made only then.
    log = ("runs", run_id, "steps", "train", "log")
    growth = await jp_ws_fetch("jupyter-kfp-ext", *log)
    text = ""
    while "training with 3" not in text:
        size = json.loads(await asyncio.wait_for(growth.read_message(), LONGEST))["size"]
        text = (await api("GET", *log, "window", limit=size or 1)).json["text"]
    run = (await api("GET", "runs", run_id)).json
    assert (run["state"], run["steps"][0]["state"]) == ("RUNNING", "RUNNING")
    [pod] = real.cluster.pods(run["remote"]["run_id"])
    limits = [each["resources"].get("limits", {}) for each in pod["spec"]["containers"]]
    assert [each.get("nvidia.com/gpu") for each in limits if each] == ["2"]
    touch(real)

    assert (await following)[-1] == "SUCCEEDED"
    run = (await api("GET", "runs", run_id)).json
    assert run["metrics"] == {"final": 6}
    assert [step["state"] for step in run["steps"]] == ["SUCCEEDED"] * len(run["steps"])
    cells = (await api("GET", "runs", run_id, "outputs", step="train")).json["cells"]
    [outputs] = [cell["outputs"] for cell in cells.values() if cell["outputs"]]
    assert [each["output_type"] for each in outputs] == ["stream", "execute_result"]
    results = (await api("GET", "runs", run_id, "steps", "train", "results")).json
    assert "loss" in json.dumps(results)


def touch(real):
    """Write the file that the step waits for, as somebody else's pod would."""
    volume = {"name": "data", "persistentVolumeClaim": {"claimName": "data"}}
    container = {
        "name": "main",
        "image": "python:3.11-slim",
        "command": ["touch", "/data/go"],
        "volumeMounts": [{"name": "data", "mountPath": "/data"}],
    }
    spec = {"restartPolicy": "Never", "containers": [container], "volumes": [volume]}
    real.make("pods", {"metadata": {"name": "touch"}, "spec": spec})


async def test_the_example_from_the_panel(api, pushed, jp_ws_fetch, jp_root_dir, lab):
    image = os.environ.get(SCIENCE)
    if not image:
        pytest.skip(f"{SCIENCE} names no image with the libraries of the example")
    shutil.copytree(ROOT / "examples", jp_root_dir / "examples")
    path = "examples/digits.ipynb"
    notebook = json.loads((jp_root_dir / path).read_text())
    notebook["metadata"].setdefault("kfp", {})["defaults"] = {"image": image}
    socket = await jp_ws_fetch("api", "events", "subscribe")
    body = {"path": path, "notebook": notebook, "connection": "lab"}
    run_id = (await api("POST", "runs", body=body)).json["run_id"]
    assert (await pushed(run_id, socket))[-1] == "SUCCEEDED"
    run = (await api("GET", "runs", run_id)).json
    assert set(run["metrics"]) == {"accuracy", "forest_accuracy", "linear_accuracy"}
    kinds = set()
    for step in run["steps"]:
        assert step["state"] == "SUCCEEDED"
        cells = (await api("GET", "runs", run_id, "outputs", step=step["task"])).json["cells"]
        for cell in cells.values():
            kinds |= {kind for each in cell["outputs"] for kind in each.get("data", ())}
    assert {"image/png", "text/html"} <= kinds
    executed = (await api("GET", "runs", run_id, "notebook")).json
    assert any(cell.get("outputs") for cell in executed["cells"])
