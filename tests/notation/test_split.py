"""Cutting notebooks without marks."""

import pytest
from notation_cases import code, codes, model, text

from jupyter_kfp_ext.errors import Severity
from jupyter_kfp_ext.notation.headings import headings
from jupyter_kfp_ext.notation.model import MarkSource
from jupyter_kfp_ext.notation.names import LONGEST


def layout(*parts):
    """A notebook from parts: a text with `#` is markdown, any other is code."""
    return [text(part) if "#" in part else code(part) for part in parts]


def cut(*parts, **kwargs):
    """The source of the cells of each step, and of the preamble under None."""
    found = model(*layout(*parts), **kwargs)
    steps = {}
    for cell in found.cells:
        steps.setdefault(cell.step, []).append(cell.body)
    return steps


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        (["# Load", "a", "b", "# Train", "c"], {"Load": ["a", "b"], "Train": ["c"]}),
        (
            ["# Title", "## Load", "a", "## Train", "b"],
            {"Load": ["a"], "Train": ["b"]},
        ),
        (
            ["# Title\nSome words.", "import x", "## Load", "a", "## Train", "b"],
            {None: ["import x"], "Load": ["a"], "Train": ["b"]},
        ),
        (
            ["import x", "# Load", "a", "# Train", "b"],
            {None: ["import x"], "Load": ["a"], "Train": ["b"]},
        ),
        (
            ["# Load", "a", "## From a file", "b", "# Train", "c"],
            {"Load": ["a", "b"], "Train": ["c"]},
        ),
        (["# Title", "## Load", "a", "# Results", "b"], {"Load": ["a"], "Results": ["b"]}),
        (
            ["# Title", "%matplotlib inline\nimport x", "def f(): ...", "## A", "a", "## B", "b"],
            {
                None: ["%matplotlib inline\nimport x", "def f(): ..."],
                "A": ["a"],
                "B": ["b"],
            },
        ),
        (
            ["# Load", "x = 1", "## A", "a", "## B", "b"],
            {"Load": ["x = 1"], "A": ["a"], "B": ["b"]},
        ),
        (
            ["# Title", "## A", "a", "# B", "b", "# C", "c"],
            {"Title": ["a"], "B": ["b"], "C": ["c"]},
        ),
        (["# Only", "a", "b"], {"Only": ["a", "b"]}),
        (["# Load", "a", "# Text only", "# Train", "b"], {"Load": ["a"], "Train": ["b"]}),
        (["### Deep", "a", "### Deeper", "b"], {"Deep": ["a"], "Deeper": ["b"]}),
        (["# Title\n\n## Read", "a", "# Train\n## Fit", "b"], {"Read": ["a"], "Fit": ["b"]}),
        (["a", "# End"], {"notebook": ["a"]}),
        (["a", "b"], {"notebook": ["a", "b"]}),
    ],
)
def test_headings_are_the_default(parts, expected):
    assert cut(*parts) == expected


@pytest.mark.parametrize(
    ("split", "expected"),
    [
        ("headings", {"Load": ["a", "b"], "Train": ["c"]}),
        ("cells", {"cell-1": ["a"], "cell-2": ["b"], "cell-3": ["c"]}),
        ("none", {"notebook": ["a", "b", "c"]}),
    ],
)
def test_every_split(split, expected):
    parts = ["# Load", "a", "b", "# Train", "c"]
    assert cut(*parts, split=split) == expected
    assert cut(*parts, kfp={"split": split}) == expected
    found = model(*layout(*parts), split=split)
    assert (found.split, found.problems) == (split, ())
    assert {cell.source for cell in found.cells} == {MarkSource.SPLIT}


def test_what_is_asked_stands_above_the_setting():
    assert model(*layout("# A", "a"), split="cells", kfp={"split": "none"}).split == "cells"


def test_other_roles_stay():
    found = model(
        code("import a", tags=["imports"]),
        code("lr = 1", tags=["parameters"]),
        text("# Load"),
        code("b"),
        code("c", kfp={"role": "skip"}),
        text("# Train"),
        code("d"),
        code("e", kfp={"role": "metrics"}),
    )
    assert [(cell.role.value, cell.step) for cell in found.cells] == [
        ("imports", None),
        ("parameters", None),
        ("step", "Load"),
        ("skip", None),
        ("step", "Train"),
        ("metrics", None),
    ]


def test_names_are_unique_as_tasks_and_short_enough():
    found = model(
        *layout("# Plot", "a", "# plot", "b", "# Plot", "c", "# " + "word " * 30, "d", "# !!!", "e")
    )
    assert found.problems == ()
    names = [step.name for step in found.steps]
    assert names[:3] == ["Plot", "plot 2", "Plot 3"]
    assert names[3] == " ".join(["word"] * 12)
    assert len(names[3]) <= LONGEST < len(names[3] + " word")
    assert names[4] == "cell-5"


def test_defaults_hold_in_a_split_too():
    found = model(*layout("# A", "a"), kfp={"defaults": {"memory": "1Gi"}})
    assert found.steps[0].options.memory == "1Gi"


def test_headings_asked_for_where_there_are_none():
    found = model(code("a"), split="headings")
    assert found.split == "none"
    assert [(each.code.value, each.severity) for each in found.problems] == [
        ("usage", Severity.INFO)
    ]


def test_a_split_that_does_not_exist():
    assert codes(model(code("a"), split="pages")) == ["usage"]


def test_a_split_of_a_notebook_with_steps_is_said_to_be_needless():
    found = model(code(kfp={"step": "a"}), split="cells")
    assert found.split is None
    assert [(each.code.value, each.severity) for each in found.problems] == [
        ("usage", Severity.INFO)
    ]
    assert model(code(kfp={"step": "a"}), kfp={"split": "cells"}).problems == ()


@pytest.mark.parametrize(
    ("markdown", "expected"),
    [
        ("# A", [(1, "A")]),
        ("text\n## A b ##\nmore", [(2, "A b")]),
        ("   ### A", [(3, "A")]),
        ("#no heading\n####### seven", []),
        ("#", []),
        ("Title\n=====\n\nPart\n---", [(1, "Title"), (2, "Part")]),
        ("- item\n---", []),
        ("a | b\n--- | ---", []),
        ("\n---\n", []),
        ("```python\n# comment\n```\n# A", [(1, "A")]),
        ("~~~\n# x\n```\n# y\n~~~\n# A", [(1, "A")]),
        ("    # code", []),
        ("# **Bold** `code` [link](http://x) _it_ a_b", [(1, "Bold code link it a_b")]),
        ('<h2 id="x">Load <b>it</b></h2>', [(2, "Load it")]),
        ("# A\n## B\n# C", [(1, "A"), (2, "B"), (1, "C")]),
        ("# C#", [(1, "C#")]),
    ],
)
def test_headings_of_a_text(markdown, expected):
    assert [(each.level, each.text) for each in headings(markdown)] == expected
