"""What a value looks like, written beside it by the step: bounded, and without the user's code."""

import base64
import io
import json

import pytest
from step_process import make_slice, run_step

from jupyter_kfp_ext.runtime.step.heads import head_of, write_heads


def look(value, size=100):
    return head_of(value, size)


@pytest.mark.parametrize(
    ("value", "head"),
    [
        ("a\nb", {"kind": "text", "text": "a\nb", "complete": True}),
        ({"lr": 0.1, "of": [1, None]}, {"kind": "json", "value": {"lr": 0.1, "of": [1, None]}}),
        ([1.0, True], {"kind": "json", "value": [1.0, True]}),
        ((1, 2), {"kind": "text", "text": "(1, 2)", "complete": True}),
        ({1: 2}, {"kind": "text", "text": "{1: 2}", "complete": True}),
        ([float("nan")], {"kind": "text", "text": "[nan]", "complete": True}),
        (range(3), {"kind": "text", "text": "range(0, 3)", "complete": True}),
    ],
)
def test_plain_values(value, head):
    assert look(value) == head


def test_long_ones_are_cut():
    assert look("x" * 5000)["complete"] is False
    assert len(look("x" * 5000)["text"]) == 4000
    assert len(json.dumps(look([list(range(1000))] * 1000))) < 10_000
    assert look(range(3), size=2_000_000) is None


def test_frames_and_series_show_their_beginning():
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame({"age": [31.0, None], "city": ["Köln", "Oslo"]}, index=["a", "b"])
    assert look(frame) == {
        "kind": "table",
        "rows": 2,
        "columns": 2,
        "names": ["age", "city"],
        "types": ["float64", str(frame["city"].dtype)],
        "index": ["a", "b"],
        "cells": [["31", "Köln"], ["nan", "Oslo"]],
    }
    wide = look(pd.DataFrame([[0] * 300] * 5000), size=12_000_000)
    assert (wide["rows"], wide["columns"]) == (5000, 300)
    assert (len(wide["cells"]), len(wide["names"])) == (10, 20)
    assert look(pd.Series([1, 2], name="n"))["names"] == ["n"]


def test_arrays():
    np = pytest.importorskip("numpy")
    assert look(np.array([[1, 2], [3, 4]]))["cells"] == [["1", "2"], ["3", "4"]]
    assert look(np.arange(30))["shape"] == [30]
    assert look(np.array([]))["cells"] == []
    assert look(np.zeros((4, 0)))["columns"] == 0
    assert look(np.zeros((2, 2, 2)))["kind"] == "text"


def test_tables_of_other_libraries():
    pa = pytest.importorskip("pyarrow")
    table = look(pa.table({"a": [1, 2], "b": ["x", None]}))
    assert (table["names"], table["types"]) == (["a", "b"], ["int64", "string"])
    assert table["cells"] == [["1", "x"], ["2", "None"]]


def test_pictures_become_small_ones():
    np = pytest.importorskip("numpy")
    image = pytest.importorskip("PIL.Image")
    pixels = np.zeros((700, 900, 3), dtype="uint8")
    pixels[..., 0] = 200
    for value in (image.fromarray(pixels), pixels):
        head = look(value, size=2_000_000)
        seen = image.open(io.BytesIO(base64.b64decode(head["data"])))
        assert (head["kind"], head["mime"]) == ("image", "image/png")
        assert max(seen.size) <= 320
        assert seen.convert("RGB").getpixel((10, 10)) == (200, 0, 0)


def test_models_say_what_they_are():
    linear = pytest.importorskip("sklearn.linear_model")
    head = look(linear.LogisticRegression(C=2), size=50_000_000)
    assert head["text"] == "LogisticRegression(C=2)"
    assert "LogisticRegression" in head["html"]


def test_what_fails_to_show_itself_is_left_out(tmp_path):
    class Broken:
        __module__ = "lib"

        def __repr__(self):
            raise RuntimeError("no")

    write_heads(str(tmp_path), {"bad": Broken(), "good": [1], "n": 1}, {"bad": 1, "good": 1})
    assert list(json.loads((tmp_path / "heads.json").read_text())["names"]) == ["good"]


def test_a_step_writes_them_and_runs_no_code_of_the_notebook(tmp_path):
    cells = [
        "class Thing:\n"
        "    def __init__(self): self.rows = [1, 2]\n"
        "    def __repr__(self): raise SystemExit('called')\n"
        "    __len__ = __repr__",
        "thing = Thing()\nconf = {'a': 1}\nn = 3",
    ]
    slice_ = make_slice(
        *cells,
        outputs=[
            {"artifact": "all", "names": ["thing", "conf"]},
            {"artifact": "n", "names": ["n"]},
        ],
    )
    done = run_step(tmp_path, slice_)
    assert (done.code, done.error) == (0, None)
    heads = json.loads((done.artifact("all") / "heads.json").read_text())["names"]
    assert heads["thing"]["text"] == "rows: list 2 items"
    assert heads["conf"] == {"kind": "json", "value": {"a": 1}}
    # What the summary says already is not said twice.
    assert not (done.artifact("n") / "heads.json").exists()
