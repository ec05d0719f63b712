"""Runs on a machine that has no more of something: disk, open files, time that only goes on."""

import subprocess
import sys

import pytest
from container_specs import Step, pipeline, states

from jupyter_kfp_ext.engines.local import clock, ids, outcome
from jupyter_kfp_ext.engines.local.layout import StepFolder
from jupyter_kfp_ext.engines.local.lookup import newest_run
from jupyter_kfp_ext.engines.local.spec_reader import read_pipeline
from jupyter_kfp_ext.runs.registry import Registry

WIDE = """
import resource, sys
sys.path[:0] = {path!r}
from pathlib import Path
from container_specs import Step, pipeline, submission
from jupyter_kfp_ext.engines.local.engine import LocalEngine
engine = LocalEngine(Path({home!r}))
work = submission(*pipeline({{f"s{{n}}": Step("") for n in range(12)}}))
resource.setrlimit(resource.RLIMIT_NOFILE, ({limit}, {limit}))
print(engine.submit(work))
"""


@pytest.mark.parametrize("limit", [18, 22, 64])
def test_a_runner_without_open_files_ends_and_says_why(runs, limit):
    script = WIDE.format(path=sys.path, home=str(runs.home), limit=limit)
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    status = runs.end(done.stdout.strip())
    failed = [step for step in status.steps if step.state.value == "FAILED"]
    said = [step.error.message for step in failed] or [status.message]
    if status.state.value == "FAILED":
        assert all("Too many open files" in each for each in said)
        assert all("ulimit" in step.error.remedy for step in failed)
    else:
        assert set(states(status).values()) == {"SUCCEEDED"}
    assert (limit < 64) or status.state.value == "SUCCEEDED"


@pytest.fixture
def small_disk(tmp_path):
    """A disk of two megabytes."""
    place = tmp_path / "disk"
    place.mkdir()
    options = ["-t", "tmpfs", "-o", "size=2m", "tmpfs", str(place)]
    try:
        subprocess.run(["mount", *options], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("only root can make a small disk")
    yield place
    subprocess.run(["umount", "--lazy", str(place)], check=True)


FILL = """
fd = os.open(pathlib.Path(os.environ["KFP_STEP_FOLDER"]) / "filling", os.O_WRONLY | os.O_CREAT)
try:
    while True:
        os.write(fd, bytes(4096))
except OSError:
    pass
fail(name="step-failed", message="the user's own words")
"""


def test_a_full_disk_is_named_in_steps_and_runs(small_disk, tmp_path):
    from container_specs import Runs

    runs = Runs(small_disk / "home", tmp_path / "shared")
    try:
        status = runs.run({"a": Step(FILL), "b": Step("", after=["a"])})
        assert states(status)["b"] in ("SKIPPED", "CANCELED")
        step = status.step("a")
        said = step.error.message if step.error else status.message
        assert "disk is full" in said
        assert Registry(runs.home).get(status.id).state.value == "FAILED"
        # The next one cannot even begin, and says so.
        again = runs.run({"a": Step("")})
        assert "disk is full" in again.message
    finally:
        runs.end_all()


@pytest.mark.parametrize(("free", "name"), [(0, "storage-failed"), (1 << 30, "step-failed")])
def test_a_step_that_could_not_say_why(tmp_path, monkeypatch, free, name):
    usage = type("Usage", (), {"free": free})
    monkeypatch.setattr(outcome.shutil, "disk_usage", lambda _path: usage)
    [task] = read_pipeline(*pipeline({"a": Step("")}, None, tmp_path)).root.tasks
    assert outcome.read_error(task, StepFolder(tmp_path), 1, 0).name == name


def test_time_goes_on_where_the_clock_goes_back(monkeypatch):
    before = clock.now()
    monkeypatch.setattr(clock.time, "time", lambda: 0.0)
    assert before <= clock.now() < before + 3600


@pytest.mark.parametrize("back", [0.0, 1e-6, 1.0, 86400.0 * 400])
def test_a_new_run_is_the_newest_where_the_clock_went_back(tmp_path, back):
    newest, now = "", 1.7e9 + 0.999999
    for n in range(50):
        made = ids.next_run_id(newest, now - n * back)
        assert made > newest
        (tmp_path / "runs" / made).mkdir(parents=True)
        (tmp_path / "runs" / ".zzz").mkdir(exist_ok=True)
        newest = newest_run(tmp_path)
        assert newest == made
    assert 0 <= ids.created_by_id(newest) - 1.7e9 < 2


def test_a_home_without_runs_has_no_newest(tmp_path):
    assert newest_run(tmp_path / "absent") == ""
