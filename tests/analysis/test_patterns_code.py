"""Functions and classes as notebooks use them: one step a cell gives the notebook's answer."""

import pytest
from notebooks import cells_of, plan_of, run_plan, run_straight

from jupyter_kfp_ext.errors import errors_in

PATTERNS = {
    "class in class": """
class O:
    class I:
        v = 2
---
i = O.I()
---
print(i.v, type(i).__qualname__)
""",
    "class in class, held": """
class O:
    class I:
        def __init__(self, v): self.v = v
    def make(self): return [O.I(3), {"k": self.I(4)}]
---
o = O()
---
found = o.make()
---
first = found[0]
---
print(first.v, isinstance(first, O.I))
""",
    "class method makes": """
class P:
    def __init__(self, v): self.v = v
    @classmethod
    def of(cls, v): return cls(v)
    @staticmethod
    def two(): return P(2)
---
a = P.of(1)
b = P.two()
---
a.v += 5
---
print(a.v, b.v, isinstance(a, P), isinstance(b, P))
""",
    "function makes instances": """
class P:
    def __init__(self, v): self.v = v
def make(n): return [P(i) for i in range(n)]
---
ps = make(3)
---
ps[0].v = 9
---
print([p.v for p in ps], all(isinstance(p, P) for p in ps))
""",
    "namedtuple of typing": """
from typing import NamedTuple
class Q(NamedTuple):
    a: int
    b: list = []
---
q = Q(1)
---
print(q, isinstance(q, Q))
""",
    "enum by call": """
from enum import Enum
E = Enum("E", "A B")
---
e = E.A
---
print(e is E.A, list(E))
""",
    "type by call": """
T = type("T", (), {"hi": lambda self: self.n})
---
t = T()
t.n = 4
---
print(t.hi(), type(t) is T)
""",
    "typed dict and new type": """
from typing import TypedDict, NewType, TypeVar
Row = TypedDict("Row", {"a": int})
Id = NewType("Id", int)
V = TypeVar("V")
---
r = Row(a=Id(3))
---
r["a"] += 1
---
print(r, Row.__name__, Id.__name__, V.__name__)
""",
    "registry by decorator": """
REGISTRY = {}
def register(f):
    REGISTRY[f.__name__] = f
    return f
---
@register
def one(): return 1
---
@register
def two(): return 2
---
print(sorted(REGISTRY), REGISTRY["two"]())
---
print(len(REGISTRY), REGISTRY["one"] is one)
""",
    "registry with a list": """
HANDLERS = []
def handler(f):
    HANDLERS.append(f.__name__)
    return f
---
@handler
def a(): pass
---
a()
---
print(HANDLERS)
""",
    "registry by class decorator": """
MODELS = {}
def model(name):
    def wrap(cls):
        MODELS[name] = cls
        return cls
    return wrap
---
@model("ridge")
class Ridge:
    def fit(self): return "r"
---
@model("lasso")
class Lasso(Ridge):
    def fit(self): return super().fit() + "l"
---
print({k: v().fit() for k, v in MODELS.items()})
---
m = MODELS["lasso"]()
---
print(isinstance(m, Lasso), m.fit())
""",
    "registry by __init_subclass__": """
class Base:
    subs = []
    def __init_subclass__(cls, **kw):
        super().__init_subclass__(**kw)
        Base.subs.append(cls.__name__)
class A(Base): pass
class B(Base): pass
---
print(Base.subs)
""",
    "singledispatch": """
from functools import singledispatch
@singledispatch
def show(x): return "other"
---
@show.register
def _(x: int): return "int"
---
@show.register(list)
def _(x): return "list"
---
print(show(1), show([]), show("s"))
""",
    "decorator with arguments": """
def times(n):
    def deco(f):
        def w(*a): return [f(*a) for _ in range(n)]
        return w
    return deco
---
@times(2)
def hi(x): return x * k
---
k = 3
---
print(hi(2))
""",
    "counting decorator": """
calls = {}
def counted(f):
    def w(*a):
        calls[f.__name__] = calls.get(f.__name__, 0) + 1
        return f(*a)
    return w
@counted
def g(x): return x + 1
---
g(1)
---
g(2)
---
print(calls)
""",
    "abstract class": """
from abc import ABC, abstractmethod
class Shape(ABC):
    @abstractmethod
    def area(self): ...
---
class Sq(Shape):
    def __init__(self, a): self.a = a
    def area(self): return self.a ** 2
---
shapes = [Sq(2), Sq(3)]
---
print(sum(s.area() for s in shapes), isinstance(shapes[0], Shape))
""",
    "protocol": """
from typing import Protocol, runtime_checkable
@runtime_checkable
class Has(Protocol):
    def go(self): ...
class Car:
    def go(self): return 1
---
c = Car()
---
print(isinstance(c, Has), c.go())
""",
    "metaclass": """
class Meta(type):
    def __new__(m, name, bases, ns):
        ns["tag"] = name.lower()
        return super().__new__(m, name, bases, ns)
---
class Thing(metaclass=Meta): pass
---
t = Thing()
---
print(t.tag, type(Thing).__name__)
""",
    "operator overloading": """
class V:
    def __init__(self, *v): self.v = list(v)
    def __add__(self, o): return V(*self.v, *o.v)
    def __iadd__(self, o):
        self.v.extend(o.v)
        return self
    def __eq__(self, o): return self.v == o.v
---
a = V(1); b = V(2)
---
c = a + b
d = a
d += b
---
c.v.append(9)
---
print(a.v, b.v, c.v, d is a, a == d)
""",
    "item access with effect": """
class Log:
    def __init__(self): self.d = {}
    def __setitem__(self, k, v):
        seen.append(k)
        self.d[k] = v
    def __getitem__(self, k):
        seen.append("?" + k)
        return self.d.get(k)
seen = []
---
l = Log()
---
l["a"] = 1
---
l["b"]
---
print(seen, l.d)
""",
    "attribute access with effect": """
class Lazy:
    def __init__(self): self.store = {}
    def __getattr__(self, name):
        if name.startswith("__"): raise AttributeError(name)
        self.__dict__.setdefault("store", {})[name] = 1
        return name
---
z = Lazy()
---
z.foo
---
z.bar
---
print(z.store)
""",
    "cached property": """
from functools import cached_property
class C:
    n = 0
    @cached_property
    def v(self):
        made.append(1)
        return [1]
made = []
---
c = C()
---
c.v.append(2)
---
print(c.v, made)
""",
    "property with setter": """
class T:
    def __init__(self): self._v = 0
    @property
    def v(self): return self._v
    @v.setter
    def v(self, x): self._v = x * 2
---
t = T()
---
t.v = 5
---
print(t.v)
""",
    "context manager of the user": """
class Timer:
    log = None
    def __init__(self, name): self.name = name
    def __enter__(self):
        events.append("in " + self.name)
        return self
    def __exit__(self, *a): events.append("out " + self.name)
events = []
---
with Timer("a") as t:
    x = 1
---
with Timer("b"): pass
---
print(events, t.name, x)
""",
    "closures with bound variable": """
fs = {n: (lambda x, n=n: x * n) for n in range(3)}
---
print([f(2) for f in fs.values()])
""",
    "global set by a function of another cell": """
def load():
    global data, n
    data = [1, 2]
    n = len(data)
---
load()
---
data.append(3)
---
print(data, n)
""",
    "generator function": """
def count(n):
    for i in range(n):
        seen.append(i)
        yield i
---
seen = []
---
print(sum(count(3)))
---
print(seen)
""",
    "async function": """
import asyncio
async def work(x):
    done.append(x)
    return x * 2
done = []
---
r = asyncio.run(work(2))
---
print(r, done)
""",
    "partial and methodcaller": """
from functools import partial
from operator import methodcaller
acc = []
p = partial(acc.append)
---
m = methodcaller("append", 5)
---
p(1)
m(acc)
---
print(acc)
""",
    "dataclass with a default factory": """
from dataclasses import dataclass, field
@dataclass
class Cfg:
    name: str = "a"
    tags: list = field(default_factory=list)
    def add(self, t):
        self.tags.append(t)
        return self
---
c = Cfg()
d = Cfg("b")
---
c.add("x").add("y")
---
print(c, d)
""",
    "dataclass with a post init": """
from dataclasses import dataclass
@dataclass(order=True)
class Row:
    a: int
    def __post_init__(self): ROWS.append(self)
ROWS = []
---
r = Row(2); s = Row(1)
---
ROWS.sort()
---
print(ROWS, r is ROWS[1])
""",
    "instance that keeps its argument": """
class Model:
    def __init__(self, cfg): self.cfg = cfg
    def set(self, k, v): self.cfg[k] = v
---
cfg = {"lr": 1}
m = Model(cfg)
---
m.set("lr", 2)
---
print(cfg)
---
cfg["lr"] = 3
---
print(m.cfg)
""",
    "instances that hold each other": """
class Node:
    def __init__(self, v): self.v, self.next = v, None
---
a = Node(1); b = Node(2)
a.next = b
b.next = a
---
b.v = 5
---
print(a.next.v, a.next.next is a)
""",
    "counter on instances": """
class Id:
    def __init__(self): self.n = 0
    def __call__(self):
        self.n += 1
        return self.n
---
new = Id()
---
a = new()
---
b = new()
---
print(a, b, new.n)
""",
    "method put on a class": """
class K:
    def __init__(self): self.v = 1
---
def twice(self): return self.v * 2
K.twice = twice
---
k = K()
---
print(k.twice())
""",
    "function defined in a branch": """
fast = True
---
if fast:
    def f(x): return x
else:
    def f(x): return -x
---
print(f(3))
""",
    "function redefined between": """
def f(): return 1
---
a = f()
---
def f(): return 2
---
print(a, f())
""",
    "exception of the user": """
class Bad(Exception):
    def __init__(self, why):
        super().__init__(why)
        self.why = why
def check(x):
    if x > 1: raise Bad("big")
    return x
---
try:
    check(3)
except Bad as e:
    err = e
else:
    err = None
finally:
    tried = True
---
print(err.why, isinstance(err, Bad), tried)
""",
    "walrus in a comprehension": """
xs = [1, 2, 3]
---
ys = [last := x * 2 for x in xs]
---
print(ys, last)
""",
    "walrus in a function's comprehension": """
def f(v): return [w := x + 1 for x in v]
---
print(f([1]))
""",
    "match on a class": """
from dataclasses import dataclass
@dataclass
class Pt:
    x: int
    y: list
---
p = Pt(1, [2])
---
match p:
    case Pt(x=1, y=rest):
        rest.append(3)
---
print(p)
""",
    "slots": """
class S:
    __slots__ = ("a", "b")
    def __init__(self, a): self.a, self.b = a, []
---
s = S(1)
---
s.b.append(s.a)
---
print(s.a, s.b)
""",
    "descriptor": """
class Pos:
    def __set_name__(self, owner, name): self.name = "_" + name
    def __get__(self, o, t): return getattr(o, self.name)
    def __set__(self, o, v): setattr(o, self.name, abs(v))
class A:
    x = Pos()
---
a = A()
a.x = -3
---
print(a.x)
""",
    "iterator class": """
class Up:
    def __init__(self, n): self.i, self.n = 0, n
    def __iter__(self): return self
    def __next__(self):
        if self.i >= self.n: raise StopIteration
        self.i += 1
        return self.i
---
u = Up(5)
---
print(next(u))
---
for v in u:
    if v == 3: break
---
print(list(u))
""",
    "function attribute set where it is defined": """
def f():
    f.n = getattr(f, "n", 0)
    return f.n
f.label = "x"
---
print(f.label)
""",
    "recursion with a memo": """
memo = {}
def fib(n):
    if n < 2: return n
    if n not in memo: memo[n] = fib(n - 1) + fib(n - 2)
    return memo[n]
---
print(fib(10))
---
print(len(memo))
""",
    "class attribute container read": """
class Conf:
    table = {"a": 1}
    names = ["x"]
---
c = Conf()
---
print(Conf.table, c.names)
""",
    "super and mixins": """
class Mix:
    def log(self, m): self.out.append(m)
class Base:
    def __init__(self): self.out = []
class Job(Mix, Base):
    def run(self):
        self.log("run")
        return self
---
j = Job().run()
---
j.log("end")
---
print(j.out)
""",
}


@pytest.mark.parametrize("text", PATTERNS.values(), ids=PATTERNS)
def test_one_step_a_cell_of_code(text):
    cells = cells_of(text)
    plan = plan_of(*cells)
    assert [each.message for each in errors_in(plan.problems)] == []
    assert run_plan(plan) == run_straight(cells)
