"""The code of an exported pipeline: files that people can change, packed to the very same bytes."""

import base64
import json
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from plan_builder import digits_plan

from jupyter_kfp_ext.compiler.bundle_place import BUNDLE_KEY, config_map_name
from jupyter_kfp_ext.compiler.compile import compile_plan
from jupyter_kfp_ext.compiler.export import packing as export_packing
from jupyter_kfp_ext.compiler.export.readable_code import readable_files
from jupyter_kfp_ext.helpers.bundle import bundle_files

SOURCES = ["#", " ", "%", "# %% ", "# %%% x", "\n", "\r", "a", "ä", "\u2028", "\x0c", "\ud800"]


@pytest.fixture
def packing(tmp_path, monkeypatch):
    """Return `packing.py` as it lies in an exported project at `tmp_path`."""
    return packing_in(tmp_path, monkeypatch)


def packing_in(folder, monkeypatch):
    monkeypatch.setattr(export_packing, "BUNDLE", folder)
    monkeypatch.setattr(export_packing, "STEPS", folder / "steps")
    return export_packing


def write(folder, files):
    for path, data in files.items():
        place = folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(data)


def assert_put_together(prelude, cells, folder, packing):
    said = {
        "prelude": [{"cell_id": "p", "number": 1, "source": each} for each in prelude],
        "cells": [{"cell_id": "c", "number": 2, "source": each} for each in cells],
        "helpers": [],
    }
    slice_ = (json.dumps(said, sort_keys=True) + "\n").encode()
    write(folder, readable_files({"kfp_step.py": b"", "steps/one.json": slice_}))
    assert packing.step_files("one")["steps/one.json"] == slice_


@pytest.mark.parametrize(
    "sources",
    [
        [],
        [""],
        ["a = 1"],
        ["a = 1\n", "\n\n", "b"],
        ["# %% cell 2\na = 1", "# %%% more\n# %%%%\n", "#%% x"],
        ["a = '''\n# %% no cell\n'''\r\nb"],
    ],
)
def test_cells_are_put_together_again(sources, tmp_path, packing):
    assert_put_together(sources[:1], sources[1:], tmp_path, packing)


@given(
    st.lists(st.lists(st.sampled_from(SOURCES)).map("".join), max_size=3),
    st.lists(st.lists(st.sampled_from(SOURCES)).map("".join), max_size=3),
)
def test_any_cells_are_put_together_again(prelude, cells):
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        assert_put_together(prelude, cells, Path(folder), packing_in(Path(folder), patch))


def test_the_bundle_is_the_one_that_was_compiled(tmp_path, packing):
    compiled = compile_plan(digits_plan(), None)
    write(tmp_path, readable_files(bundle_files(compiled.bundle)))
    assert packing.bundle() == compiled.bundle
    assert packing.bundle_hash() == compiled.bundle_hash
    assert packing.bundle_folder("") == compiled.bundle_hash
    assert packing.bundle_folder("a/b") == f"a/b/{compiled.bundle_hash}"
    packing.write_config_map(tmp_path / "map.yaml")
    manifest = json.loads((tmp_path / "map.yaml").read_text())
    assert manifest["metadata"] == {"name": config_map_name(compiled.bundle_hash)}
    assert base64.b64decode(manifest["binaryData"][BUNDLE_KEY]) == compiled.bundle


def test_a_step_whose_files_changed_has_another_hash_and_no_other(tmp_path, packing):
    compiled = compile_plan(digits_plan(), None)
    write(tmp_path, readable_files(bundle_files(compiled.bundle)))
    before = {task: packing.step_hash(task) for task in ("load", "train", "judge-it")}
    cells = tmp_path / "steps" / "train.py"
    cells.write_text(cells.read_text().replace("fit(", "refit("))
    after = {task: packing.step_hash(task) for task in before}
    assert [task for task in before if before[task] != after[task]] == ["train"]


@pytest.mark.parametrize("text", ["", "model = 1\n", "# %% cell 2\na\n# %% more\nb\n"])
def test_cells_without_their_entries_are_an_error_that_says_where(text, tmp_path, packing):
    compiled = compile_plan(digits_plan(), None)
    write(tmp_path, readable_files(bundle_files(compiled.bundle)))
    (tmp_path / "steps" / "train.py").write_text(text)
    with pytest.raises(ValueError, match=r"steps/train.py has \d cells, .*train.json names 1"):
        packing.step_hash("train")
