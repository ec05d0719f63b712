"""Marks to the pipeline model: roles, steps, options, contradictions."""

import pytest
from notation_cases import code, codes, model, text

from jupyter_kfp_ext.errors import Code, Severity
from jupyter_kfp_ext.notation.model import MarkSource, Role
from jupyter_kfp_ext.notation.options import StepOptions, Volume

CLEAN = {"step": "clean"}
TRAIN = {"step": "train"}


def roles(found):
    return [(cell.role.value, cell.step) for cell in found.cells]


@pytest.mark.parametrize(
    "cell",
    [
        code("x = 1", kfp={"step": "train", "after": ["a"], "gpu": 1, "memory": "8Gi"}),
        code("%%component train --after a --gpu 1 --memory 8Gi\nx = 1"),
        code("x = 1", kfp={"step": "train", "gpu": 1, "memory": "8Gi"}, tags=["prev:a"]),
        code("%%component train --gpu 1 --after a", kfp={"memory": "8Gi"}),
        code("x = 1", tags=["step:train", "prev:a"], kfp={"gpu": 1, "memory": "8Gi"}),
    ],
)
def test_three_notations_say_the_same(cell):
    found = model(code(kfp={"step": "a"}), cell)
    assert found.problems == ()
    assert [step.name for step in found.steps] == ["a", "train"]
    assert found.steps[1].options == StepOptions(after=("a",), gpu=1, memory="8Gi")


@pytest.mark.parametrize(
    ("kfp", "tags", "role"),
    [
        ({"role": "imports"}, None, Role.IMPORTS),
        ({"role": "functions"}, None, Role.FUNCTIONS),
        ({"role": "parameters"}, None, Role.PARAMETERS),
        ({"role": "metrics"}, None, Role.METRICS),
        ({"role": "skip"}, None, Role.SKIP),
        ({"role": "step", "step": "s"}, None, Role.STEP),
        (None, ["imports"], Role.IMPORTS),
        (None, ["functions"], Role.FUNCTIONS),
        (None, ["pipeline-parameters"], Role.PARAMETERS),
        (None, ["parameters"], Role.PARAMETERS),
        (None, ["pipeline-metrics"], Role.METRICS),
        (None, ["skip"], Role.SKIP),
        (None, ["block:s"], Role.STEP),
        ({"role": "imports"}, ["imports", "hide-input"], Role.IMPORTS),
    ],
)
def test_roles(kfp, tags, role):
    found = model(code(kfp=kfp, tags=tags), code(kfp=TRAIN))
    assert found.problems == ()
    assert found.cells[0].role is role
    assert found.cells[0].source is (MarkSource.METADATA if kfp else MarkSource.TAGS)


def test_unmarked_cells():
    found = model(
        code("import a"),
        code(kfp={"role": "imports"}),
        code("b = 1"),
        code(kfp=CLEAN),
        code("c = 1"),
        code(kfp={"role": "skip"}),
        code("d = 1"),
        text("# note"),
        code("  "),
        code("%%component train\ne = 1"),
        code("f = 1"),
        code(kfp=CLEAN),
        code("g = 1"),
    )
    assert roles(found) == [
        ("preamble", None),
        ("imports", None),
        ("preamble", None),
        ("step", "clean"),
        ("step", "clean"),
        ("skip", None),
        ("step", "clean"),
        ("step", "train"),
        ("step", "train"),
        ("step", "clean"),
        ("step", "clean"),
    ]
    assert [cell.source for cell in found.cells[3:5]] == [MarkSource.METADATA, MarkSource.IMPLIED]
    assert [[cell.cell.number for cell in step.cells] for step in found.steps] == [
        [4, 5, 7, 10, 11],
        [8, 9],
    ]
    assert found.split is None


def test_the_magic_line_is_blanked_and_line_numbers_hold():
    found = model(code("\n%%component train --gpu 1\nx = 1\ny = 2"))
    assert found.cells[0].body == "\n\nx = 1\ny = 2"
    assert found.cells[0].cell.source.startswith("\n%%component")


def test_names_are_compared_as_people_read_them():
    found = model(code(kfp={"step": " Größe  a "}), code(kfp={"step": "Gro\u0308ße a"}))
    assert [step.name for step in found.steps] == ["Größe a"]
    assert found.problems == ()


@pytest.mark.parametrize(
    ("cell", "code_", "said"),
    [
        (code(kfp={"step": "a", "gpus": 1}), Code.OPTION_UNKNOWN, "`gpus`"),
        (code(kfp={"step": "a", "memory": "8"}), Code.OPTION_INVALID, "`memory`"),
        (code(kfp={"step": ""}), Code.STEP_NAME_INVALID, "empty"),
        (code(kfp={"step": 3}), Code.STEP_NAME_INVALID, "3"),
        (code(kfp={"step": "..."}), Code.STEP_NAME_INVALID, "letter"),
        (code(kfp={"role": "import"}), Code.MARK_INVALID, "`import`"),
        (code(kfp={"role": ["x"]}), Code.MARK_INVALID, "role"),
        (code(kfp={"role": "preamble"}), Code.MARK_INVALID, "`preamble`"),
        (code(kfp={"role": "step"}), Code.MARK_INVALID, "no step name"),
        (code(kfp=["train"]), Code.MARK_INVALID, "list"),
        (code(kfp={"gpu": 1}), Code.MARK_INVALID, "names no step"),
        (code(kfp={"role": "imports", "gpu": 1}), Code.MARK_INVALID, "role `imports`"),
        (code(kfp={"role": "imports", "step": "a"}), Code.MARK_CONFLICT, "`imports`"),
        (code(tags="step:a"), Code.MARK_INVALID, "list"),
        (code(tags=["limit:cpu"]), Code.MARK_INVALID, "`limit:cpu`"),
        (code("%%component"), Code.MARK_INVALID, "no step"),
        (code("%%component a b"), Code.MARK_INVALID, "more than one"),
        (code("x = 1\n%%component a"), Code.MARK_INVALID, "first line"),
        (code("%%component a", kfp={"step": "b"}), Code.MARK_CONFLICT, "step `a`"),
        (code("%%component a", kfp={"role": "skip"}), Code.MARK_CONFLICT, "role `skip`"),
        (code("%%component a", tags=["step:b"]), Code.MARK_CONFLICT, "the tags of cell 2"),
        (code(kfp={"step": "a"}, tags=["step:b"]), Code.MARK_CONFLICT, "the metadata of cell 2"),
        (code(tags=["step:a", "step:b"]), Code.MARK_CONFLICT, "`step:b`"),
        (code(tags=["imports", "step:b"]), Code.MARK_CONFLICT, "`imports`"),
        (code(tags=["imports", "functions"]), Code.MARK_CONFLICT, "`functions`"),
        (code("%%component a --gpu 1", kfp={"gpu": 2}), Code.OPTION_CONFLICT, "`gpu` is 2 in"),
        (
            code(kfp={"step": "a", "env": {"A": "1"}}, tags=["step:a"]) | {"source": "y"},
            None,
            "",
        ),
    ],
)
def test_what_is_wrong_names_the_cell(cell, code_, said):
    found = model(code(kfp={"step": "first"}), cell)
    if code_ is None:
        assert found.problems == ()
        return
    (problem,) = found.problems
    assert problem.code is code_
    assert (problem.cell, problem.cell_id) == (2, "cell-1")
    assert problem.severity is Severity.ERROR
    assert said in problem.message
    assert problem.remedy


def test_a_magic_problem_names_its_line():
    found = model(code("\n%%component train --gpus 1"))
    assert [(each.cell, each.line) for each in found.problems] == [(1, 2)]


def test_half_a_character_in_metadata_is_refused():
    half = "\ud800"
    found = model(
        code(kfp={"step": half, "image": half}),
        code(kfp={"step": half, "image": "b", "after": [half + "x"]}),
    )
    assert set(codes(found)) == {"step-name-invalid", "option-conflict", "after-unknown"}


def test_all_problems_are_reported_in_the_order_of_cells():
    found = model(
        code("%%component a --gpus 1 --memory 8"),
        code(kfp={"step": "b", "after": ["nope"]}),
        code(kfp={"role": "impots"}),
        kfp={"colour": "red"},
    )
    assert codes(found) == [
        "option-unknown",
        "option-unknown",
        "option-invalid",
        "after-unknown",
        "mark-invalid",
    ]
    assert [each.cell for each in found.problems] == [None, 1, 1, 2, 3]


def test_options_of_several_cells_are_merged():
    found = model(
        code(kfp={"step": "t", "gpu": 1, "env": {"A": "1"}, "packages": ["a", "b"]}),
        code("%%component t --gpu 1 --env B=2 --package b --package c --memory 1Gi"),
    )
    assert found.problems == ()
    assert found.steps[0].said == StepOptions(
        gpu=1, env={"A": "1", "B": "2"}, packages=("a", "b", "c"), memory="1Gi"
    )


@pytest.mark.parametrize(
    ("one", "other", "option"),
    [
        ({"gpu": 1}, {"gpu": 2}, "gpu"),
        ({"cache": True}, {"cache": False}, "cache"),
        ({"env": {"A": "1"}}, {"env": {"A": "2"}}, "env"),
        ({"retries": 1}, {"retries": 2}, "retries"),
    ],
)
def test_contradicting_cells_of_one_step(one, other, option):
    found = model(
        code(kfp={"step": "t", **one}), code(kfp={"step": "u"}), code(kfp={"step": "t", **other})
    )
    (problem,) = found.problems
    assert (problem.code, problem.option) == (Code.OPTION_CONFLICT, option)
    assert problem.cell == 3
    assert "the metadata of cell 1" in problem.message
    assert "the metadata of cell 3" in problem.message


def test_defaults_lie_under_what_a_step_says():
    found = model(
        code(kfp={"step": "a", "memory": "8Gi", "env": {"B": "2"}, "volumes": []}),
        code(kfp={"step": "b", "cache": True, "volumes": [{"claim": "x", "path": "/x"}]}),
        kfp={
            "cache": False,
            "defaults": {
                "memory": "1Gi",
                "env": {"A": "1", "B": "1"},
                "volumes": [{"claim": "d", "path": "/d"}],
            },
        },
    )
    assert found.problems == ()
    a, b = found.steps
    assert a.options == StepOptions(
        memory="8Gi", env={"A": "1", "B": "2"}, cache=False, volumes=(Volume(claim="d", path="/d"),)
    )
    assert a.said == StepOptions(memory="8Gi", env={"B": "2"})
    assert b.options.cache is True
    assert b.options.volumes == (Volume(claim="x", path="/x"),)
    assert b.options.memory == "1Gi"


@pytest.mark.parametrize(
    ("metadata", "refused"),
    [
        ({}, False),
        ({"kernelspec": {"language": "python"}}, False),
        ({"kernelspec": {"language": "R"}}, True),
        ({"language_info": {"name": "julia"}}, True),
        ({"kernelspec": {"name": "python3"}, "language_info": {"name": "python"}}, False),
        ({"kernelspec": "odd", "language_info": 3}, False),
    ],
)
def test_the_language(metadata, refused):
    found = model(code(), **metadata)
    assert codes(found) == (["kernel-language"] if refused else [])
    assert bool(found.cells) is not refused


@pytest.mark.parametrize("cells", [[], [text("# A")], [code(" \n")]])
def test_an_empty_notebook(cells):
    found = model(*cells)
    assert codes(found) == ["notebook-empty"]
    assert found.steps == ()


def test_a_step_of_empty_cells_is_left_out_with_a_warning():
    found = model(code(kfp=CLEAN), code("", kfp={"step": "todo"}), code(" ", kfp=CLEAN))
    (problem,) = found.problems
    assert (problem.code, problem.severity) == (Code.MARK_INVALID, Severity.WARNING)
    assert problem.cell_id == "cell-1"
    assert [step.name for step in found.steps] == ["clean"]


def test_the_name_of_the_pipeline():
    assert model(code()).name == "work"
    assert model(code(), kfp={"name": "digits"}).name == "digits"


@pytest.mark.parametrize(
    ("kfp", "expected"),
    [
        ("text", ["option-invalid"]),
        ({"defaults": 3}, ["option-invalid"]),
        ({"defaults": {"gpus": 1}}, ["option-unknown"]),
        ({"defaults": {"after": ["a"]}}, ["option-invalid"]),
        ({"split": "pages"}, ["option-invalid"]),
        ({"name": ""}, ["option-invalid"]),
        ({"cach": True}, ["option-unknown"]),
    ],
)
def test_wrong_settings(kfp, expected):
    found = model(code(kfp=CLEAN), kfp=kfp)
    assert codes(found) == expected
    assert found.problems[0].cell is None
    assert found.steps[0].options == StepOptions()
