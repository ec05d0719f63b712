"""Plans assume that packages behave; here one does not, and the answer is still the kernel's.

Each row is run in one process and as a pipeline with a step a cell: what the cells print must be
the same. The second run has learned, so it must be right without planning again.
"""

import re

import pytest

from jupyter_kfp_ext.engines.model import State
from jupyter_kfp_ext.errors import Code, Severity
from jupyter_kfp_ext.notation.reader import read_notebook
from jupyter_kfp_ext.runs.chain import check
from tests.support.tricky_notebooks import Tricky

MENDED = {
    "changes its argument": ["x = [1]", "import trickster\nprint(trickster.total(x))", "print(x)"],
    "changes two arguments, in two steps": [
        "import trickster\nx = [1]\ny = [2]",
        "print(trickster.total(x))",
        "print(trickster.total(y))",
        "print(x, y)",
    ],
    "changes its argument in one of the cells of a loop": [
        "import trickster\nx = []",
        "for i in range(3):\n    trickster.total(x)",
        "print(x)",
    ],
    "changes a big array": [
        "import numpy as np, trickster\nx = np.zeros(300_000)",
        "print(trickster.first(x))",
        "print(x[:3])",
    ],
    "draws from Python's generator": [
        "import random, trickster\nrandom.seed(1)",
        "print(trickster.median([1]))",
        "print(random.random())",
    ],
    "draws from numpy's generator": [
        "import numpy as np, trickster\nnp.random.seed(1)",
        "print(trickster.peak([1]))",
        "print(np.random.random())",
    ],
    "draws from a generator that only it imports": [
        "import trickster\nimport random\nrandom.seed(2)",
        "y = trickster.median([])",
        "print(y)",
        "print(trickster.median([]))",
    ],
    "writes a file and reads it": [
        "import trickster\ntrickster.note('hello')",
        "print(trickster.noted())",
    ],
    "writes a file that another call must find": [
        "import trickster\ntrickster.note('hello')",
        "x = 1",
        "print(trickster.noted_for_sure())",
    ],
    "writes a file twice": [
        "import trickster\ntrickster.note('one')",
        "print(trickster.noted())",
        "trickster.note('two')",
        "print(trickster.noted())",
    ],
    "writes a file that code of the notebook reads": [
        "import trickster\ntrickster.note('hello')",
        "print(open('note.txt').read())",
    ],
    "counts its calls": [
        "import trickster\nprint(trickster.count())",
        "print(trickster.count())",
        "print(trickster.count())",
    ],
    "keeps an argument and changes it by another call": [
        "import trickster\nx = [1]",
        "trickster.remember(x)",
        "trickster.touch()",
        "print(x)",
    ],
    "keeps an argument that the notebook changes": [
        "import trickster\nx = [1]\ntrickster.remember(x)",
        "x.append(2)",
        "print(trickster.kept)",
    ],
    "registers a function of the notebook": [
        "import trickster\nk = 10\ndef f(v):\n    return v * k\ntrickster.on_event(f)",
        "print(trickster.fire(2))",
    ],
    "counts in a class": [
        "import trickster\na = trickster.Tally()",
        "b = trickster.Tally()",
        "print(a.seen())",
    ],
    "keeps in a mutable default": [
        "import trickster\nprint(trickster.collect(1))",
        "print(trickster.collect(2))",
    ],
    "counts in a closure": [
        "import trickster\nprint(trickster.count_on())",
        "print(trickster.count_on())",
    ],
    "keeps what it seems to look at": [
        "import trickster\nbox = trickster.Box(0)\nxs = [1]",
        "print(box.count(xs))",
        "xs.append(2)",
        "print(box.content)",
    ],
    "keeps a part of what it seems to look at": [
        "import trickster\nbox = trickster.Box(0)\nrows = {'a': [1]}",
        "print(box.count(rows['a']))",
        "rows['a'].append(2)",
        "print(box.content)",
        "print(rows)",
    ],
    "gives one of its objects what another holds": [
        "import trickster\na, b = trickster.Box([1]), trickster.Box([])",
        "print(a.index(b))",
        "b.put(5)",
        "print(a.content)",
    ],
    "patches the standard library": [
        "import json, trickster\ntrickster.patch()",
        "print(json.dumps('quiet'))",
    ],
    "seeds a generator that nobody had seeded": [
        "import random, trickster\ntrickster.seed(1)",
        "print(random.random())",
        "trickster.seed(2)\nimport numpy as np",
        "print(random.random(), np.random.rand())",
    ],
    "reads a variable by its name": [
        "import trickster\nx = 3",
        "print(trickster.evaluate('x + 1'))",
    ],
}


RIGHT_AT_ONCE = {
    "draws from generators that nobody seeded": [
        "import random, trickster\nimport numpy as np\ntrickster.draw(7000)",
        "print(trickster.draw(10))\nnp.random.rand(3)",
        "print(trickster.draw(0))",
    ],
    "cells that set variables of the environment": [
        "import os, trickster\nos.environ.update(A_1='1', A_2='2')\nos.environ['A_3'] = '3'\n"
        "print(trickster.total([1]))",
        "os.environ.pop('A_2')\nos.putenv('A_4', '4')\nprint(trickster.total([2]))",
        "print([os.getenv(f'A_{n}') for n in range(5)])",
    ],
    "returns its argument in a wrapper": [
        "import trickster\nx = [1]",
        "y = trickster.mean(x)",
        "y.put(2)",
        "print(x)",
    ],
}

REFUSED = {
    "gives out an object of its cache": [
        "import trickster\nx = trickster.settings('a')",
        "x['more'] = 1",
        "print(trickster.settings('a'))",
    ],
    "remembers its argument by its address": [
        "import trickster\nx = [1]\nprint(trickster.sum_of(x))",
        "x.append(1)\nprint(trickster.sum_of(x))",
        "print(trickster.sum_of(x))",
    ],
    "changes its argument from a thread": [
        "import trickster\nx = [1]\ntrickster.later(x)",
        "trickster.go()",
        "print(x)",
    ],
}


@pytest.mark.parametrize("cells", REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_mended_fails_loudly(tricky, cells):
    run, _ = tricky.run(tricky.write(cells))
    assert run.state is State.FAILED
    [error] = [step.error for step in run.steps if step.error]
    assert error.name in ("assumption-broken", "value-cannot-cross")
    assert re.search(r"\bx\b|\bsettings\b", error.message)
    assert error.remedy


@pytest.fixture
def tricky(kfp_home, tmp_path, monkeypatch):
    return Tricky(tmp_path, monkeypatch)


@pytest.mark.parametrize("cells", MENDED.values(), ids=MENDED)
def test_a_wrong_plan_is_mended(tricky, cells):
    run, shown = tricky.run(tricky.write(cells))
    assert run.state is State.SUCCEEDED, run
    assert shown == tricky.straight(cells)
    assert any(note.startswith("Planned again: ") for note in run.notes)


@pytest.mark.parametrize("cells", RIGHT_AT_ONCE.values(), ids=RIGHT_AT_ONCE)
def test_what_a_plan_does_not_assume_is_right_at_once(tricky, cells):
    run, shown = tricky.run(tricky.write(cells))
    assert shown == tricky.straight(cells)
    assert run.notes == ()


@pytest.mark.parametrize("name", ["changes its argument", "writes a file and reads it"])
def test_what_was_learned_is_known_to_the_next_run(tricky, name):
    path = tricky.write(MENDED[name])
    tricky.run(path)
    again, shown = tricky.run(path)
    assert shown == tricky.straight(MENDED[name])
    assert again.notes == ()


def test_what_was_learned_is_shown_and_forgotten_with_the_cell(tricky):
    cells = MENDED["changes its argument"]
    path = tricky.write(cells)
    tricky.run(path)
    [problem] = check(read_notebook(path), "cells").problems
    assert (problem.code, problem.severity) == (Code.ASSUMPTION_BROKEN, Severity.INFO)
    assert problem.cell == 2
    tricky.write([cells[0], cells[1] + "  # edited", cells[2]])
    assert check(read_notebook(path), "cells").problems == ()


def test_only_what_depends_on_the_wrong_assumption_runs_again(tricky, monkeypatch):
    count = tricky.folder / "count"
    monkeypatch.setenv("COUNT", str(count))
    cells = [
        "import os\nx = [1]\nopen(os.environ['COUNT'], 'a').write('first ')",
        "import trickster\nprint(trickster.total(x))",
        "print(x)",
    ]
    run, shown = tricky.run(tricky.write(cells))
    assert run.state is State.SUCCEEDED
    assert shown[2] == "[1, 99]\n"
    assert count.read_text() == "first "


def test_an_error_of_the_users_own_is_not_planned_away(tricky):
    run, _ = tricky.run(
        tricky.write(["import os\nif os.environ.get('NOT SET'):\n    y = 1", "print(y)"])
    )
    [_, failed] = run.steps
    assert failed.error.name == "NameError"
    assert failed.error.message == "name 'y' is not defined"
    assert run.notes == ()
