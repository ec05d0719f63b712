"""A run that stands still: its processes too, its time limits do not count, and it goes on."""

import os
import signal
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
from container_specs import Step, pipeline, states, submission
from processes import until_gone

from jupyter_kfp_ext.engines.local import attempt, lock
from jupyter_kfp_ext.engines.local.launch import Launch
from jupyter_kfp_ext.engines.local.layout import StepFolder
from jupyter_kfp_ext.engines.local.processes import marked
from jupyter_kfp_ext.engines.model import Reuse, State
from jupyter_kfp_ext.errors import KfpExtError

PARENT_AND_CHILD = """
child = subprocess.Popen([sys.executable, "-c",
    "import sys\\nprint('up', flush=True)\\nsys.stdin.read()"], stdin=subprocess.PIPE,
    stdout=subprocess.PIPE, start_new_session=True)
child.stdout.readline()
cell("start", "up")
meet("gate", "rb")
child.communicate()
"""


def paused(runs, **more):
    """Start a step with a child of its own session, and pause the run."""
    runs.fifo("gate")
    run_id = runs.start({"a": Step(PARENT_AND_CHILD, **more), "b": Step("", after=["a"])})
    runs.until(run_id, lambda status: status.step("a").cell == "up")
    runs.engine.pause(run_id)
    runs.until(run_id, lambda status: status.state is State.PAUSED)
    return run_id


def stopped(pids):
    """Whether all are stopped (proc(5): the letter behind the command)."""
    texts = [Path(f"/proc/{pid}/stat").read_text() for pid in pids]
    return all(each.rpartition(")")[2].split()[0] == "T" for each in texts)


def until_stopped(pids):
    while not stopped(pids):
        os.sched_yield()


def open_gate(runs):
    with (runs.shared / "gate").open("wb"):
        pass


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="looks at processes in /proc")
def test_a_paused_run_stands_still_and_goes_on(runs):
    run_id = paused(runs)
    pids = marked(runs.folder(run_id).path)
    assert len(pids) == 2
    until_stopped(pids)
    assert runs.engine.status(run_id).step("a").state is State.RUNNING
    runs.engine.go_on(run_id)
    open_gate(runs)
    assert states(runs.end(run_id)) == {"a": "SUCCEEDED", "b": "SUCCEEDED"}
    told = [each["state"] for each in runs.events(run_id) if "task" not in each and "state" in each]
    assert told == ["RUNNING", "PAUSED", "RUNNING", "SUCCEEDED"]


def test_the_time_of_a_pause_does_not_count(monkeypatch):
    clock = iter([0.0, 3.0, 12.0, 20.0]).__next__
    sent = []
    monkeypatch.setattr(attempt, "time", SimpleNamespace(monotonic=clock))
    monkeypatch.setattr(attempt, "signal_tree", lambda pid, folder, number: sent.append(number))
    step = attempt.Attempt(None, 1, StepFolder(Path()), Launch(1, -1), None, began=clock())
    step.hold(True)  # at 3
    assert step.ran == 3.0  # whenever it is asked
    step.hold(False)  # at 12
    assert step.ran == 11.0  # at 20
    assert sent == [signal.SIGSTOP, signal.SIGCONT]


def test_a_paused_step_is_not_ended_by_its_time_limit(runs):
    run_id = paused(runs, timeout=30)
    runs.engine.go_on(run_id)
    open_gate(runs)
    assert runs.end(run_id).step("a").state is State.SUCCEEDED


def test_nothing_starts_while_a_run_stands_still(runs):
    runs.fifo("gate")
    run_id = runs.start(
        {"a": Step("cell('start', 'up'); meet('gate', 'rb')"), "b": Step("", after=["a"])}
    )
    runs.until(run_id, lambda status: status.step("a").cell == "up")
    runs.engine.pause(run_id)
    runs.until(run_id, lambda status: status.state is State.PAUSED)
    # What was stopped by hand goes on by hand: it ends, and its follower has to wait.
    for pid in marked(runs.folder(run_id).path):
        os.kill(pid, signal.SIGCONT)
    open_gate(runs)
    runs.until(run_id, lambda status: status.step("a").state is State.SUCCEEDED)
    assert runs.engine.status(run_id).step("b").state is State.PENDING
    runs.engine.go_on(run_id)
    assert runs.end(run_id).step("b").state is State.SUCCEEDED


def test_a_paused_run_can_be_cancelled(runs):
    run_id = paused(runs)
    runs.engine.cancel(run_id)
    assert states(runs.end(run_id)) == {"a": "CANCELED", "b": "CANCELED"}
    until_gone(runs.folder(run_id).path)
    assert marked(runs.folder(run_id).path) == set()


def test_a_killed_runner_leaves_no_stopped_process(runs):
    run_id = paused(runs)
    lock.signal_holder(runs.folder(run_id).lock, signal.SIGKILL)
    status = runs.end(run_id)
    assert (status.state, status.step("a").state) == (State.FAILED, State.FAILED)
    until_gone(runs.folder(run_id).path)
    assert marked(runs.folder(run_id).path) == set()


def test_a_run_that_has_ended_is_not_paused(runs):
    status = runs.run({"a": Step("")})
    for act in (runs.engine.pause, runs.engine.go_on):
        with pytest.raises(KfpExtError) as raised:
            act(status.id)
        assert raised.value.problems[0].code.value == "run-ended"


def test_stopped_steps_that_nobody_was_left_to_end_are_ended_by_resuming(runs):
    run_id = paused(runs)
    folder = runs.folder(run_id)
    pids = marked(folder.path)
    until_stopped(pids)
    runner = int(folder.lock.read_text())
    children = Path(f"/proc/{runner}/task/{runner}/children").read_text().split()
    (guard,) = {int(each) for each in children} - pids
    for pid in (guard, runner):
        os.kill(pid, signal.SIGKILL)
    assert runs.end(run_id).state is State.FAILED
    assert pids & marked(folder.path)
    again = submission(*pipeline({"c": Step("")}, None, runs.shared))
    runs.end(runs.engine.submit(replace(again, reuse=Reuse(run=run_id))))
    until_gone(folder.path)
    assert marked(folder.path) == set()
