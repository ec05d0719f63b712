"""The same answer: plans of small notebooks, run step by step, against the notebook itself."""

import pytest
from notebooks import plan_of, run_plan, run_straight

from jupyter_kfp_ext.errors import errors_in

NOTEBOOKS = [
    [
        """a=[1]
b=a""",
        "b.append(2)",
        "print(a)",
    ],
    [
        "x=1",
        "x=x+1",
        "print(x)",
    ],
    [
        """import math
def f(v): return math.pi*v*k""",
        "k=2",
        "print(f(3))",
        "k=5",
        "print(f(1))",
    ],
    [
        """class A:
  def __init__(self,q): self.q=q
  def add(self,x): self.q.append(x)""",
        """l=[1]
a=A(l)""",
        "a.add(4)",
        "print(l, a.q is l, isinstance(a,A))",
    ],
    [
        "for i in range(3): pass",
        "for i in range(2): print(i)",
        "print(i)",
    ],
    [
        """n=0
def inc():
  global n
  n+=1""",
        "inc()",
        """inc()
print(n)""",
        "print(n)",
    ],
    [
        """a=1
b=2""",
        "a,b=b,a",
        "print(a,b)",
    ],
    [
        """d={}
d['x']=[1]""",
        "e=d['x']",
        "e.append(3)",
        "print(d)",
    ],
    [
        """import random
random.seed(1)""",
        "x=random.random()",
        "print(x, random.random())",
    ],
    [
        """x=1
del x""",
        "x=3",
        "print(x)",
    ],
    [
        """def make():
  acc=[]
  def add(v):
    acc.append(v)
    return acc
  return add""",
        "add=make()",
        "add(1)",
        "print(add(2))",
    ],
    [
        "a=[3,1]",
        """import random
random.seed(3)
random.shuffle(a)""",
        "print(a)",
    ],
    [
        "rows=[[1],[2]]",
        "for r in rows: r.append(0)",
        "print(rows)",
    ],
    [
        "rows=[[1],[2]]",
        "c=rows.copy()",
        "c[0].append(5)",
        "print(rows)",
    ],
    [
        "it=iter([1,2,3])",
        "print(next(it))",
        "print(next(it))",
    ],
    [
        """if True:
  y=1
else:
  y=2""",
        "print(y)",
    ],
    [
        "y=1",
        """if y>5:
  y=2""",
        "print(y)",
    ],
    [
        """try:
  import nope
except ImportError:
  nope=None""",
        "print(nope)",
    ],
    [
        "f=lambda v:v+k",
        "k=1",
        "print(f(1))",
    ],
    [
        """def deco(fn):
  def w(*a):
    log.append(fn.__name__)
    return fn(*a)
  return w""",
        """log=[]
@deco
def g(x): return x*2""",
        "print(g(2))",
        "print(log)",
    ],
    [
        """from dataclasses import dataclass, field
@dataclass
class P:
  xs: list = field(default_factory=list)""",
        "p=P()",
        "p.xs.append(1)",
        "q=p",
        "q.xs.append(2)",
        "print(p)",
    ],
    [
        """from enum import Enum
class C(Enum):
  A=1""",
        "c=C.A",
        "print(c is C.A)",
    ],
    [
        """class A:
  def hi(self): return 'a'""",
        """class B(A):
  def hi(self): return super().hi()+'b'""",
        "b=B()",
        "print(b.hi(), isinstance(b,A))",
    ],
    [
        """log=[]
class A:
  @property
  def v(self):
    log.append(1)
    return 2""",
        "a=A()",
        "a.v",
        "print(log)",
    ],
    [
        """class V:
  def __init__(s): s.n=[0]
  def __iadd__(s,o):
    s.n[0]+=o
    return s""",
        """v=V()
w=v""",
        "v+=3",
        "print(w.n, v is w)",
    ],
    [
        """tot=0
def add(n):
  global tot
  tot+=n
  return tot""",
        "list(map(add,[1,2]))",
        "print(tot)",
    ],
    [
        "xs=[[]]*2",
        "xs[0].append(1)",
        "print(xs)",
    ],
    [
        "a={'k':[1]}",
        "for v in a.values(): v.append(2)",
        "print(a)",
    ],
    [
        "a={'k':[1]}",
        "b=dict(a)",
        "b['k'].append(3)",
        "print(a,b)",
    ],
    [
        """import collections
d=collections.defaultdict(list)""",
        "d['x'].append(1)",
        "print(dict(d))",
    ],
    [
        """import functools
@functools.lru_cache
def f(n):
  calls.append(n)
  return n""",
        "calls=[]",
        "f(1);f(1)",
        "print(calls)",
    ],
    [
        """def gen():
  yield from data""",
        "data=[1,2]",
        "print(list(gen()))",
    ],
    [
        "data=[3,1]",
        "def s(): data.sort()",
        "def t(): s()",
        "t()",
        "print(data)",
    ],
    [
        "x=[1]",
        """def f():
  y=x
  y.append(2)""",
        "f()",
        "print(x)",
    ],
    [
        "a=[1]",
        "t=(a,5)",
        "b,_c=t",
        "b.append(2)",
        "print(a,t)",
    ],
    [
        "a=[1]",
        """import copy
b=copy.deepcopy(a)""",
        "b.append(2)",
        "print(a,b)",
    ],
    [
        """import functools
a=[]""",
        "p=functools.partial(a.append)",
        "p(3)",
        "print(a)",
    ],
    [
        "a=[]",
        "m=a.append",
        "m(3)",
        "print(a)",
    ],
    [
        """a=[]
b={'f':a.append}""",
        "b['f'](1)",
        "print(a)",
    ],
    [
        """a=[1,2]
it=iter(a)""",
        "next(it)",
        "a.append(3)",
        "print(list(it))",
    ],
    [
        "x=5",
        """def outer():
  x=1
  def inner():
    nonlocal x
    x+=1
    return x
  return inner()""",
        "print(outer(), x)",
    ],
    [
        "import sys",
        "sys.setrecursionlimit(2000)",
        "print(sys.getrecursionlimit())",
    ],
    [
        """import json
rows=json.loads('[{"a": 1}]')""",
        "first=rows[0]",
        "first['b']=2",
        "print(rows)",
    ],
    [
        "globals()['z']=4",
        "print(z)",
    ],
    [
        "a=[1]",
        "setattr_holder=type('H',(),{})()",
        "setattr(setattr_holder,'a',a)",
        "setattr_holder.a.append(2)",
        "print(a)",
    ],
    [
        """def f(*args, **kw):
  args[0].append(kw['v'])""",
        "q=[]",
        "f(q, v=2)",
        "print(q)",
    ],
    [
        "def f(d): d['x']=1",
        "q={}",
        "ls=[q]",
        "f(ls[0])",
        "print(q)",
    ],
    [
        """class M(type):
  def __call__(c,*a):
    reg.append(c.__name__)
    return super().__call__(*a)""",
        "reg=[]",
        "class K(metaclass=M): pass",
        "K()",
        "print(reg)",
    ],
    [
        """class R:
  subs=[]
  def __init_subclass__(cls): names.append(cls.__name__)""",
        "names=[]",
        "class T(R): pass",
        "print(names)",
    ],
    [
        "acc=[]",
        "def cb(x): acc.append(x)",
        """class E:
  def __init__(s,f): s.f=f
  def fire(s): s.f(9)""",
        "e=E(cb)",
        "e.fire()",
        "print(acc)",
    ],
    [
        """import contextlib
@contextlib.contextmanager
def cm(l):
  l.append('in')
  yield l
  l.append('out')""",
        "q=[]",
        "with cm(q) as z: z.append('mid')",
        "print(q)",
    ],
    [
        "def fact(n): return 1 if n<2 else n*fact(n-1)",
        "print(fact(5))",
    ],
    [
        """try:
  v=int('x')
except ValueError as err:
  msg=str(err)""",
        "print(msg)",
    ],
    [
        "a=1",
        "a: int = 2",
        "print(a)",
    ],
    [
        """import operator
a=[[1]]""",
        "g=operator.itemgetter(0)(a)",
        "g.append(3)",
        "print(a)",
    ],
    [
        """import types
ns=types.SimpleNamespace(x=[])""",
        "y=ns.x",
        "y.append(1)",
        "print(ns)",
    ],
    [
        """print('a')
x=[1]""",
        "y=[x,x]",
        "y[0].append(2)",
        "print(y, x)",
    ],
    [
        """import itertools
c=itertools.count()""",
        "next(c)",
        "print(next(c))",
    ],
    [
        "list=[1]",
        "list.append(2)",
        "print(list)",
    ],
    [
        "def f(x): return x",
        "f=f",
        "print(f(2))",
    ],
    [
        "def f(): return 1",
        "g=f",
        "def f(): return 2",
        "print(g(), f())",
    ],
    [
        """try:
  print(b)
except NameError:
  b=1""",
        "print(b)",
    ],
    [
        "a=[]",
        "[a.append(i) for i in range(3)]",
        "print(a)",
    ],
    [
        "a=[0]",
        "a[0], a = 5, [7]",
        "print(a)",
    ],
    [
        "d={}",
        "d.setdefault('k', []).append(1)",
        "print(d)",
    ],
    [
        """from collections import namedtuple
Pt=namedtuple('Pt','x')""",
        "p=Pt([1])",
        "p.x.append(2)",
        "print(p)",
    ],
    [
        """import re
pat=re.compile('a')""",
        "print(pat.findall('aa'))",
    ],
    [
        """def deco(f):
  f.tag=1
  return f
@deco
def g(): pass""",
        "print(g.tag)",
    ],
    [
        "def g(): pass",
        "g.tag=4",
        "print(g.tag)",
    ],
    [
        """import math
math.tau2=7""",
        "print(math.tau2)",
    ],
    [
        "import math",
        "math.tau3=[len('abc')]",
        "print(math.tau3)",
    ],
]


@pytest.mark.parametrize("cells", NOTEBOOKS)
def test_one_step_a_cell(cells):
    plan = plan_of(*cells)
    assert not errors_in(plan.problems)
    assert run_plan(plan) == run_straight(cells)
