"""Code that runs where the text shows no call of it: what it reads and changes is known."""

import pytest
from notebooks import cells_of, plan_of, run_plan, run_straight

from jupyter_kfp_ext.errors import errors_in

NOTEBOOKS = {
    "looking up fills a defaultdict": """
from collections import defaultdict
d = defaultdict(list)
---
row = d["x"]
---
row.append(1)
---
d["new"]
---
print(dict(d))
""",
    "a defaultdict's factory needs its globals": """
from collections import defaultdict
tree = lambda: defaultdict(tree)
t = tree()
---
t["a"]["b"]["c"] = 1
---
x = t["a"]
---
x["z"]
---
print(sorted(t["a"]), "q" in t)
""",
    "a defaultdict in an instance": """
from collections import defaultdict
class Graph:
    def __init__(self):
        self.near = defaultdict(set)
    def of(self, x):
        return self.near[x]
g = Graph()
---
g.of(1)
---
g.of(2).add(7)
---
print(dict(g.near))
""",
    "a descriptor": """
class Logged:
    def __set_name__(self, owner, name):
        self.name = "_" + name
    def __get__(self, owner, kind=None):
        return getattr(owner, self.name)
    def __set__(self, owner, value):
        setattr(owner, self.name, value)
        log.append(value)
class T:
    a = Logged()
log = []
---
t = T()
---
t.a = [1]
---
t.a.append(2)
---
print(t.a, log)
""",
    "properties made by calls": """
class A:
    def _get(self):
        return store
    def _set(self, value):
        store.append(value)
    x = property(_get, _set)
    y = property(lambda self: store)
store = []
---
a = A()
---
a.x = 5
---
v = a.y
---
v.append(6)
---
print(store)
""",
    "setters and item setters keep what they get": """
class A:
    @property
    def x(self):
        return store
    @x.setter
    def x(self, value):
        store.append(value)
    @x.deleter
    def x(self):
        store.clear()
    def __setitem__(self, key, value):
        store.append(value)
    def __add__(self, other):
        store.append(other)
        return self
store = []
---
a = A()
k, m, n = [1], [2], [3]
---
a.x = k
---
a[0] = m
---
a + n
---
k.append(10)
---
m.append(11)
---
n.append(12)
---
print(store)
---
del a.x
---
print(store)
""",
    "a class given to a call": """
import json
state = {"n": 0}
class Encoder(json.JSONEncoder):
    def default(self, value):
        state["n"] += 1
        return list(value)
---
s = json.dumps({"a": {1, 2}}, cls=Encoder)
---
print(s, state)
""",
    "methods called by their type": """
xs = [1]
ys = xs
d = {}
---
list.append(xs, 2)
---
dict.update(d, a=ys)
---
list.append(d["a"], 3)
---
print(xs, d)
""",
    "a partial of a function": """
from functools import partial
def put(first, xs, x):
    xs.append(x)
xs = []
p = partial(put, 0, xs)
---
y = [1]
p(y)
---
y.append(2)
---
print(xs)
""",
    "instances that share their attributes": """
class Borg:
    state = {}
    def __init__(self):
        self.__dict__ = self.state
---
a = Borg()
a.x = [1]
---
b = Borg()
---
b.x.append(2)
---
a.y = 3
---
print(a.x, b.y, Borg.state, vars(a) is vars(b))
""",
    "a stream that print is led to": """
import contextlib, io
buf = io.StringIO()
---
with contextlib.redirect_stdout(buf):
    print("hidden")
---
print(buf.getvalue())
""",
    "a cause of an error": """
try:
    {}["k"]
except KeyError as error:
    saved = error
---
try:
    raise ValueError("a") from saved
except ValueError as error:
    kept = [error]
---
print(kept[0].__cause__ is saved)
""",
    "what a computed text defines": """
source = "zz = 7\\ndef hh(): return zz + 1"
---
exec(source)
---
print(hh(), zz)
---
print(hh(), zz + 1)
""",
}


@pytest.mark.parametrize("text", NOTEBOOKS.values(), ids=NOTEBOOKS)
def test_same_answer(text):
    cells = cells_of(text)
    plan = plan_of(*cells)
    assert not errors_in(plan.problems)
    assert run_plan(plan) == run_straight(cells)
