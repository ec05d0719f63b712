"""Notebooks from the command line to real pods and back: states, logs, errors, values."""

import json
import os
import shutil

import pytest

from tests.conftest import ROOT
from tests.support.notebooks import code_cell

SCIENCE = "KFP_TEST_SCIENCE_IMAGE"
"""Names an image with scikit-learn, pandas and matplotlib."""
CHAIN = (
    code_cell("lr = 0.5", role="parameters"),
    code_cell("values = []\nfor i in range(3):\n    values.append(i * lr)", step="make"),
    code_cell("print('sum', sum(values))\nalias = values", step="use"),
    code_cell("total = sum(values)", role="metrics"),
)


def steps_of(called):
    return {step["name"]: step for step in called.json["steps"]}


def test_a_notebook_from_end_to_end(kfp, lab, real, write_notebook):
    path = write_notebook("n.ipynb", *CHAIN)
    called = kfp("run", path.name, "--connection", "lab", "-p", "lr=2", "--json")
    assert called.code == 0, called.err
    assert called.json["metrics"] == {"total": 6.0}
    assert kfp("logs", "last", "--json").json["logs"]["use"] == "sum 6.0\n"
    # What was seen of it is what Kubernetes has: a pod a step, owned by the Workflow.
    pods = real.cluster.pods(called.json["remote"]["run_id"])
    assert sorted(pod["status"]["phase"] for pod in pods) == ["Succeeded"] * len(pods)
    assert {pod["metadata"]["ownerReferences"][0]["kind"] for pod in pods} == {"Workflow"}
    pulled = kfp("pull", "last", "make", "values", "-o", "values.json")
    assert pulled.code == 0, pulled.err
    assert json.loads((path.parent / "values.json").read_text()) == [0.0, 2.0, 4.0]
    again = kfp("run", path.name, "--connection", "lab", "-p", "lr=2", "--json")
    assert [step["cached"] for step in again.json["steps"]] == [True] * len(again.json["steps"])
    assert real.cluster.pods(again.json["remote"]["run_id"]) == []
    # What the cache answered is known from the run that made it.
    assert {step["cached_from"] for step in again.json["steps"]} == {called.json["run_id"]}
    assert again.json["metrics"] == {"total": 6.0}
    pulled = kfp("pull", "last", "make", "values", "-o", "again.json")
    assert pulled.code == 0, pulled.err


FLOW = (
    code_cell("n = 3\nitems = list(range(n))", step="make"),
    code_cell(
        "squares = item * item\nprint('item', item)", step="square", for_each="item in items"
    ),
    code_cell("print('all', squares)\nbig = sum(squares) > 100", step="gather"),
    code_cell("print('never')", step="skipped", when="big"),
    code_cell(
        "import os\nif os.environ['KFP_RETRY_INDEX'] == '0':\n    raise RuntimeError('first')\n"
        "print('second')",
        step="flaky",
        retries={"count": 1, "backoff": "1s"},
    ),
    code_cell("print('last', pipeline_status.state)", step="tidy", on_exit=True),
)


def test_loops_conditions_retries_and_the_exit(kfp, lab, write_notebook):
    path = write_notebook("n.ipynb", *FLOW)
    called = kfp("run", path.name, "--connection", "lab", "--json")
    assert called.code == 0, called.err
    steps = steps_of(called)
    assert {name: step["state"] for name, step in steps.items()} == {
        "make": "SUCCEEDED",
        "square": "SUCCEEDED",
        "gather": "SUCCEEDED",
        "skipped": "SKIPPED",
        "flaky": "SUCCEEDED",
        "tidy": "SUCCEEDED",
    }
    assert [each["state"] for each in steps["square"]["iterations"]] == ["SUCCEEDED"] * 3
    assert steps["flaky"]["attempt"] == 2
    logs = kfp("logs", "last", "--json").json["logs"]
    assert logs["gather"] == "all [0, 1, 4]\n"
    assert "second" in logs["flaky"]
    first, second = (kfp("logs", "last", f"flaky@{each}").out for each in (1, 2))
    assert "RuntimeError: first" in first
    assert second == "second\n"
    assert "SUCCEEDED" in logs["tidy"]


FAILING = (
    code_cell("x = {}", step="made"),
    code_cell("print('before')\nx['missing']", step="breaks"),
    code_cell("print(x)", step="later", after=["breaks"]),
)


def test_an_error_is_at_its_cell(kfp, lab, write_notebook):
    path = write_notebook("n.ipynb", *FAILING)
    called = kfp("run", path.name, "--connection", "lab", "--json", "--output-notebook", "o.ipynb")
    assert called.code == 1
    steps = steps_of(called)
    assert [steps[name]["state"] for name in ("made", "breaks", "later")] == [
        "SUCCEEDED",
        "FAILED",
        "SKIPPED",
    ]
    error = steps["breaks"]["error"]
    assert (error["name"], error["cell"], error["line"]) == ("KeyError", 2, 2)
    executed = json.loads((path.parent / "o.ipynb").read_text())
    printed, raised = executed["cells"][1]["outputs"]
    assert "".join(printed["text"]) == "before\n"
    assert raised["ename"] == "KeyError"


def test_a_step_that_takes_too_much_memory(kfp, lab, write_notebook):
    code = "held = bytearray(400 << 20)"
    path = write_notebook("n.ipynb", code_cell(code, step="eats", memory_limit="128Mi"))
    called = kfp("run", path.name, "--connection", "lab", "--json")
    error = steps_of(called)["eats"]["error"]
    assert (called.code, error["name"]) == (1, "step-killed")
    assert "128Mi" in error["message"]


def test_a_step_that_takes_too_long(kfp, lab, write_notebook):
    code = "import signal\nprint('here', flush=True)\nsignal.pause()"
    path = write_notebook("n.ipynb", code_cell(code, step="waits", timeout="5s"))
    called = kfp("run", path.name, "--connection", "lab", "--json")
    error = steps_of(called)["waits"]["error"]
    assert (called.code, error["name"]) == (1, "step-timed-out")
    assert "5 s" in error["message"]


def test_a_pod_that_is_deleted(kfp, lab, real, write_notebook):
    path = write_notebook("n.ipynb", code_cell("import signal\nsignal.pause()", step="waits"))
    started = kfp("run", path.name, "--connection", "lab", "--no-wait", "--json")
    assert started.code == 0, started.err
    lab.workflows.wait_for(lambda: running(lab) == 1)
    for pod in real.cluster.pods(lab.workflows.all[-1].run_id):
        real.cluster.delete_pod(pod["metadata"]["name"])
    assert kfp("logs", "last", "--follow").code == 0  # waits for the end
    error = kfp("show", "last", "--json").json["steps"][0]["error"]
    assert (error["name"], "deleted" in error["message"]) == ("step-killed", True)


def running(lab):
    nodes = [each for workflow in lab.workflows.all for each in workflow.nodes.values()]
    return sum(each["type"] == "Pod" and each["phase"] == "Running" for each in nodes)


def test_cancel(kfp, lab, write_notebook):
    code = "import signal\nprint('here', flush=True)\nsignal.pause()"
    path = write_notebook("n.ipynb", code_cell(code, step="waits"), code_cell("1", step="next"))
    started = kfp("run", path.name, "--connection", "lab", "--no-wait")
    lab.workflows.wait_for(lambda: running(lab) == 1)
    assert kfp("cancel", started.out.strip()).code == 0
    assert kfp("logs", "last", "--follow").code == 0
    shown = kfp("show", "last", "--json").json
    assert shown["state"] == "CANCELED"
    assert shown["steps"][0]["state"] == "CANCELED"


def test_the_example(kfp, lab, tmp_path):
    image = os.environ.get(SCIENCE)
    if not image:
        pytest.skip(f"{SCIENCE} names no image with the libraries of the example")
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    path = tmp_path / "examples" / "digits.ipynb"
    notebook = json.loads(path.read_text())
    notebook["metadata"].setdefault("kfp", {})["defaults"] = {"image": image}
    path.write_text(json.dumps(notebook))
    out = tmp_path / "out.ipynb"
    called = kfp("run", path, "--engine", "lab", "--json", "--output-notebook", out)
    assert called.code == 0, called.err
    assert set(called.json["metrics"]) == {"accuracy", "forest_accuracy", "linear_accuracy"}
    assert 0.9 < called.json["metrics"]["accuracy"] < 1
    cells = json.loads(out.read_text())["cells"]
    shown = [
        kind
        for cell in cells
        for output in cell.get("outputs", ())
        for kind in output.get("data", ())
    ]
    assert "image/png" in shown
    assert "text/html" in shown
