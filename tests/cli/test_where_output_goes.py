"""What the commands print and write where streams are poor, full or closed, and files are taken."""

import io
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from jupyter_kfp_ext.cli.progress import LiveView
from jupyter_kfp_ext.cli.style import Style
from jupyter_kfp_ext.engines.model import RunStatus, State, StepStatus
from tests.support.command_line import kfp_command
from tests.support.notebooks import code_cell

QUICK = code_cell("print('quick')", step="quick")
FAILING = code_cell("raise ValueError('one\\ntwo')", step="breaks")


def test_a_reader_that_leaves_does_not_change_how_it_ends(kfp, write_notebook):
    path = write_notebook("n.ipynb", FAILING)
    process = subprocess.Popen(
        kfp_command("run", path), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout.readline().startswith("Run ")
    process.stdout.close()
    assert process.stderr.read() == ""
    assert process.wait(timeout=300) == 1


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has this device")
@pytest.mark.parametrize("command", ["compile", "run"])
def test_output_that_cannot_be_written(kfp, write_notebook, command):
    path = write_notebook("n.ipynb", QUICK)
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            kfp_command(command, path), stdout=full, stderr=subprocess.PIPE, text=True, timeout=300
        )
    assert done.returncode == 1
    assert "error[storage-failed]: " in done.stderr
    assert "Traceback" not in done.stderr


def test_closed_output_is_no_error(kfp, write_notebook):
    path = write_notebook("n.ipynb", QUICK)
    words = " ".join(kfp_command("run", path))
    done = subprocess.run(["sh", "-c", f"exec {words} >&-"], capture_output=True, timeout=300)
    assert (done.returncode, done.stderr) == (0, b"")


@pytest.mark.parametrize("command", ["check", "run"])
def test_a_terminal_that_lacks_letters(kfp, write_notebook, command):
    path = write_notebook("\N{SNOWMAN}.ipynb", QUICK)
    called = kfp(command, path.name, PYTHONIOENCODING="ascii")
    assert called.code == 0
    assert "\\u2603.ipynb" in called.out


@pytest.mark.skipif(sys.platform != "linux", reason="file names are text there")
def test_a_file_name_that_is_not_text(kfp, write_notebook, tmp_path):
    name = os.fsdecode(b"\xf6.ipynb")
    write_notebook("n.ipynb", QUICK).rename(tmp_path / name)
    assert kfp("run", name).code == 0
    assert kfp("runs", "--notebook", name, "--json").json[0]["notebook"] == str(tmp_path / name)


def test_what_has_no_effect_here_is_said(kfp, write_notebook):
    path = write_notebook("n.ipynb", code_cell("1", step="a", image="mine:1", memory_limit="8Gi"))
    notes = [
        "Not applied on this machine: image (a).",
        "Not applied on this machine: memory_limit (a).",
    ]
    assert kfp("run", path.name).out.splitlines()[1:3] == notes
    assert kfp("show", "last").out.splitlines()[1:3] == notes


def test_a_message_of_several_lines_takes_one(kfp, write_notebook):
    path = write_notebook("n.ipynb", FAILING)
    lines = kfp("run", path.name).out.splitlines()
    assert any(line.startswith("breaks  FAILED") and "one two" in line for line in lines)


def test_written_files_get_the_usual_permissions(kfp, write_notebook, tmp_path):
    path = write_notebook("n.ipynb", QUICK)
    (tmp_path / "link.ipynb").symlink_to("out.ipynb")
    (tmp_path / "n.yaml").write_text("old")
    (tmp_path / "n.yaml").chmod(0o640)
    before = os.umask(0o022)
    try:
        assert kfp("run", path.name, "--output-notebook", "link.ipynb").code == 0
        assert kfp("compile", path.name, "-o", "n.yaml").code == 0
    finally:
        os.umask(before)
    assert (tmp_path / "link.ipynb").is_symlink()
    assert (tmp_path / "out.ipynb").stat().st_mode & 0o777 == 0o644
    assert (tmp_path / "n.yaml").stat().st_mode & 0o777 == 0o640


def test_a_run_is_reported_although_its_notebook_cannot_be_written(kfp, write_notebook, tmp_path):
    # The step takes the folder away that was there when the run began.
    (tmp_path / "out").mkdir()
    source = f"import os\nos.rmdir({str(tmp_path / 'out')!r})\nopen({str(tmp_path / 'out')!r}, 'w')"
    path = write_notebook("n.ipynb", code_cell(f"{source}.close()", step="a"))
    called = kfp("run", path.name, "--json", "--output-notebook", "out/n.ipynb")
    assert called.code == 1
    assert (called.json["state"], len(called.json["steps"])) == ("SUCCEEDED", 1)
    assert [each["code"] for each in called.json["problems"]] == ["storage-failed"]


def test_an_unchanged_view_is_not_drawn_again():
    stream = io.StringIO()
    step = StepStatus("a", "a", "a", cells=(), after=())
    view = LiveView(stream, Style(terminal=True, colours=False, unicode=True), {})
    run = RunStatus("r", "r", None, "local", State.PENDING, created=0, seq=0, steps=(step,))
    view.show(run)
    drawn = stream.getvalue()
    view.show(run)
    assert stream.getvalue() == drawn
    view.show(replace(run, steps=(replace(step, state=State.SUCCEEDED),)))
    assert stream.getvalue() != drawn
