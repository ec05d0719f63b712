"""Values that cross between steps: what arrives is what was left, shared objects stay shared."""

import json
import re

import pytest
from step_process import cell, make_slice, run_step, slots


def cross(tmp_path, make, use, names, prelude=(), read_only=(), **options):
    """Run `make`, hand `names` on, run `use`; return both outcomes."""
    first = run_step(
        tmp_path / "first",
        make_slice(make, outputs=slots(*names), prelude=list(prelude)),
        **options,
    )
    assert first.code == 0, first.stderr
    slice_ = make_slice(
        use, inputs=slots(*names, prefix="first__"), prelude=list(prelude), read_only=read_only
    )
    inputs = {f"first__{name.strip('@')}": first.artifact(name.strip("@")) for name in names}
    return first, run_step(tmp_path / "second", slice_, inputs=inputs, **options)


SHARED = {
    "one list, two names": ("a = [1]; b = a", "a.append(2); print(a is b, b)", "True [1, 2]"),
    "list in a list": (
        "a = [1]; b = [a, a]",
        "a.append(2); print(b[0] is a, b)",
        "True [[1, 2], [1, 2]]",
    ),
    "apart": ("a = [1]; b = [1]", "a.append(2); print(b)", "[1]"),
    "cycle": ("a = []; a.append(a); b = {}", "print(a[0] is a, b)", "True {}"),
    "view of an array": (
        "import numpy as np; a = np.zeros(4); b = a[1:3]",
        "b[0] = 5; print(a.tolist())",
        "[0.0, 5.0, 0.0, 0.0]",
    ),
    "strided view": (
        "import numpy as np; a = np.zeros((2, 3)); b = a[:, 1]; b2 = a.T; b = (b, b2)",
        "b[0][:] = 7; print(a.tolist(), b[1][1].tolist())",
        "[[0.0, 7.0, 0.0], [0.0, 7.0, 0.0]] [7.0, 7.0]",
    ),
    "reversed view": (
        "import numpy as np; a = np.arange(4); b = a[::-2]",
        "b[0] = 9; print(a.tolist(), b.tolist())",
        "[0, 1, 2, 9] [9, 1]",
    ),
    "overlapping views": (
        "import numpy as np; base = np.arange(6); a = base[:4]; b = base[2:]",
        "a[3] = 9; print(b.tolist())",
        "[2, 9, 4, 5]",
    ),
    "views within one name": (
        "import numpy as np; x = np.zeros(3); a = [x, x[1:]]; b = 0",
        "a[0][1] = 1; print(a[1].tolist())",
        "[1.0, 0.0]",
    ),
    "empty arrays": (
        "import numpy as np; a = np.zeros((0, 3)); b = np.array([], dtype='i4')",
        "print(a.shape, b.dtype)",
        "(0, 3) int32",
    ),
    "object array": (
        "import numpy as np; a = [1]; b = np.array([a, None], dtype=object)",
        "a.append(2); print(b[0])",
        "[1, 2]",
    ),
    "frozen array": (
        "import numpy as np; a = np.zeros(2); a.flags.writeable = False; b = 1",
        "print(a.flags.writeable)",
        "False",
    ),
    "writable array": ("import numpy as np; a = np.zeros(2); b = 1", "a += 1; print(a)", "[1. 1.]"),
    "frame": (
        "import pandas as pd; a = pd.DataFrame({'x': [1, 2], 'y': list('ab')}); b = {'frame': a}",
        "a['z'] = 3; print(b['frame'] is a, a.z.sum())",
        "True 6",
    ),
    "same dtype is not sharing": (
        "import numpy as np; a = np.zeros(1); b = np.ones(1)",
        "a[0] = 2; print(b)",
        "[1.]",
    ),
    "lambda": ("a = lambda x: x + 1; b = 1", "print(a(1))", "2"),
    "closure": ("def make(n): return lambda x: x * n\na = make(3); b = 1", "print(a(2))", "6"),
    "bytearray": ("a = bytearray(b'ab'); b = [a]", "a[0] = 90; print(b)", "[bytearray(b'Zb')]"),
    "model": (
        "from sklearn.linear_model import LinearRegression as L\n"
        "a = L().fit([[0.0], [1.0]], [0.0, 2.0]); b = a.coef_",
        "b[0] = 5; print(a.coef_)",
        "[5.]",
    ),
}


@pytest.mark.parametrize("name", SHARED)
def test_what_is_one_object_stays_one_object(name, tmp_path):
    make, use, text = SHARED[name]
    _, second = cross(tmp_path, make, use, ["a", "b"])
    assert second.code == 0, second.stderr
    assert second.stdout == text + "\n"


@pytest.mark.parametrize(
    ("make", "together"),
    [
        ("import numpy as np; a = np.zeros(1); b = np.ones(1)", False),
        ("a = 'x' * 9; b = [a]", False),
        ("import datetime as d; a = [d.date(2020, 1, 1)]; b = a[:]", False),
        ("import enum; a = [enum.FlagBoundary.KEEP]; b = list(a)", False),
        ("t = (1, 2); a = [t]; b = [t]", False),
        ("t = ([],); a = [t]; b = [t]", True),
        ("a = {'k': {}}; b = a['k']", True),
        ("import numpy as np; x = np.zeros(9); a = x[:4]; b = x[4:]", False),
        ("import numpy as np; x = np.zeros(9); a = x[:5]; b = x[4:]", True),
    ],
)
def test_only_what_shares_is_stored_together(make, together, tmp_path):
    step = run_step(tmp_path, make_slice(make, outputs=slots("a", "b")))
    groups = {step.index(name)[name]["group"] for name in ("a", "b")}
    assert len(groups) == (1 if together else 2), step.stderr


def test_classes_of_replayed_cells_are_one_class(tmp_path):
    replay = {
        "cell_id": "p",
        "number": 1,
        "source": "class Point:\n    def __init__(self, x): self.x = x\nprint('replayed')",
        "record": False,
    }
    _, second = cross(
        tmp_path,
        "p = Point(3); q = [p]",
        "print(isinstance(p, Point), q[0] is p, type(p).__module__)",
        ["p", "q"],
        prelude=[replay],
    )
    assert second.outputs()[0]["text"] == "True True __main__\n"
    assert {event["cell_id"] for event in second.events} == {"c1"}


def test_the_index_says_what_a_value_is(tmp_path):
    make = (
        "import numpy as np\nX = np.zeros((3, 2))\nn = 7\ns = 'long' * 99\n"
        "class Odd:\n    def __len__(self): raise ValueError\n"
        "    shape = property(lambda s: 1 / 0)\n"
        "o = Odd()"
    )
    prelude = [{"cell_id": "p", "number": 1, "source": make, "record": False}]
    slice_ = make_slice("pass", prelude=prelude, outputs=slots("X", "n", "s", "o"))
    step = run_step(tmp_path, slice_)
    assert step.code == 0, step.stderr
    found = {name: step.index(name)[name] for name in ("X", "n", "s", "o")}
    assert found["X"]["type"] == "numpy.ndarray"
    assert found["X"]["summary"] == "(3, 2) float64"
    assert found["X"]["bytes"] > 48
    assert (found["n"]["type"], found["n"]["summary"]) == ("int", "7")
    assert found["s"]["summary"] == "396 items"
    assert (found["o"]["type"], found["o"]["summary"]) == ("__main__.Odd", "")


def test_names_of_one_slot_and_names_without_value(tmp_path):
    outputs = [{"artifact": "both", "names": ["a", "b", "gone"]}]
    first = run_step(tmp_path / "first", make_slice("a = [1]; b = a", outputs=outputs))
    assert sorted(first.index("both")) == ["a", "b"]
    inputs = [{"artifact": "first__both", "names": ["a", "gone"]}]
    slice_ = make_slice("print(a, 'b' in globals(), 'gone' in globals())", inputs=inputs)
    second = run_step(tmp_path / "second", slice_, inputs={"first__both": first.artifact("both")})
    assert second.stdout == "[1] False False\n"


def test_large_arrays_are_mapped_not_copied(tmp_path):
    names = ["X"]
    measure = "X[0] = 5; print(X[:2].tolist(), X.nbytes)"
    first, second = cross(tmp_path, "import numpy as np; X = np.ones(12_500_000)", measure, names)
    assert second.stdout == "[5.0, 1.0] 100000000\n"
    sha = first.index("X")["X"]["group"]
    group = first.artifact("X") / "groups" / sha
    assert (group / "buffers").stat().st_size == 100_000_000
    assert (group / "pickle").stat().st_size < 1000
    stored = (group / "buffers").open("rb").read(8)
    assert stored == b"\x00\x00\x00\x00\x00\x00\xf0\x3f", "the stored value must not change"


def test_damage_is_seen(tmp_path):
    first = run_step(
        tmp_path / "first",
        make_slice("import numpy as np; X = np.ones(9)", outputs=slots("X")),
    )
    sha = first.index("X")["X"]["group"]
    buffers = first.artifact("X") / "groups" / sha / "buffers"
    buffers.write_bytes(buffers.read_bytes()[:-1] + b"\x01")
    slice_ = make_slice("X", inputs=slots("X", prefix="first__"))
    second = run_step(tmp_path / "second", slice_, inputs={"first__X": first.artifact("X")})
    assert second.code == 1
    assert second.error["name"] == "storage-failed"
    assert "damaged" in second.error["message"]


def test_a_missing_input_is_named(tmp_path):
    slice_ = make_slice("X", inputs=slots("X", prefix="first__"))
    step = run_step(tmp_path, slice_, inputs={"first__X": tmp_path / "nowhere"})
    assert step.error["name"] == "storage-failed"
    assert "first__X" in step.error["message"] or "nowhere" in step.error["message"]


@pytest.mark.parametrize(
    ("make", "words"),
    [
        ("x = 1\nf = open('t', 'w')", ["f (_io.TextIOWrapper)", "TextIOWrapper"]),
        ("import socket\nf = socket.socket()", ["f (socket.socket)"]),
        ("g = 1\nf = (i for i in [1])", ["f (generator)"]),
        (
            "import sqlite3\nf = {'db': sqlite3.connect(':memory:')}",
            ["f (dict)", "sqlite3.Connection"],
        ),
    ],
)
def test_what_cannot_cross_is_told_with_name_type_and_cell(make, words, tmp_path):
    slice_ = make_slice("pass", make, "pass", outputs=slots("f"))
    step = run_step(tmp_path, slice_)
    assert step.code == 1
    assert step.error["name"] == "value-cannot-cross"
    for word in words:
        assert word in step.error["message"]
    assert (step.error["cell"], step.error["cell_id"], step.error["line"]) == (2, "c2", 2)
    assert step.error["source"].startswith("f = ")
    assert step.error["remedy"]
    assert not (tmp_path / "executor_output.json").exists()


def test_a_class_that_is_not_there_is_told(tmp_path):
    _, second = cross(tmp_path, "class A: pass\na = A()", "a", ["a"])
    assert second.error["name"] == "value-cannot-cross"
    assert "a cannot be read in this step" in second.error["message"]


READ_ONLY = {
    "list": ("X = [1]", "X.append(2)", True),
    "array": ("import numpy as np; X = np.zeros(3)", "X[1] = 1", True),
    "inside": ("X = {'a': [{}]}", "X['a'][0]['b'] = 1", True),
    "frame": ("import pandas as pd; X = pd.DataFrame({'a': [1]})", "X['b'] = 2", True),
    "only read": ("X = [{'a': 1}]", "y = X[0]['a']; X[0].get('b'); len(X)", False),
    "frame read": (
        "import pandas as pd; X = pd.DataFrame({'a': [2, 1], 'b': list('xy')})",
        "X.a.mean(); X.describe(); X.groupby('b').sum(); X.loc[0]; str(X); X.sort_values('a')",
        False,
    ),
    "model used": (
        "from sklearn.linear_model import LogisticRegression as L\n"
        "X = L().fit([[0.0], [1.0]], [0, 1])",
        "X.predict([[0.5]]); X.score([[0.0]], [0]); repr(X)",
        False,
    ),
    "rebound": ("X = [1]", "X = [2]", False),
    "constant": ("X = 'text'", "X.upper()", False),
}


@pytest.mark.parametrize("name", READ_ONLY)
def test_an_input_taken_for_read_only_must_stay_as_it_was(name, tmp_path):
    make, use, broken = READ_ONLY[name]
    _, second = cross(tmp_path, make, use, ["X"], read_only=["X"])
    if broken:
        assert second.code == 1
        assert second.error["name"] == "assumption-broken"
        assert second.error["message"].startswith("X was changed by cell 1")
        assert second.error["remedy"]
    else:
        assert second.code == 0, second.stderr


def test_equal_values_get_equal_names_in_every_process(tmp_path):
    slice_ = make_slice("import numpy as np; X = {'a': np.arange(5)}", outputs=slots("X"))
    groups = {
        json.dumps(run_step(tmp_path / str(n), slice_).index("X"), sort_keys=True) for n in range(2)
    }
    assert len(groups) == 1


PYPLOT = "import matplotlib.pyplot as plt\n"
FIGURES = {
    "shown before": "figure, axes = plt.subplots()\naxes.bar([1, 2], [3, 4]);",
    "closed": "figure, axes = plt.subplots(figsize=(1, 1), dpi=50)\naxes.plot([1])\nplt.close()",
    "in a list": "figure = [plt.figure(facecolor='red')]\nplt.plot([1])\nplt.close();",
    "axes": "axes = plt.subplots(figsize=(1, 1))[1]\naxes.imshow([[1, 2]])\nfigure = axes",
}


@pytest.mark.parametrize("name", FIGURES)
@pytest.mark.parametrize("prelude", [[], [cell(PYPLOT, 1, record=False)]])
def test_a_figure_looks_the_same_in_a_later_step(name, prelude, tmp_path):
    use = "from IPython.display import display\ndisplay(getattr(figure, 'figure', figure))\nfigure"
    whole = run_step(tmp_path / "whole", make_slice(PYPLOT + FIGURES[name], use)).outputs(2)
    make, use = cell(PYPLOT + FIGURES[name]), cell(use, 2)
    first = run_step(tmp_path / "1", make_slice(make, outputs=slots("figure")))
    slice_ = make_slice(use, prelude=prelude, inputs=slots("figure", prefix="p__"))
    step = run_step(tmp_path / "2", slice_, inputs={"p__figure": first.artifact("figure")})
    addresses = re.compile("0x[0-9a-f]+")
    assert addresses.sub("", repr(step.outputs(2))) == addresses.sub("", repr(whole))
    assert name == "in a list" or "image/png" in whole[0]["data"]


def test_a_column_stays_as_it_was_when_its_frame_is_changed(tmp_path):
    make = "import pandas as pd\na = pd.DataFrame({'x': [1, 2], 'y': [3, 4]}); b = a['x']"
    use = "a.loc[0, 'x'] = 10; print(b.tolist(), a.x.tolist())"
    _, second = cross(tmp_path, make, use, ["a", "b"])
    assert second.stdout == "[1, 2] [10, 2]\n"


def test_a_strided_view_crosses_twice(tmp_path):
    names = slots("a", "b")
    make = "import numpy as np; a = np.arange(6); b = a[::2]"
    first = run_step(tmp_path / "1", make_slice(make, outputs=names))
    given = {"p__a": first.artifact("a"), "p__b": first.artifact("b")}
    inputs = slots("a", "b", prefix="p__")
    second = run_step(
        tmp_path / "2", make_slice("b[:] = 0", inputs=inputs, outputs=names), inputs=given
    )
    given = {"p__a": second.artifact("a"), "p__b": second.artifact("b")}
    third = run_step(
        tmp_path / "3", make_slice("a[0] = 7; print(a, b)", inputs=inputs), inputs=given
    )
    assert third.stdout == "[7 1 0 3 0 5] [7 0 0]\n"
