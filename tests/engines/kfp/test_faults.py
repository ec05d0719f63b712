"""A third of all calls go wrong: one press is one run, retry or schedule, and states are true."""

import random

import pytest
from container_specs import Step, pipeline, states, submission

from jupyter_kfp_ext.engines.kfp.schedules import Wanted
from jupyter_kfp_ext.engines.kfp.triggers import Trigger
from jupyter_kfp_ext.engines.model import State
from jupyter_kfp_ext.errors import KfpExtError

KINDS = ("before", "after", "slow", "refused", "503", "500", "429", "410", "401", "garbage")
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
