"""State that functions and classes keep is in the step that needs it, as in one kernel.

Each notebook is run straight, and by its plan with one step a cell: both print the same.
"""

import pytest
from notebooks import cells_of, plan_of, run_plan, run_straight

from jupyter_kfp_ext.errors import errors_in

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
    "init subclass": r"""
class Base:
    subs=[]
    def __init_subclass__(cls, **k):
        super().__init_subclass__(**k)
        Base.subs.append(cls.__name__)
---
class A(Base): pass
---
class B(Base): pass
---
print(Base.subs)
""",
    "cls attr via type": r"""
class A:
    n=0
    def __init__(self): type(self).n+=1
---
a=A()
---
A()
---
print(A.n, a.n)
""",
    "cls attr via class": r"""
class A:
    n=0
    def inc(self): self.__class__.n+=1
---
a=A()
---
a.inc()
---
print(A.n, a.n)
""",
    "classmethod state": r"""
class A:
    n=0
    @classmethod
    def inc(cls):
        cls.n+=1
        return cls.n
---
A.inc()
---
A.inc()
---
print(A.n)
""",
    "inst reads cls": r"""
class A:
    n=0
    def show(self): return self.n
---
a=A()
---
A.n=5
---
print(a.show(), a.n)
---
A.n+=1
---
print(a.show())
""",
    "subclass reads base": r"""
class A:
    n=0
class B(A): pass
---
A.n=[]
---
A.n.append(1)
---
print(B.n)
---
b=B()
b.n.append(2)
---
print(A.n)
""",
    "singleton": r"""
class S:
    _i=None
    def __new__(cls):
        if cls._i is None: cls._i=super().__new__(cls)
        return cls._i
---
a=S()
a.v=1
---
b=S()
---
print(a is b, b.v)
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
    "class deco": r"""
class Count:
    def __init__(self,f): self.f=f; self.n=0
    def __call__(self,*a):
        self.n+=1
        return self.f(*a)
---
@Count
def g(x): return x*2
---
print(g(1))
---
print(g(2), g.n)
---
print(g.n)
""",
    "monkey own": r"""
class M:
    def p(self): return 1
---
m=M()
---
def new(self): return 2
M.p=new
---
print(m.p(), M().p())
""",
    "monkey lambda": r"""
class M:
    def p(self): return 1
---
m=M()
---
k=5
M.p=lambda self: k
---
print(m.p())
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
    "abc register": r"""
from abc import ABC
class Sh(ABC): pass
---
class Sq: pass
---
Sh.register(Sq)
---
print(isinstance(Sq(),Sh), issubclass(Sq,Sh))
""",
    "abc deco": r"""
from abc import ABC
class Sh(ABC): pass
---
@Sh.register
class Sq: pass
---
s=Sq()
---
print(isinstance(s,Sh))
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
    "mutable default method": r"""
class A:
    def add(self,x,acc=[]):
        acc.append(x)
        return acc
---
a=A()
a.add(1)
---
print(a.add(2))
---
print(A().add(3))
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
    "class attr time": r"""
import uuid
---
class A:
    id=uuid.uuid4()
---
i=A.id
---
print(i==A.id)
""",
    "class body value": r"""
import random
v=random.Random(1).random()
---
class A:
    x=v
---
a=A()
---
print(a.x==v, isinstance(a,A))
---
print(type(a) is A)
""",
    "class attr list": r"""
class A:
    items=[]
    def add(self,x): self.items.append(x)
---
a=A()
b=A()
---
a.add(1)
---
b.add(2)
---
print(A.items, a.items is b.items)
""",
    "nested state": r"""
class O:
    class I:
        n=0
---
O.I.n+=3
---
print(O.I.n)
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
    "lru method": r"""
from functools import lru_cache
class A:
    @lru_cache
    def f(self,n):
        print('c')
        return n
---
a=A()
---
print(a.f(1))
---
print(a.f(1))
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
    "cached property": r"""
from functools import cached_property
class A:
    @cached_property
    def v(self):
        print('calc')
        return 3
---
a=A()
---
print(a.v)
---
print(a.v)
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
    "method closure": r"""
class A:
    def __init__(self): self.cb=[]
    def on(self,f): self.cb.append(f)
    def fire(self): return [f() for f in self.cb]
---
a=A()
seen=[]
---
a.on(lambda: seen.append(1))
---
a.fire()
---
print(seen)
""",
    "bound method": r"""
class A:
    def __init__(self): self.n=0
    def inc(self): self.n+=1
---
a=A()
inc=a.inc
---
inc()
---
inc()
---
print(a.n)
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
    "make dataclass": r"""
from dataclasses import make_dataclass
P=make_dataclass('P',['x','y'])
---
p=P(1,2)
---
print(p, isinstance(p,P), p==P(1,2))
""",
    "namedtuple other": r"""
from collections import namedtuple
Point=namedtuple('Pt','x y')
---
p=Point(1,2)
---
print(p, isinstance(p,Point))
""",
    "type3": r"""
T=type('T',(),{'v':1})
---
t=T()
---
print(t.v, isinstance(t,T))
""",
    "newtype typed": r"""
from typing import NewType, TypedDict
U=NewType('U',int)
D=TypedDict('D',{'a':int})
---
u=U(5)
d=D(a=1)
---
print(u,d,U.__name__)
""",
    "enum func": r"""
from enum import Enum
C=Enum('C','R G')
---
c=C.R
---
print(c, c is C.R, C['G'].value)
""",
    "flag": r"""
from enum import Flag, auto
class F(Flag):
    A=auto()
    B=auto()
---
f=F.A|F.B
---
print(F.A in f, f==F.A|F.B)
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
    "cond class value": r"""
import random
flag=random.Random(1).random()<2
---
if flag:
    class G:
        v=1
else:
    class G:
        v=2
---
x=G()
---
print(x.v, isinstance(x,G))
""",
    "try def": r"""
try:
    import nope
except ImportError:
    def fallback(): return 'fb'
---
print(fallback())
""",
    "metaclass": r"""
class Meta(type):
    reg=[]
    def __new__(m,n,b,d):
        c=super().__new__(m,n,b,d)
        Meta.reg.append(n)
        return c
---
class A(metaclass=Meta): pass
---
class B(A): pass
---
print(Meta.reg)
""",
    "meta call": r"""
class Meta(type):
    def __call__(cls,*a):
        cls.made=getattr(cls,'made',0)+1
        return super().__call__(*a)
class A(metaclass=Meta): pass
---
A()
---
A()
---
print(A.made)
""",
    "descriptor": r"""
class D:
    def __set_name__(s,o,n): s.n='_'+n
    def __get__(s,i,o=None): return getattr(i,s.n,0)
    def __set__(s,i,v): setattr(i,s.n,v+1)
class A:
    x=D()
---
a=A()
---
a.x=4
---
print(a.x)
""",
    "slots": r"""
class A:
    __slots__=('x','y')
---
a=A()
a.x=1
---
a.y=2
---
print(a.x,a.y)
""",
    "property setter": r"""
class A:
    def __init__(s): s._v=[]
    @property
    def v(s): return s._v
    @v.setter
    def v(s,x): s._v.append(x)
---
a=A()
---
a.v=3
---
print(a.v)
""",
}


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_same_as_straight(name):
    cells = cells_of(NOTEBOOKS[name])
    expected = run_straight(cells)
    plan = plan_of(*cells)
    assert not errors_in(plan.problems)
    assert run_plan(plan) == expected


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
