import asyncio
import itertools
import os
import signal

import pytest
from container_specs import Step, states

from jupyter_kfp_ext.engines.local import lock
from jupyter_kfp_ext.engines.local.processes import descendants
from jupyter_kfp_ext.engines.model import State
from jupyter_kfp_ext.errors import KfpExtError
from jupyter_kfp_ext.runs import follow as following
from jupyter_kfp_ext.runs.follow import follow, follow_blocking

CHAIN = {"a": Step("cell('start', 'c1')"), "b": Step("", after=["a"])}


async def gather(run_id, home, since=0):
    return [change async for change in follow(run_id, since, home)]


def check(changes, since=0):
    """Changes join without gap, and hold what changed and nothing else."""
    assert changes[0].first_seq == min(since + 1, changes[0].status.seq)
    assert len(changes[0].steps) == len(changes[0].status.steps)
    for before, after in itertools.pairwise(changes):
        assert after.first_seq == before.status.seq + 1
        assert after.status != before.status
        for step in after.steps:
            assert step == after.status.step(step.task) != before.status.step(step.task)
    assert all(not each.status.state.ended for each in changes[:-1])


def test_every_change_arrives_until_the_end(runs):
    changes = list(follow_blocking(runs.start(CHAIN), home=runs.home))
    check(changes)
    assert states(changes[-1].status) == {"a": "SUCCEEDED", "b": "SUCCEEDED"}
    assert changes[-1].status.state is State.SUCCEEDED


def test_with_asyncio(runs):
    changes = asyncio.run(gather(runs.start(CHAIN), runs.home))
    check(changes)
    assert changes[-1].status.state is State.SUCCEEDED


def test_a_run_that_has_ended_is_told_once(runs):
    status = runs.run(CHAIN)
    for changes in (
        list(follow_blocking(status.id, home=runs.home)),
        asyncio.run(gather(status.id, runs.home)),
    ):
        assert [each.status for each in changes] == [status]


def test_since_says_what_the_caller_knows(runs):
    status = runs.run(CHAIN)
    (change,) = follow_blocking(status.id, since=3, home=runs.home)
    assert change.first_seq == 4
    check([change], since=3)


def test_a_run_that_is_missing_is_refused_at_once(runs):
    for call in (follow, follow_blocking):
        with pytest.raises(KfpExtError) as caught:
            call("nope", home=runs.home)
        assert caught.value.code == "run-missing"


def test_news_come_by_announcement_not_by_looking(runs, monkeypatch):
    """With the regular look far away, only an announcement can wake the follower."""
    monkeypatch.setattr(following, "_LIVENESS", 3600.0)
    runs.fifo("go")
    run_id = runs.start({"a": Step("cell('start', 'c1'); meet('go', 'rb')")})
    seen = []
    for change in follow_blocking(run_id, home=runs.home):
        seen.append(change.status)
        if change.status.step("a").cell == "c1":
            (runs.shared / "go").open("wb").close()
    assert seen[-1].state is State.SUCCEEDED


def test_the_death_of_runner_and_guard_is_seen(runs, monkeypatch):
    """Nobody is left to announce anything: the regular look at the lock finds out."""
    monkeypatch.setattr(following, "_LIVENESS", 0.05)
    run_id = runs.start({"a": Step("cell('start', 'c1'); forever()")})
    changes = follow_blocking(run_id, home=runs.home)
    for change in changes:
        if change.status.step("a").cell == "c1":
            break
    folder = runs.folder(run_id)
    runner = int(folder.lock.read_text())
    # Its children are the step and the guard; that one first, so that it cannot clean up.
    for pid in (*descendants(runner), runner):
        os.kill(pid, signal.SIGSTOP)
    for pid in (*descendants(runner), runner):
        os.kill(pid, signal.SIGKILL)
    last = list(changes)[-1].status
    assert (last.state, states(last)) == (State.FAILED, {"a": "FAILED"})
    assert "runner-lost" in last.message
    assert not lock.is_held(folder.lock)
