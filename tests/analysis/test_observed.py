"""What runs saw cells do changes the next plan, as long as the cells stay as they are."""

import pytest
from notebooks import inputs_of, model_of

from jupyter_kfp_ext.analysis.graph import make_plan
from jupyter_kfp_ext.analysis.observed import Observed, Seen, source_hash
from jupyter_kfp_ext.errors import Severity, errors_in

LIST = ["import pkg\nx = [1]", "pkg.mean(x)", "print(x)"]
TWO = ["import statistics\nx = [1]", "y = statistics.mean(x)", "y.append(2)", "print(x)"]
SEEDED = ["import random, pkg\nrandom.seed(1)", "pkg.mean(1)", "print(random.random())"]
FILES = ["import pkg\npkg.mean(1)", "pkg.median(2)", "x = 1"]
HIDDEN = ["import pkg\nx = 1", "pkg.median('x')"]

ROWS = [
    (LIST, [], {"s2": {"s1": ["x"]}, "s3": {"s1": ["x"]}}),
    (LIST, [(2, Seen.CHANGES, "x")], {"s2": {"s1": ["x"]}, "s3": {"s2": ["x"]}}),
    (LIST, [(2, Seen.CHANGES, "gone")], {"s2": {"s1": ["x"]}, "s3": {"s1": ["x"]}}),
    (TWO, [], {"s2": {"s1": ["x"]}, "s3": {"s2": ["y"]}, "s4": {"s1": ["x"]}}),
    (
        TWO,
        [(2, Seen.SHARES, "x", "y")],
        {"s2": {"s1": ["x"]}, "s3": {"s2": ["x", "y"]}, "s4": {"s3": ["x"]}},
    ),
    (SEEDED, [], {"s3": {"s1": ["@random"]}}),
    (
        SEEDED,
        [(2, Seen.CHANGES, "@random")],
        {"s2": {"s1": ["@random"]}, "s3": {"s2": ["@random"]}},
    ),
    (FILES, [], {}),
    (FILES, [(1, Seen.CHANGES, "@files")], {"s2": {"s1": ["@files"]}}),
    (
        FILES,
        [(1, Seen.CHANGES, "@files"), (2, Seen.READS, "@files")],
        {"s2": {"s1": ["@files"]}},
    ),
    (
        ["import pkg\npkg.put(1)", "print(pkg.get())"],
        [(1, Seen.KEEPS, "pkg")],
        {"s2": {"s1": ["@packages"]}},
    ),
    (
        ["import pkg\nx = [1]\npkg.put(x)", "pkg.touch()", "print(x)"],
        [(1, Seen.KEEPS, "pkg")],
        {"s2": {"s1": ["@packages", "x"]}, "s3": {"s2": ["x"]}},
    ),
    (
        ["import pkg\npkg.put(1)", "print(2)"],
        [(1, Seen.CHANGES, "@patches")],
        {"s2": {"s1": ["@patches"]}},
    ),
    (HIDDEN, [], {}),
    (HIDDEN, [(2, Seen.READS, "x")], {"s2": {"s1": ["x"]}}),
]


def observed(cells, rows):
    return [
        Observed(kind, tuple(names), source_hash(cells[number - 1]))
        for number, kind, *names in rows
    ]


@pytest.mark.parametrize(("cells", "rows", "inputs"), ROWS)
def test_a_plan_takes_in_what_was_seen(cells, rows, inputs):
    plan = make_plan(model_of(*cells), observed(cells, rows))
    assert inputs_of(plan) == inputs
    assert not errors_in(plan.problems)
    assert [each.severity for each in plan.problems] == [Severity.INFO] * len(rows)


@pytest.mark.parametrize(("cells", "rows", "inputs"), ROWS)
def test_what_was_seen_is_forgotten_with_the_text_of_the_cell(cells, rows, inputs):
    edited = [f"{each}  # edited" for each in cells]
    plan = make_plan(model_of(*edited), observed(cells, rows))
    assert inputs_of(plan) == inputs_of(make_plan(model_of(*cells)))
    assert plan.problems == ()


def test_observed_survives_its_form_on_disk():
    one = Observed(Seen.SHARES, ("x", "y"), source_hash("x = y"))
    assert Observed.from_json(one.to_json()) == one
