"""How a step fails, stops and dies: error file, exit codes, signals, process groups."""

import json
import marshal
import os
import signal
import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from step_process import command, environment, make_slice, read_outcome, run_step, slots

from jupyter_kfp_ext.runtime.step.failure import LIMIT, termination_message

HELPER = b"def divide(x):\n    return 1 / x\n"


def start(folder, slice_, **options):
    line = command(folder, slice_)
    return subprocess.Popen(
        line,
        cwd=folder / "work",
        env=environment(folder, **options.pop("env", {})),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        **options,
    )


def finish(folder, process):
    out, err = process.communicate(timeout=300)
    return read_outcome(folder, process.returncode, out, err)


def test_an_error_names_cell_line_and_source(tmp_path):
    slice_ = make_slice("def f(x):\n    return 1 / x", "y = 1\n\nf(0)  # here", "print('never')")
    step = run_step(tmp_path, slice_)
    assert step.code == 1
    error = step.error
    assert (error["name"], error["message"]) == ("ZeroDivisionError", "division by zero")
    assert (error["cell"], error["cell_id"], error["line"]) == (2, "c2", 3)
    assert error["source"] == "f(0)  # here"
    assert any("In[1]" in each for each in error["traceback"])
    assert "never" not in step.stdout
    assert "ZeroDivisionError: division by zero" in step.stderr
    assert "\x1b" not in step.stderr
    assert "kfp_step" not in step.stderr
    end = step.events[-1]
    assert (end["event"], end["status"], end["error"]) == ("end", "error", error)
    assert not (tmp_path / "executor_output.json").exists()


@pytest.mark.parametrize("shell", ["", "get_ipython()\n"], ids=["plain", "ipython"])
def test_a_question_is_refused_at_the_line_that_asks(tmp_path, shell):
    step = run_step(tmp_path, make_slice(f"{shell}answer = input('name?')"))
    assert step.error["name"] == "StdinNotImplementedError"
    assert step.error["source"] == "answer = input('name?')"
    assert "parameter" in step.error["remedy"]
    assert not any("kfp_step" in line for line in step.error["traceback"])


def test_a_password_is_refused_at_the_line_that_asks(tmp_path):
    step = run_step(tmp_path, make_slice("import getpass\nword = getpass.getpass()"))
    assert step.error["name"] == "StdinNotImplementedError"
    assert step.error["source"] == "word = getpass.getpass()"
    assert "parameter" in step.error["remedy"]


OURS = {
    "a stream refuses bytes": "import sys\nsys.stdout.write(b'x')",
    "in a chain": "import sys\ntry:\n    sys.stdout.write(1)\n"
    "except TypeError as e:\n    raise ValueError from e",
    "a display": "class R:\n    def _ipython_display_(self): raise ValueError\ndisplay(R())\n1 / 0",
    "an import": "import sys\nsys.modules['pandas'] = None\nimport pandas",
}


@pytest.mark.parametrize("name", OURS)
def test_no_frame_of_the_runtime_is_in_a_traceback(name, tmp_path):
    step = run_step(tmp_path, make_slice(OURS[name]))
    shown = json.dumps([step.error, step.outputs(), step.stderr])
    assert step.code == 1
    assert "kfp_step" not in shown, shown
    assert "raised again" not in shown


def test_exit_ends_the_cells_after_the_cell(tmp_path):
    step = run_step(tmp_path, make_slice("exit()\nprint('to its end')", "print('never')"))
    assert step.outputs(1)[0]["text"] == "to its end\n"
    assert (step.error["name"], step.error["cell"]) == ("SystemExit", 1)
    assert step.error["remedy"]
    assert "never" not in step.stdout


def test_exit_in_the_last_cell_is_no_failure(tmp_path):
    step = run_step(tmp_path, make_slice("print('done')", "quit()"))
    assert step.code == 0, step.stderr


def test_workers_die_of_the_signal_that_ends_a_pool(tmp_path):
    source = (
        "import multiprocessing, os, signal\n"
        "def wait(): signal.pause()\n"
        "worker = multiprocessing.get_context('fork').Process(target=wait)\n"
        "worker.start(); worker.terminate(); worker.join()\n"
        "print(worker.exitcode == -signal.SIGTERM)"
    )
    step = run_step(tmp_path, make_slice(source))
    assert (step.stdout, step.stderr) == ("True\n", "")


def test_an_error_in_a_helper_names_the_cell_that_called(tmp_path):
    slice_ = make_slice(
        "from tools.maths import divide\n\ndivide(0)", helpers=["helpers/tools/maths.py"]
    )
    step = run_step(tmp_path, slice_, helpers={"helpers/tools/maths.py": HELPER})
    assert (step.error["cell"], step.error["line"]) == (1, 3)
    assert "return" in step.error["traceback"][-2]


def test_helpers_find_their_data_files(tmp_path):
    helpers = {
        "helpers/tools/__init__.py": b"from importlib import resources\n"
        b"text = (resources.files(__name__) / 'words.txt').read_text()\n"
        b"beside = open(__file__.replace('__init__.py', 'words.txt')).read()\n",
        "helpers/tools/words.txt": b"words",
    }
    slice_ = make_slice("import tools\nprint(tools.text, tools.beside)", helpers=[*helpers])
    step = run_step(tmp_path, slice_, helpers=helpers)
    assert step.stdout == "words words\n", step.stderr


def test_changed_code_is_refused(tmp_path):
    line = command(tmp_path, make_slice("print('ran')"))
    line[-2] = "0" * 32
    done = subprocess.run(line, env=environment(tmp_path), capture_output=True, text=True)
    step = read_outcome(tmp_path, done.returncode, done.stdout, done.stderr)
    assert step.code == 1
    assert step.error["name"] == "code-changed"
    assert "ran" not in step.stdout


def test_a_replayed_cell_that_fails_is_named_too(tmp_path):
    prelude = [{"cell_id": "p", "number": 7, "source": "x = 1\n1 / 0", "record": False}]
    step = run_step(tmp_path, make_slice("pass", prelude=prelude))
    assert (step.error["cell"], step.error["cell_id"], step.error["line"]) == (7, "p", 2)
    assert step.events == []


def test_a_missing_module_has_a_remedy(tmp_path):
    step = run_step(tmp_path, make_slice("import no_such_thing.part"))
    assert "'no_such_thing'" in step.error["remedy"]


def test_packages_that_cannot_be_installed_are_told(tmp_path):
    slice_ = make_slice("print('ran')", packages=["no-such-package-xyz==1"])
    env = {"PIP_NO_INDEX": "1"}
    step = run_step(tmp_path, slice_, env=env)
    assert step.code == 1
    assert "no-such-package-xyz" in step.error["message"]
    assert "packages" in step.error["remedy"]
    assert "ran" not in step.stdout


def test_installed_packages_are_not_installed_again(tmp_path):
    slice_ = make_slice("print('ran')", packages=["pytest"])
    step = run_step(tmp_path, slice_, env={"PIP_NO_INDEX": "1"})
    assert step.stdout == "ran\n"


lines = st.lists(st.text(max_size=3000), max_size=20)


@settings(max_examples=50, deadline=None)
@given(message=st.text(max_size=9000), traceback=lines, remedy=st.text(max_size=9000))
def test_a_termination_message_always_fits(message, traceback, remedy):
    error = {
        "name": "E",
        "message": message,
        "cell": 1,
        "cell_id": "c",
        "line": 2,
        "source": "x",
        "traceback": traceback,
        "remedy": remedy,
    }
    data = termination_message(error)
    assert len(data) <= LIMIT
    assert data.isascii()
    kept = json.loads(data)["error"]
    assert (kept["cell"], kept["line"]) == (1, 2)
    if len(json.dumps(error)) < 3500:
        assert kept == error


def test_a_stop_ends_the_cell_and_keeps_its_output(tmp_path):
    slice_ = make_slice("import time\nprint('begun', flush=True)\ntime.sleep(60)")
    process = start(tmp_path, slice_)
    assert process.stdout.readline() == "begun\n"
    process.terminate()
    step = finish(tmp_path, process)
    assert step.code == 128 + signal.SIGTERM
    assert step.outputs()[0]["text"] == "begun\n"
    assert step.outputs()[-1]["ename"] == "KeyboardInterrupt"
    assert step.events[-1]["status"] == "error"
    assert step.error is None


def test_a_step_dies_with_the_process_that_holds_its_pipe_and_so_do_its_children(tmp_path):
    reading, writing = os.pipe()
    alive, held = os.pipe()
    slice_ = make_slice(
        "import subprocess, sys, time\n"
        "command = [sys.executable, '-c', 'import time; time.sleep(60)']\n"
        f"subprocess.Popen(command, pass_fds=[{held}])\n"
        "print('begun', flush=True)\ntime.sleep(60)"
    )
    process = start(
        tmp_path,
        slice_,
        env={"KFP_PARENT_FD": str(reading)},
        pass_fds=[reading, held],
        start_new_session=True,
    )
    os.close(reading)
    os.close(held)
    assert process.stdout.readline() == "begun\n"
    os.close(writing)
    process.communicate(timeout=300)
    assert process.returncode == -signal.SIGKILL
    assert os.read(alive, 1) == b"", "the end of the pipe comes when its last holder is dead"


def test_the_runner_is_told_which_cell_runs(tmp_path):
    reading, writing = os.pipe()
    slice_ = make_slice("print(1)", f"import os\nos.fstat({writing})")
    prelude = [{"cell_id": "p", "number": 9, "source": "pass", "record": False}]
    process = start(
        tmp_path,
        {**slice_, "prelude": prelude},
        env={"KFP_CELLS_FD": str(writing)},
        pass_fds=[writing],
    )
    os.close(writing)
    step = finish(tmp_path, process)
    told = [json.loads(line) for line in os.fdopen(reading)]
    assert [(each["event"], each["cell_id"]) for each in told] == [
        ("start", "c1"),
        ("end", "c1"),
        ("start", "c2"),
        ("end", "c2"),
    ]
    assert step.code == 0


def test_text_without_a_newline_is_recorded_while_the_cell_still_runs(tmp_path):
    record = tmp_path / "artifacts" / "cells"
    slice_ = make_slice(
        "import sys, time\nprint('waiting', end='')\n"
        f"record = {str(record)!r}\n"
        "end = time.monotonic() + 300\n"
        "while 'waiting' not in open(record).read():\n"
        "    assert time.monotonic() < end\n"
    )
    step = run_step(tmp_path, slice_)
    assert step.code == 0, step.stderr


def test_outputs_survive_a_process_that_is_killed(tmp_path):
    slice_ = make_slice("print('first')", "import os\nprint('last words')\nos.kill(os.getpid(), 9)")
    step = run_step(tmp_path, slice_)
    assert step.code == -signal.SIGKILL
    assert step.outputs(1)[0]["text"] == "first\n"
    assert step.stdout == "first\nlast words\n"


def test_the_bundle_is_not_importable_by_the_cells(tmp_path):
    step = run_step(
        tmp_path, make_slice("import sys\nprint(any('code.zip' in p for p in sys.path))")
    )
    assert step.stdout == "False\n"


def test_compiled_sections_are_kept_for_the_file_that_they_were_compiled_from(tmp_path):
    cache = tmp_path / "cache"
    cache.mkdir()
    env = {"KFP_STEP_CACHE": str(cache)}
    first = run_step(tmp_path / "1", make_slice("print(1)"), env=env)
    (kept,) = cache.iterdir()
    assert first.stdout == "1\n"
    assert kept.name.startswith(f"{sys.implementation.cache_tag}-")
    assert (kept / "entry").exists() and not (kept / "world").exists()
    # Code of another file is not taken, though it stands under the same name.
    (kept / "entry").write_bytes(marshal.dumps(compile("run = None", "", "exec")))
    second = run_step(tmp_path / "2", make_slice("x = 2", outputs=slots("x")), env=env)
    assert second.code == 0
    (other,) = (each for each in cache.iterdir() if each != kept)
    assert {"entry", "saving"} <= {each.name for each in other.iterdir()}
    missing = {"KFP_STEP_CACHE": str(tmp_path / "nowhere")}
    assert run_step(tmp_path / "4", make_slice("print(4)"), env=missing).stdout == "4\n"


def test_nothing_is_left_for_a_step_without_outputs(tmp_path):
    step = run_step(tmp_path, make_slice("x = 1"))
    assert sorted(each.name for each in (tmp_path / "artifacts").iterdir()) == ["cells"]
    assert step.output["artifacts"]["cells"]["artifacts"][0]["name"] == "cells"
    assert "parameterValues" not in step.output
    assert slots() == []
