"""What failed of a run on a cluster runs again in the same run: once for one press."""

import os

import pytest
from container_specs import Step, states

from jupyter_kfp_ext.engines.model import State
from jupyter_kfp_ext.errors import Code, KfpExtError
from jupyter_kfp_ext.runs.follow import goes_on_again
from tests.standin.server import Fault

FLAKY = {
    "good": Step("print('once'); leave(metric_good=0.5)"),
    "bad": Step(
        "print('tried')\nmark = shared / 'mended'\nif not mark.exists(): sys.exit(3)",
        after=["good"],
    ),
    "last": Step("print('at last')", after=["bad"]),
}


def failed(runs):
    run_id = runs.start(FLAKY)
    status = runs.end(run_id)
    assert states(status) == {"good": "SUCCEEDED", "bad": "FAILED", "last": "SKIPPED"}
    return run_id


def text(runs, run_id, task):
    return runs.folder(run_id).step(task).log.read_text()


@pytest.mark.parametrize("kubernetes", [True, False])
def test_what_failed_runs_again_in_the_same_run(kfp_home, cluster, tmp_path, kubernetes):
    from cluster_runs import ClusterRuns

    runs = ClusterRuns(kfp_home, cluster, tmp_path, kubernetes)
    run_id = failed(runs)
    (runs.shared / "mended").touch()
    runs.engine.retry(run_id)
    status = runs.end(run_id)
    assert states(status) == {"good": "SUCCEEDED", "bad": "SUCCEEDED", "last": "SUCCEEDED"}
    assert (status.state, status.message, status.metrics) == (State.SUCCEEDED, "", {"good": 0.5})
    assert status.step("bad").error is None
    assert [text(runs, run_id, task) for task in FLAKY] == ["once\n", "tried\n", "at last\n"]
    assert cluster.count("POST", "/runs$") == 1
    assert cluster.count("POST", ":retry$") == 1
    assert not goes_on_again(run_id, kfp_home)
    with pytest.raises(KfpExtError) as caught:
        runs.engine.retry(run_id)
    assert caught.value.code is Code.USAGE


def test_a_canceled_run_goes_on(runs, cluster):
    os.mkfifo(runs.shared / "printed")
    code = "meet('printed', 'wb')\nif not (shared / 'mended').exists(): forever()"
    run_id = runs.start({"waits": Step(code)})
    (runs.shared / "printed").open("rb").close()
    with pytest.raises(KfpExtError) as caught:
        runs.engine.retry(run_id)
    assert caught.value.code is Code.RUN_ACTIVE
    runs.engine.cancel(run_id)
    assert runs.end(run_id).state is State.CANCELED
    (runs.shared / "mended").touch()
    runs.engine.retry(run_id)
    (runs.shared / "printed").open("rb").close()
    assert runs.end(run_id).state is State.SUCCEEDED


REFUSED = ["before", "503", "400", "garbage"]


@pytest.mark.parametrize("kind", REFUSED)
def test_a_retry_that_was_not_taken_leaves_the_run_as_it_was(runs, cluster, kind):
    run_id = failed(runs)
    before = runs.engine.status(run_id)
    cluster.faults.append(Fault("POST", ":retry$", kind))
    runs.engine.retry(run_id)
    status = runs.end(run_id)
    assert (status.state, status.steps, status.ended) == (State.FAILED, before.steps, before.ended)
    assert "not tried again" in status.message
    assert cluster.count("POST", ":retry$") == 1
    assert text(runs, run_id, "bad") == "tried\n"


@pytest.mark.parametrize("kind", ["after", "hold after", "hold"])
def test_a_lost_answer_and_a_killed_keeper_are_one_retry(runs, cluster, kind):
    run_id = failed(runs)
    (runs.shared / "mended").touch()
    held = Fault("POST", ":retry$", kind)
    cluster.faults.append(held)
    runs.engine.retry(run_id)
    if kind != "after":
        assert held.held.wait(300)
        assert goes_on_again(run_id, runs.home)
        runs.kill_keeper(run_id)
        held.released.set()
    status = runs.end(run_id)
    assert status.state is State.SUCCEEDED
    history = [each["state"] for each in cluster.store.runs[runs.remote(run_id)]["state_history"]]
    assert history.count("FAILED") == 1
    assert len(runs.workflows(run_id)) == 1


def test_what_never_was_on_the_cluster_is_not_retried(runs, cluster):
    cluster.faults.append(Fault("POST", "/runs$", "400"))
    run_id = runs.start(FLAKY)
    assert runs.end(run_id).state is State.FAILED
    with pytest.raises(KfpExtError) as caught:
        runs.engine.retry(run_id)
    assert caught.value.code is Code.USAGE
