"""Each step twice: what is planted is found, what only looks different is not."""

import json

import pytest
from notebook_runs import Workshop

from jupyter_kfp_ext.errors import Code, KfpExtError
from jupyter_kfp_ext.notation.reader import read_notebook
from jupyter_kfp_ext.runs.chain import build
from jupyter_kfp_ext.runs.verify import verify
from jupyter_kfp_ext.runtime.step.twice import equal
from tests.support.notebooks import code_cell


@pytest.fixture(name="shop")
def workshop(kfp_home, tmp_path):
    return Workshop(kfp_home, tmp_path / "project")


def found_in(shop, *sources, step=None):
    shop.write(*(code_cell(each, step=f"s{n}", cell_id=f"s{n}") for n, each in enumerate(sources)))
    verified = verify(build(read_notebook(shop.notebook)), step, shop.end, {})
    assert [run.state.value for run in verified.runs] == ["SUCCEEDED"] * 2, verified.runs
    return verified


PLANTED = {
    "a random number": (["import random\nx = random.random()\ny = 1"], [("s0", "value", "x")]),
    "one of two steps": (
        ["import uuid\nx = uuid.uuid4().hex\nn = 3", "y = (x, n)", "z = y[1] + 1"],
        [("s0", "value", "x")],
    ),
    "the order of a set": (
        ["x = list({str(n) for n in range(99)})\ny = sorted(x)"],
        [("s0", "value", "x")],
    ),
    "the order of a dictionary": (
        ["x = dict.fromkeys({str(n) for n in range(99)})\ny = sorted(x)"],
        [("s0", "value", "x")],
    ),
    "the environment": (["import os\nx = {**os.environ}\ny = 1"], [("s0", "value", "x")]),
    "the time": (["import time\nx = {'at': time.time_ns()}\ny = 1"], [("s0", "value", "x")]),
    "the process": (["import os\nx = os.getpid()\ny = 1"], [("s0", "value", "x")]),
    "a printed time": (["import time\nprint(time.time_ns())"], [("s0", "output", "cell 1")]),
    "an attribute": (
        ["import os\nclass C: pass\nc, d = C(), C()\nc.x = os.urandom(4)\nd.x = 1"],
        [("s0", "value", "c")],
    ),
    "a new file": (
        ["import os\nopen('new.bin', 'wb').write(os.urandom(9))\nNone"],
        [("s0", "file", "new.bin")],
    ),
    "a file that grows": (["open('log.txt', 'a').write('+')\nNone"], [("s0", "file", "log.txt")]),
    "a counter in a file": (
        [
            "with open('log.txt', 'r+') as file:\n"
            "    x = len(file.read())\n    file.write('+')\ny = 1"
        ],
        [("s0", "value", "x"), ("s0", "file", "log.txt")],
    ),
}


@pytest.mark.parametrize(("sources", "expected"), PLANTED.values(), ids=PLANTED)
def test_what_differs_is_named(shop, sources, expected):
    (shop.folder / "log.txt").write_text("begun\n")
    verified = found_in(shop, *sources)
    assert not verified.repeatable
    named = {(each.step, each.kind, each.name) for each in verified.differences}
    assert set(expected) <= named
    assert {step for step, _, _ in named} == {step for step, _, _ in expected}
    assert {name for _, kind, name in named if kind == "value"} <= {name for *_, name in expected}


SAME = [
    ["x = {str(n) for n in range(99)}\ny = {'a': x}"],
    ["import numpy as np\nrng = np.random.default_rng(1)\nx = rng.normal(size=9)\nx[0] = np.nan"],
    [
        "import random\nrandom.seed(3)\nx = [random.random() for _ in range(3)]",
        "y = random.random()",
    ],
    ["x = object()\nprint(x)", "class A:\n    pass\na = A()\na.b = A()\nprint(a)"],
    ["import sys, time\nprint(time.time_ns(), file=sys.stderr)"],
    ["open('new.txt', 'w').write('same')\nNone", "text = open('new.txt').read()"],
]


@pytest.mark.parametrize("sources", SAME)
def test_what_is_the_same_is_not_reported(shop, sources):
    verified = found_in(shop, *sources)
    assert verified.differences == ()
    assert verified.repeatable


def test_one_step_alone_gets_what_it_needs(shop):
    sources = [
        "import uuid\na = uuid.uuid4().hex",
        "b = a + uuid.uuid4().hex",
        "c = uuid.uuid4().hex",
    ]
    verified = found_in(shop, *sources, step="s1")
    assert [(each.step, each.name) for each in verified.differences] == [("s1", "b")]
    first, second = verified.runs
    assert second.step("s0").cached_from == first.id
    assert [run.step("s2").state.value for run in verified.runs] == ["SKIPPED"] * 2


def test_the_command_line_tells_by_its_exit_code(kfp, write_notebook):
    good = write_notebook("good.ipynb", code_cell("x = 1", step="a"))
    bad = write_notebook("bad.ipynb", code_cell("import uuid\nx = uuid.uuid4()", step="a"))
    broken = write_notebook("broken.ipynb", code_cell("1 / 0", step="a"))
    assert kfp("verify", good).code == 0
    called = kfp("verify", bad, "a", "--json")
    assert called.code == 1
    said = json.loads(called.out)
    assert said["repeatable"] is False
    assert [each["name"] for each in said["differences"]] == ["x"]
    assert kfp("verify", broken).code == 1
    assert kfp("verify", bad, "nowhere").code == 2


@pytest.mark.parametrize(
    ("one", "two", "same"),
    [
        ([1, {"a": (2,)}], [1, {"a": (2,)}], True),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}, False),
        ({1, 2}, {2, 1}, True),
        (float("nan"), float("nan"), True),
        (1, True, False),
        (1, 1.0, False),
        (0.1 + 0.2, 0.3, False),
        ([1], [1, 2], False),
    ],
)
def test_values_are_equal_to_who_uses_them(one, two, same):
    assert equal(one, two) is same


def test_more_than_the_machine_has_is_refused_or_run_anyway(shop):
    shop.write(code_cell("x = 1", step="huge", memory="900Ti"))
    compiled = build(read_notebook(shop.notebook))
    with pytest.raises(KfpExtError) as raised:
        verify(compiled, None, shop.end, {})
    assert raised.value.problems[0].code is Code.RESOURCES_MISSING
    assert verify(compiled, None, shop.end, {}, ignore_resources=True).repeatable
