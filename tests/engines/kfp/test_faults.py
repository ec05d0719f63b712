"""A third of all calls go wrong: one press is one run, retry or schedule, and states are true."""

import os
import random
import time

import pytest
from container_specs import Step, pipeline, states, submission

from jupyter_kfp_ext.engines.kfp.access import open_api
from jupyter_kfp_ext.engines.kfp.connections import choose, known_connections
from jupyter_kfp_ext.engines.kfp.schedules import Wanted
from jupyter_kfp_ext.engines.kfp.triggers import Trigger
from jupyter_kfp_ext.engines.model import State
from jupyter_kfp_ext.errors import KfpExtError
from tests.standin.lists import Pages
from tests.standin.server import KINDS, Fault
from tests.standin.times import Clock

FLAKY = {
    "good": Step("print('once')"),
    "bad": Step("if not (shared / 'mended').exists(): sys.exit(3)", after=["good"]),
}


@pytest.mark.parametrize("seed", [1, 2])
def test_retry_and_schedules(runs, cluster, seed):
    run_id = runs.start(FLAKY)
    assert states(runs.end(run_id)) == {"good": "SUCCEEDED", "bad": "FAILED"}
    (runs.shared / "mended").touch()
    cluster.dice = random.Random(seed)
    cluster.odds = (0.3, KINDS)
    runs.engine.retry(run_id)
    status = runs.end(run_id)
    wanted = submission(*pipeline(FLAKY, None, runs.shared))
    try:
        runs.engine.schedule(wanted, Wanted(Trigger(seconds=60)))
        made = 1
    except KfpExtError as error:
        made = 0
        assert error.problems[0].message
    cluster.odds = (0.0, ())

    history = [each["state"] for each in cluster.store.runs[runs.remote(run_id)]["state_history"]]
    [workflow] = runs.workflows(run_id)
    if status.state is State.SUCCEEDED:
        assert workflow.phase == "Succeeded"
        assert states(status) == {"good": "SUCCEEDED", "bad": "SUCCEEDED"}
        assert history.count("FAILED") == 1
    else:
        assert (status.state, workflow.phase, history[-1]) == (State.FAILED, "Failed", "FAILED")
        assert "not tried again" in status.message
    assert len(cluster.store.runs) == 1
    # What was refused in words may not have been made behind our back.
    assert len(cluster.recurring.kept) == made


def test_cancel(runs, cluster):
    run_id = runs.start({"waits": Step("forever()")})
    runs.until(run_id, lambda status: status.step("waits").state is State.RUNNING)
    cluster.dice = random.Random(3)
    cluster.odds = (0.3, KINDS)
    runs.engine.cancel(run_id)
    status = runs.end(run_id)
    assert (status.state, states(status)) == (State.CANCELED, {"waits": "CANCELED"})
    assert [each.phase for each in runs.workflows(run_id)] == ["Failed"]


NAMES = [f"experiment {number}" for number in range(7)]


def test_lists_whose_pages_change_while_they_are_read(runs, cluster, monkeypatch):
    """A place between pages is lost, and there are more and less of them each time."""
    monkeypatch.setattr(Pages, "most", 2)
    for name in NAMES:
        cluster.store.create_experiment({"display_name": name})
    api = open_api(choose("lab", known_connections()))
    cluster.faults.append(Fault("GET", "/experiments$", "page", times=2))
    found = api.experiments()
    first = next(found)["display_name"]
    cluster.store.create_experiment({"display_name": "new"})
    gone = next(
        k for k, each in cluster.store.experiments.items() if each["display_name"] == NAMES[2]
    )
    cluster.store.delete_experiment(gone)
    rest = [each["display_name"] for each in found]
    assert first not in rest
    assert len(rest) == len(set(rest))
    assert {*NAMES[:2], *NAMES[3:]} <= {first, *rest}


def test_lists_whose_place_is_always_lost(runs, cluster, monkeypatch):
    monkeypatch.setattr(Pages, "most", 2)
    for name in NAMES:
        cluster.store.create_experiment({"display_name": name})
    cluster.faults.append(Fault("GET", "/experiments$", "page", times=100))
    with pytest.raises(KfpExtError, match="Invalid page token"):
        list(open_api(choose("lab", known_connections())).experiments())


@pytest.mark.parametrize("ahead", [-7200.0, 7200.0])
def test_a_clock_that_differs_is_seen_in_no_time(runs, cluster, monkeypatch, ahead):
    """What ran at the cluster's noon is shown where ours was then."""
    monkeypatch.setattr(Clock, "ahead", ahead)
    began = time.time()
    status = runs.end(runs.start({"one": Step("print('once')")}))
    assert status.state is State.SUCCEEDED
    times = [status.started, status.step("one").started, status.step("one").ended, status.ended]
    # The API writes whole seconds, and clocks that differ by less than five count as one.
    assert all(began - 10 < each < time.time() + 10 for each in times)
    assert times == sorted(times)
    assert "one" in states(status)


def test_an_answer_that_is_cut_in_its_middle_is_none(runs, cluster):
    os.mkfifo(runs.shared / "go")
    run_id = runs.start({"one": Step("print('first'); meet('go', 'rb'); print('last')")})
    cluster.faults.append(Fault("GET", "/log$", "half"))
    cluster.faults.append(Fault("GET", "/runs/", "half", times=2))
    runs.until(run_id, lambda status: status.step("one").state is State.RUNNING)
    (runs.shared / "go").open("wb", buffering=0).close()
    status = runs.end(run_id)
    assert (status.state, states(status)) == (State.SUCCEEDED, {"one": "SUCCEEDED"})
    log = (runs.folder(run_id).step("one").part("", "").log).read_text()
    assert log == "first\nlast\n"
    assert len(runs.workflows(run_id)) == 1
