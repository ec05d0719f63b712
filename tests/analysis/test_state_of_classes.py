"""State that classes keep is in the step that needs it, as in one kernel.

Each notebook is run straight, and by its plan with one step a cell: both print the same.
"""

import pytest
from notebooks import assert_same_as_straight

NOTEBOOKS = {
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
    assert_same_as_straight(NOTEBOOKS[name])
