"""Steps that are forked from a parent with their packages loaded are what fresh steps are."""

import json
import os
import sys

import pytest

from jupyter_kfp_ext.engines.local.engine import LocalEngine
from jupyter_kfp_ext.engines.local.layout import run_folder
from jupyter_kfp_ext.engines.local.warm import SWITCH
from jupyter_kfp_ext.runs.follow import follow_blocking
from tests.support.notebook_runs import Workshop
from tests.support.notebooks import code_cell
from tests.support.processes import until_gone

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="a warm parent needs Linux")

HOW = """
import os
with open("/proc/self/cmdline") as file:
    how = "warm" if "Kept()" in file.read() else "cold"
"""
FORKED = "Steps are forked from a warm parent"


@pytest.fixture
def shop(kfp_home, tmp_path, monkeypatch):
    """A folder whose notebooks import packages of its own making, installed for all."""
    installed = tmp_path / "own-packages"
    installed.mkdir()
    for name, text in {
        "kfp_test_plain": "import random, os\nloader = os.getpid()\nnumber = 1",
        "kfp_test_outer": "import kfp_test_plain as inner",
        "kfp_test_prints": "print('hello')",
        "kfp_test_thread": "import threading\n"
        "threading.Thread(target=threading.Event().wait, daemon=True).start()",
        "kfp_test_hangs": "import threading\nthreading.Event().wait()",
        "kfp_test_warns": "import os, warnings\nwarnings.filterwarnings('error', 'kfp test')\n"
        "os.environ['KFP_TEST_SET'] = 'by import'",
    }.items():
        (installed / f"{name}.py").write_text(text)
    monkeypatch.setenv("PYTHONPATH", f"{installed}{os.pathsep}{os.environ.get('PYTHONPATH', '')}")
    monkeypatch.setenv(SWITCH, "1")
    return Workshop(kfp_home, tmp_path / "project")


def run(shop, *sources, **more):
    """Run cells in a chain of steps, each its own; return how the run ended, and their logs."""
    names = [f"s{number}" for number in range(len(sources))]
    before = [None, *names]
    cells = [
        code_cell(source, step=name, after=after and [after], **more.get(name, {}))
        for name, after, source in zip(names, before, sources, strict=False)
    ]
    shop.write(*cells)
    status = shop.run(cache=False)
    return status, [shop.step(status, name).log for name in names]


FACTS = """
import json, os, random, signal, sys, threading, warnings
fresh = sorted(name for name in sys.modules if name.startswith("kfp_test"))
import IMPORTED
print(json.dumps({
    "fresh": fresh,
    "after": sorted(name for name in sys.modules if name.startswith("kfp_test")),
    "spec": IMPORTED.__spec__.origin,
    "argv": len(sys.argv), "orig": len(sys.orig_argv), "flags": str(sys.flags),
    "path": sys.path, "main": __name__, "filters": [str(each) for each in warnings.filters],
    "leads": os.getpid() == os.getpgrp() == os.getsid(0),
    "stdin": os.readlink("/proc/self/fd/0"), "threads": threading.active_count(),
    "signals": [str(signal.getsignal(n)) for n in (signal.SIGINT, signal.SIGPIPE)],
    "files": len(os.listdir("/proc/self/fd")),
    "set": os.getenv("KFP_TEST_SET"), "umask": os.umask(0o22),
}))
print(random.random(), "Kept()" in open("/proc/self/cmdline").read())
"""


@pytest.mark.parametrize("package", ["kfp_test_outer", "kfp_test_warns"])
def test_a_forked_step_is_as_one_that_was_started(shop, monkeypatch, package):
    source = FACTS.replace("IMPORTED", package)
    monkeypatch.delenv(SWITCH)
    cold, [cold_log] = run(shop, source)
    monkeypatch.setenv(SWITCH, "1")
    # A cell that imports another package: the first one is not to be seen in this step.
    warm, [warm_log, other, _] = run(shop, source, source, "import kfp_test_plain, kfp_test_warns")
    assert cold.state.value == warm.state.value == "SUCCEEDED", warm
    assert not cold.notes
    assert warm.notes[0].startswith(FORKED)
    (told, said), (one, first), (two, second) = (
        each.read_text().splitlines() for each in (cold_log, warm_log, other)
    )
    assert json.loads(one) == json.loads(two) == json.loads(told)
    assert json.loads(one)["fresh"] == []
    assert [each.split()[1] for each in (said, first, second)] == ["False", "True", "True"]
    assert len({each.split()[0] for each in (said, first, second)}) == 3


@pytest.mark.parametrize(
    ("package", "warm"),
    [("kfp_test_plain", True), ("kfp_test_prints", False), ("kfp_test_thread", False)],
)
def test_a_package_that_a_fork_would_change_is_left_out(shop, package, warm):
    source = f"import kfp_test_warns\nimport {package}\nimport os\nprint(os.getpid())"
    status, [log] = run(shop, source)
    assert status.notes[0].startswith(FORKED)
    assert "kfp_test_warns" in status.notes[0]
    assert (package in status.notes[0]) == warm
    assert ("hello" in log.read_text()) == ("prints" in package)


def test_what_depends_on_the_time_before_imports_starts_cold(shop):
    status, logs = run(
        shop,
        f"import kfp_test_plain{HOW}print(how)",
        f"{HOW}os.environ['KFP_TEST_X'] = '1'\nprint(how)",
        f"{HOW}print(how)",
        f"{HOW}print(how)",
        s3={"env": {"A": "b"}},
    )
    assert status.state.value == "SUCCEEDED", status
    # The third one is given the variables that the second one has set.
    assert [log.read_text().strip() for log in logs] == ["warm", "cold", "cold", "cold"]


def test_a_warm_parent_that_is_killed_costs_nothing_but_time(shop):
    kill = f"""
import kfp_test_plain, os, signal
{HOW}
os.kill(kfp_test_plain.loader, signal.SIGKILL)
print(how)
"""
    status, logs = run(shop, kill, f"import kfp_test_plain{HOW}print(how)")
    assert status.state.value == "SUCCEEDED", status
    assert [log.read_text().strip() for log in logs] == ["warm", "cold"], status.notes
    assert "ended" in status.notes[1]


def test_a_run_is_cancelled_while_its_packages_are_loaded(shop):
    shop.write(code_cell("import kfp_test_hangs", step="s0"))
    run_id = shop.start(cache=False)
    for change in follow_blocking(run_id, home=shop.home):
        if "packages are loaded" in change.status.steps[0].reason:
            break
    LocalEngine(shop.home).cancel(run_id)
    assert shop.end(run_id).state.value == "CANCELED"
    until_gone(run_folder(shop.home, run_id).path)


@pytest.mark.parametrize(
    ("source", "code", "words"),
    [
        ("os.abort()", "step-crashed", "SIGABRT"),
        ("os.kill(os.getpid(), 9)", "step-killed", "SIGKILL"),
        ("1 / 0", "ZeroDivisionError", "division"),
    ],
)
def test_how_a_forked_step_fails_is_told_as_ever(shop, source, code, words):
    status, _ = run(shop, f"import os, kfp_test_plain\n{source}")
    error = status.steps[0].error
    assert error.name == code
    assert error.line == (None if "9" in source else 2)
    assert words in error.message


def test_what_a_forked_step_leaves_open_or_running_ends_as_ever(shop, tmp_path):
    source = f"""
import atexit, kfp_test_plain, os, threading, time
left = open({str(tmp_path / "left")!r}, "w")
left.write("whole")
atexit.register(print, "at exit", flush=True)
if not os.fork():
    os.setsid()
    if os.fork():
        os._exit(0)
    time.sleep(100)
"""
    status, [log] = run(shop, source)
    assert status.state.value == "SUCCEEDED", log.read_text() + str(status.steps[0].error)
    assert (tmp_path / "left").read_text() == "whole"
    assert "at exit" in log.read_text()
    until_gone(run_folder(shop.home, status.id).path)
