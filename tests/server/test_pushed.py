"""What reaches the tabs without being asked for: run events and logs, from real runs."""

import asyncio
import json

import pytest
from tornado.httpclient import HTTPClientError

from jupyter_kfp_ext.server.events import SCHEMA_ID
from jupyter_kfp_ext.server.hub import SETTING
from tests.support.command_line import kfp_command
from tests.support.notebooks import code_cell

STEPS = (code_cell("x = 1", step="a"), code_cell("print(x)", step="b"))


async def messages_until_the_end(socket, run_id=None):
    """Read the event socket until a run has ended."""
    found = []
    while True:
        message = json.loads(await asyncio.wait_for(socket.read_message(), 300))
        if message["schema_id"] == SCHEMA_ID and run_id in (None, message["run_id"]):
            found.append(message)
            if message["run"]["state"] in ("SUCCEEDED", "FAILED", "CANCELED"):
                return found


def folded(messages):
    """What a client knows after all messages: states by task, checked for gaps."""
    states = {}
    last = 0
    for message in messages:
        assert message["first_seq"] <= last + 1
        assert message["seq"] >= message["first_seq"]
        last = message["seq"]
        assert "steps" not in message["run"]
        states.update({step["task"]: step["state"] for step in message["steps"]})
    return states


async def test_a_run_of_the_server_is_pushed(api, put_notebook, jp_ws_fetch):
    path = put_notebook("sub/n.ipynb", *STEPS)
    socket = await jp_ws_fetch("api", "events", "subscribe")
    run_id = (await api("POST", "runs", body={"path": path})).json["run_id"]
    messages = await messages_until_the_end(socket, run_id)
    assert folded(messages) == {"a": "SUCCEEDED", "b": "SUCCEEDED"}
    assert {message["notebook"] for message in messages} == {path}
    run = (await api("GET", "runs", run_id)).json
    assert messages[-1]["seq"] == run["seq"]
    assert messages[-1]["run"] == {key: value for key, value in run.items() if key != "steps"}


async def test_a_run_of_a_terminal_is_pushed_too(
    api, kfp_home, write_notebook, jp_ws_fetch, jp_serverapp
):
    path = write_notebook("outside.ipynb", *STEPS)
    socket = await jp_ws_fetch("api", "events", "subscribe")
    await api("GET", "runs")  # the first request: from now on the hub listens
    process = await asyncio.create_subprocess_exec(*kfp_command("run", path, "--no-wait"))
    messages = await messages_until_the_end(socket)
    assert folded(messages) == {"a": "SUCCEEDED", "b": "SUCCEEDED"}
    assert {message["notebook"] for message in messages} == {""}
    assert await process.wait() == 0


async def test_a_run_that_was_active_before_is_found(api, kfp, write_notebook, jp_ws_fetch):
    gate = write_notebook("gate.ipynb").with_suffix(".open")
    wait = f"import os, time\nwhile not os.path.exists({str(gate)!r}):\n    time.sleep(0.02)"
    path = write_notebook("outside.ipynb", code_cell(wait, step="waits"))
    run_id = kfp("run", path, "--no-wait").out.strip()
    socket = await jp_ws_fetch("api", "events", "subscribe")
    await api("GET", "runs", run_id)
    gate.touch()
    assert folded(await messages_until_the_end(socket, run_id)) == {"waits": "SUCCEEDED"}


async def test_nothing_listens_before_the_first_request(jp_serverapp, kfp_home):
    hub = jp_serverapp.web_app.settings[SETTING]
    assert hub._listener is None
    assert not kfp_home.exists()


async def test_the_hub_stops_with_the_server(api, put_notebook, jp_serverapp, kfp_home):
    path = put_notebook("n.ipynb", code_cell("import time\ntime.sleep(300)", step="long"))
    run_id = (await api("POST", "runs", body={"path": path})).json["run_id"]
    hub = jp_serverapp.web_app.settings[SETTING]
    while not hub._followers:  # the run's first news begins it
        await asyncio.sleep(0)
    followers = list(hub._followers.values())
    await jp_serverapp.extension_manager.stop_all_extensions()
    await asyncio.gather(*followers, return_exceptions=True)
    assert all(task.done() for task in followers)
    assert list((kfp_home / "listeners").iterdir()) == []
    # The run itself goes on: it is the user's, not the server's.
    run = (await api("GET", "runs", run_id)).json
    assert run["state"] in ("PENDING", "RUNNING")
    await api("POST", "runs", run_id, "cancel", body={})


async def test_a_socket_tells_how_long_a_log_is_until_it_ends(
    api, put_notebook, jp_ws_fetch, jp_root_dir
):
    gate = jp_root_dir / "gate.open"
    source = f"print('first ✓')\nimport os, time\nwhile not os.path.exists({str(gate)!r}):\n"
    source += "    time.sleep(0.02)\nprint('second')"
    path = put_notebook("n.ipynb", code_cell(source, step="waits"))
    run_id = (await api("POST", "runs", body={"path": path})).json["run_id"]
    log = ("runs", run_id, "steps", "waits", "log")
    socket = await jp_ws_fetch("jupyter-kfp-ext", *log)
    sizes = []
    while True:
        message = json.loads(await asyncio.wait_for(socket.read_message(), 300))
        if message.get("end"):
            break
        sizes.append(message["size"])
        if not sizes[-1]:
            continue  # it may have begun by now
        window = (await api("GET", *log, "window", limit=sizes[-1])).json
        assert window["end"] == sizes[-1]
        if "first ✓" in window["text"]:
            gate.touch()
    assert sizes == sorted(set(sizes))
    window = (await api("GET", *log, "window")).json
    assert window["text"] == "first ✓\nsecond\n"
    assert sizes[-1] == len(window["text"].encode())


@pytest.mark.parametrize("task", ["waits", "other"])
async def test_logs_that_are_not_there_are_404(task, api, jp_ws_fetch):
    with pytest.raises(HTTPClientError) as caught:
        await jp_ws_fetch("jupyter-kfp-ext", "runs", "20200101-000000-aaaaaa", "steps", task, "log")
    assert caught.value.code == 404
