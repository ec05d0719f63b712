"""Forked runners give what a runner does that is started by itself."""

import pytest

from jupyter_kfp_ext.engines.local import engine
from tests.same_answer.comparing import comparable
from tests.same_answer.pipelines import notebook_of, one_step_a_cell, run_as_pipeline
from tests.same_answer.reading import Case, CaseCell
from tests.same_answer.runner_nursery import RunnerNursery

SAMPLES = {
    "values": ["a = [1]\nb = a", "a.append(2)\nb", "print(a is b); a"],
    "interpreter": [
        "import sys, os\nprint(sys.path[1:], sys.flags, sys.executable, __name__)",
        "import os\nprint(sorted(os.environ), os.environ['PATH'])",
        "import os\nheld = [os.path.realpath(f'/proc/self/fd/{n}') for n in range(100)]\n"
        "print(sum('socket:' in each for each in held), os.nice(0), os.umask(0o22))",
    ],
    "process": [
        "import os\nprint(os.getpid() == os.getsid(0), os.readlink('/proc/self/fd/0'))",
        "import signal\nprint([signal.getsignal(each) for each in signal.valid_signals()])",
        "import signal\nprint(signal.pthread_sigmask(signal.SIG_BLOCK, []))",
        "import resource\nprint(resource.getrlimit(resource.RLIMIT_NOFILE))",
    ],
    "error": ["def f(x):\n    return 1 / x", "f(0)"],
    "gone": ["import os", "os._exit(3)"],
}


@pytest.fixture(scope="module")
def runners():
    made = RunnerNursery()
    yield made
    made.close()


@pytest.mark.parametrize("name", SAMPLES)
def test_forked_or_not(name, runners, tmp_path, same_answer_home, monkeypatch):
    started = answer_of(name, tmp_path / "started", monkeypatch)
    monkeypatch.setattr(engine, "hand_over", runners.hand_over)
    forked = answer_of(name, tmp_path / "forked", monkeypatch)
    assert list(map(comparable, forked.outputs)) == list(map(comparable, started.outputs))
    assert (forked.steps, forked.errors) == (started.steps, started.errors)
    assert any(forked.outputs) or forked.errors, "compared nothing"


def answer_of(name, home, monkeypatch):
    """Run a sample in a home where nothing can be taken from an earlier run."""
    monkeypatch.setenv("JUPYTER_KFP_HOME", str(home))
    case = Case("", name, tuple(map(CaseCell, SAMPLES[name])), {}, {})
    folder = home / "beside"
    folder.mkdir(parents=True)
    return run_as_pipeline(notebook_of(case, one_step_a_cell(case)), folder)
