"""Cells of two notebooks are matched as people would, and only what differs is told."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jupyter_kfp_ext.runs.code_difference import CellChange, CodeCell, compare_code


def cells(*told):
    """Cells from `id: source`, numbered from 1, all of the step `s`."""
    pairs = [each.split(": ", 1) for each in told]
    return [CodeCell(id_, number, "s", text) for number, (id_, text) in enumerate(pairs, 1)]


def words(first, second):
    return [
        f"{each.change.value} {each.number}: {'|'.join(each.lines)}"
        for each in compare_code(first, second)
    ]


@pytest.mark.parametrize(
    ("first", "second", "found"),
    [
        (["a: x = 1"], ["a: x = 1"], []),
        (["a: x = 1"], ["a: x = 2"], ["changed 1: -x = 1|+x = 2"]),
        (["a: x = 1"], ["a: x = 1", "b: y"], ["added 2: +y"]),
        (["a: x = 1", "b: y"], ["b: y"], ["removed 1: -x = 1"]),
        # moved
        (["a: x", "b: y"], ["b: y", "a: x"], []),
        # all ids made anew
        (["a: x", "b: y"], ["c: x", "d: y"], []),
        (["a: x", "b: y"], ["c: x", "d: z"], ["changed 2: -y|+z"]),
        (["a: x", "b: y"], ["c: y"], ["removed 1: -x"]),
        # a part of a long cell
        (
            ["a: 1\n2\n3\n4\n5\n6\n7\n8"],
            ["a: 1\n2\n3\n4\n5\n6\n7\n9"],
            ["changed 1:  6| 7|-8|+9"],
        ),
        (
            ["a: 0\n2\n3\n4\n5\n6\n7\n8"],
            ["a: 1\n2\n3\n4\n5\n6\n7\n9"],
            ["changed 1: -0|+1| 2| 3|@@| 6| 7|-8|+9"],
        ),
    ],
)
def test_what_differs(first, second, found):
    assert words(cells(*first), cells(*second)) == found


some_cells = st.lists(
    st.tuples(st.sampled_from("abcdef"), st.sampled_from(["x", "y", "z\nw"])),
    max_size=6,
    unique_by=lambda each: each[0],
).map(lambda told: [CodeCell(id_, at, None, text) for at, (id_, text) in enumerate(told, 1)])


@given(some_cells, some_cells)
def test_every_cell_is_accounted_for(first, second):
    found = compare_code(first, second)
    told = [each.change for each in found]
    grown = told.count(CellChange.ADDED) - told.count(CellChange.REMOVED)
    assert grown == len(second) - len(first)
    assert compare_code(second, second) == ()
    if sorted(each.source for each in first) != sorted(each.source for each in second):
        assert found
