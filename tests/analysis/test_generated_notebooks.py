"""Notebooks made of random statements, cut at random: the plan never gives another answer."""

import os

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from notebooks import plan_of, run_plan, run_straight

from jupyter_kfp_ext.errors import errors_in

EXAMPLES = int(os.environ.get("ANALYSIS_EXAMPLES", "60"))
NAMES = ["a", "b", "c", "d"]
START = "\n".join(f"{name} = [{number}]" for number, name in enumerate(NAMES))
DEFINITIONS = """
class Box:
    def __init__(self, held):
        self.held = held
    def add(self, value):
        self.held.append(value)
    def first(self):
        return self.held
def grow(items, by=1):
    items.append(by)
    return items
def copied(items):
    return list(items)
def keep(items):
    kept = [items]
    return kept
def grow_a():
    a.append(100)
def rebind_b():
    global b
    b = [len(b)]
def both(first, second):
    first.append(len(second))
    return second
def adder(items):
    def add(value):
        items.append(value)
    return add
"""
SHOW = "print(" + ", ".join(f"{name!r}, show({name})" for name in NAMES) + ")"
SHOWING = """
def show(value, depth=0):
    if depth > 4:
        return "..."
    if isinstance(value, Box):
        return ("Box", show(value.held, depth + 1))
    if isinstance(value, (list, tuple)):
        return [show(each, depth + 1) for each in list(value)]
    return value
"""
TEMPLATES = [
    "{x} = [len({y})]",
    "{x} = {y}",
    "{x} = [{y}]",
    "{x} = [{y}, {z}]",
    "{x} = list({y})",
    "{x} = {y} + {z}",
    "{x} = {y}[:]",
    "{x} = {y}.copy()",
    "{x}, {y} = {y}, {x}",
    "{x}.append(7)",
    "{x}.append(len({y}))",
    "{x} += [3]",
    "{x}[0] = 5",
    "{x}[0] = {y}",
    "{x}.insert(0, {y})",
    "grow({x})",
    "{x} = grow({y}, 4)",
    "{x} = copied({y})",
    "{x} = keep({y})",
    "grow_a()",
    "rebind_b()",
    "{x} = both({y}, {z})",
    "{x} = Box({y}).first()",
    "Box({x}).add(9)",
    "{x} = [Box({y}).held]",
    "adder({x})(8)",
    "for each in [{x}, {y}]:\n    each.append(0)",
    "for each in {x}:\n    if isinstance(each, list):\n        each.append(2)",
    "if len({x}) > 2:\n    {y} = {z}\nelse:\n    {y}.append(6)",
    "if len({x}) > 3:\n    {y} = [{z}]",
    "try:\n    {x}[9].append(1)\nexcept (IndexError, AttributeError):\n    {y} = {z}",
    "while len({x}) < 3:\n    {x}.append({y}[0])",
    "with_one = [row for row in {x} if row]\n{y}.append(len(with_one))",
    "del {x}\n{x} = {y}",
    "f = lambda: {x}.append(1)\nf()",
    "def late():\n    {x}.append(11)\nlate()",
    "(lambda p: p.append(12))({x})",
    "if (w := {x}):\n    w.append(13)",
    "{x} = ({y}, {z})[0]",
    "{x} = sorted({y}, key=str)",
    "{x} = max({y}, {z}, key=len)",
    "{x} = [*{y}]",
    "{x} = {{'k': {y}}}['k']",
    "{x} = {y} or {z}",
    "{x} = {y} if len({z}) > 1 else {z}",
    "print(len({x}), {y} is {z})",
]
statements = st.builds(
    lambda template, x, y, z: template.format(x=x, y=y, z=z),
    st.sampled_from(TEMPLATES),
    st.sampled_from(NAMES),
    st.sampled_from(NAMES),
    st.sampled_from(NAMES),
)
cells = st.lists(
    st.tuples(st.lists(statements, min_size=1, max_size=3).map("\n".join), st.booleans()),
    min_size=1,
    max_size=7,
)


def runs_clean(sources):
    try:
        return run_straight(sources)
    except Exception:
        return None


@settings(
    max_examples=EXAMPLES,
    derandomize="ANALYSIS_EXAMPLES" not in os.environ,
    deadline=None,
    suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow],
)
@given(cells)
def test_any_cut_gives_the_same_answer(generated):
    step = 0
    notebook = [("s0", START), ("s0", DEFINITIONS + SHOWING)]
    for source, cut in generated:
        step += cut
        notebook.append((f"s{step}", f"{source}\n{SHOW}"))
    sources = [source for _, source in notebook]
    expected = runs_clean(sources)
    if expected is None:
        return
    plan = plan_of(*notebook)
    assert not errors_in(plan.problems)
    assert run_plan(plan) == expected


@settings(
    max_examples=EXAMPLES,
    derandomize="ANALYSIS_EXAMPLES" not in os.environ,
    deadline=None,
    suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow],
)
@given(cells, st.lists(st.sampled_from(NAMES), max_size=2))
def test_only_the_last_step_looks(generated, looked_at):
    """Steps that do not read a name must not lose a change of it by another one."""
    notebook = [("s0", START), ("s0", DEFINITIONS + SHOWING)]
    notebook += [(f"s{number}", source) for number, (source, _) in enumerate(generated, 1)]
    shown = ", ".join(f"show({name})" for name in looked_at)
    notebook.append(("last", f"print({shown})"))
    sources = [source for _, source in notebook]
    expected = runs_clean(sources)
    if expected is None:
        return
    plan = plan_of(*notebook)
    assert not errors_in(plan.problems)
    assert run_plan(plan) == expected
