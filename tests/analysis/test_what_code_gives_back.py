"""What the notebook's own code gives back, however it is run, is the object that it holds."""

import pytest
from notebooks import cells_of, plan_of, run_plan, run_straight

from jupyter_kfp_ext.errors import errors_in

DEFINITIONS = """
import operator
from functools import partial, reduce
POOL = {"x": [1]}
class Given:
    def __getitem__(self, key): return POOL[key]
    def __getattr__(self, key): return POOL[key]
    def __enter__(self): return POOL["x"]
    def __exit__(self, *error): pass
    def __iter__(self): return iter([POOL["x"]])
    def __add__(self, other): return POOL["x"]
    def __sub__(self, other): return POOL["x"]
    def __neg__(self): return POOL["x"]
    def __lt__(self, other): return POOL["x"]
    def __iadd__(self, other): return POOL["x"]
    def __call__(self): return POOL["x"]
    def method(self): return POOL["x"]
    @property
    def held(self): return POOL["x"]
    @staticmethod
    def free(): return POOL["x"]
class Same:
    def __new__(cls): return POOL["x"]
class Meta(type):
    def __call__(cls): return POOL["x"]
class OfMeta(metaclass=Meta):
    pass
def rows():
    yield POOL["x"]
def decorated(function):
    return lambda: POOL["x"]
@decorated
def other(): pass
"""
WAYS = [
    "v = s['x']",
    "v = s.held",
    "v = s.x",
    "with s as v: pass",
    "with Given() as v: pass",
    "for v in s: pass",
    "v = s + 1",
    "v = s - 1",
    "v = -s",
    "v = s < 1",
    "v = s\nv += 1",
    "v = s()",
    "v = s.method()",
    "v = Given.free()",
    "v, = s",
    "[v] = [x for x in s]",
    "v, *w = list(s)",
    "v = [*s][0]",
    "v = next(iter(s))",
    "v = min(s)",
    "v = getattr(s, 'x')",
    "v = Same()",
    "v = OfMeta()",
    "v = list(rows())[0]",
    "for v in rows(): pass",
    "v = other()",
    "v = list(map(lambda x: POOL['x'], [1]))[0]",
    "v = reduce(lambda a, b: POOL['x'], [1, 2])",
    "v = partial(dict.get, POOL)('x')",
    "v = operator.itemgetter('x')(POOL)",
    "v = POOL.__getitem__('x')",
    "v = {**POOL}['x']",
    "v = sorted(POOL.values())[0]",
]


def same_answer(cells):
    plan = plan_of(*cells)
    assert not errors_in(plan.problems)
    assert run_plan(plan) == run_straight(cells)


@pytest.mark.parametrize("way", WAYS)
def test_a_change_of_what_was_given_back_is_seen(way):
    same_answer([DEFINITIONS, "s = Given()", way, "v.append(2)", "print(POOL)"])


@pytest.mark.parametrize("change", ["s.held.append(3)", "s.held[0] = 7", "del s.held[0]"])
def test_a_change_through_a_property_is_seen(change):
    same_answer([DEFINITIONS, "s = Given()", change, "print(POOL)"])


NOTEBOOKS = {
    "a sum holds what its parts hold": """
a = [1]
b = [a]
---
c = b + [2]
---
print(c[0] is a)
""",
    "looked at by id": """
a = [1]
b = [a]
---
c = b + [2]
---
print(len({id(each) for each in (a, c[0])}))
""",
    "id as an argument": """
a = [1]
b = [a]
---
c = b + [2]
---
print(len(set(map(id, [a, c[0]]))))
""",
    "a step hands two names on that it changes neither of, and a later one changes both": """
a = [0]
---
b = [a]
c = b + a
---
b = a
---
while len(b) < 3:
    b.append(c[0])
---
print(len(a), a[1] is a)
""",
    "the same through two steps": """
a = [0]
---
b = [a]
c = b + a
---
b = a
---
d = c
---
while len(b) < 3:
    b.append(d[0])
---
print(len(a), a[1] is a)
""",
}


@pytest.mark.parametrize("text", NOTEBOOKS.values(), ids=NOTEBOOKS)
def test_one_object_stays_one(text):
    same_answer(cells_of(text))
