"""Forked kernels give what a kernel does that is started by itself."""

import pytest

from tests.same_answer.comparing import comparable
from tests.same_answer.kernels import NURSERY_PROCESS, run_in_kernel

SAMPLES = {
    "values": ["a = [1]\nb = a", "a.append(2)\nb", "print(a is b); a"],
    "interpreter": [
        "import sys, os\nprint(sys.path, sys.argv[0], sys.flags, __name__)",
        "sorted(name for name in globals() if name != 'sys')",
        "sorted(set(os.environ) - {'JPY_PARENT_PID'})",
        "import signal, threading",
        "[signal.getsignal(signal.SIGCHLD), threading.main_thread().name]",
        "sorted(name for name in vars(__import__('__main__')) if name[0] != '_')",
    ],
    "streams": [
        "import sys, subprocess\nprint('a'); print('b', file=sys.stderr)",
        # What a child writes comes at any moment: before a result of its cell, or behind it.
        "done = subprocess.run(['echo', 'below'])",
        "!echo shell",
        "from IPython.display import HTML\nHTML('<b>x</b>')",
    ],
    "await": ["import asyncio\nawait asyncio.sleep(0)\nasyncio.get_running_loop().is_running()"],
    "error": [
        "def f(x):\n    return 1 / x",
        "try:\n    f(0)\nexcept Exception as e:\n    raise KeyError from e",
    ],
    "random": ["import random\nrandom.seed(3)\nrandom.random(), random.Random(2).random()"],
}


@pytest.fixture(scope="module", autouse=True)
def kernels():
    yield
    NURSERY_PROCESS.close()


@pytest.mark.parametrize("name", SAMPLES)
def test_forked_or_not(name, tmp_path, same_answer_home):
    forked = run_in_kernel(SAMPLES[name], tmp_path)
    started = run_in_kernel(SAMPLES[name], tmp_path, forked=False)
    assert list(map(comparable, forked)) == list(map(comparable, started))
    assert any(forked), "compared nothing"


def test_two_forked_kernels_share_nothing(tmp_path, same_answer_home):
    draw = ["import random\nrandom.random()"]
    first, second = (run_in_kernel(draw, tmp_path) for _ in range(2))
    assert first != second
