"""Recurring runs and runs started elsewhere, from the command line, on the stand-in."""

import pytest

from tests.standin.server import Fault
from tests.support.notebooks import code_cell

CELLS = (
    code_cell("lr = 0.5", role="parameters"),
    code_cell("x = 2 * lr\nprint('x', x)", step="make"),
    code_cell("total = x", role="metrics"),
)


def test_a_schedule_from_its_making_to_its_end(kfp, standin, write_notebook):
    path = write_notebook("n.ipynb", *CELLS)
    add = ("schedule", "add", path.name, "--cron", "0 9 * * mon-fri", "--concurrency", "2")
    standin.faults.append(Fault("POST", "/recurringruns$", "after"))  # the answer is lost
    made = kfp(*add, "-p", "lr=3", "--json")
    assert made.code == 0, made.err
    [kept] = standin.recurring.kept.values()
    assert made.json["id"] == kept["recurring_run_id"]
    assert kept["trigger"] == {"cron_schedule": {"cron": "0 0 9 * * 1-5"}}
    assert (kept["mode"], kept["max_concurrency"]) == ("ENABLE", "2")
    assert made.json["when"] == "cron 0 9 * * 1-5"
    assert kfp(*add).code == 2  # there is one of that name
    twice = kfp("schedule", "add", path.name, "--every", "6h", "--name", "other", "--paused")
    assert twice.code == 0, twice.err
    assert len(standin.store.versions) == 1  # one content, one version

    paused = kfp("schedule", "pause", "n", "--json").json
    assert (paused["enabled"], kept["mode"]) == (False, "DISABLE")
    assert kfp("schedule", "resume", "n").code == 0
    assert kept["mode"] == "ENABLE"
    shown = kfp("schedule").out.splitlines()
    assert [line.split()[1] for line in shown] == ["paused", "on"]

    started = standin.recurring.fire(kept["recurring_run_id"])
    runs = kfp("schedule", "runs", "n", "--json").json
    assert [each["remote_id"] for each in runs] == [started["run_id"]]
    again = kfp("schedule", "runs", "n", "--json").json
    assert again[0]["run_id"] == runs[0]["run_id"]
    assert kfp("logs", "last", "--follow").code == 0  # waits for the end
    report = kfp("show", "last", "--json").json
    assert (report["run_id"], report["state"]) == (runs[0]["run_id"], "SUCCEEDED")
    assert (report["metrics"], report["parameters"]) == ({"total": 6.0}, {"lr": 3.0})
    assert report["notebook"] == str(path)
    assert [step["name"] for step in report["steps"]] == ["make"]
    assert len(kfp("runs", "--notebook", path.name, "--json").json) == 1

    assert kfp("schedule", "remove", "n", "--json").json == {"removed": kept["recurring_run_id"]}
    assert len(kfp("schedule", "--json").json) == 1
    assert kfp("schedule", "pause", "n").code == 2


def test_a_run_that_someone_else_started(kfp, standin, write_notebook, tmp_path, monkeypatch):
    path = write_notebook("n.ipynb", *CELLS)
    assert kfp("run", path.name, "--connection", "lab").code == 0
    [there] = kfp("runs", "--connection", "lab", "--json").json
    assert there["run_id"] == kfp("runs", "--json").json[0]["run_id"]
    # A colleague has another home.
    monkeypatch.setenv("JUPYTER_KFP_HOME", str(tmp_path / "other-home"))
    config = standin.kubeconfig(tmp_path)
    kfp("connections", "add", "lab", "--url", standin.url, "--kubeconfig", config)
    [seen] = kfp("runs", "--connection", "lab", "--json").json
    assert (seen["remote_id"], seen["run_id"]) == (there["remote_id"], "")
    attached = kfp("attach", seen["remote_id"], path.name, "--json")
    assert attached.code == 0, attached.err
    assert (attached.json["state"], attached.json["notebook"]) == ("SUCCEEDED", str(path))
    assert kfp("logs", "last").out.endswith("x 1.0\n")
    again = kfp("attach", seen["remote_id"], "--no-wait").out.strip()
    assert again == attached.json["run_id"]
    assert len(standin.store.runs) == 1
    assert kfp("attach", "no-such-run").code == 2


CONTROLLED = (
    code_cell("items = [1, 2, 3]", step="make"),
    code_cell("scaled = item + 1", step="scale", for_each="item in items"),
    code_cell("big = sum(scaled) > 100", step="judge"),
    code_cell("print(scaled)", step="say", when="big"),
    code_cell("print(scaled)", step="use"),
)


def test_loops_and_conditions_of_someone_elses_run(
    kfp, standin, write_notebook, tmp_path, monkeypatch
):
    path = write_notebook("n.ipynb", *CONTROLLED)
    own = kfp("run", path.name, "--connection", "lab", "--json")
    assert own.code == 0, own.err
    monkeypatch.setenv("JUPYTER_KFP_HOME", str(tmp_path / "other-home"))
    config = standin.kubeconfig(tmp_path)
    kfp("connections", "add", "lab", "--url", standin.url, "--kubeconfig", config)
    seen = kfp("attach", own.json["remote"]["run_id"], "--json").json["steps"]
    states = {each["name"]: each["state"] for each in seen}
    assert states == {each["name"]: each["state"] for each in own.json["steps"]}
    assert states["say"] == "SKIPPED"
    (scale,) = (each for each in seen if each["name"] == "scale")
    assert [each["state"] for each in scale["iterations"]] == ["SUCCEEDED"] * 3


@pytest.mark.parametrize(
    "when",
    [("--cron", "whenever"), ("--cron", "61 * * * *"), ("--every", "0h"), ("--every", "soon")],
)
def test_when_that_means_nothing(kfp, standin, write_notebook, when):
    path = write_notebook("n.ipynb", *CELLS)
    assert kfp("schedule", "add", path.name, *when).code == 2
    assert standin.recurring.kept == {}
