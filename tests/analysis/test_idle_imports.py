"""Which imports of the preamble the first step has no use for."""

import pytest
from notebooks import plan_of

ALL = object()
CASES = {
    "used": ("import a, b", "a.f()", []),
    "not used": ("import a\nimport b", "a.f()", ["import b"]),
    "used by a later step": ("import a", "1", ["import a"]),
    "under another name": ("import a as b\nimport c as d", "d", ["import a as b"]),
    "from a module": ("from a import b\nfrom c import d", "b()", ["from c import d"]),
    "all of it": ("from a import *", "1", []),
    "of the future": ("from __future__ import annotations", "1", []),
    "in a try": ("try:\n    import a\nexcept ImportError:\n    a = None", "1", []),
    "in a condition": ("if True:\n    import a", "1", []),
    "used by the preamble": ("import a\nimport b\nx = a.f()", "1", ["import b"]),
    "used by a function that is called": ("import a\ndef f():\n    return a.x", "f()", []),
    "used by a function that is not": ("import a\ndef f():\n    return a.x", "1", ["import a"]),
    "used by a function that is handed on": (
        "import a\ndef f():\n    return a.x",
        "map(f, [1])",
        [],
    ),
    "used by a function's default": ("import a\ndef f(x=a.x):\n    return x", "1", []),
    "a decorator": ("import a\n@a.keep\ndef f():\n    return 1", "1", []),
    "a base": ("import a\nclass C(a.B):\n    pass", "1", []),
    "a method of a class": (
        "import a\nclass C:\n    def f(self):\n        return a.x",
        "C().f()",
        [],
    ),
    "an annotation": ("import a\nimport b\ndef f(x: a.T): ...", "f(1)", ["import b"]),
    "two parts of one package": ("import a.b\nimport a.c", "a.b.f()", []),
    "the package after its part": ("import a.b\nimport a", "a.b.f()", []),
    "the part after its package": ("import a\nimport a.b", "a.b.f()", []),
    "a setting": ("import a\na.rc['x'] = 1", "1", []),
    "a later step is set up": ("import pandas as pd\npd.set_option('x', 1)", "1", []),
    "code that the text does not show": ("import a", "exec(text)", []),
    "all names": ("import a", "print(globals())", []),
    "a star import after it": ("import a\nfrom b import *", "f()", ["import a"]),
    "bound again": ("import a", "a = 1\nprint(a)", ["import a"]),
    "shown": ("import a", "a", []),
    "in a magic": ("import a", "%time a.f()", []),
    "in a command": ("import a", "!echo {a.x}", []),
    "in an f-string": ("import a", "print(f'{a.x}')", []),
    "in a lambda": ("import a", "f = lambda: a.x\nf()", []),
    "two on a line": ("import a; import b", "b.f()", ["import a"]),
    "a line magic beside it": ("%matplotlib inline\nimport a", "1", ["import a"]),
}


@pytest.mark.parametrize("case", CASES)
def test_idle_imports(case):
    preamble, first, expected = CASES[case]
    plan = plan_of(("preamble", preamble), first, "import a\na.f()")
    (code,) = [each for each in plan.steps[0].prelude if each.cell_id == "c1"]
    statements = [each for line in preamble.split("\n") for each in line.split("; ")]
    assert [statements[index] for index in code.idle] == expected


def test_only_those_of_the_preamble_are_named():
    for role in ("imports", "functions", "s1"):
        plan = plan_of((role, "import a"), ("s1", "1"), ("s2", "a.f()"))
        assert not any(code.idle for step in plan.steps for code in (*step.prelude, *step.cells))


def test_what_a_run_saw_of_a_step_counts():
    """A `NameError` in a run is kept as what the cell reads."""
    cells = (("preamble", "import a"), "read_it_somehow()", "a.f()")
    plan = plan_of(*cells)
    assert plan.steps[0].prelude[0].idle == (0,)
