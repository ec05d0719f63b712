"""A runner that waits for its run: who gets one, who does not, and when it ends."""

import contextlib
import os
import select
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from container_specs import Step, pipeline, submission

from jupyter_kfp_ext.engines.local import spare
from jupyter_kfp_ext.engines.local.layout import RunFolder
from jupyter_kfp_ext.engines.local.processes import descendants
from jupyter_kfp_ext.engines.model import State

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="processes are found by /proc")


def waiting():
    """Return the processes of ours that wait for a run."""
    return {pid for pid in descendants(os.getpid()) if b"--wait" in words(pid)}


def words(pid):
    """Return what a process was called with.

    One that is just being started has no words for a moment, one that has ended has none for good
    and may be gone between two looks at it.
    """
    process = Path("/proc", str(pid))
    said = b""
    with contextlib.suppress(OSError):
        while not said and (process / "stat").read_text().rpartition(") ")[2][0] != "Z":
            said = (process / "cmdline").read_bytes()
    return said.split(b"\0")


def ended(handle):
    select.select([handle], [], [])
    os.close(handle)


def make_ready():
    """Have a runner wait; return its process. (Not a fixture: pytest sets a variable for each.)"""
    before = waiting()
    spare.keep_ready()
    (process,) = waiting() - before
    return process


def run(runs, code):
    run_id = runs.engine.submit(submission(*pipeline({"a": Step(code)})))
    folder = runs.folder(run_id)
    assert runs.end(run_id).state is State.SUCCEEDED, folder.runner_log.read_text()
    return int(folder.lock.read_text()), folder


def test_a_run_is_given_to_the_runner_that_waits(runs):
    ready = make_ready()
    spare.keep_ready()
    assert ready in waiting()
    assert run(runs, "")[0] == ready
    assert run(runs, "")[0] != ready


def test_another_environment_gets_a_runner_of_its_own(runs, monkeypatch):
    ready = make_ready()
    handle = os.pidfd_open(ready)
    monkeypatch.setenv("TOLD_SINCE", "yes")
    runner, folder = run(runs, "import os; print(os.environ['TOLD_SINCE'])")
    assert runner != ready
    assert folder.step("a").log.read_text() == "yes\n"
    ended(handle)


def test_a_runner_that_was_killed_is_not_waited_for(runs):
    ready = make_ready()
    handle = os.pidfd_open(ready)
    os.kill(ready, signal.SIGKILL)
    ended(handle)
    assert run(runs, "")[0] != ready
    spare.keep_ready()
    assert waiting() - {ready}


def test_it_ends_with_whoever_started_it(tmp_path):
    code = (
        "import os, sys\n"
        "from jupyter_kfp_ext.runs.engines import keep_runner_ready\n"
        "keep_runner_ready()\n"
        "print('ready', flush=True)\n"
        "sys.stdin.read()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as starter:
        starter.stdout.readline()
        (process,) = descendants(starter.pid)
        handle = os.pidfd_open(process)
        starter.kill()
    ended(handle)


def test_it_goes_by_the_clock_as_it_is_when_its_run_comes(monkeypatch, tmp_path):
    monkeypatch.setattr(spare.clock, "_offset", -1e9)
    folder = RunFolder(tmp_path)
    ours, theirs = socket.socketpair()
    monkeypatch.setattr(spare, "_waiting", [spare._Spare(ours, spare._surroundings())])
    with open(os.devnull, "wb") as held:
        assert spare.hand_over(folder, held.fileno())
    kept = [os.dup(1), os.dup(2)]
    try:
        path, lock = spare.wait_for_run(theirs.detach())
    finally:
        for stream, each in zip((1, 2), kept, strict=True):
            os.dup2(each, stream)
            os.close(each)
    os.close(int(lock))
    assert path == str(tmp_path)
    assert abs(spare.clock.now() - time.time()) < 60


def test_it_gives_up_after_a_while(monkeypatch):
    monkeypatch.setattr(spare, "PATIENCE", 0.01)
    ours, theirs = socket.socketpair()
    with ours:
        assert spare.wait_for_run(theirs.detach()) is None
        with pytest.raises(BrokenPipeError):
            ours.send(b"x")
