"""Whole runs whose steps ask for parts of this machine: what runs beside what, and what never."""

import json
import os
import shutil
import signal

import pytest
from container_specs import Step, pipeline, states, submission

from jupyter_kfp_ext.engines.local.gpus import find_gpus
from jupyter_kfp_ext.engines.local.machine import read_machine
from jupyter_kfp_ext.engines.model import State
from jupyter_kfp_ext.errors import KfpExtError

MEMORY = read_machine(frozenset()).memory
MORE_THAN_HALF = {"resourceMemoryRequest": str(MEMORY * 6 // 10)}
ONE_GPU = {"accelerator": {"resourceType": "nvidia.com/gpu", "resourceCount": "1"}}

ALONE = """
def alone():
    'Fail where another such step runs.'
    (shared / 'here').mkdir()
    for _ in range(100_000): pass
    (shared / 'here').rmdir()
"""


@pytest.fixture(name="gpus")
def two_gpus(tmp_path, monkeypatch):
    """Make this machine one with two GPUs, by the word of an `nvidia-smi` of our own."""
    if find_gpus("nvidia", {}):
        pytest.skip("this machine has GPUs")
    uuids = ["GPU-aaaaaaaa-1", "GPU-bbbbbbbb-2"]
    folder = tmp_path / "bin"
    folder.mkdir()
    lines = "".join(f"echo 'GPU {n}: Tesla T4 (UUID: {each})'\n" for n, each in enumerate(uuids))
    (folder / "nvidia-smi").write_text(f"#!{shutil.which('sh')}\n{lines}")
    (folder / "nvidia-smi").chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    return uuids


def reasons(runs, run_id):
    return [each["reason"] for each in runs.events(run_id) if each.get("reason")]


def test_steps_that_do_not_fit_together_run_one_after_the_other(runs):
    steps = {name: Step(f"{ALONE}\nalone()", resources=MORE_THAN_HALF) for name in "abc"}
    status = runs.run(steps)
    assert status.state is State.SUCCEEDED, status
    waits = reasons(runs, status.id)
    assert len(waits) >= 2
    assert all("of memory" in each and "are free" in each for each in waits)


def test_a_small_step_overtakes_one_that_waits(runs):
    runs.fifo("ab")
    status = runs.run(
        {
            "a": Step("meet('ab', 'rb')", resources=MORE_THAN_HALF),
            "big": Step("", resources=MORE_THAN_HALF),
            "b": Step("meet('ab', 'wb')", resources={"resourceMemoryRequest": "1Mi"}),
        }
    )
    assert set(states(status).values()) == {"SUCCEEDED"}
    assert status.step("big").started >= status.step("a").ended


def test_small_requests_run_beside_each_other_beyond_the_usual_bound(runs):
    # Each opens the FIFO of the one before it: all of them must run at once.
    names = [f"s{n}" for n in range(12)]
    steps = {}
    for here, there in zip(names, [*names[1:], None], strict=True):
        if there:
            runs.fifo(here)
        code = f"meet('{here}', 'rb')" if there else ""
        before = names[names.index(here) - 1]
        if here != names[0]:
            code = f"{code}\nmeet('{before}', 'wb')"
        steps[here] = Step(code, resources={"resourceCpuRequest": "10m"})
    assert set(states(runs.run(steps)).values()) == {"SUCCEEDED"}


def test_each_step_sees_a_gpu_of_its_own_and_gives_it_back(runs, gpus):
    code = f"{ALONE}\nprint(os.environ['CUDA_VISIBLE_DEVICES'])\nmeet('ab', '%s')"
    runs.fifo("ab")
    status = runs.run(
        {
            "a": Step(code % "rb", resources=ONE_GPU),
            "b": Step(code % "wb", resources=ONE_GPU),
            "c": Step(
                "print(os.environ['CUDA_VISIBLE_DEVICES'])", resources=ONE_GPU, after=["a", "b"]
            ),
            "none": Step("print(os.environ.get('CUDA_VISIBLE_DEVICES'))"),
        }
    )
    said = {
        name: runs.folder(status.id).step(name).log.read_text().strip() for name in states(status)
    }
    assert sorted([said["a"], said["b"]]) == gpus
    assert (said["c"], said["none"]) == (gpus[0], "None")


def test_the_gpus_are_those_that_the_submitter_sees(runs, gpus, monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "1")
    step = Step(f"{ALONE}\nalone()\nprint(os.environ['CUDA_VISIBLE_DEVICES'])", resources=ONE_GPU)
    status = runs.run({"a": step, "b": step})
    assert status.state is State.SUCCEEDED
    for name in "ab":
        assert runs.folder(status.id).step(name).log.read_text().strip() == gpus[1]


def test_two_runs_share_the_gpus_and_the_second_is_woken(runs, gpus, monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0")
    runs.fifo("go")
    first = runs.start({"a": Step("meet('go', 'rb')", resources=ONE_GPU)})
    assert runs.until(first, lambda now: now.step("a").state is State.RUNNING)
    second = runs.start({"b": Step("", resources=ONE_GPU)})
    assert runs.until(second, lambda now: now.step("b").reason)
    words = runs.engine.status(second).step("b").reason
    assert words == f"waits for 1 GPU: 0 of 1 are free (run {first} has the rest)"
    (runs.shared / "go").open("wb").close()
    assert runs.end(first).state is State.SUCCEEDED
    assert runs.end(second).state is State.SUCCEEDED


def test_a_cancelled_run_gives_the_gpu_to_the_next(runs, gpus, monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0")
    first = runs.start({"a": Step("forever()", resources=ONE_GPU)})
    assert runs.until(first, lambda now: now.step("a").state is State.RUNNING)
    second = runs.start({"b": Step("", resources=ONE_GPU)})
    assert runs.until(second, lambda now: now.step("b").reason)
    runs.engine.cancel(first)
    assert runs.end(second).state is State.SUCCEEDED


def test_a_killed_runner_gives_the_gpu_to_the_next(runs, gpus, monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0")
    first = runs.start({"a": Step("forever()", resources=ONE_GPU)})
    assert runs.until(first, lambda now: now.step("a").state is State.RUNNING)
    second = runs.start({"b": Step("", resources=ONE_GPU)})
    assert runs.until(second, lambda now: now.step("b").reason)
    os.kill(int(runs.folder(first).lock.read_text()), signal.SIGKILL)
    assert runs.end(second).state is State.SUCCEEDED


TOO_MUCH = [
    ({"resourceMemoryRequest": f"{MEMORY * 2}"}, "memory", "of memory, and this machine has"),
    ({"resourceCpuRequest": "9999"}, "cpu", "9999 CPUs, and this machine has"),
    (
        {"accelerator": {"resourceType": "google.com/tpu", "resourceCount": "4"}},
        "gpu",
        "4 GPUs (google.com/tpu), and this machine has none",
    ),
]


@pytest.mark.parametrize(("resources", "option", "words"), TOO_MUCH)
def test_what_never_fits_is_refused_before_anything_starts(runs, resources, option, words):
    spec, platform = pipeline({"first": Step(""), "a": Step("", resources=resources)})
    with pytest.raises(KfpExtError) as caught:
        runs.engine.submit(submission(spec, platform))
    (problem,) = caught.value.problems
    assert (problem.code.value, problem.option, problem.step) == ("resources-missing", option, "a")
    assert words in problem.message
    assert "--ignore-resources" in problem.remedy
    assert not (runs.home / "runs").exists()


@pytest.mark.parametrize(("resources", "option", "words"), TOO_MUCH)
def test_it_runs_all_the_same_where_that_is_said_and_the_run_tells(runs, resources, option, words):
    from dataclasses import replace

    spec, platform = pipeline({"a": Step("leave()", resources=resources)})
    asked = replace(submission(spec, platform), ignore_resources=True)
    status = runs.end(runs.engine.submit(asked))
    assert status.state is State.SUCCEEDED, status
    image, note = status.notes
    assert image == "Not applied on this machine: image (a)."
    assert words in note
    assert note.endswith("It gets what there is.")


def test_an_amount_that_a_parameter_says_is_looked_at_when_it_is_known(runs):
    place = {"resourceMemoryRequest": "{{$.inputs.parameters['m']}}"}
    steps = {
        "a": Step("leave(m='1Mi')", out={"m": "STRING"}),
        "fits": Step("", parameters={"m": "<a.m"}, resources=place),
        "never": Step("", parameters={"m": "900Ti"}, resources=place),
        "wrong": Step("", parameters={"m": "much"}, resources=place),
    }
    status = runs.run(steps)
    assert states(status) == {
        "a": "SUCCEEDED",
        "fits": "SUCCEEDED",
        "never": "FAILED",
        "wrong": "FAILED",
    }
    assert "of memory, and this machine has" in status.step("never").error.message
    assert "'much' is no amount of memory" in status.step("wrong").error.message


def test_what_was_asked_for_is_part_of_the_run(runs):
    status = runs.run({"a": Step("", resources={"resourceMemoryRequest": "1Mi"}), "b": Step("")})
    record = json.loads(runs.folder(status.id).record.read_text())
    assert [each["requests"] for each in record["steps"]] == [{"memory": "1Mi"}, {}]
