"""`jupyter kfp run` and the commands that look at runs, as processes of their own."""

import base64
import json
import os
import pty
import random
import re
import signal
import subprocess

import pytest

from jupyter_kfp_ext.engines.announce import listeners_folder
from jupyter_kfp_ext.engines.local import lock
from jupyter_kfp_ext.engines.local.layout import run_folder
from jupyter_kfp_ext.engines.model import State
from jupyter_kfp_ext.runs.registry import Registry
from jupyter_kfp_ext.runs.watch import watch
from tests.support.command_line import kfp_command
from tests.support.notebooks import code_cell
from tests.support.processes import until_left

CHAIN = (
    code_cell("lr = 0.5", role="parameters"),
    code_cell("values = []\nfor i in range(3):\n    values.append(i * lr)", step="make"),
    code_cell("print('sum', sum(values))", step="use"),
    code_cell("total = sum(values)", role="metrics"),
)
FAILING = (
    code_cell("x = {}\nx.update(a=1)\nprint('before')\nx['missing']", step="breaks"),
    code_cell("print(x)", step="after it"),
)


def test_success(kfp, write_notebook):
    path = write_notebook("n.ipynb", *CHAIN)
    called = kfp("run", path.name, "-p", "lr=2")
    assert called.code == 0
    lines = called.out.splitlines()
    assert any(re.match(r"make +SUCCEEDED +\d+\.\d s", line) for line in lines)
    assert "total = 6" in called.out
    assert lines[-1].startswith("SUCCEEDED in ")
    assert "\x1b" not in called.out
    assert called.err == ""


def test_json_is_all_of_standard_output(kfp, write_notebook):
    path = write_notebook("n.ipynb", *CHAIN)
    report = kfp("run", path.name, "--json", "-p", "lr=2").json
    assert report["state"] == "SUCCEEDED"
    assert report["parameters"] == {"lr": 2.0}
    assert report["metrics"] == {"total": 6.0}
    assert [step["name"] for step in report["steps"]] == ["make", "use"]
    for step in report["steps"]:
        assert (step["state"], step["cached"], step["error"]) == ("SUCCEEDED", False, None)
        assert step["seconds"] > 0
        assert step["peak_memory_bytes"] > 1_000_000
    shown = kfp("show", "last", "--json").json
    assert {**shown, "problems": []} == report
    [listed] = kfp("runs", "--json").json
    assert listed == {key: shown[key] for key in listed}
    only_here = {"steps", "message", "notes", "phases", "remote"}
    assert set(shown) - set(listed) == only_here


def test_failure_names_cell_line_and_source(kfp, write_notebook, tmp_path):
    path = write_notebook("n.ipynb", *FAILING)
    called = kfp("run", path.name, "--output-notebook", "out.ipynb")
    assert called.code == 1
    assert "KeyError: 'missing' (cell 1, line 4)" in called.out
    assert "    x['missing']" in called.out
    assert "Cell In[1], line 4" in called.out
    assert "jupyter kfp logs" in called.out
    assert called.out.splitlines()[-1].startswith("FAILED in ")
    cells = json.loads((tmp_path / "out.ipynb").read_text())["cells"]
    assert [each["output_type"] for each in cells[0]["outputs"]] == ["stream", "error"]
    assert cells[1]["outputs"] == []
    report = kfp("show", "last", "--json").json
    broken, skipped = report["steps"]
    assert (broken["error"]["cell"], broken["error"]["line"]) == (1, 4)
    assert broken["error"]["source"].strip() == "x['missing']"
    assert skipped["state"] == "SKIPPED"
    assert "breaks" in skipped["reason"]


def test_logs(kfp, write_notebook):
    path = write_notebook("n.ipynb", *CHAIN)
    run_id = kfp("run", path.name, "--json").json["run_id"]
    assert kfp("logs", run_id, "use").out == "sum 1.5\n"
    assert kfp("logs", run_id[:-1]).out == "use | sum 1.5\n"
    logs = kfp("logs", "last", "--json").json
    assert logs == {"run_id": run_id, "logs": {"make": "", "use": "sum 1.5\n"}}
    missing = kfp("logs", "last", "nowhere", "--json")
    assert missing.code == 2
    assert missing.json["problems"][0]["code"] == "step-missing"


def gated(write_notebook):
    """A notebook that prints and then waits for a file, and that file."""
    gate = write_notebook("gate.ipynb").with_suffix(".open")
    source = f"print('waiting')\nimport os, time\nwhile not os.path.exists({str(gate)!r}):\n"
    source += "    time.sleep(0.02)\nprint('on we go')"
    return write_notebook("gated.ipynb", code_cell(source, step="waits")), gate


def test_no_wait_follow_and_cancelling_what_has_ended(kfp, write_notebook, tmp_path):
    path, gate = gated(write_notebook)
    started = kfp("run", path.name, "--no-wait", "--json").json
    assert started["state"] in ("PENDING", "RUNNING")
    follower = subprocess.Popen(
        kfp_command("logs", started["run_id"], "--follow"), stdout=subprocess.PIPE, text=True
    )
    assert follower.stdout.readline() == "waiting\n"
    gate.touch()
    assert follower.communicate(timeout=300)[0] == "on we go\n"
    assert follower.returncode == 0
    subprocess.run(kfp_command("show", "last"), check=True, capture_output=True)
    ended = kfp("cancel", "last")
    assert ended.code == 1
    assert "error[run-ended]" in ended.err


def test_following_the_logs_goes_on_until_the_run_has_ended(kfp, kfp_home, write_notebook):
    path = write_notebook("n.ipynb", code_cell("print('said')", step="says"))
    run_id = kfp("run", path.name, "--json").json["run_id"]
    # As it was when its only step had ended, and its runner still had to say so of the run.
    folder = run_folder(kfp_home, run_id)
    until_left(folder)
    folder.result.unlink()
    *events, last = folder.events.read_bytes().splitlines(keepends=True)
    folder.events.write_bytes(b"".join(events))
    held = lock.take(folder.lock)
    follower = subprocess.Popen(
        kfp_command("logs", run_id, "--follow"), stdout=subprocess.PIPE, text=True
    )
    try:
        while not list(listeners_folder(kfp_home).iterdir()):
            assert follower.poll() is None
    finally:
        with folder.events.open("ab") as journal:
            journal.write(last)
        os.close(held)
    assert follower.communicate(timeout=300)[0] == "said\n"
    assert follower.returncode == 0


def test_cancel_from_another_terminal(kfp, write_notebook):
    path, _ = gated(write_notebook)
    process = subprocess.Popen(
        kfp_command("run", path, "--json"),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    wait_for_line(process.stderr, "RUNNING")
    cancelled = kfp("cancel", "last", "--json").json
    out, _ = process.communicate(timeout=300)
    report = json.loads(out)
    assert (process.returncode, report["state"]) == (1, "CANCELED")
    assert cancelled == {"run_id": report["run_id"], "canceled": True}


def test_pause_and_resume_from_another_terminal(kfp, write_notebook):
    path, gate = gated(write_notebook)
    run_id = kfp("run", path.name, "--no-wait").out.strip()
    assert kfp("pause", run_id, "--json").json == {"run_id": run_id, "paused": True}
    assert any(status.state is State.PAUSED for status in watch(run_id))
    gate.touch()
    refused = kfp("resume", run_id, "--data", "snapshot")
    assert (refused.code, "it goes on as it is" in refused.err) == (2, True)
    resumed = kfp("resume", run_id, "--json")
    assert (resumed.code, resumed.json["run_id"]) == (0, run_id)
    assert resumed.json["state"] == "SUCCEEDED"
    ended = kfp("pause", run_id)
    assert ended.code == 1 and "run-ended" in ended.err


def wait_for_line(stream, text):
    for line in stream:
        if text in line:
            return
    raise AssertionError(f"the process ended without {text!r}")


def test_ctrl_c_cancels(write_notebook, kfp):
    path, _ = gated(write_notebook)
    process = subprocess.Popen(
        kfp_command("run", path, "--json"),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    wait_for_line(process.stderr, "RUNNING")
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=300)
    assert process.returncode == 130
    assert json.loads(out)["state"] == "CANCELED"
    assert "Traceback" not in err


def test_a_second_ctrl_c_leaves(write_notebook, kfp, kfp_home):
    path, _ = gated(write_notebook)
    process = subprocess.Popen(
        kfp_command("run", path), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    wait_for_line(process.stdout, "RUNNING")
    [run] = Registry(kfp_home).list()
    held = run_folder(kfp_home, run.id).lock
    # It takes its time to end: the second one finds it at work, however slow this machine is.
    lock.signal_holder(held, signal.SIGSTOP)
    try:
        process.send_signal(signal.SIGINT)
        wait_for_line(process.stdout, "Cancelling")
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=300)
    finally:
        lock.signal_holder(held, signal.SIGCONT)
    assert process.returncode == 130
    assert "Traceback" not in err


@pytest.mark.parametrize("no_color", [False, True])
def test_a_terminal_gets_a_view_that_is_drawn_anew(write_notebook, kfp_home, no_color):
    path = write_notebook("n.ipynb", *CHAIN)
    env = {**os.environ, "TERM": "xterm", "COLUMNS": "40", "LINES": "24"}
    env.pop("NO_COLOR", None)
    if no_color:
        env["NO_COLOR"] = "1"
    parent, child = pty.openpty()
    process = subprocess.Popen(kfp_command("run", path), stdout=child, stderr=child, env=env)
    os.close(child)
    screen = b""
    while True:
        try:
            piece = os.read(parent, 65536)
        except OSError:  # Linux says so when the last writer has gone
            break
        if not piece:
            break
        screen += piece
    os.close(parent)
    assert process.wait(timeout=300) == 0
    text = screen.decode()
    assert "\x1b[2F\x1b[J" in text
    assert ("\x1b[32m✓" in text) is not no_color
    drawn = re.sub(r"\x1b\[[0-9;]*[A-Za-z]", "", text).replace("\r", "").splitlines()
    assert all(len(line) <= 40 for line in drawn if line.startswith(("✓", "●", "○")))
    assert drawn[-1].startswith("SUCCEEDED in ")


def test_compile_gives_the_same_bytes_to_file_and_output(kfp, write_notebook, tmp_path):
    path = write_notebook("n.ipynb", *CHAIN)
    printed = kfp("compile", path.name)
    written = kfp("compile", path.name, "-o", "n.yaml")
    assert (printed.code, written.code) == (0, 0)
    assert printed.out == (tmp_path / "n.yaml").read_text()
    assert written.out == ""
    assert "pipelineInfo" in printed.out


def test_code_that_does_not_fit_goes_beside_the_file(kfp, write_notebook, tmp_path):
    # Random text does not compress: enough of it passes what one run may hold.
    texts = [base64.b64encode(random.Random(n).randbytes(12_000)).decode() for n in range(30)]
    cells = [code_cell(f"text{n} = {text!r}", step=f"s{n}") for n, text in enumerate(texts)]
    path = write_notebook("big.ipynb", *cells)
    printed = kfp("compile", path.name)
    written = kfp("compile", path.name, "-o", "big.yaml")
    assert (printed.code, written.code) == (0, 0)
    assert printed.out == (tmp_path / "big.yaml").read_text()
    assert "-o" in printed.err
    assert (tmp_path / "big.configmap.yaml").is_file()
    assert "big.configmap.yaml" in written.err


def test_a_notebook_without_marks_is_split(kfp, write_notebook):
    path = write_notebook("n.ipynb", "values = [1]\nvalues.append(2)", "print(values)")
    report = kfp("run", path.name, "--json", "--split", "cells").json
    assert len(report["steps"]) == 2
    assert report["state"] == "SUCCEEDED"
    assert len(kfp("run", path.name, "--json", "--split", "none").json["steps"]) == 1


def test_demo_keeps_what_was_changed(kfp, tmp_path):
    (tmp_path / "mine").mkdir()
    changed = tmp_path / "mine" / "digits_helpers" / "plots.py"
    changed.parent.mkdir()
    changed.write_text("broken = (")
    called = kfp("demo", "mine", "--open-with", "make lab")
    assert changed.read_text() == "broken = ("
    assert "plots.py as it is" in called.err
    # The broken helper lets no run start: there are no outputs to point to.
    assert called.code == 1
    assert "With the outputs" not in called.out
    assert called.out.splitlines()[-1] == "Open it in JupyterLab:       make lab"
    assert (tmp_path / "mine" / "digits.ipynb").is_file()
