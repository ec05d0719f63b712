"""The engine of clusters against the stand-in: one run for one press, whatever breaks."""

import asyncio
import fcntl
import json
import os
import random
import signal
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace

import pytest
from cluster_runs import ClusterRuns
from container_specs import Step, pipeline, states, submission

from jupyter_kfp_ext.engines.kfp.keeper_process import WAKE
from jupyter_kfp_ext.engines.local import lock
from jupyter_kfp_ext.engines.local.results import remove_whole
from jupyter_kfp_ext.engines.model import State
from jupyter_kfp_ext.errors import Code, KfpExtError, Problem
from jupyter_kfp_ext.runs.registry import Registry
from tests.standin.server import KINDS, Fault

TWO = {
    "one": Step("print('first words'); leave(n=7, metric_good=0.5)", out={"n": "NUMBER_INTEGER"}),
    "two": Step("print('got', given['n'])", parameters={"n": "<one.n"}),
}
FOREVER = {"waits": Step("print('here', flush=True); forever()")}


def lasting(method, path, kind):
    """A fault that stays until the faults are cleared: whoever has to see it, will."""
    return Fault(method, path, kind, times=sys.maxsize)


async def text_of(engine, run_id, task, follow=False):
    return "".join([text async for text in engine.log(run_id, task, follow)])


def log_of(runs, run_id, task):
    return asyncio.run(text_of(runs.engine, run_id, task))


@pytest.mark.parametrize("kubernetes", [True, False])
def test_a_run_from_end_to_end(kfp_home, cluster, tmp_path, kubernetes):
    runs = ClusterRuns(kfp_home, cluster, tmp_path, kubernetes)
    run_id = runs.start(TWO)
    status = runs.end(run_id)
    assert states(status) == {"one": "SUCCEEDED", "two": "SUCCEEDED"}
    assert status.state is State.SUCCEEDED
    assert status.metrics == {"good": 0.5}
    assert log_of(runs, run_id, "one") == "first words\n"
    assert log_of(runs, run_id, "two") == "got 7\n"
    assert [(phase.name, phase.state.value) for phase in status.phases] == [
        (name, "SUCCEEDED") for name in ("connect", "experiment", "code", "pipeline", "run")
    ]
    assert all(phase.started <= phase.ended for phase in status.phases)
    assert status.remote["run_id"] == runs.remote(run_id)
    assert (status.remote["connection"], status.remote["namespace"]) == ("lab", "kubeflow")
    assert bool(status.notes) is not kubernetes
    assert Registry(kfp_home).get("last") == status
    assert cluster.count("POST", "/runs$") == 1


def test_a_second_run_finds_what_the_first_made(runs, cluster):
    runs.end(runs.start(TWO))
    runs.end(runs.start(TWO))
    assert cluster.count("POST", "/experiments$") == 1
    assert cluster.count("POST", "/configmaps$") == 1
    assert cluster.count("POST", "/upload_version$") == 1
    assert cluster.count("POST", "/runs$") == 2
    runs.end(runs.start({**TWO, "three": Step("pass")}))
    assert cluster.count("POST", "/upload_version$") == 2


def test_failures_have_their_reason_and_followers_are_left_out(runs):
    steps = {
        "bad": Step(
            "fail(name='ValueError', message='no', cell=2, cell_id='c2', line=1, source='x')"
        ),
        "exits": Step("sys.exit(3)"),
        "after": Step("pass", after=["bad"]),
    }
    status = runs.end(runs.start(steps))
    assert status.state is State.FAILED
    assert states(status) == {"bad": "FAILED", "exits": "FAILED", "after": "SKIPPED"}
    assert (status.step("bad").error.name, status.step("bad").error.cell_id) == ("ValueError", "c2")
    assert status.step("exits").error.name == Code.STEP_FAILED.value
    assert status.step("after").reason == "bad failed"


def test_cancel(runs, cluster):
    os.mkfifo(runs.shared / "printed")
    code = "print('here', flush=True)\nmeet('printed', 'wb')\nforever()"
    run_id = runs.start({"waits": Step(code)})
    (runs.shared / "printed").open("rb").close()
    runs.engine.cancel(run_id)
    status = runs.end(run_id)
    assert status.state is State.CANCELED
    assert states(status) == {"waits": "CANCELED"}
    assert cluster.count("POST", ":terminate$") == 1
    assert log_of(runs, run_id, "waits") == "here\n"


def test_cancel_before_it_was_posted(runs, cluster):
    held = Fault("POST", "/experiments$", "hold")
    cluster.faults.append(held)
    run_id = runs.start(FOREVER)
    assert held.held.wait(300)
    runs.engine.cancel(run_id)
    held.released.set()
    status = runs.end(run_id)
    assert status.state is State.CANCELED
    assert cluster.count("POST", "/runs$") == 0


ONCE = [
    # the answer is lost: the run is found and adopted
    ("after", State.SUCCEEDED, 1),
    ("garbage", State.FAILED, 0),
    # nothing happened, but nobody can know: it is not posted again
    ("before", State.FAILED, 0),
    ("503", State.FAILED, 0),
    ("400", State.FAILED, 0),
    # the Workflow was started, its row refused: it is removed
    ("row", State.FAILED, 0),
]


@pytest.mark.parametrize(("kind", "state", "left"), ONCE)
def test_one_press_is_at_most_one_run(runs, cluster, kind, state, left):
    cluster.faults.append(Fault("POST", "/runs$", kind))
    run_id = runs.start(TWO)
    status = runs.end(run_id)
    assert status.state is state
    assert len(runs.workflows(run_id)) == left
    assert cluster.count("POST", "/runs$") == 1
    if state is State.FAILED:
        assert status.message
        assert status.phases[-1].state is State.FAILED
        assert {step.state for step in status.steps} == {State.CANCELED}


@pytest.mark.parametrize("kind", ["503", "before", "garbage"])
def test_a_run_that_may_exist_is_not_given_up(runs, cluster, kind):
    posted = Fault("POST", "/runs$", "hold after")
    cluster.faults.append(posted)
    run_id = runs.start(TWO)
    assert posted.held.wait(300)
    cluster.faults.append(lasting("GET", "/runs/[^/]+$", kind))
    posted.released.set()
    said = runs.until(run_id, lambda status: "not known yet" in status.message)
    assert said.state is State.PENDING
    cluster.faults.clear()
    status = runs.end(run_id)
    assert (status.state, status.message) == (State.SUCCEEDED, "")
    assert len(runs.workflows(run_id)) == 1


@pytest.mark.parametrize("seed", range(6))
def test_with_faults_in_a_third_of_the_calls_there_is_one_run_or_none(runs, cluster, seed):
    cluster.dice = random.Random(seed)
    cluster.odds = (0.3, KINDS)
    run_id = runs.start(TWO)
    status = runs.end(run_id)
    assert len(cluster.store.runs) <= 1
    if status.state is State.SUCCEEDED:
        assert states(status) == {"one": "SUCCEEDED", "two": "SUCCEEDED"}
        assert [each.phase for each in runs.workflows(run_id)] == ["Succeeded"]
    else:
        assert status.state is State.FAILED
        assert status.message
        assert status.phases[-1].state is not State.SUCCEEDED
        assert runs.workflows(run_id) == []


@pytest.mark.parametrize("kind", ["after", "before", "refused", "503", "429"])
@pytest.mark.parametrize(
    "path", ["/experiments$", "/configmaps$", "/pipelines$", "/upload_version$"]
)
def test_what_was_made_although_the_answer_was_lost_is_found(runs, cluster, kind, path):
    cluster.faults.append(Fault("POST", path, kind))
    status = runs.end(runs.start({"one": Step("pass")}))
    wanted = State.FAILED if kind == "429" else State.SUCCEEDED
    assert status.state is wanted
    if wanted is State.SUCCEEDED:
        assert len(cluster.store.experiments) == 2
        assert len(cluster.store.versions) == 1


@pytest.mark.parametrize("kind", ["hold", "hold after"])
@pytest.mark.parametrize("path", ["/experiments$", "/configmaps$", "/upload_version$", "/runs$"])
def test_killed_while_it_starts_a_run(runs, cluster, kind, path):
    held = Fault("POST", path, kind)
    cluster.faults.append(held)
    run_id = runs.start(TWO)
    assert held.held.wait(300)
    runs.kill_keeper(run_id)
    held.released.set()
    status = runs.end(run_id)  # whoever looks has it watched again
    assert status.state is State.SUCCEEDED
    assert len(runs.workflows(run_id)) == 1
    assert len(cluster.store.runs) == 1
    assert len(cluster.store.versions) == 1


def test_killed_while_it_watches(runs, cluster):
    os.mkfifo(runs.shared / "go")
    run_id = runs.start({"one": Step("print('said')\nmeet('go', 'rb')")})
    runs.until(run_id, lambda status: status.step("one").state is State.RUNNING)
    runs.kill_keeper(run_id)
    assert Registry(runs.home).list()[0].state is State.RUNNING
    (runs.shared / "go").open("wb").close()
    status = runs.end(run_id)
    assert status.state is State.SUCCEEDED
    assert log_of(runs, run_id, "one") == "said\n"
    assert len(runs.workflows(run_id)) == 1


@pytest.mark.parametrize("asked", [False, True])
def test_a_keeper_ends_by_sigterm_and_the_run_goes_on(runs, cluster, asked):
    """Also where it is to cancel the run, and the cluster does not answer."""
    run_id = runs.start(FOREVER)
    # Each is told by an event of its own.
    both = {State.RUNNING}
    runs.until(run_id, lambda status: {status.state, status.step("waits").state} == both)
    if asked:
        held = Fault("POST", ":terminate$", "hold")
        cluster.faults.append(held)
        runs.engine.cancel(run_id)
        assert held.held.wait(60)
    runs.kill_keeper(run_id, signal.SIGTERM)
    if asked:
        held.released.set()
    assert Registry(runs.home).get(run_id).state in (State.RUNNING, State.CANCELING)
    runs.engine.cancel(run_id)
    assert runs.end(run_id).state is State.CANCELED


def test_a_keeper_ends_when_its_run_is_removed(runs):
    run_id = runs.start(FOREVER)
    runs.until(run_id, lambda status: status.step("waits").state is State.RUNNING)
    with runs.folder(run_id).lock.open() as held:
        keeper = int(held.read())
        remove_whole(runs.home, runs.folder(run_id).path)  # the keeper may be writing into it
        with suppress(ProcessLookupError):  # it may have seen it by itself
            os.kill(keeper, WAKE)
        fcntl.flock(held, fcntl.LOCK_SH)  # until it is gone


def test_a_run_that_cannot_be_watched_is_still_shown(runs, monkeypatch):
    run_id = runs.start(FOREVER)
    runs.until(run_id, lambda status: status.step("waits").state is State.RUNNING)
    runs.kill_keeper(run_id)

    def full(*_arguments):
        raise KfpExtError(Problem(Code.RUNNER_LOST, "no more processes"))

    with monkeypatch.context() as patch:
        patch.setattr("jupyter_kfp_ext.engines.kfp.keeper_process.start_process", full)
        assert Registry(runs.home).get(run_id).state is State.RUNNING
        assert [each.id for each in Registry(runs.home).list()] == [run_id]
    runs.engine.cancel(run_id)
    assert runs.end(run_id).state is State.CANCELED


def test_many_who_look_start_one_keeper(runs, cluster):
    run_id = runs.start(FOREVER)
    runs.until(run_id, lambda status: status.step("waits").state is State.RUNNING)
    runs.kill_keeper(run_id)
    before = cluster.count("GET", "/healthz$")
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: runs.engine.revive(run_id), range(8)))
    assert lock.is_held(runs.folder(run_id).lock)
    runs.engine.cancel(run_id)
    assert runs.end(run_id).state is State.CANCELED
    assert cluster.count("GET", "/healthz$") == before
    assert cluster.count("POST", ":terminate$") == 1


def test_a_cluster_that_does_not_answer_for_a_while(runs, cluster):
    os.mkfifo(runs.shared / "go")
    run_id = runs.start({"one": Step("meet('go', 'rb')")})
    runs.until(run_id, lambda status: status.step("one").state is State.RUNNING)
    cluster.faults.append(lasting("GET", "/runs/[^/]+$", "503"))
    said = runs.until(run_id, lambda status: status.message)
    assert "503" in said.message
    assert said.state is State.RUNNING
    cluster.faults.clear()
    (runs.shared / "go").open("wb").close()
    status = runs.end(run_id)
    assert status.state is State.SUCCEEDED
    assert status.message == ""


def test_a_run_that_is_deleted_under_us(runs, cluster):
    run_id = runs.start(FOREVER)
    runs.until(run_id, lambda status: status.step("waits").state is State.RUNNING)
    cluster.store.delete_run(runs.remote(run_id))
    status = runs.end(run_id)
    assert status.state is State.FAILED
    assert "deleted" in status.message


def test_with_fewer_rights_less_is_told_and_it_is_said(runs, cluster):
    cluster.kubernetes.denied |= {"workflows", "pods"}
    run_id = runs.start(TWO)
    status = runs.end(run_id)
    assert status.state is State.SUCCEEDED
    assert states(status) == {"one": "SUCCEEDED", "two": "SUCCEEDED"}
    assert len(status.notes) == 2
    assert all("403" in note for note in status.notes)
    assert log_of(runs, run_id, "one") == "first words\n"


def test_a_token_that_is_not_accepted(kfp_home, cluster, tmp_path, monkeypatch):
    cluster.token = "right"
    monkeypatch.setenv("KFP_TEST_TOKEN", "wr0ng-token")
    runs = ClusterRuns(kfp_home, cluster, tmp_path, token="env:KFP_TEST_TOKEN")
    run_id = runs.start(TWO)
    status = runs.end(run_id)
    assert status.state is State.FAILED
    assert "401" in status.message
    for path in runs.folder(run_id).path.rglob("*"):
        if path.is_file():
            assert b"wr0ng-token" not in path.read_bytes(), path


def test_nothing_is_asked_once_the_run_has_ended(runs, cluster):
    run_id = runs.start(TWO)
    runs.end(run_id)
    before = len(cluster.calls)
    assert not lock.is_held(runs.folder(run_id).lock)
    runs.engine.revive(run_id)
    Registry(runs.home).list()
    assert not lock.is_held(runs.folder(run_id).lock)
    assert len(cluster.calls) == before


def test_code_that_no_config_map_may_bring_goes_another_way(runs, cluster):
    cluster.kubernetes.denied.add("configmaps")
    run_id = runs.start(TWO)
    status = runs.end(run_id)
    assert status.state is State.SUCCEEDED
    assert status.remote["way"] == "embed"
    phase = next(each for each in status.phases if each.name == "code")
    assert phase.message == status.remote["code"]
    assert "configmap: " in phase.message
    assert "403" in phase.message


def test_without_a_connection_there_is_no_run(kfp_home, cluster, tmp_path):
    runs = ClusterRuns(kfp_home, cluster, tmp_path)
    with pytest.raises(KfpExtError) as caught:
        runs.engine.submit(replace(submission(*pipeline(TWO)), connection="elsewhere"))
    assert caught.value.code is Code.CONNECTION_MISSING
    assert Registry(kfp_home).list() == ()


def test_the_intent_is_on_disk_before_the_first_call(runs, cluster):
    held = Fault("GET", "/healthz$", "hold")
    cluster.faults.append(held)
    run_id = runs.start(TWO)
    assert held.held.wait(300)
    kept = json.loads((runs.folder(run_id).path / "kfp.json").read_text())
    assert kept["run_id"]
    assert Registry(runs.home).get(run_id).state is State.PENDING
    held.released.set()
    assert runs.end(run_id).state is State.SUCCEEDED
