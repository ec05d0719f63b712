"""`after` and the names of steps: unknown, cyclic, out of order, clashing."""

import pytest
from notation_cases import code, codes, model

from jupyter_kfp_ext.errors import Code


def steps(*said):
    """A notebook with one cell a step: `a<b,c` is step `a` after `b` and `c`."""
    cells = []
    for each in said:
        name, _, after = each.partition("<")
        cells.append(code(kfp={"step": name, "after": after.split(",") if after else []}))
    return model(*cells)


@pytest.mark.parametrize(
    "said", [("a", "b<a", "c<a,b"), ("a", "b"), ("a", "b<a", "c<a", "d<b,c"), ("a", "b<a", "a")]
)
def test_right_orders(said):
    assert steps(*said).problems == ()


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (("a<a",), ["cycle"]),
        (("a<b", "b<a"), ["cycle"]),
        (("a<c", "b<a", "c<b"), ["cycle"]),
        (("a<b", "b<a", "c<d", "d<c"), ["cycle", "cycle"]),
        (("a<zz",), ["after-unknown"]),
        (("a<b", "b"), ["after-unknown"]),
        (("a<b,zz", "b<a"), ["cycle", "after-unknown"]),
        (("x", "a<b", "b<a", "c<b"), ["cycle"]),
    ],
)
def test_wrong_orders(said, expected):
    assert codes(steps(*said)) == expected


def test_a_cycle_lists_its_path_and_cells():
    (problem,) = steps("x", "load<train", "clean<load", "train<clean").problems
    assert problem.message == (
        "Steps wait for each other: `load` (cell 2) after `train` (cell 4) after `clean` (cell 3) "
        "after `load`."
    )
    assert (problem.cell, problem.option) == (2, "after")


def test_a_step_that_waits_for_itself():
    (problem,) = steps("x", "a<a").problems
    assert "waits for itself" in problem.message
    assert (problem.cell, problem.step) == (2, "a")


def test_an_unknown_step_suggests_the_near_one():
    problem = steps("clean data", "train<clean-data").problems[0]
    assert problem.code is Code.AFTER_UNKNOWN
    assert "Did you mean `clean data`?" in problem.remedy
    assert (problem.cell, problem.step) == (2, "train")


@pytest.mark.parametrize(
    "cell",
    [
        code("%%component b --after ' Größe  a'"),
        code(kfp={"step": "b", "after": "Gro\u0308ße a "}),
        code(tags=["step:b", "prev: Größe a"]),
    ],
)
def test_names_in_after_are_compared_as_people_read_them(cell):
    found = model(code(kfp={"step": "Größe a"}), cell)
    assert found.problems == ()
    assert found.steps[1].options.after == ("Größe a",)


def test_a_later_step_says_where_it_is():
    (problem,) = steps("a<b", "b").problems
    assert "comes later (cell 2)" in problem.message


def test_the_cell_that_says_after_is_named():
    found = model(
        code(kfp={"step": "a"}), code("y = 1"), code(kfp={"step": "a", "after": ["nope"]})
    )
    assert [each.cell for each in found.problems] == [3]


@pytest.mark.parametrize(
    "names", [("train", "Train"), ("a b", "a-b"), ("Größe", "grosse"), ("1", "step 1")]
)
def test_names_that_would_be_one_task(names):
    (problem,) = steps(*names).problems
    assert problem.code is Code.STEP_NAME_CLASH
    assert problem.cell == 2
    assert all(f"`{name}`" in problem.message for name in names)


@pytest.mark.parametrize("names", [("数据", "训练"), ("train", "train 🚀"), ("a", "b")])
def test_names_that_stay_apart(names):
    assert steps(*names).problems == ()
