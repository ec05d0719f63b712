"""What becomes of a run when its processes are ended from inside or outside."""

import errno
import fcntl
import json
import os
import signal
import subprocess
import sys

import pytest
from container_specs import Step, states

from jupyter_kfp_ext.engines.local import lock
from jupyter_kfp_ext.engines.local.results import remove_whole
from jupyter_kfp_ext.engines.local.status import read_status
from jupyter_kfp_ext.engines.model import State
from jupyter_kfp_ext.errors import KfpExtError

FAMILY = """
keep = hold()
source = "import signal, sys\\nprint('up', flush=True)\\nwhile True: signal.pause()"
for detached in (False, True):
    child = subprocess.Popen([sys.executable, "-c", source], stdout=subprocess.PIPE,
                             pass_fds=[keep], start_new_session=detached)
    child.stdout.readline()
cell("start", "up")
forever()
"""
"""A step with a child in its group and one that left group and session."""


def start_family(runs, **more):
    """Start a step with a family; return the run and a file that ends when all are dead."""
    fifo = runs.fifo("alive")
    run_id = runs.start(
        {"done": Step(""), "a": Step(FAMILY, after=["done"], **more), "b": Step("", after=["a"])}
    )
    alive = fifo.open("rb")
    runs.until(run_id, lambda status: status.step("a").cell == "up")
    return run_id, alive


def test_cancel_ends_the_whole_tree(runs):
    run_id, alive = start_family(runs)
    runs.engine.cancel(run_id)
    status = runs.end(run_id)
    assert status.state is State.CANCELED
    assert states(status) == {"done": "SUCCEEDED", "a": "CANCELED", "b": "CANCELED"}
    assert alive.read() == b""
    assert "CANCELING" in [each.get("state") for each in runs.events(run_id)]


def test_cancel_ends_what_does_not_listen(runs):
    fifo = runs.fifo("alive")
    deaf = """
keep = hold()
signal.signal(signal.SIGTERM, signal.SIG_IGN)
cell("start", "up")
forever()
"""
    run_id = runs.start({"a": Step(deaf)})
    with fifo.open("rb") as alive:
        runs.until(run_id, lambda status: status.step("a").cell == "up")
        runs.engine.cancel(run_id)
        assert states(runs.end(run_id)) == {"a": "CANCELED"}
        assert alive.read() == b""


def test_a_step_may_end_in_good_order_when_cancelled(runs):
    polite = """
def stop(*_):
    print("saved", flush=True)
    sys.exit(0)
signal.signal(signal.SIGTERM, stop)
cell("start", "up")
forever()
"""
    run_id = runs.start({"a": Step(polite)})
    runs.until(run_id, lambda status: status.step("a").cell == "up")
    runs.engine.cancel(run_id)
    assert states(runs.end(run_id)) == {"a": "CANCELED"}
    assert runs.folder(run_id).step("a").log.read_text() == "saved\n"


def test_cancel_at_once_is_not_lost(runs):
    run_id = runs.start({"a": Step("forever()")})
    runs.engine.cancel(run_id)
    assert runs.end(run_id).state is State.CANCELED


def test_cancelling_a_run_that_has_ended_changes_nothing(runs):
    status = runs.run({"a": Step("")})
    runs.engine.cancel(status.id)
    assert runs.engine.status(status.id) == status
    with pytest.raises(KfpExtError) as caught:
        runs.engine.cancel("nope")
    assert caught.value.code == "run-missing"


def test_cancel_while_a_step_waits_for_its_next_attempt(runs):
    retry = {"maxRetryCount": 1, "backoffDuration": "3600s"}
    run_id = runs.start({"a": Step("sys.exit(1)", retry=retry)})
    runs.until(run_id, lambda status: "next in" in status.step("a").reason)
    runs.engine.cancel(run_id)
    assert states(runs.end(run_id)) == {"a": "CANCELED"}


def test_a_timeout_ends_the_whole_tree(runs):
    # A reader from the beginning: the time may be up before the step opens the FIFO.
    reader = os.open(runs.fifo("alive"), os.O_RDONLY | os.O_NONBLOCK)
    run_id = runs.start({"a": Step(FAMILY, timeout=2)})
    assert "timeout" in runs.end(run_id).step("a").error.message
    with open(reader, "rb") as alive:
        os.set_blocking(reader, True)
        assert alive.read() == b""


def test_what_a_step_leaves_running_ends_with_the_run(runs):
    fifo = runs.fifo("alive")
    run_id = runs.start({"a": Step(FAMILY.replace("forever()\n", ""))})
    with fifo.open("rb") as alive:
        assert runs.end(run_id).state is State.SUCCEEDED
        assert alive.read() == b""


def test_a_run_whose_folder_is_deleted_ends(runs):
    fifo = runs.fifo("alive")
    gate = runs.fifo("gate")
    source = (
        'keep = hold()\ncell("start", "up")\nmeet("gate", "rb")\ncell("start", "on")\nforever()'
    )
    run_id = runs.start({"a": Step(source)})
    with fifo.open("rb") as alive, runs.folder(run_id).lock.open() as held:
        runs.until(run_id, lambda status: status.step("a").cell == "up")
        remove_whole(runs.home, runs.folder(run_id).path)
        gate.open("wb").close()
        assert alive.read() == b""
        fcntl.flock(held, fcntl.LOCK_SH)  # until runner and guard are gone
    assert not runs.folder(run_id).path.exists()
    runs.forget(run_id)


def test_a_killed_runner_leaves_no_process_and_a_true_status(runs):
    run_id, alive = start_family(runs)
    lock.signal_holder(runs.folder(run_id).lock, signal.SIGKILL)
    assert alive.read() == b""
    status = runs.end(run_id)
    assert (status.state, states(status)) == (
        State.FAILED,
        {"done": "SUCCEEDED", "a": "FAILED", "b": "CANCELED"},
    )
    assert "runner-lost" in status.message
    assert status.step("a").error.name == "runner-lost"
    assert status.step("a").error.cell_id == "up"
    seqs = [each["seq"] for each in runs.events(run_id)]
    assert seqs == list(range(1, len(seqs) + 1))


def test_a_run_whose_every_process_is_gone_is_not_shown_as_running(runs):
    """Power loss: neither runner nor guard could write anything."""
    status = runs.run({"a": Step("")})
    folder = runs.folder(status.id)
    folder.result.unlink()
    lines = folder.events.read_bytes().splitlines(keepends=True)
    folder.events.write_bytes(b"".join(lines[:2]) + lines[2][:10])
    lost = read_status(folder)
    assert (lost.state, states(lost), lost.seq) == (State.FAILED, {"a": "FAILED"}, 2)
    assert "runner-lost" in lost.message


def test_a_run_outlives_whoever_submitted_it(runs, tmp_path):
    """The submitter is killed with its whole session while the step runs."""
    runs.fifo("go")
    script = f"""
import os, signal, sys
sys.path[:0] = {sys.path!r}
from pathlib import Path
from container_specs import Runs, Step, pipeline, submission
from jupyter_kfp_ext.engines.local.engine import LocalEngine
steps = {{"a": Step("cell('start', 'up'); meet('go', 'rb')")}}
spec = pipeline(steps, None, Path({str(runs.shared)!r}))
print(LocalEngine(Path({str(runs.home)!r})).submit(submission(*spec)), flush=True)
signal.pause()
"""
    parent = subprocess.Popen(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, text=True, start_new_session=True
    )
    run_id = parent.stdout.readline().strip()
    runs.until(run_id, lambda status: status.step("a").cell == "up")
    for number in (signal.SIGHUP, signal.SIGINT, signal.SIGKILL):
        os.killpg(parent.pid, number)
    parent.wait()
    parent.stdout.close()
    (runs.shared / "go").open("wb").close()
    assert runs.end(run_id).state is State.SUCCEEDED


def test_a_hangup_does_not_stop_the_runner(runs):
    runs.fifo("go")
    run_id = runs.start({"a": Step("cell('start', 'up'); meet('go', 'rb')")})
    runs.until(run_id, lambda status: status.step("a").cell == "up")
    lock.signal_holder(runs.folder(run_id).lock, signal.SIGHUP)
    (runs.shared / "go").open("wb").close()
    assert runs.end(run_id).state is State.SUCCEEDED


def test_a_runner_that_fails_says_so(runs):
    """Its own folder is spoilt under it: the second step cannot be prepared."""
    spoil = "(pathlib.Path.cwd().parents[1] / 'b').write_text('in the way')"
    status = runs.run({"a": Step(spoil), "b": Step("", after=["a"])})
    assert (status.state, states(status)) == (State.FAILED, {"a": "SUCCEEDED", "b": "CANCELED"})
    assert "The runner failed" in status.message
    assert "Traceback" in runs.folder(status.id).runner_log.read_text()


def test_nothing_is_left_over_after_a_run(runs):
    status = runs.run({"a": Step("")})
    names = {each.name for each in runs.folder(status.id).path.iterdir()}
    assert names == {
        "run.json",
        "code.json",
        "pipeline.json",
        "notebook.ipynb",
        "events.jsonl",
        "result.json",
        "runner.lock",
        "runner.log",
        "steps",
    }
    assert runs.folder(status.id).runner_log.read_text() == ""
    assert not lock.is_held(runs.folder(status.id).lock)


def test_a_full_disk_is_named_and_leaves_no_torn_event(tmp_path):
    """A file size limit makes the disk seem full: the write takes only a part of the line."""
    script = f"""
import json, resource, sys
sys.path[:0] = {sys.path!r}
from pathlib import Path
from jupyter_kfp_ext.engines.local.journal import Journal
from jupyter_kfp_ext.engines.local.layout import RunFolder
journal = Journal(RunFolder(Path({str(tmp_path)!r})))
journal.run(message="first")
resource.setrlimit(resource.RLIMIT_FSIZE, (200, 200))
try:
    journal.run(message="x" * 500)
except OSError as error:
    print(error.errno)
"""
    record = {
        "id": "r",
        "name": "p",
        "notebook": None,
        "created": 0.0,
        "parameters": {},
        "python": "p",
        "folder": None,
        "bundle": "",
        "steps": [],
        "notes": [],
        "engine": "local",
    }
    (tmp_path / "run.json").write_text(json.dumps(record))
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert int(done.stdout) == errno.ENOSPC
    lines = (tmp_path / "events.jsonl").read_text().splitlines()
    assert [json.loads(line)["message"] for line in lines] == ["first"]
