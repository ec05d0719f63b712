"""The benchmark's own figures: each call really does the work that its row names."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

BENCH = Path(__file__).parents[2] / "bench"
sys.path.insert(0, str(BENCH))

from compare_peers import table  # noqa: E402
from peers.environments import MissingError  # noqa: E402
from peers.rows import Row, rows  # noqa: E402
from peers.tools import Tools  # noqa: E402


def figure(home, *words):
    env = {**os.environ, "JUPYTER_KFP_HOME": str(home), "PYTHONPATH": f"{BENCH}:{BENCH.parent}"}
    command = [sys.executable, "-m", "peers.own", *words]
    done = subprocess.run(command, env=env, capture_output=True, text=True, cwd=home.parent)
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize(
    "words",
    [
        ("shape", "passing", "dict", "1000"),
        ("shape", "many", "3"),
        ("cached", "2"),
        ("processor", "2"),
        ("pushed", "2"),
        ("project", "30", "1"),
        ("runner_memory", "2"),
        ("listing", "30"),
    ],
    ids=" ".join,
)
def test_a_figure_is_more_than_nothing(words, tmp_path):
    code, printed, said = figure(tmp_path / "home", *words)
    assert code == 0, said
    figures = json.loads(printed.splitlines()[-1])
    assert all(each > 0 for each in (figures if isinstance(figures, list) else [figures]))


def test_a_run_that_fails_says_why(tmp_path):
    code, _, said = figure(tmp_path / "home", "shape", "passing", "numpy", "-8")
    assert code == 1
    assert "the run ended as FAILED: negative dimensions are not allowed" in said


def test_each_row_has_its_floor_and_its_own_title(tmp_path):
    found = list(rows(Tools(tmp_path, tmp_path)))
    assert all(row.floor in row.tools for row in found)
    assert len({row.title for row in found}) == len(found)


def test_a_tool_without_a_figure_says_why_in_the_table():
    def fail():
        raise MissingError("failed: it is not there")

    row = Row("some work", "ours", {"ours": lambda: 2.0, "theirs": lambda: 5.0, "other": fail})
    row.measure()
    assert table([row]).splitlines()[2:] == [
        "| some work | ours | 2 s | 1.00 |",
        "| some work | theirs | 5 s | 2.50 |",
        "| some work | other | not run: failed: it is not there | |",
    ]


def test_what_large_values_cost_is_measured_of_the_runtime_as_it_is():
    command = [sys.executable, str(BENCH / "values.py"), "--megabytes", "1", "array", "bytes"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    rows = done.stdout.splitlines()
    for what in ("array ", "array, read", "array, held for read-only", "bytes ", "bytes, read"):
        assert any(row.startswith(what) for row in rows), done.stdout
