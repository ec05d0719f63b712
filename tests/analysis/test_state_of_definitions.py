"""State that functions, decorators and caches keep is in the step that needs it, as in one kernel.

Each notebook is run straight, and by its plan with one step a cell: both print the same.
"""

import pytest
from notebooks import assert_same_as_straight, plan_of

NOTEBOOKS = {
    "reg deco": r"""
REG={}
def register(n):
    def d(f):
        REG[n]=f
        return f
    return d
---
@register('a')
def fa(): return 1
---
@register('b')
def fb(): return 2
---
print(sorted(REG), REG['a'](), REG['b'] is fb)
""",
    "func attr": r"""
def f():
    f.calls+=1
f.calls=0
---
f()
---
f();f()
---
print(f.calls)
""",
    "func attr other": r"""
def f(): return 1
---
f.tag=[]
---
f.tag.append(2)
---
print(f.tag)
""",
    "memo deco": r"""
def memo(fn):
    cache={}
    def w(n):
        if n not in cache:
            print('calc',n)
            cache[n]=fn(n)
        return cache[n]
    return w
---
@memo
def sq(n): return n*n
---
print(sq(3))
---
print(sq(3),sq(4))
---
print(sq(4))
""",
    "counter deco": r"""
import functools
def counted(fn):
    @functools.wraps(fn)
    def w(*a,**k):
        w.calls+=1
        return fn(*a,**k)
    w.calls=0
    return w
---
@counted
def g(x): return x
---
g(1)
---
g(2)
print(g.calls)
---
print(g.calls, g.__name__)
""",
    "monkey module": r"""
import json
---
def d(x): return 'patched'
---
json.dumps=d
---
print(json.dumps(1))
""",
    "monkey module func": r"""
import math
---
def patch():
    math.tau=1
---
patch()
---
print(math.tau)
""",
    "singledispatch": r"""
from functools import singledispatch
@singledispatch
def show(x): return 'obj'
---
@show.register(int)
def _(x): return 'int'
---
@show.register
def _(x: list): return 'list'
---
print(show(1),show([]),show('a'))
""",
    "singledispatch call": r"""
from functools import singledispatch
@singledispatch
def show(x): return 'obj'
---
show.register(float, lambda x: 'float')
---
print(show(1.0),show([]))
""",
    "defaults change": r"""
def f(x=1): return x
---
f.__defaults__=(7,)
---
print(f())
""",
    "default shared": r"""
def f(x, acc=[]):
    acc.append(x)
    return acc
---
r=f(1)
---
r.append('x')
---
print(f(2), r)
""",
    "default is value": r"""
import random
base=[random.Random(3).randint(0,9)]
---
def f(b=base): return b
---
base.append(1)
---
print(f(), f() is base)
""",
    "default time": r"""
import time
---
def f(t=time.time()): return t
---
x=f()
---
print(x==f())
""",
    "lru mutable": r"""
from functools import lru_cache
@lru_cache
def load():
    print('load')
    return [1]
---
d=load()
---
d.append(2)
---
print(load(), load() is d)
""",
    "lru info": r"""
from functools import lru_cache
@lru_cache(maxsize=None)
def fib(n): return n if n<2 else fib(n-1)+fib(n-2)
---
print(fib(10))
---
print(fib.cache_info())
---
fib.cache_clear()
---
print(fib.cache_info())
""",
    "lru global": r"""
from functools import cache
k=2
@cache
def f(n): return n*k
---
print(f(2))
---
k=5
---
print(f(2),f(3))
""",
    "lru call form": r"""
from functools import lru_cache
def slow(n):
    print('slow',n)
    return n
---
fast=lru_cache(None)(slow)
---
print(fast(1))
---
print(fast(1))
""",
    "closures linked": r"""
def mk():
    c=0
    def inc():
        nonlocal c
        c+=1
    def get(): return c
    return inc,get
---
inc,get=mk()
---
inc()
---
inc()
---
print(get())
""",
    "lambda container globals": r"""
k=1
fs=[lambda v:v*k for _ in range(1)]
---
k=7
---
print(fs[0](2))
""",
    "lambda loop late": r"""
fs=[]
for i in range(3):
    fs.append(lambda: i)
---
print([f() for f in fs])
---
i=9
---
print([f() for f in fs])
""",
    "factory": r"""
def adder(n):
    return lambda x: x+n+g
---
g=1
---
a5=adder(5)
---
g=100
---
print(a5(1))
""",
    "global in nested": r"""
n=0
def outer():
    def inner():
        global n
        n+=1
    return inner
---
f=outer()
---
f()
---
f()
print(n)
---
print(n)
""",
    "partial state": r"""
from functools import partial
acc=[]
add=partial(acc.append, 5)
---
add()
---
print(acc)
""",
    "redef func": r"""
def f(): return 1
---
x=f()
---
def f(): return 2
---
print(x,f())
""",
    "redef alias": r"""
def f(): return 1
---
g=f
---
def f(): return 2
---
print(g(),f())
""",
    "redef wrap": r"""
def f(x): return x
---
old=f
def f(x): return old(x)+1
---
print(f(1))
---
old2=f
def f(x): return old2(x)*10
---
print(f(1))
""",
    "cond def value": r"""
import random
flag=random.Random(1).random()<2
---
if flag:
    def g(): return 1
else:
    def g(): return 2
---
print(g())
""",
    "try def": r"""
try:
    import nope
except ImportError:
    def fallback(): return 'fb'
---
print(fallback())
""",
}


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_same_as_straight(name):
    assert_same_as_straight(NOTEBOOKS[name])


UNCHAINED = {
    "a plain cached function": (
        "from functools import cache\n@cache\ndef f(n): return n if n < 2 else f(n - 1) + f(n - 2)",
        "print(f(5))",
    ),
    "a class that only its instances change": (
        "class A:\n    n = 0\n    def __init__(self): self.n = 1",
        "a = A()\na.n = 2",
    ),
    "a default that is only read": ("def f(x, known=[1]): return x in known", "print(f(1))"),
    "a wrapped function": (
        "def deco(f):\n    def w(*a): return f(*a)\n    return w\n@deco\ndef g(x): return x",
        "print(g(1))",
    ),
}


@pytest.mark.parametrize("name", UNCHAINED)
def test_what_changes_nothing_does_not_chain_steps(name):
    definitions, use = UNCHAINED[name]
    plan = plan_of(("functions", definitions), use, use, use)
    assert not any(step.inputs or step.states for step in plan.steps)
