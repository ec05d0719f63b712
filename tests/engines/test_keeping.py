"""What a step has left is copied and hashed beside the loop, and then the step is done."""

import signal
import threading
from pathlib import Path
from types import SimpleNamespace

import pytest
from container_specs import Step

from jupyter_kfp_ext.engines.local.keeping import Keeper
from jupyter_kfp_ext.engines.local.layout import StepFolder
from jupyter_kfp_ext.engines.local.results import Staged, StoppedError
from jupyter_kfp_ext.engines.local.waiting import Waiter
from jupyter_kfp_ext.engines.model import State


class Reuser:
    """Stands for the one that reads files: it reads until it may end."""

    def __init__(self):
        self.may_end = threading.Event()
        self.finished = []

    def begin(self, task, folder):
        return None if task.name == "nothing" else "kept"

    def stage(self, task, folder, kept, stopped):
        while not self.may_end.wait(0.01):
            if stopped():
                raise StoppedError
        return Staged({"artifacts/a": "digest"})

    def finish(self, task, folder, kept, staged):
        self.finished.append(staged)


@pytest.fixture
def scene(tmp_path):
    before = signal.set_wakeup_fd(-1)
    reuser, waiter = Reuser(), Waiter(())
    folder = StepFolder(tmp_path)
    folder.artifacts.mkdir(parents=True)
    keeper = Keeper(reuser, waiter)
    done = []

    def keep(name):
        keeper.keep(SimpleNamespace(name=name), folder, lambda: done.append(name))

    yield SimpleNamespace(
        reuser=reuser, waiter=waiter, folder=folder, keeper=keeper, done=done, keep=keep
    )
    reuser.may_end.set()
    signal.set_wakeup_fd(before)


def test_it_is_done_once_it_is_kept(scene):
    scene.keep("step")
    assert (scene.done, scene.keeper.busy) == ([], True)
    scene.reuser.may_end.set()
    assert scene.waiter.wait() == set()
    assert (scene.done, scene.keeper.busy) == (["step"], False)
    assert scene.reuser.finished == [Staged({"artifacts/a": "digest"})]


def test_where_nothing_is_to_be_read_nobody_waits(scene):
    scene.keep("nothing")
    assert (scene.done, scene.keeper.busy) == (["nothing"], False)


def test_nobody_reads_on_where_the_end_is_waited_for(scene):
    scene.keep("step")
    scene.keeper.stop()
    scene.waiter.wait()
    assert scene.done == ["step"]
    assert isinstance(scene.reuser.finished[0], StoppedError)


def test_without_threads_it_is_done_all_the_same(scene, monkeypatch):
    def refuse(self):
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", refuse)
    scene.reuser.may_end.set()
    scene.keep("step")
    scene.waiter.wait()
    assert (scene.done, scene.keeper.busy) == (["step"], False)


@pytest.mark.skipif(not Path("/proc").exists(), reason="threads are seen in /proc")
def test_a_run_is_cancelled_while_a_huge_artifact_is_read(runs):
    where = "inp['outputs']['artifacts']['f']['artifacts'][0]['uri']"
    code = f"open({where}, 'wb').truncate(1 << 42)"
    steps = {
        "a": Step(code, leaves={"f": "system.Dataset"}),
        "b": Step("", artifacts={"f": ("a", "f")}),
    }
    run_id = runs.start(steps)
    runs.until(run_id, lambda status: status.step("a").state is State.RUNNING)
    runner = int(runs.folder(run_id).lock.read_text())
    while len(list(Path(f"/proc/{runner}/task").iterdir())) < 2:
        pass  # the step runs; the test's limit ends a runner that starts no thread
    runs.engine.cancel(run_id)
    status = runs.end(run_id)
    assert status.state is State.CANCELED
    assert [step.state.value for step in status.steps] == ["SUCCEEDED", "CANCELED"]
