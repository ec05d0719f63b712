"""What the form writes: where an option stands, nothing else, and what is refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jupyter_kfp_ext.checks.option_edits import (
    default_options,
    rename_step,
    set_settings,
    set_step_options,
)
from jupyter_kfp_ext.errors import KfpExtError
from jupyter_kfp_ext.notation.editing import apply_fix
from jupyter_kfp_ext.notation.marks import read_marks
from jupyter_kfp_ext.notation.options import StepOptions
from jupyter_kfp_ext.notation.reader import parse_notebook
from jupyter_kfp_ext.notation.schema import specs
from tests.support.notebooks import code_cell, notebook_json


def read(*cells, **metadata):
    return parse_notebook(notebook_json(*cells, **metadata))


def marks(notebook):
    """What stands in each cell: its `kfp` metadata, and its first line where that is a mark."""
    return [
        (
            cell.metadata.get("kfp"),
            next((line for line in cell.source.split("\n") if line.startswith("%%")), None),
        )
        for cell in notebook.cells
    ]


def changed(notebook, fix):
    return apply_fix(notebook, fix)


SET = {
    "said nowhere": ([code_cell("x", step="a")], {"memory": "2Gi"}, [({"memory": "2Gi"}, None)]),
    "said already": (
        [code_cell("x", step="a", memory="1Gi", cpu="2")],
        {"memory": "2Gi"},
        [({"memory": "2Gi", "cpu": "2"}, None)],
    ),
    "said in a later cell": (
        [code_cell("x", step="a"), code_cell("y", step="a", memory="1Gi")],
        {"memory": "2Gi"},
        [({}, None), ({"memory": "2Gi"}, None)],
    ),
    "said in two cells": (
        [code_cell("x", step="a", env={"A": "1"}), code_cell("y", step="a", env={"B": "2"})],
        {"env": {"B": "3"}},
        [({"env": {"B": "3"}}, None), ({}, None)],
    ),
    "taken away": (
        [code_cell("x", step="a", memory="1Gi", cpu="2")],
        {"memory": None},
        [({"cpu": "2"}, None)],
    ),
    "an empty list is nothing": (
        [code_cell("x", step="a", packages=["p"])],
        {"packages": []},
        [({}, None)],
    ),
    "a wrong one is replaced": (
        [code_cell("x", step="a", memory="lots")],
        {"memory": "2Gi"},
        [({"memory": "2Gi"}, None)],
    ),
    "no is said": ([code_cell("x", step="a")], {"cache": False}, [({"cache": False}, None)]),
    "a magic line": (
        ["%%component a --cpu 2\nx"],
        {"memory": "2Gi"},
        [(None, "%%component a --cpu 2 --memory 2Gi")],
    ),
    "a magic line loses one": (
        ["%%component a --cpu 2\nx"],
        {"cpu": None},
        [(None, "%%component a")],
    ),
    "a magic line is mended": (
        ["%%component a --memory lots\nx"],
        {"memory": "2Gi"},
        [(None, "%%component a --memory 2Gi")],
    ),
    "a magic line below empty lines": (
        ["\n\n%%component a\nx"],
        {"gpu": 1},
        [(None, "%%component a --gpu 1")],
    ),
    "beside tags": (
        [code_cell("x", tags=["step:a"])],
        {"memory": "2Gi"},
        [({"memory": "2Gi"}, None)],
    ),
}


@pytest.mark.parametrize(("cells", "values", "after"), SET.values(), ids=SET)
def test_options_go_where_they_are_said(cells, values, after):
    notebook = read(*cells)
    model = read_marks(notebook)
    found = changed(notebook, set_step_options(model, "a", values))
    shown = [
        ({key: value for key, value in kfp.items() if key != "step"} if kfp else kfp, line)
        for kfp, line in marks(found)
    ]
    assert shown == after
    assert not read_marks(found).problems


REFUSED = {
    "no such step": ([code_cell("x", step="a")], "b", {"cpu": "1"}, "step-missing"),
    "no such option": ([code_cell("x", step="a")], "a", {"cpus": "1"}, "option-unknown"),
    "a wrong value": ([code_cell("x", step="a")], "a", {"memory": "8"}, "option-invalid"),
    "in tags": (
        [code_cell("x", tags=["step:a", "limit:cpu:2"])],
        "a",
        {"cpu_limit": "1"},
        "mark-conflict",
    ),
    "a magic line with a mistake elsewhere": (
        ["%%component a --cpus 2\nx"],
        "a",
        {"memory": "2Gi"},
        "option-unknown",
    ),
    "a line break in a magic line": (
        ["%%component a\nx"],
        "a",
        {"description": "one\ntwo"},
        "option-invalid",
    ),
}


@pytest.mark.parametrize(("cells", "step", "values", "code"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_written_is_refused(cells, step, values, code):
    with pytest.raises(KfpExtError) as caught:
        set_step_options(read_marks(read(*cells)), step, values)
    assert caught.value.code.value == code


@pytest.mark.parametrize("spec", specs(StepOptions).values(), ids=lambda spec: spec.name)
@pytest.mark.parametrize("source", ["x", "%%component b\nx"], ids=["metadata", "magic"])
def test_every_option_can_be_set_and_taken_away(spec, source):
    mark = {} if source.startswith("%%") else {"step": "b"}
    notebook = read(code_cell("y", step="clean"), code_cell(source, **mark))
    found = changed(
        notebook, set_step_options(read_marks(notebook), "b", {spec.name: spec.example})
    )
    model = read_marks(found)
    assert not model.problems
    assert getattr(model.steps[1].said, spec.name) not in (None, (), {})
    back = changed(found, set_step_options(model, "b", {spec.name: None}))
    assert marks(back) == marks(notebook)


def test_steps_of_headings_are_written_down():
    cells = [{**code_cell(""), "cell_type": "markdown", "source": text} for text in ("# A", "# B")]
    notebook = read(cells[0], "x = 1", cells[1], "y = 2")
    found = changed(notebook, set_step_options(read_marks(notebook), "B", {"gpu": 1}))
    assert [kfp for kfp, _ in marks(found) if kfp] == [{"step": "A"}, {"step": "B", "gpu": 1}]
    renamed = changed(notebook, rename_step(read_marks(notebook), "A", "first"))
    assert [kfp for kfp, _ in marks(renamed) if kfp] == [{"step": "first"}, {"step": "B"}]


def test_settings_and_defaults():
    notebook = read(code_cell("x", step="a"), kfp={"name": "n", "defaults": {"cpu": "1"}}, other=1)
    model = read_marks(notebook)
    both = changed(notebook, set_settings(model, {"experiment": "e", "name": None}))
    assert both.metadata == {"kfp": {"experiment": "e", "defaults": {"cpu": "1"}}, "other": 1}
    more = changed(notebook, set_settings(model, {"memory": "1Gi"}, of_steps=True))
    assert more.metadata["kfp"]["defaults"] == {"cpu": "1", "memory": "1Gi"}
    less = changed(notebook, set_settings(model, {"cpu": None}, of_steps=True))
    assert less.metadata["kfp"] == {"name": "n"}
    none = changed(less, set_settings(read_marks(less), {"name": None}))
    assert none.metadata == {"other": 1}


@pytest.mark.parametrize(
    ("values", "of_steps"),
    [({"after": ["a"]}, True), ({"for_each": "x in y"}, True), ({"nome": "x"}, False)],
)
def test_settings_that_make_no_sense_are_refused(values, of_steps):
    with pytest.raises(KfpExtError):
        set_settings(read_marks(read(code_cell("x", step="a"))), values, of_steps)


@pytest.mark.parametrize("name", default_options())
def test_every_default_is_understood(name):
    notebook = read(code_cell("x", step="a"))
    value = specs(StepOptions)[name].example
    found = changed(notebook, set_settings(read_marks(notebook), {name: value}, of_steps=True))
    assert not read_marks(found).problems


def test_a_step_is_renamed_wherever_it_is_named():
    notebook = read(
        code_cell("x", step="a"),
        code_cell("y", step="a"),
        "%%component b --after a --cpu 2\nz",
        code_cell("w", step="c", after=["b", "a"]),
        code_cell("v", step="d", after="a"),
    )
    found = changed(notebook, rename_step(read_marks(notebook), "a", " first  step "))
    assert marks(found) == [
        ({"step": "first step"}, None),
        ({"step": "first step"}, None),
        (None, "%%component b --after 'first step' --cpu 2"),
        ({"step": "c", "after": ["b", "first step"]}, None),
        ({"step": "d", "after": "first step"}, None),
    ]
    again = changed(found, rename_step(read_marks(found), "b", "second"))
    assert marks(again)[2][1].startswith("%%component second --after 'first step'")


@pytest.mark.parametrize(
    ("new", "code"),
    [("", "step-name-invalid"), ("b", "step-name-clash"), ("B", "step-name-clash")],
)
def test_names_that_cannot_be_are_refused(new, code):
    model = read_marks(read(code_cell("x", step="a"), code_cell("y", step="b")))
    with pytest.raises(KfpExtError) as caught:
        rename_step(model, "a", new)
    assert caught.value.code.value == code


def test_a_step_that_tags_name_is_not_renamed():
    model = read_marks(read(code_cell("x", tags=["step:a"]), code_cell("y", step="b")))
    with pytest.raises(KfpExtError) as caught:
        rename_step(model, "a", "c")
    assert caught.value.problems[0].cell_id == "c0"


@given(st.sampled_from(sorted(specs(StepOptions))), st.booleans())
def test_setting_what_is_said_changes_nothing(option, magic):
    value = specs(StepOptions)[option].example
    notebook = read(
        code_cell("y", step="clean"), "%%component b\nx" if magic else code_cell("x", step="b")
    )
    once = changed(notebook, set_step_options(read_marks(notebook), "b", {option: value}))
    twice = changed(once, set_step_options(read_marks(once), "b", {option: value}))
    assert marks(once) == marks(twice)
