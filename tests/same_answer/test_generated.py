"""Notebooks made of random statements, cut at random: never another answer.

What a notebook prints is compared with the same sources run in one namespace, which is proved to
be what a kernel prints on a sample. `KFP_EXAMPLES=5000` runs that many notebooks; what was found
is in the table (`cases/`), so the number here stays small.
"""

import contextlib
import io
import os
import sys
import types

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.same_answer.kernels import NURSERY_PROCESS, run_in_kernel
from tests.same_answer.pipelines import cell_of
from tests.same_answer.quick import QuickRunner

EXAMPLES = int(os.environ.get("KFP_EXAMPLES", "15"))
NAMES = ["a", "b", "c", "d"]
START = """
import copy
import functools
a, b, c, d = [0], [1], {"k": [2]}, [[3], [4]]
count = 0
log = []
"""
DEFINITIONS = """
class Box:
    made = []
    def __init__(self, held):
        self.held = held
        self.twice = [held, held]
    def add(self, value):
        self.held_list().append(value)
        return self
    def held_list(self):
        return items_of(self.held)
    @property
    def first(self):
        return self.twice[0]
class Loud(Box):
    def add(self, value):
        log.append(len(log))
        return super().add(value)
    def __repr__(self):
        return f"Loud({count})"
def items_of(value):
    return value if isinstance(value, list) else value.setdefault("k", [])
def grow(value, by=1):
    items_of(value).append(by)
    return value
def fresh(value):
    return copy.deepcopy(value)
def bump(by=1):
    global count
    count += by
    return count
def rebind_b():
    global b
    b = [len(b)]
def both(first, second):
    items_of(first).append(len(second))
    return second
def adder(value):
    def add(x):
        items_of(value).append(x)
        return add
    return add
def counter():
    n = 0
    def up():
        nonlocal n
        n += 1
        return n
    return up
def remember(x, kept=[]):
    kept.append(x)
    return len(kept)
def numbers(value):
    for each in items_of(value):
        yield each
up = counter()
"""
SHOW = "print(count, log, a, b, c, d)"
TEMPLATES = """
{x} = [len({y})]
{x} = {y}
{x} = [{y}, {z}]
{x} = {{"k": {y}}}
{x} = list({y})
{x} = copy.copy({y})
{x} = fresh({y})
{x}, {y} = {y}, {x}
{x} = {y}[:] if isinstance({y}, list) else dict({y})
items_of({x}).append(7)
items_of({x}).append(len({y}))
{x} = items_of({x}); {x} += [3]
items_of({x})[:1] = [5]
items_of({x}).insert(0, {y})
grow({x})
{x} = grow({y}, 4)
functools.partial(grow, {x})(6)
add = adder({x}); add(8)(9)
bump()
count = bump(2)
rebind_b()
{x} = both({y}, {z})
{x} = Box({y}).first
Box({x}).add(9)
Loud({x}).add(10).add(11)
box = Loud({y}); {x} = box.held_list()
box = Box({x}); put = box.add; put(12)
print(up(), remember(len({x})))
for each in [{x}, {y}]: items_of(each).append(0)
for each in items_of({x}): log.append(str(each)) if len(log) < 9 else None
for each in list(numbers({x})): count += isinstance(each, int)
if len({x}) > 2: {y} = {z}
if count % 2: {x} = {y}
try: {x}[9].append(1)
except (IndexError, KeyError, AttributeError): {y} = {z}
while count < 3: count += 1
sizes = [len(items_of(v)) for v in ({x}, {y})]; items_of({z}).append(sum(sizes))
del {x}; {x} = {y}
f = lambda: items_of({x}).append(1); f()
(lambda p: p.append(12))(items_of({x}))
if (w := items_of({x})): w.append(13)
{x} = sorted(items_of({y}), key=str)
{x} = [*items_of({y})]
{x} = {y} or {z}
{x} = {y} if len({z}) > 1 else {z}
log = [len(log)]
d, *log = d, *log
match {x}:
    case [int() as n, *rest]: {y} = rest
    case {{"k": v}}: {y} = v
def late(): items_of({x}).append(11)
late()
print(len({x}), {y} is {z})
print({x}, sum(1 for _ in numbers({y})))
""".strip("\n")


def templates():
    """Return the statements; those of several lines belong together."""
    together = []
    for line in TEMPLATES.split("\n"):
        follows = line.startswith(("    ", "except", "late()"))
        if follows:
            together[-1] += "\n" + line
        else:
            together.append(line)
    return together


statements = st.builds(
    lambda template, x, y, z: template.format(x=x, y=y, z=z),
    st.sampled_from(templates()),
    *[st.sampled_from(NAMES)] * 3,
)
cells = st.lists(
    st.tuples(st.lists(statements, min_size=1, max_size=3).map("\n".join), st.booleans()),
    min_size=1,
    max_size=6,
)
bounded = settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize="KFP_EXAMPLES" not in os.environ,
    suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow],
)


@pytest.fixture(scope="module")
def runner(same_answer_home):
    quick = QuickRunner()
    yield quick
    quick.close()
    NURSERY_PROCESS.close()


def run_straight(sources):
    """Run sources in one namespace; return what each printed, None where one of them fails."""
    before = sys.modules["__main__"]
    module = sys.modules["__main__"] = types.ModuleType("__main__")
    printed = []
    try:
        for source in sources:
            out = io.StringIO()
            with contextlib.redirect_stdout(out):
                exec(compile(source, "<cell>", "exec"), module.__dict__)
            printed.append(out.getvalue())
    except Exception:
        return None
    finally:
        sys.modules["__main__"] = before
    return printed


def notebook(marked):
    raw = [cell_of(f"c{n}", source, {"step": step}) for n, (step, source) in enumerate(marked)]
    spec = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    return {"cells": raw, "metadata": spec, "nbformat": 4, "nbformat_minor": 5}


def printed(outputs):
    return "".join(each["text"] for each in outputs if each["output_type"] == "stream")


def compare(runner, marked):
    expected = run_straight([source for _, source in marked])
    if expected is None:
        return
    answer = runner.run(notebook(marked))
    assert not answer.refused, answer.words
    assert not answer.errors, answer.words
    assert list(map(printed, answer.outputs)) == expected


@bounded
@given(cells)
def test_any_cut_gives_the_same_answer(runner, generated):
    step, marked = 0, [("s0", START + DEFINITIONS)]
    for source, cut in generated:
        step += cut
        marked.append((f"s{step}", f"{source}\n{SHOW}"))
    compare(runner, marked)


@bounded
@given(cells, st.lists(st.sampled_from([*NAMES, "log", "count"]), max_size=2))
def test_only_the_last_step_looks(runner, generated, looked_at):
    """Steps that do not read a name must not lose a change of it by another one."""
    marked = [("s0", START + DEFINITIONS)]
    marked += [(f"s{number}", source) for number, (source, _) in enumerate(generated, 1)]
    compare(runner, [*marked, ("last", f"print({', '.join(looked_at)})")])


def test_one_namespace_prints_what_a_kernel_prints(runner, tmp_path):
    every = [each.format(x="a", y="b", z="d") for each in templates()]
    chosen = [source for source in every if run_straight([START + DEFINITIONS, source])]
    sources = [START + DEFINITIONS]
    for source in chosen:
        if run_straight([*sources, f"{source}\n{SHOW}"]) is not None:
            sources.append(f"{source}\n{SHOW}")
    assert len(sources) > 40
    outputs = run_in_kernel(sources, tmp_path)
    assert list(map(printed, outputs)) == run_straight(sources)
