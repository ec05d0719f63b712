"""`%kfp` in a real kernel, and in a terminal where nothing shows HTML."""

import json
import os
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from jupyter_kfp_ext.errors import Code, KfpExtError
from jupyter_kfp_ext.magics.arguments import COMMANDS
from jupyter_kfp_ext.magics.notebook_path import SESSION_NAME, VSCODE_NAME, notebook_path
from tests.support.kernel_client import KernelClient
from tests.support.notebooks import code_cell, notebook_json

LOAD = "%load_ext jupyter_kfp_ext"
GOOD = (code_cell("print('hello from', 1 + 1)", step="greet"),)
BROKEN = (code_cell("y = 1\nundefined_thing", step="breaks"),)
FAILING = (code_cell("y = 1\ny / 0", step="breaks"),)


def run_cells(*sources, **env):
    """Run cells in a fresh kernel, going on after errors, and return the executed notebook."""
    notebook = nbformat.from_dict(notebook_json(*sources))
    client = KernelClient(notebook, allow_errors=True)
    client.execute(env={**os.environ, **env})
    return notebook


def text_of(cell):
    """All text that a cell printed or showed."""
    return "\n".join(
        output.get("text", "") or output.get("data", {}).get("text/plain", "")
        for output in cell.outputs
    )


@pytest.mark.parametrize(
    ("cell", "stream"),
    [("if len('a') > 2: print(undefined_thing)", "stdout"), ("undefined_thing", "stderr")],
)
def test_only_errors_are_shown_as_such(kfp_home, write_notebook, cell, stream):
    path = write_notebook("n.ipynb", code_cell(cell, step="only"))
    check = run_cells(LOAD, "%kfp check", **{SESSION_NAME: str(path)}).cells[1]
    told = "".join(each.text for each in check.outputs if each.get("name") == stream)
    assert "undefined_thing is not defined" in told


def test_run_waits_and_keeps_its_result(kfp_home, write_notebook):
    path = write_notebook("n.ipynb", *GOOD)
    notebook = run_cells(
        LOAD,
        "%kfp run --wait",
        "%kfp logs",
        "%kfp runs",
        "%kfp logs greet",
        "%kfp logs grete",
        **{SESSION_NAME: str(path)},
    )
    _, run, logs, runs, of_step, mistyped = notebook.cells
    [shown] = [each for each in run.outputs if each.output_type == "display_data"]
    assert "SUCCEEDED" in shown.data["text/plain"]
    assert "greet" in shown.data["text/html"]
    # What is left in the notebook must not need a widget that no longer lives.
    assert set(shown.data) == {"text/plain", "text/html"}
    assert text_of(logs) == "hello from 2\n"
    assert "SUCCEEDED" in text_of(runs)
    assert text_of(of_step) == "hello from 2\n"
    assert "Its steps are: greet." in text_of(mistyped)


def test_a_word_that_begins_with_a_digit_is_a_step_or_a_run(kfp_home, write_notebook):
    path = write_notebook("n.ipynb", code_cell("print('drawn')", step="3d"))
    notebook = run_cells(
        LOAD,
        "%kfp run --wait",
        "%kfp logs 3d",
        "%kfp logs 4d",
        "%kfp logs 20",
        **{SESSION_NAME: str(path)},
    )
    _, _, step, neither, run = notebook.cells
    assert text_of(step) == text_of(run) == "drawn\n"
    assert "There is no run '4d', and run 20" in text_of(neither)
    assert "Its steps are: 3d." in text_of(neither)


def test_run_returns_at_once_with_a_widget_and_a_button(kfp_home, write_notebook):
    gate = write_notebook("gate.ipynb").with_suffix(".open")
    wait = f"import os, time\nwhile not os.path.exists({str(gate)!r}):\n    time.sleep(0.02)"
    path = write_notebook("n.ipynb", code_cell(wait, step="waits"))
    notebook = run_cells(
        LOAD,
        "%kfp run",
        # The registry of widgets is the only way to press a button without a browser.
        "import warnings, ipywidgets\nwarnings.simplefilter('ignore')\n"
        "[button] = [w for w in ipywidgets.Widget.widgets.values()"
        " if isinstance(w, ipywidgets.Button)]\n"
        "button.description",
        "button.click()\nbutton.disabled",
        "from jupyter_kfp_ext.runs.watch import watch\n"
        "from jupyter_kfp_ext.runs.registry import Registry\n"
        "list(watch(Registry().get('last').id))[-1].state.value",
        **{SESSION_NAME: str(path)},
    )
    outputs = [cell.outputs for cell in notebook.cells]
    assert outputs[2][0].data["text/plain"] == "'Cancel'"
    assert outputs[3][0].data["text/plain"] == "True"
    assert outputs[4][0].data["text/plain"] == "'CANCELED'"
    assert "waits" in text_of(notebook.cells[1])


def test_a_failing_run_stops_the_cells_below(kfp_home, write_notebook):
    path = write_notebook("n.ipynb", *FAILING)
    notebook = nbformat.from_dict(
        notebook_json(LOAD, f"%kfp run --wait --notebook {path}", "'below'")
    )
    with pytest.raises(Exception, match="ZeroDivisionError"):
        KernelClient(notebook).execute()
    said = json.dumps(notebook.cells[1].outputs)
    assert "(cell 1, line 2)" in said
    assert "Traceback" not in "".join(each.get("text", "") for each in notebook.cells[1].outputs)
    assert notebook.cells[2].outputs == []


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("%kfp", "COMMAND"),
        ("%kfp fly", "fly"),
        ("%kfp run --gpus", "--gpus"),
        ("%kfp run", "--notebook"),
        ("%kfp status nowhere", "nowhere"),
        ("%kfp run -p x", "NAME=VALUE"),
        ("%kfp logs 'open", "quotation"),
    ],
)
def test_wrong_lines_get_one_message(kernel_said, line, words):
    said = kernel_said[line]
    assert words in said
    assert "Traceback" not in said


@pytest.fixture(scope="module")
def kernel_said(tmp_path_factory):
    """What each wrong line gives in a kernel that does not know its notebook."""
    folder = tmp_path_factory.mktemp("wrong")
    good = folder / "n.ipynb"
    good.write_text(json.dumps(notebook_json(*GOOD)))
    marker = next(mark for mark in test_wrong_lines_get_one_message.pytestmark)
    lines = [case[0] for case in marker.args[1]]
    sources = [line.replace("-p x", f"-p x --notebook {good}") for line in lines]
    env = {
        SESSION_NAME: "",
        "JUPYTER_KFP_HOME": str(folder / "home"),
        "PYTHONPATH": str(Path.cwd()),
    }
    notebook = run_cells(LOAD, *sources, **env)
    return dict(zip(lines, map(text_of, notebook.cells[1:]), strict=True))


def test_help_check_and_compile(kfp_home, write_notebook):
    path = write_notebook("n.ipynb", *BROKEN)
    good = write_notebook("good.ipynb", *GOOD)
    notebook = run_cells(
        LOAD,
        "%kfp -h",
        "%kfp check",
        f"%kfp check --notebook {good}",
        f"%kfp compile --notebook {good}",
        **{SESSION_NAME: str(path)},
    )
    shown, wrong, right, spec = map(text_of, notebook.cells[1:])
    assert all(command in shown for command in COMMANDS)
    assert "cell 1, line 2: error[name-undefined]" in wrong
    assert right == "No problems.\n"
    assert "pipelineInfo" in spec


def test_a_cell_that_is_not_on_disk_is_told(kfp_home, write_notebook):
    line = "%kfp run --wait"
    saved = write_notebook("saved.ipynb", *GOOD, LOAD, line)
    unsaved = write_notebook("unsaved.ipynb", *GOOD)
    quiet = text_of(run_cells(LOAD, line, **{SESSION_NAME: str(saved)}).cells[1])
    told = text_of(run_cells(LOAD, line, **{SESSION_NAME: str(unsaved)}).cells[1])
    assert "not saved" in told
    assert "not saved" not in quiet


def test_a_notebook_that_runs_itself_does_so_once(kfp_home, write_notebook, kfp):
    path = write_notebook("n.ipynb", code_cell(f"{LOAD}\n%kfp run\nprint('once')", step="all"))
    assert kfp("run", path, "--json").json["state"] == "SUCCEEDED"
    assert len(kfp("runs", "--json").json) == 1
    assert "once" in kfp("logs", "last").out


def test_a_terminal_gets_text(kfp_home, write_notebook):
    path = write_notebook("n.ipynb", *GOOD)
    script = f"{LOAD}\n%kfp run --wait --notebook {path}\n%kfp status\n"
    done = subprocess.run(
        [sys.executable, "-m", "IPython", "--simple-prompt", "--no-banner", "--colors=NoColor"],
        input=script,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert "greet  SUCCEEDED" in done.stdout
    assert "<div" not in done.stdout
    assert "Traceback" not in done.stdout + done.stderr


def test_the_run_that_is_meant_is_one_of_this_notebook(kfp_home, write_notebook, kfp):
    mine = write_notebook("mine.ipynb", code_cell("1", step="a", image="mine:1"))
    write_notebook("other.ipynb", *GOOD)
    for name in ("mine.ipynb", "other.ipynb"):
        kfp("run", name)
    notebook = run_cells(LOAD, "%kfp status", **{SESSION_NAME: str(mine)})
    shown = text_of(notebook.cells[1])
    assert shown.startswith("mine ")
    assert "Not applied on this machine: image (a)." in shown


def test_values_of_the_kernel_stand_in_a_line(kfp_home, write_notebook, kfp):
    path = write_notebook("n.ipynb", code_cell("a = ''\nb = ''", role="parameters"), *GOOD)
    line = "%kfp run --wait -p a=$x -p b={{x}}"
    run_cells(LOAD, "x = 'five'", line, **{SESSION_NAME: str(path)})
    assert kfp("show", "last", "--json").json["parameters"] == {"a": "five", "b": "{x}"}


class TestNotebookPath:
    def test_the_session_names_it(self, monkeypatch, write_notebook):
        path = write_notebook("a b.ipynb")
        monkeypatch.setenv(SESSION_NAME, str(path))
        assert notebook_path({}) == path
        monkeypatch.setenv(SESSION_NAME, str(path.with_name(f"RTC:{path.name}")))
        assert notebook_path({}) == path

    def test_visual_studio_code_names_it(self, monkeypatch, write_notebook):
        path = write_notebook("n.ipynb")
        monkeypatch.setenv(SESSION_NAME, "/nowhere/else.ipynb")
        assert notebook_path({VSCODE_NAME: str(path)}) == path

    @pytest.mark.parametrize("name", ["", "/nowhere/gone.ipynb", "console-1"])
    def test_nothing_that_exists_is_named(self, monkeypatch, name):
        monkeypatch.setenv(SESSION_NAME, name)
        with pytest.raises(KfpExtError) as caught:
            notebook_path({})
        assert caught.value.code is Code.NOTEBOOK_MISSING
        assert "--notebook" in caught.value.problems[0].remedy


def test_values_of_a_step_come_into_the_kernel(kfp_home, write_notebook):
    steps = (
        code_cell("class Box:\n    content = None\nbox = Box()\nbox.content = [1]", step="fill"),
        code_cell("box.content.append(2)\nlid = box", step="open"),
        code_cell("print(lid is box)", step="look"),
    )
    path = write_notebook("n.ipynb", *steps)
    notebook = run_cells(
        LOAD,
        "%kfp run --wait",
        "class Box:\n    pass",
        "%kfp pull open box lid",
        "type(box) is Box, box is lid, box.content",
        "%kfp pull last fill box",
        "box.content",
        "%kfp pull open nothing",
        **{SESSION_NAME: str(path)},
    )
    assert text_of(notebook.cells[4]) == "(True, True, [1, 2])"
    assert text_of(notebook.cells[6]) == "[1]", notebook.cells[5].outputs
    assert "has kept no nothing" in text_of(notebook.cells[7])
