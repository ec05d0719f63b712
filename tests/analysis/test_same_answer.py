"""The same answer: plans of small notebooks, run step by step, against the notebook itself."""

import pytest
from notebooks import plan_of, run_plan, run_straight

from jupyter_kfp_ext.errors import Code, errors_in

NOTEBOOKS = [
    ["a=[1]\nb=a", "b.append(2)", "print(a)"],
    ["x=1", "x=x+1", "print(x)"],
    ["import math\ndef f(v): return math.pi*v*k", "k=2", "print(f(3))", "k=5", "print(f(1))"],
    [
        "class A:\n  def __init__(self,q): self.q=q\n  def add(self,x): self.q.append(x)",
        "l=[1]\na=A(l)",
        "a.add(4)",
        "print(l, a.q is l, isinstance(a,A))",
    ],
    ["for i in range(3): pass", "for i in range(2): print(i)", "print(i)"],
    ["n=0\ndef inc():\n  global n\n  n+=1", "inc()", "inc()\nprint(n)", "print(n)"],
    ["a=1\nb=2", "a,b=b,a", "print(a,b)"],
    ["d={}\nd['x']=[1]", "e=d['x']", "e.append(3)", "print(d)"],
    ["import random\nrandom.seed(1)", "x=random.random()", "print(x, random.random())"],
    ["x=1\ndel x", "x=3", "print(x)"],
    [
        "def make():\n  acc=[]\n  def add(v):\n    acc.append(v)\n    return acc\n  return add",
        "add=make()",
        "add(1)",
        "print(add(2))",
    ],
    ["a=[3,1]", "import random\nrandom.seed(3)\nrandom.shuffle(a)", "print(a)"],
    ["rows=[[1],[2]]", "for r in rows: r.append(0)", "print(rows)"],
    ["rows=[[1],[2]]", "c=rows.copy()", "c[0].append(5)", "print(rows)"],
    ["it=iter([1,2,3])", "print(next(it))", "print(next(it))"],
    ["if True:\n  y=1\nelse:\n  y=2", "print(y)"],
    ["y=1", "if y>5:\n  y=2", "print(y)"],
    ["try:\n  import nope\nexcept ImportError:\n  nope=None", "print(nope)"],
    ["f=lambda v:v+k", "k=1", "print(f(1))"],
    [
        "def deco(fn):\n  def w(*a):\n    log.append(fn.__name__)\n    return fn(*a)\n  return w",
        "log=[]\n@deco\ndef g(x): return x*2",
        "print(g(2))",
        "print(log)",
    ],
]


@pytest.mark.parametrize("cells", NOTEBOOKS)
def test_one_step_a_cell(cells):
    plan = plan_of(*cells)
    assert not errors_in(plan.problems)
    assert run_plan(plan) == run_straight(cells)


@pytest.mark.parametrize(
    "cells",
    [
        ["def f(x, acc=[]):\n  acc.append(x)\n  return acc", "f(1)", "print(f(2))"],
        ["class B:\n  n=0", "B.n += 1", "print(B.n)"],
        ["class B:\n  n=0\n  def __init__(self): B.n += 1", "x=B()", "y=B()\nprint(B.n)"],
    ],
)
def test_state_kept_in_a_definition_is_refused(cells):
    codes = [each.code for each in errors_in(plan_of(*cells).problems)]
    assert codes == [Code.VALUE_CANNOT_CROSS]
