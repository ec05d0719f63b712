"""Kept results: shared, checked, never half there, never changed by who uses them."""

import hashlib
import json
import os
import resource
import signal
import subprocess
import sys

import pytest
from container_specs import submission
from notebook_runs import Workshop, taken

from jupyter_kfp_ext.engines.local.claims import claim
from jupyter_kfp_ext.engines.local.cleaning import cache_limit, clean, trim
from jupyter_kfp_ext.engines.local.layout import run_folder
from jupyter_kfp_ext.engines.local.machine import read_machine
from jupyter_kfp_ext.engines.local.needs import Need
from jupyter_kfp_ext.engines.local.results import aside_folder, results_folder
from jupyter_kfp_ext.runs.follow import follow_blocking
from jupyter_kfp_ext.runs.outputs import cell_outputs, executed_notebook
from tests.support.notebooks import code_cell


@pytest.fixture(name="shop")
def workshop(kfp_home, tmp_path, time_limit):
    return Workshop(kfp_home, tmp_path / "project")


LARGE = 20_000
"""Numbers that do not lie in an entry's record: their pickle is a file of its own."""


def two_steps(count=500, **options):
    return [
        code_cell(
            f"from datetime import datetime\nx = list(range({count}))\nprint(len(x))\nlen(x)",
            step="make",
            cell_id="m",
            **options,
        ),
        code_cell("accuracy = sum(x) / 1000\nprint(accuracy)", step="use", cell_id="u"),
        code_cell("accuracy", role="metrics", cell_id="e"),
    ]


def kept_files(home):
    return [
        path
        for path in results_folder(home).glob("??/*/*/**/*")
        if path.is_file() and path.name not in ("kept.json",)
    ]


def test_a_hit_gives_all_that_the_run_before_gave(shop):
    shop.write(*two_steps())
    first = shop.run()
    second = shop.run()
    assert taken(second) == ["make", "use"]
    assert second.metrics == first.metrics == {"accuracy": 124.75}
    for task in ("make", "use"):
        logs = [shop.step(run, task).log.read_text() for run in (first, second)]
        assert logs[0] == logs[1] != ""
        cells = [cell_outputs(run.id, task) for run in (first, second)]
        assert cells[0] == cells[1]
    notebooks = [executed_notebook(run.id) for run in (first, second)]
    assert notebooks[0] == notebooks[1]
    assert notebooks[1]["cells"][0]["outputs"][1]["data"]["text/plain"] == "500"
    step = second.step("make")
    assert step.started is not None
    assert step.ended >= step.started


def test_numbers_of_cells_are_those_of_the_notebook_now(shop):
    shop.write(*two_steps())
    shop.run()
    shop.write(code_cell("'new'", step="new", cell_id="n"), *two_steps())
    second = shop.run()
    assert taken(second) == ["make", "use"]
    counts = [cell["execution_count"] for cell in executed_notebook(second.id)["cells"]]
    assert counts == [1, 2, 3, 4]


SWITCHES = {
    "one step off": ({"cache": False}, {}, {}, ["use"]),
    "not for this run": ({}, {}, {"cache": False}, []),
    "the pipeline off": ({}, {"kfp": {"cache": False}}, {}, []),
}


@pytest.mark.parametrize(("options", "metadata", "more", "same"), SWITCHES.values(), ids=SWITCHES)
def test_caching_is_switched_off_where_asked_for(shop, options, metadata, more, same):
    cells = two_steps()
    cells[0]["metadata"]["kfp"].update(options)
    shop.write(*cells, **metadata)
    shop.run()
    assert taken(shop.run(**more)) == same


SIZES = {
    "small": (500, "x", set()),
    "much printed": (500, "x" * 20_000, {"log", "cells"}),
    "a large value": (LARGE, "x", {"pickle"}),
}


@pytest.mark.parametrize(("count", "printed", "kept"), SIZES.values(), ids=SIZES)
def test_each_damaged_file_is_found_and_the_step_runs_again(shop, count, printed, kept):
    cells = two_steps(count)
    cells[0]["source"] += f"\nprint({printed!r})"
    shop.write(*cells)
    first = shop.run()
    names = {path.name for path in kept_files(shop.home)}
    assert names == {"files.json"} | kept
    for name in sorted(names):
        victims = [path for path in kept_files(shop.home) if path.name == name]
        assert victims, name
        for path in victims:
            state = path.stat()
            data = bytearray(path.read_bytes())
            data[len(data) // 2] ^= 1
            path.write_bytes(data)
            os.utime(path, ns=(state.st_atime_ns, state.st_mtime_ns))
        status = shop.run()
        assert status.state.value == "SUCCEEDED", name
        assert len(taken(status)) < 2, name
        assert any("damaged" in note for note in status.notes), name
        assert taken(shop.run()) == ["make", "use"]
    assert first.metrics == status.metrics


def test_a_small_value_that_was_kept_damaged_is_found(shop):
    shop.write(*two_steps())
    shop.run()
    damaged = 0
    for path in kept_files(shop.home):
        record = json.loads(path.read_bytes().partition(b"\n")[2])
        for name in record["within"]:
            if name.endswith("/pickle"):
                record["within"][name] += "."
                damaged += 1
        text = json.dumps(record).encode()
        path.write_bytes(hashlib.sha256(text).hexdigest().encode() + b"\n" + text)
    assert damaged
    status = shop.run()
    assert status.state.value == "SUCCEEDED"
    assert "make" not in taken(status)
    assert any("damaged" in note for note in status.notes)


def test_a_lost_file_is_a_miss(shop):
    shop.write(*two_steps(LARGE))
    shop.run()
    for path in kept_files(shop.home):
        if path.name == "pickle":
            path.unlink()
    status = shop.run()
    assert status.state.value == "SUCCEEDED"
    assert "make" not in taken(status)


def test_who_uses_a_result_cannot_change_it(shop):
    shop.write(*two_steps())
    first = shop.run()
    before = {path: path.read_bytes() for path in kept_files(shop.home)}
    for run in (first, shop.run()):
        for task in ("make", "use"):
            folder = shop.step(run, task)
            for path in (folder.log, folder.cells, folder.executor_output):
                with open(path, "ab") as file:
                    file.write(b"more")
    assert {path: path.read_bytes() for path in kept_files(shop.home)} == before
    assert taken(shop.run()) == ["make", "use"]


def test_runs_at_once_share_what_they_keep(shop):
    shop.write(*two_steps())
    runs = [shop.start() for _ in range(3)]
    assert [shop.end(run).state.value for run in runs] == ["SUCCEEDED"] * 3
    assert taken(shop.run()) == ["make", "use"]
    assert not list(aside_folder(shop.home).iterdir())


def test_a_step_that_cannot_be_kept_has_still_succeeded(shop):
    shop.write(*two_steps())
    shop.home.mkdir(exist_ok=True)
    (shop.home / "cache").write_text("in the way")
    for _ in range(2):
        status = shop.run()
        assert status.state.value == "SUCCEEDED"
        assert taken(status) == []


STORE = """
import os, signal, sys
from pathlib import Path
from jupyter_kfp_ext.engines.local.layout import StepFolder
from jupyter_kfp_ext.engines.local.results import Kept, commit, stage
home, step = map(Path, sys.argv[1:3])

staged = stage(home, StepFolder(step), lambda: False)
if sys.argv[3] == "kill":
    os.kill(os.getpid(), signal.SIGKILL)
commit(home, staged.path, staged.size, Kept("ab" * 32, "run", str(step)))
"""


@pytest.mark.parametrize(("how", "left"), [("kill", 0), ("full", 0), ("well", 1)])
def test_a_result_is_kept_whole_or_not_at_all(tmp_path, how, left):
    step = tmp_path / "step"
    (step / "artifacts").mkdir(parents=True)
    (step / "artifacts" / "data").write_bytes(bytes(100_000))
    (step / "log").write_text("said")

    def limit():
        if how == "full":
            # As on a full disk: writing fails in the middle of a file (setrlimit(2)).
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000))

    command = [sys.executable, "-c", STORE, str(tmp_path / "home"), str(step), how]
    done = subprocess.run(command, preexec_fn=limit, stderr=subprocess.PIPE, text=True)
    assert (done.returncode == 0) is (how == "well"), done.stderr
    home = tmp_path / "home"
    assert len(list(results_folder(home).glob("??/*/*"))) == left
    clean(home, 3600)
    assert not list(aside_folder(home).iterdir())
    assert len(list(results_folder(home).glob("??/*/*"))) == left


def test_what_was_not_used_for_the_longest_time_goes_first(shop, monkeypatch):
    shop.write(*two_steps())
    shop.run()
    entries = sorted(results_folder(shop.home).glob("??/*/*"))
    assert len(entries) == 2
    use = next(each for each in entries if b"124.75" in (each / "files.json").read_bytes())
    os.utime(use, (1, 1))
    monkeypatch.setenv("JUPYTER_KFP_CACHE_SIZE", str(sum(map(size, entries)) - 1))
    trim(shop.home)
    assert taken(shop.run(cache=True)) == ["make"]


def test_what_is_known_waits_for_no_room_on_the_machine(shop):
    shop.write(*two_steps(cpu="1"))
    shop.run()
    machine = read_machine(frozenset())
    held = claim(shop.home, machine, Need(cpu=machine.cpu), "somebody else")
    try:  # it would wait for ever
        assert taken(shop.run(cache=True)) == ["make", "use"]
    finally:
        held.release()


def size(entry):
    return int(entry.name.rpartition("-")[2])


def test_what_came_out_of_a_pipe_is_not_kept(shop):
    fifo = shop.folder / "pipe"
    os.mkfifo(fifo)
    shop.write(code_cell(f"x = open({str(fifo)!r}).read()\nprint(x)", step="a"))
    for said in ("one", "two"):
        running = shop.start()
        fifo.write_text(said)
        status = shop.end(running)
        assert (status.state.value, taken(status)) == ("SUCCEEDED", [])
        assert run_folder(shop.home, running).step("a").log.read_text() == f"{said}\n"


@pytest.mark.parametrize(
    ("text", "limit"),
    [("500", 500), ("2k", 2048), ("1Gi", 1 << 30), ("", 20 << 30), ("x", 20 << 30)],
)
def test_the_limit_is_read_as_people_write_it(monkeypatch, text, limit):
    monkeypatch.setenv("JUPYTER_KFP_CACHE_SIZE", text)
    assert cache_limit() == limit


def test_cleaning_removes_what_is_old_and_nothing_in_use(shop, kfp):
    shop.write(*two_steps())
    old, young = shop.run(), shop.run()
    for path in (run_folder(shop.home, old.id).result,):
        os.utime(path, (1, 1))
    former = list(results_folder(shop.home).glob("??/*/*"))
    fifo = shop.folder / "wait"
    os.mkfifo(fifo)
    shop.write(*two_steps(), code_cell(f"open({str(fifo)!r}).read()", step="wait", cell_id="w"))
    running = shop.start()
    with open(fifo, "w"):  # returns once the step has opened it: the run goes on now
        for change in follow_blocking(running):
            if all(change.status.step(each).state.ended for each in ("make", "use")):
                break  # what is kept and what is needed stays the same from here on
        cleaned = clean(shop.home, 3600)
        assert cleaned.runs == (old.id,)
        assert (cleaned.results, cleaned.bundles) == (0, 0)
        told = kfp("clean", "--older-than", "0s", "--dry-run", "--json").json
        assert run_folder(shop.home, young.id).path.exists()
        assert all(path.exists() for path in former)
        everything = kfp("clean", "--older-than", "0s", "--json").json
        assert told == {**everything, "removed": False}
        assert everything["runs"] == [young.id]
        assert everything["results"] >= len(former) == 2
        assert not any(path.exists() for path in former)
    assert shop.end(running).state.value == "SUCCEEDED"
    assert kfp("clean", "--older-than", "soon").code == 2


@pytest.mark.parametrize("name", ["loops", "conditions", "handled"])
def test_pipelines_of_the_sdk_are_cached_as_they_say(runs, tmp_path, name):
    pytest.importorskip("kfp")
    import sdk_pipelines

    spec = sdk_pipelines.spec_of(getattr(sdk_pipelines, name), tmp_path)
    given = {"loops": {"n": 2}, "conditions": {"side": "tails"}, "handled": {"works": True}}[name]
    made = [runs.end(runs.engine.submit(submission(spec, {}, given))) for _ in range(2)]
    ran = {step.task for step in made[0].steps if step.state.value == "SUCCEEDED"}
    again = {step.task for step in made[1].steps if not step.cached}
    assert {step.task for step in made[1].steps if step.cached} == ran - {"at-exit"}
    assert again & ran <= {"at-exit"}
    assert json.dumps([s.state for s in made[0].steps]) == json.dumps(
        [s.state for s in made[1].steps]
    )


@pytest.mark.parametrize("change", [{"depends": {}}, {"depends": {"files": 3}}, {"more": 1}])
def test_what_another_version_kept_is_a_miss(shop, change):
    shop.write(*two_steps())
    shop.run()
    for path in results_folder(shop.home).glob("??/*/*/kept.json"):
        path.write_text(json.dumps({**json.loads(path.read_text()), **change}))
    status = shop.run()
    assert (status.state.value, taken(status)) == ("SUCCEEDED", [])
