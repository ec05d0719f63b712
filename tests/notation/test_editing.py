"""Edits of a notebook: what they change, and that they change nothing else."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jupyter_kfp_ext.edits import Fix, Insert, Move, Replace, SetMetadata
from jupyter_kfp_ext.notation.editing import StaleFixError, apply_fix, notebook_text
from jupyter_kfp_ext.notation.reader import parse_notebook


def notebook(*sources, minor=5, **more):
    cells = [
        {"cell_type": "code", "id": f"c{n}", "metadata": {"a": n}, "source": source, **more}
        for n, source in enumerate(sources)
    ]
    return parse_notebook({"nbformat": 4, "nbformat_minor": minor, "metadata": {}, "cells": cells})


def sources(found):
    return ["".join(cell["source"]) for cell in found.raw["cells"]]


EDITS = [
    ([Replace("c0", 1, 0, "x", "y")], ["y = 1\nz", "b"]),
    ([Replace("c0", 2, 0, "", "# ")], ["x = 1\n# z", "b"]),
    ([Replace("c0", 1, 4, "1\nz", "2")], ["x = 2", "b"]),
    ([Replace("c0", 1, 4, "1", "3"), Replace("c0", 1, 0, "x", "yy")], ["yy = 3\nz", "b"]),
    ([Insert("new", "c1")], ["x = 1\nz", "new", "b"]),
    ([Insert("new", None)], ["x = 1\nz", "b", "new"]),
    ([Move("c1", "c0")], ["b", "x = 1\nz"]),
    ([Move("c0", None)], ["b", "x = 1\nz"]),
]


@pytest.mark.parametrize(("edits", "after"), EDITS)
@pytest.mark.parametrize("minor", [4, 5])
def test_edits(edits, after, minor):
    before = notebook("x = 1\nz", "b", minor=minor)
    found = apply_fix(before, Fix("", tuple(edits)))
    assert sources(found) == after == [cell.source for cell in found.cells]
    assert [cell.number for cell in found.cells] == list(range(1, len(after) + 1))
    assert sources(before) == ["x = 1\nz", "b"]
    # What was read is what reading it again gives: the edits of cells and JSON agree.
    again = parse_notebook(json.dumps(found.raw))
    assert [cell.source for cell in again.cells] == after


STALE = [
    Replace("c0", 1, 0, "y", "z"),
    Replace("c0", 9, 0, "x", "z"),
    Replace("c9", 1, 0, "x", "z"),
    Move("c9", None),
    Insert("x", "c9"),
    SetMetadata("c9", "kfp", {}),
]


@pytest.mark.parametrize("edit", STALE)
def test_what_no_longer_fits_changes_nothing(edit):
    with pytest.raises(StaleFixError):
        apply_fix(notebook("x = 1", "b"), Fix("", (edit,)))


def test_metadata_of_cell_and_notebook():
    edits = (SetMetadata("c0", "kfp", {"step": "a"}), SetMetadata(None, "kfp", {"name": "n"}))
    found = apply_fix(notebook("x"), Fix("", edits))
    assert found.raw["cells"][0]["metadata"] == {"a": 0, "kfp": {"step": "a"}}
    assert found.metadata == found.raw["metadata"] == {"kfp": {"name": "n"}}
    gone = apply_fix(
        found, Fix("", (SetMetadata("c0", "kfp", None), SetMetadata(None, "kfp", None)))
    )
    assert gone.raw["cells"][0]["metadata"] == {"a": 0}
    assert gone.metadata == {}


def test_lists_of_lines_and_carriage_returns_stay():
    found = apply_fix(notebook(["a\r\n", "b"]), Fix("", (Replace("c0", 2, 0, "b", "c\nd"),)))
    assert found.raw["cells"][0]["source"] == ["a\r\n", "c\r\n", "d"]


STYLES = [
    '{\n "a": 1,\n "b": [\n  "ä"\n ]\n}\n',
    '{\n  "a": 1\n}',
    '{\n\t"a": 1\n}\n\n',
    '{"a":1,"b":[1,2]}',
    '{"a": 1, "b": [1, 2]}\n',
    '{\n "a": "\\u00e4"\n}\n',
]


@pytest.mark.parametrize("text", STYLES)
def test_the_style_of_the_file_stays(text):
    assert notebook_text(json.loads(text), text) == text


@given(st.lists(st.text(alphabet="ab\nä𝒳", max_size=6), min_size=1, max_size=4), st.data())
def test_any_replacement_is_that_of_the_text(texts, data):
    at = data.draw(st.integers(0, len(texts) - 1))
    start = data.draw(st.integers(0, len(texts[at])))
    end = data.draw(st.integers(start, len(texts[at])))
    before = texts[at][:start]
    edit = Replace(
        f"c{at}", before.count("\n") + 1, len(before.rpartition("\n")[2]), texts[at][start:end], "N"
    )
    found = apply_fix(notebook(*texts), Fix("", (edit,)))
    expected = [*texts]
    expected[at] = before + "N" + texts[at][end:]
    assert sources(found) == expected


def test_a_fix_survives_the_wire():
    fix = Fix(
        "t",
        (
            Replace("a", 1, 2, "x", "y"),
            Insert("s", None, {"kfp": {"role": "imports"}}),
            Move("a", "b"),
            SetMetadata("a", "kfp", {"step": "x"}),
        ),
    )
    assert Fix.from_json(json.loads(json.dumps(fix.to_json()))) == fix
