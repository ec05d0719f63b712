"""Functions and classes between steps: live globals, shared variables, and the state they hold."""

import pytest
from step_process import cell, make_slice, run_step, slots


def cross(tmp_path, definitions, make, use, *, states=(), values=(), **keys):
    """Define and run `make` in one step; in another, define again, take what it left, run `use`.

    Return what the second step printed.
    """
    names = [*states, *values]
    shared = {"states": list(states), "prelude": [cell(definitions, 9, record=False)], **keys}
    first = run_step(tmp_path / "first", make_slice(make, outputs=slots(*names), **shared))
    assert first.code == 0, first.stderr
    slice_ = make_slice(use, inputs=slots(*names, prefix="first__"), **shared)
    inputs = {f"first__{name}": first.artifact(name) for name in names}
    second = run_step(tmp_path / "second", slice_, inputs=inputs)
    assert second.code == 0, second.stderr
    return "".join(each["text"] for each in second.outputs() if each["output_type"] == "stream")


MAKER = """
def make():
    n = 0
    def inc():
        nonlocal n
        n += 1
        return n
    def get():
        return n
    return inc, get
"""
VALUES = {
    "a lambda reads the globals of the step that calls it": (
        "",
        "k = 1\nfs = [lambda v: v * k]",
        "k = 5\nprint(fs[0](2))",
        "10",
    ),
    "and binds them there": (
        "",
        "def rebind():\n    def f():\n        global k\n        k = 3\n    return f\nfs = rebind()",
        "fs()\nprint(k)",
        "3",
    ),
    "closures of one call share their variables": (
        MAKER,
        "fs = make()\nfs[0]()",
        "fs[0]()\nprint(fs[1]())",
        "2",
    ),
    "a closure that calls itself": (
        "",
        "def make():\n    def f(n): return 1 if n < 2 else n * f(n - 1)\n    return f\nfs = make()",
        "print(fs(5))",
        "120",
    ),
    "a variable without a value yet": (
        "",
        "def make():\n    def f():\n        return late\n    if 0: late = 1\n"
        "    return f\nfs = make()",
        "try:\n    fs()\nexcept NameError as e: print(type(e).__name__)",
        "NameError",
    ),
    "defaults, attributes, docstring, annotations": (
        "",
        "def make():\n    def f(a: int, b=[2], *, c=3) -> str:\n        'doc'\n"
        "        return b, c\n    f.tag = [1]\n    return f\nfs = make()",
        "print(fs(1), fs.tag, fs.__doc__, fs.__annotations__, fs.__qualname__, fs.__module__)",
        "([2], 3) [1] doc {'a': <class 'int'>, 'return': <class 'str'>} make.<locals>.f __main__",
    ),
    "a module in a value": ("", "import math\nfs = [math]", "print(fs[0].pi > 3)", "True"),
    "a function and its name": (
        "def f(): return 1",
        "fs = [f]",
        "print(fs[0] is f)",
        "True",
    ),
    "a class under another name": (
        "from collections import namedtuple\nPair = namedtuple('P', 'x y')",
        "fs = Pair(1, 2)",
        "print(type(fs) is Pair)",
        "True",
    ),
}


@pytest.mark.parametrize("case", VALUES)
def test_functions_as_values(tmp_path, case):
    definitions, make, use, expected = VALUES[case]
    made = ["Pair"] if "Pair" in definitions else []
    assert cross(tmp_path, definitions, make, use, values=["fs"], made=made) == expected + "\n"


def test_what_no_other_step_defines_crosses_by_value(tmp_path):
    make = "def f(x, acc=[1]): return acc + [x]\ng = f"
    printed = cross(tmp_path, "", make, "print(g(2), f(3))", values=["f", "g"], by_value=["f"])
    assert printed == "[1, 2] [1, 3]\n"


STATES = {
    "attribute of a class": ("class X:\n    n = 0", "X.n += 1", "print(X.n)", "1"),
    "new and deleted attributes": (
        "class X:\n    n = 0",
        "X.m = 2; del X.n",
        "print(X.m, hasattr(X, 'n'))",
        "2 False",
    ),
    "method put in by name": (
        "class X:\n    def f(self): return 1\ndef g(self): return 2",
        "X.f = g",
        "print(X().f(), X.f is g)",
        "2 True",
    ),
    "lambda put in": ("class X: pass", "X.f = lambda self: 3", "print(X().f())", "3"),
    "a lock stays where it was made": (
        "import threading\nclass X:\n    lock = threading.Lock()\n    n = 0",
        "X.n = 4",
        "print(X.n, X.lock.acquire())",
        "4 True",
    ),
    "a class within": (
        "class X:\n    class Y:\n        n = 0",
        "X.Y.n = 6",
        "print(X.Y.n, X.Y.__qualname__)",
        "6 X.Y",
    ),
    "of a slotted dataclass": (
        "from dataclasses import dataclass\n@dataclass(slots=True)\nclass X:\n    a: int = 1",
        "X.seen = [1]",
        "print(X.seen, X(), X(2) == X(2))",
        "[1] X(a=1) True",
    ),
    "of a property, a class method, a static method": (
        "class X:\n    @property\n    def p(self): return 1\n    @classmethod\n"
        "    def c(cls, acc=[]): acc.append(1); return acc\n    @staticmethod\n"
        "    def s(acc=[]): acc.append(2); return acc",
        "X.c(); X.s()",
        "print(X().p, X.c(), X.s())",
        "1 [1, 1] [2, 2]",
    ),
    "virtual subclasses": (
        "from abc import ABC\nclass X(ABC): pass\nclass Y: pass",
        "X.register(Y)",
        "print(isinstance(Y(), X))",
        "True",
    ),
    "super and the class variable": (
        "class B:\n    def f(self): return 1\nclass X(B):\n    n = 0\n"
        "    def f(self): return super().f() + X.n",
        "X.n = 7",
        "print(X().f())",
        "8",
    ),
    "mutable default": (
        "def X(v, acc=[]):\n    acc.append(v)\n    return acc",
        "X(1)",
        "print(X(2), X.__defaults__)",
        "[1, 2] ([1, 2],)",
    ),
    "attributes of a function": (
        "def X(): return X.calls",
        "X.calls = 3",
        "print(X())",
        "3",
    ),
    "variables behind a decorator": (
        "def memo(f):\n    seen = {}\n    def w(n):\n        if n not in seen: seen[n] = f(n)\n"
        "        return seen[n]\n    w.seen = seen\n    return w\n"
        "@memo\ndef X(n):\n    print('computed')\n    return n * 2",
        "X(1)",
        "print(X(1), X.seen)",
        "2 {1: 2}",
    ),
    "a method's cache": (
        "from functools import lru_cache\nclass X:\n    @staticmethod\n    @lru_cache\n"
        "    def f(n):\n        print('computed')\n        return [n]",
        "X.f(1).append(2)",
        "print(X.f(1))",
        "[1, 2]",
    ),
    "a cache of a function with variables": (
        "import functools\ndef make():\n    base = 5\n    @functools.cache\n    def X(n, *, m=1):\n"
        "        print('computed')\n        return base + n + m\n    return X\nX = make()",
        "X(1); X(1, m=2); X(1)",
        "print(X(1, m=2), X.cache_info())",
        "8 CacheInfo(hits=2, misses=2, maxsize=None, currsize=2)",
    ),
    "a full cache, in its order": (
        "from functools import lru_cache\n@lru_cache(maxsize=2, typed=True)\ndef X(n):\n"
        "    print('computed', n)\n    return n",
        "X(1); X(2); X(3); X(2)",
        "X(4); X(2); X(3)\nprint(X.cache_info())",
        "computed 4\ncomputed 3\nCacheInfo(hits=2, misses=5, maxsize=2, currsize=2)",
    ),
    "what singledispatch registered": (
        "from functools import singledispatch\n@singledispatch\ndef X(v): return 'any'\n"
        "def of_int(v): return 'int'",
        "X.register(int, of_int)",
        "print(X(1), X('a'))",
        "int any",
    ),
}


@pytest.mark.parametrize("case", STATES)
def test_state_of_a_definition(tmp_path, case):
    definitions, make, use, expected = STATES[case]
    assert cross(tmp_path, definitions, make, use, states=["X"]) == expected + "\n"


def test_state_shares_objects_with_values(tmp_path):
    printed = cross(
        tmp_path,
        "class X:\n    items = []",
        "items = X.items\nitems.append(1)\nx = X()",
        "items.append(2)\nprint(X.items, x.items is items, isinstance(x, X))",
        states=["X"],
        values=["items", "x"],
    )
    assert printed == "[1, 2] True True\n"


def test_state_that_does_not_fit_is_refused(tmp_path):
    first = run_step(
        tmp_path / "first",
        make_slice("def X(): pass\nX.n = 1", outputs=slots("X"), states=["X"]),
    )
    slice_ = make_slice(
        "X()",
        prelude=[cell("class X: pass", 9)],
        inputs=slots("X", prefix="first__"),
        states=["X"],
    )
    second = run_step(tmp_path / "second", slice_, inputs={"first__X": first.artifact("X")})
    assert second.code == 1
    assert second.error["name"] == "value-cannot-cross"
    assert "X" in second.error["message"]
