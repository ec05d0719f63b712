"""Which imports of the preamble the first step has no use for."""

import pytest
from notebooks import model_of, plan_of

from jupyter_kfp_ext.analysis.graph import make_plan
from jupyter_kfp_ext.analysis.observed import Observed, Seen, source_hash

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
    "two parts of one package": ("import a.b\nimport a.c", "a.b.f(a.c)", []),
    "one part of two": ("import a.b\nimport a.c", "a.b.f()", ["import a.c"]),
    "the other part of two": ("import a.b\nimport a.c", "a.c.f()", ["import a.b"]),
    "a part by another way": ("import a.b\nfrom a import c", "a.b.f(a.c)", []),
    "no part by another way": ("import a.b\nfrom a import c", "a.b.f()", ["from a import c"]),
    "the package alone": ("import a.b", "a.f()", []),
    "the package after its part": ("import a.b\nimport a", "a.b.f()", []),
    "the part after its package": ("import a\nimport a.b", "a.b.f()", []),
    "a setting": ("import a\na.rc['x'] = 1", "1", []),
    "a later step is set up": ("import pandas as pd\npd.set_option('x', 1)", "1", []),
    "code that the text does not show": ("import a", "exec(text)", []),
    "all names": ("import a", "print(globals())", []),
    "a star import after it": ("import a\nfrom b import *", "f()", ["import a"]),
    "bound again": ("import a", "a = 1\nprint(a)", []),
    "shown": ("import a", "a", []),
    "in a magic": ("import a", "%time a.f()", []),
    "in a command": ("import a", "!echo {a.x}", []),
    "in an f-string": ("import a", "print(f'{a.x}')", []),
    "in a formula": ("import a", "ols('y ~ a.log(x)', df)", []),
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


@pytest.mark.parametrize(
    ("later", "expected"),
    [
        ("a.b.f()", "import a.b"),
        ("a.c.f()", "import a.c"),
        ("a.b.f(a.c.x)", "import a.b\nimport a.c"),
        ("d.f()", "from a import d"),
        ("a.f()", "import a.c"),
        ("a.d.f()", "import a.c\nfrom a import d"),
        ("getattr(a, 'c').f()", "import a.c"),
        ("f()", "import a.c\ndef f():\n    return a.c.x"),
    ],
)
def test_later_steps_import_the_parts_that_they_name(later, expected):
    preamble = "import a.b\nimport a.c\nfrom a import d\ndef f():\n    return a.c.x"
    plan = plan_of(("preamble", preamble), "1", later)
    (code,) = plan.steps[1].prelude
    assert "\n".join(filter(None, code.source.split("\n"))) == expected


def test_what_a_run_saw_a_cell_read_is_imported():
    cells = (("preamble", "import a.b\nfrom a import d"), "1", "a.b.f()")
    model = model_of(*cells)
    seen = Observed(Seen.READS, ("d",), source_hash("a.b.f()"))
    before, after = make_plan(model).steps[1], make_plan(model, [seen]).steps[1]
    assert [code.source for code in before.prelude] == ["import a.b\n"]
    assert [code.source for code in after.prelude] == ["import a.b\nfrom a import d"]


def test_cells_of_imports_are_replayed_whole():
    plan = plan_of(("imports", "import a.b\nimport a.c\nfrom a import d"), "1", "a.b.f()")
    for step in plan.steps:
        (code,) = step.prelude
        assert code.source == "import a.b\nimport a.c\nfrom a import d"


def test_what_a_step_hands_on_is_imported():
    cells = ["from a import B, C\nd = {'b': B, 'c': C}", "d.pop('c')", "print(B, C, d)"]
    plan = plan_of(*cells)
    assert [(each.step, each.names) for each in plan.steps[2].inputs] == [("s2", ("B", "C", "d"))]
    assert [code.source for code in plan.steps[1].prelude] == ["from a import B, C\n"]


def test_a_module_that_cannot_be_replayed():
    assert plan_of("import __main__\n__main__.x = 8", "print(x)").problems == ()
