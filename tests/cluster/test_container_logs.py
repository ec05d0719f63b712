"""Logs of KFP's driver and of init containers, from pods, from KFP's archive, and where none is."""

import json
from dataclasses import replace

from kfp_on_cluster import connection_to
from server_fixtures import api

from jupyter_kfp_ext.engines.kfp.connections import add_connection
from jupyter_kfp_ext.engines.kfp.engine import KfpEngine
from jupyter_kfp_ext.engines.model import State
from jupyter_kfp_ext.runs.outputs import read_log
from tests.support.notebooks import code_cell

__all__ = ["api"]

CELLS = (
    code_cell("items = [1, 2]\nprint('made')", step="make"),
    code_cell("print('item', item)", step="each", for_each="item in items"),
    code_cell(
        "import os\nif os.environ['KFP_RETRY_INDEX'] == '0':\n    raise RuntimeError('first')\n"
        "print('second')",
        step="flaky",
        retries={"count": 1, "backoff": "1s"},
    ),
)


def test_logs_of_driver_and_init_containers(kfp, lab, real, write_notebook):
    lab.pods.whole = True
    path = write_notebook("n.ipynb", *CELLS)
    called = kfp("run", path.name, "--connection", "lab", "--json")
    assert called.code == 0, called.err

    def log(step, container):
        done = kfp("logs", "last", step, "--container", container)
        assert done.code == 0, done.err
        return done.out

    assert "input ComponentSpec:make" in log("make", "driver")
    first, *rest = log("make", "all").splitlines()
    assert first.startswith("make:driver | I1122 ")
    assert rest[-2].startswith("make:init | I1122 ")
    assert rest[-1] == "make | made"
    each = log("each", "driver")
    assert each.index("== iteration 0 ==") < each.index("== iteration 1 ==")
    assert "ComponentSpec:each" in log("each[1]", "driver")
    tried = log("flaky", "init").splitlines()
    assert tried[::2] == ["== attempt 1, kfp-launcher ==", "== attempt 2, kfp-launcher =="]
    assert len(log("flaky@2", "init").splitlines()) == 1
    for pod in real.cluster.pods(called.json["remote"]["run_id"]):
        real.cluster.delete_pod(pod["metadata"]["name"])
    # What was read stays; of what was not, KFP keeps the driver's alone.
    assert "input ComponentSpec:make" in log("make", "driver")
    assert "ComponentSpec:flaky" in log("flaky", "driver")
    assert log("each", "init").startswith("There is no log: the pod ")


async def test_the_interface_gets_them_by_the_name_of_the_log(
    api, jp_ws_fetch, kfp, lab, write_notebook
):
    lab.pods.whole = True
    path = write_notebook("n.ipynb", code_cell("print('done')", step="one"))
    called = kfp("run", path.name, "--connection", "lab", "--json")
    assert called.code == 0, called.err
    log = ("runs", called.json["run_id"], "steps", "one:driver", "log")
    socket = await jp_ws_fetch("jupyter-kfp-ext", *log)
    size = json.loads(await socket.read_message())["size"]
    assert json.loads(await socket.read_message()) == {"end": True}
    window = (await api("GET", *log, "window")).json
    assert window["end"] == size
    assert "input ComponentSpec:one" in window["text"]
    # Without a socket, too: whoever asks first has it brought.
    log = ("runs", called.json["run_id"], "steps", "one:init", "log")
    assert (await api("GET", *log, "window")).json["text"].startswith("I1122 ")


async def test_they_are_followed_while_their_step_waits(kfp, kfp_home, lab, write_notebook):
    lab.pods.whole = True
    path = write_notebook(
        "n.ipynb", code_cell("print(1)", step="waits", image="registry.invalid/none:1")
    )
    started = kfp("run", path.name, "--connection", "lab", "--no-wait")
    run_id = started.out.strip()
    engine = KfpEngine(kfp_home)
    driver = engine.log(run_id, "waits:driver", follow=True)
    async for text in driver:
        if "input ComponentSpec:waits" in text:
            break
    sizes = engine.log_growth(run_id, "waits:init")
    async for size in sizes:
        if size:
            break
    assert read_log(run_id, "waits:init").text.startswith("I1122 ")
    assert engine.status(run_id).step("waits").state is State.PENDING
    engine.cancel(run_id)
    # Both end with the step, and what was read stays.
    assert [text async for text in driver] == []
    assert [size async for size in sizes] == []
    assert read_log(run_id, "waits:init").end == size


def test_they_are_read_in_the_namespace_of_the_run(kfp, lab, real, write_notebook):
    lab.pods.whole = True
    there = replace(connection_to(lab, real, "there"), namespace="elsewhere")
    add_connection(there, default=False)
    path = write_notebook("n.ipynb", code_cell("print('done')", step="one"))
    called = kfp("run", path.name, "--connection", "there", "--namespace", real.namespace)
    assert called.code == 0, called.err
    assert kfp("logs", "last", "one", "--container", "init").out.startswith("I1122 ")


def test_what_has_no_such_log(kfp, lab, write_notebook):
    path = write_notebook("n.ipynb", code_cell("print('done')", step="one"))
    called = kfp("run", path.name, "--connection", "lab", "--json")
    assert called.code == 0, called.err
    said = kfp("logs", "last", "one", "--container", "driver").out
    assert said.startswith("There is no log: the pod ")
    followed = kfp("logs", "last", "one", "--container", "init", "--follow")
    assert (followed.code, followed.out[:15]) == (0, "There is no log")
    assert kfp("run", path.name, "--json").code == 0
    here = kfp("logs", "last", "one", "--container", "driver")
    assert here.code == 2
    assert "processes of this machine" in here.err
