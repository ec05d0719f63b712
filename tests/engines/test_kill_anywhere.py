"""Each process of a run is killed at any moment: what is left is true, whole, and can be repeated.

A dozen moments here; `KFP_KILLS=500` tries that many. The moments come from fixed seeds, and are
counted in things done to files and processes, never in seconds (`support/killer`).
"""

import contextlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from jupyter_kfp_ext.engines.local import lock
from jupyter_kfp_ext.engines.local.layout import run_folder, runs_folder
from jupyter_kfp_ext.engines.local.processes import descendants, marked
from jupyter_kfp_ext.runs.follow import follow_blocking
from jupyter_kfp_ext.runs.registry import Registry
from tests.support.notebooks import code_cell, notebook_json
from tests.support.processes import until_gone, until_left

ROOT = Path(__file__).resolve().parents[2]
KILLER = ROOT / "tests" / "support" / "killer"
KILLS = int(os.environ.get("KFP_KILLS", "12"))
PATIENCE = 600

SUBMIT = """
import json, sys
from jupyter_kfp_ext.notation.reader import parse_notebook
from jupyter_kfp_ext.runs.chain import build, submit
from jupyter_kfp_ext.runs.engines import keep_runner_ready
if sys.argv[3] == "ready":
    keep_runner_ready()
notebook = parse_notebook(json.loads(sys.argv[2]), name="n.ipynb", path=None)
print(submit(build(notebook), python=sys.executable).run_id)
"""

RESUME = """
import sys
from jupyter_kfp_ext.runs.again import resumed
from jupyter_kfp_ext.runs.chain import submit
from jupyter_kfp_ext.runs.registry import Registry
again = resumed(Registry().get(sys.argv[2]))
submit(again.compiled, python=sys.executable, parameters=again.parameters, reuse=again.reuse)
"""

WORK = """
import os
hold = os.open({alive!r}, os.O_WRONLY)
os.close(os.open({effects!r} + f"/{name}-{{os.getpid()}}", os.O_WRONLY | os.O_CREAT))
"""
NOTEBOOK = {
    "a": "x = [1, 2]",
    "b": "y = [each + 1 for each in x]",
    "c": "z = {'sum': sum(x)}",
    "d": "print(y, z)",
}
TEXT = "[2, 3] {'sum': 3}\n"


class Scene:
    """A home in which one notebook is run, and what its steps leave outside of it."""

    def __init__(self, folder):
        self.home = folder / "home"
        self.notes = folder / "notes"
        self.effects = folder / "effects"
        self.alive = folder / "alive"
        self.effects.mkdir()
        os.mkfifo(self.alive)
        # A reader from the beginning, so that no step waits when it opens the FIFO.
        self._reader = os.open(self.alive, os.O_RDONLY | os.O_NONBLOCK)

    def submit(self, ready=False, **kill):
        """Submit from a process of its own; return whether it came to its end.

        `ready`: to a runner that waits already.
        """
        cells = [
            code_cell(
                source + WORK.format(alive=str(self.alive), effects=str(self.effects), name=name)
                if name != "d"
                else source,
                step=name,
                cell_id=name,
            )
            for name, source in NOTEBOOK.items()
        ]
        words = json.dumps(notebook_json(*cells)), "ready" if ready else ""
        return self._call(SUBMIT, words, kill)

    def resume(self, run_id):
        """Go on with a run."""
        return self._call(RESUME, (run_id,), {})

    def _call(self, script, words, kill):
        env = {**os.environ, "JUPYTER_KFP_HOME": str(self.home)}
        # Always the same: where it differs, results are not taken again.
        env["PYTHONPATH"] = f"{KILLER}{os.pathsep}{ROOT}"
        if kill:
            plan = {"home": str(self.home), "notes": str(self.notes), "roles": {}, **kill}
            env["KFP_KILL"] = json.dumps(plan)
        command = [sys.executable, "-c", script, "submit-for-the-kill-test", *words]
        done = subprocess.run(command, env=env, capture_output=True, text=True)
        assert done.returncode in (0, -signal.SIGKILL), done.stderr
        return done.returncode == 0

    @property
    def ids(self):
        """The ids of all runs that are to be seen."""
        return [run.id for run in Registry(self.home).list()]

    def settle(self, run_id):
        """Wait until no process of a run is left; return what it is shown as."""
        until_left(run_folder(self.home, run_id))
        # All that held the FIFO have let go of it: no process of a step is left.
        os.set_blocking(self._reader, True)
        assert os.read(self._reader, 1) == b""
        os.set_blocking(self._reader, False)
        until_gone(run_folder(self.home, run_id).path)  # one that had not opened the FIFO yet
        return Registry(self.home).get(run_id)

    def done(self):
        """Return how often each step has done its work."""
        return Counter(each.name.partition("-")[0] for each in self.effects.iterdir())


@pytest.fixture
def scene(tmp_path):
    signal.signal(signal.SIGALRM, _too_long)
    signal.alarm(PATIENCE)
    yield Scene(tmp_path)
    signal.alarm(0)


def _too_long(_number, _frame):
    raise TimeoutError(f"nothing came for {PATIENCE} s")


@pytest.fixture(scope="module")
def moments(tmp_path_factory):
    """Return how many moments each kind of process has in a run that nobody disturbs."""
    scene = Scene(tmp_path_factory.mktemp("count"))
    scene.submit(count=True)
    assert scene.settle(scene.ids[0]).state.value == "SUCCEEDED"
    counts = {}
    for line in scene.notes.read_text().splitlines():
        role, number, _ = line.split(" ", 2)
        counts[role] = max(counts.get(role, 0), int(number))
    assert {"submitter", "runner", "step"} <= counts.keys()
    return counts


def check_truth(scene, run_id, status):
    """Whatever was killed: the run has ended, nothing is half there, no work was done twice."""
    assert status.state.ended
    assert all(step.state.ended for step in status.steps)
    assert max(scene.done().values(), default=0) <= 1
    folder = run_folder(scene.home, run_id)
    for path in (folder.record, folder.pipeline, folder.notebook):
        json.loads(path.read_bytes())
    if folder.result.exists():
        assert json.loads(folder.result.read_bytes())["state"] == status.state.value
    events = folder.events.read_text() if folder.events.exists() else ""
    seqs = [json.loads(line)["seq"] for line in events.splitlines()]
    assert seqs == list(range(1, len(seqs) + 1))
    for step in status.steps:
        if step.state.value == "SUCCEEDED":
            json.loads(folder.step(step.task).executor_output.read_bytes())
            assert step.name == "d" or step.cached or scene.done()[step.name] == 1


def check_repeats(scene, resume):
    """In the same home the same notebook runs to its right end; what was done stays done."""
    before = Registry(scene.home).list()
    done = {
        step.name: scene.done()[step.name]
        for run in before
        for step in run.steps
        if step.state.value == "SUCCEEDED"
    }
    assert scene.resume(before[0].id) if resume and before else scene.submit()
    status = scene.settle(scene.ids[0])
    assert status.state.value == "SUCCEEDED", status
    assert len(scene.ids) == len(before) + 1
    assert run_folder(scene.home, status.id).step("d").log.read_text() == TEXT
    assert {name: scene.done()[name] for name in done} == done


@pytest.mark.parametrize("seed", range(KILLS))
def test_a_process_that_dies_at_any_moment_of_its_own(scene, moments, seed):
    chance = random.Random(seed)
    role = ("runner", "step", "submitter", "runner and guard")[seed % 4]
    first = role.split()[0]
    roles = {first: chance.randint(1, moments[first])}
    if role == "runner and guard":
        roles["guard"] = chance.randint(1, 12)
    whole = scene.submit(ready=seed % 16 < 8, roles=roles)
    for run_id in scene.ids:
        status = scene.settle(run_id)
        check_truth(scene, run_id, status)
        check_reason(status, scene.notes.read_text().split() if scene.notes.exists() else [])
    # How often a process is woken, and so what it does, differs a little from run to run.
    assert scene.notes.exists() or roles[first] > 0.8 * moments[first], f"{roles} never came"
    assert len(scene.ids) == 1 or (role == "submitter" and not whole)
    check_repeats(scene, resume=seed % 8 < 4)


def check_reason(status, died):
    if status.state.value == "SUCCEEDED":
        return
    if "runner" in died or (died == ["submitter"] and status.seq == 0):
        assert "runner-lost" in status.message
    elif "step" in died:
        errors = [step.error.name for step in status.steps if step.error]
        assert errors
        assert set(errors) == {"step-killed"}
    else:
        raise AssertionError(f"{died} died, and the run is {status}")


def test_a_submitter_that_dies_leaves_a_whole_run_or_none(scene, moments):
    ready = False
    for moment in range(1, moments["submitter"] + 1, max(1, moments["submitter"] // 8)):
        shutil.rmtree(scene.home, ignore_errors=True)
        shutil.rmtree(scene.effects)
        scene.effects.mkdir()
        ready = not ready
        scene.submit(ready=ready, roles={"submitter": moment})
        found = runs_folder(scene.home).glob("[!.]*")
        assert [each.name for each in found] == scene.ids
        assert len(scene.ids) <= 1
        for run_id in scene.ids:
            status = scene.settle(run_id)
            check_truth(scene, run_id, status)
            assert status.state.value in ("SUCCEEDED", "FAILED")


@pytest.mark.skipif(sys.platform != "linux", reason="processes are found by /proc")
@pytest.mark.parametrize("seed", range(max(4, KILLS // 3)))
def test_processes_that_are_killed_from_outside_after_an_event(scene, seed):
    """After the n-th line of the journal: runner, guard, both, or a step."""
    chance = random.Random(1000 + seed)
    whom = ("runner", "guard", "both", "step")[seed % 4]
    assert scene.submit()
    run_id = scene.ids[0]
    folder = run_folder(scene.home, run_id)
    last = chance.randint(1, 14)
    for change in follow_blocking(run_id, home=scene.home):
        if change.status.seq >= last or change.status.state.ended:
            break
    killed = kill(whom, folder)
    status = scene.settle(run_id)
    check_truth(scene, run_id, status)
    if status.state.value != "SUCCEEDED":
        assert killed
        assert whom != "guard"
        assert "step-killed" in str(status.steps) or "runner-lost" in status.message
    check_repeats(scene, resume=seed % 8 < 4)


def kill(whom, folder):
    """Kill processes of a run; return whether there were any."""
    try:
        runner = int(folder.lock.read_text())
    except ValueError:
        return False
    if not lock.is_held(folder.lock):
        return False
    steps = marked(folder.path)
    # A step has the runner's command, too, until it has become the step: the guard is the oldest.
    like_it = [each for each in descendants(runner) if b"local.runner" in command_of(each)]
    guards = sorted(like_it, key=lambda pid: (started_at(pid), pid))[:1]
    targets = {"runner": [runner], "guard": guards, "both": [*guards, runner], "step": steps}
    for pid in targets[whom]:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    return bool(targets[whom])


def started_at(pid):
    """Return when a process started, in ticks since the machine did (proc_pid_stat(5))."""
    try:
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19])
    except OSError:
        return float("inf")


def command_of(pid):
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""
