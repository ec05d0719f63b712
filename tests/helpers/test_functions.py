"""Which modules go along with a value, because it may hold functions of theirs."""

import pytest

from jupyter_kfp_ext.helpers.find import find_helpers
from jupyter_kfp_ext.notation.reader import parse_notebook
from jupyter_kfp_ext.runs.chain import plan_notebook

CLEAN = "def strip(text): return text.strip()\nLIMIT = 3\n"
CASES = {
    "called": (CLEAN, "from clean import strip\nv = strip(' a ')", False),
    "called by attribute": (CLEAN, "import clean\nv = clean.strip(' a ')", False),
    "a constant": (CLEAN, "from clean import LIMIT\nv = [LIMIT]", False),
    "called by pandas": (CLEAN, "from clean import strip\nv = frame.apply(strip)", False),
    "mapped and read": (CLEAN, "from clean import strip\nv = list(map(strip, ['a']))", False),
    "a sort key": (CLEAN, "import clean\nv = sorted(['a'], key=clean.strip)", False),
    "compared": (CLEAN, "from clean import strip\nv = strip is None", False),
    "in a list": (CLEAN, "from clean import strip\nv = [strip]", True),
    "in a dict by keyword": (CLEAN, "from clean import strip\nv = dict(a=strip)", True),
    "by another name": (CLEAN, "from clean import strip as cut\nv = {'a': cut}", True),
    "by attribute": (CLEAN, "import clean as c\nv = [c.strip]", True),
    "the module": (CLEAN, "import clean as c\nv = [c]", True),
    "given to a class": (CLEAN, "from clean import strip\nv = partial(strip, 1)", True),
    "mapped and kept": (CLEAN, "from clean import strip\nv = map(strip, ['a'])", True),
    "called by a lambda": (CLEAN, "from clean import strip\nv = [lambda t: strip(t)]", True),
    "listed by the module": (CLEAN + "ALL = [strip]", "from clean import ALL\nv = ALL", True),
    "registered": (
        "ALL = []\ndef step(f):\n    ALL.append(f)\n    return f\n@step\ndef a(): pass",
        "import clean\nv = clean.ALL",
        True,
    ),
    "made by a function": (
        "def adder(n):\n    def add(x): return x + n\n    return add",
        "import clean\nv = clean.adder(2)",
        True,
    ),
}


@pytest.mark.parametrize(("module", "source", "goes"), CASES.values(), ids=CASES)
def test_a_module_goes_with_values_that_may_hold_its_functions(tmp_path, module, source, goes):
    (tmp_path / "clean.py").write_text(module)
    sources = [f"from functools import partial\nframe = None\n{source}", "print(v)"]
    cells = [
        {"cell_type": "code", "source": text, "metadata": {"kfp": {"step": name}}}
        for name, text in zip("ab", sources, strict=True)
    ]
    plan = plan_notebook(parse_notebook({"nbformat": 4, "nbformat_minor": 5, "cells": cells}))

    found = find_helpers(plan, tmp_path)

    assert ("helpers/clean.py" in found.by_step["b"]) == goes
