"""What a kernel's loaded modules tell: a table of edits of a file, and reloading."""

import importlib
import json
import sys

import pytest
from check_cases import notebook_of

from jupyter_kfp_ext.checks.kernel_look import look_here, parse_said, probe_expression
from jupyter_kfp_ext.checks.kernel_modules import compare_modules, reload_modules
from jupyter_kfp_ext.notation.reader import parse_notebook
from jupyter_kfp_ext.runs.chain import check, code_of, find_code, with_kernel

PLAIN = "LIMIT = 3\nclass A:\n    def f(self): return 1\ndef g(x): return x + LIMIT\n"


@pytest.fixture
def load(tmp_path, monkeypatch):
    """Write a module, import it, and return it with its file; it is gone after the test."""
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    before = set(sys.modules)

    def write(text, name="kfp_tried"):
        file = tmp_path / f"{name}.py"
        file.write_text(text)
        importlib.invalidate_caches()
        return importlib.import_module(name), file

    yield write
    for name in set(sys.modules) - before:
        del sys.modules[name]


SAME = [
    (PLAIN, PLAIN),
    (PLAIN, "# moved down\n\n" + PLAIN),
    (PLAIN, PLAIN + "\n# a word\n"),
    ("x = []\nx.append(1)\n", "x = []\nx.append(1)\n"),
    ("count = 0\ndef up():\n    global count\n    count += 1\nup()\n",) * 2,
    ("import functools\n@functools.cache\ndef f(): return 1\n",) * 2,
    ("from dataclasses import dataclass\n@dataclass\nclass P:\n    x: int = 1\n",) * 2,
    ("class A:\n    @property\n    def x(self): return 1\n    def __p(self): return 2\n",) * 2,
    ("class A:\n    @staticmethod\n    def s(): return [i for i in 'ab']\n",) * 2,
    ("if True:\n    def f(): return 1\nelse:\n    def f(): return 2\n",) * 2,
    ("def f(): return 1\ndel f\n",) * 2,
    ("def deco(f):\n    return lambda: f()\n@deco\ndef f(): return 1\n",) * 2,
    ("from collections import namedtuple\nP = namedtuple('P', 'x y')\n",) * 2,
    ("import enum\nclass E(enum.Enum):\n    A = 1\n    def m(self): return {1, 2}\n",) * 2,
    ("x: int = 2\nf = lambda: x in {1, 2, 3}\n",) * 2,
]


@pytest.mark.parametrize(("loaded", "now"), SAME)
def test_what_means_the_same_is_no_difference(loaded, now, load):
    module, file = load(loaded)
    file.write_text(now)
    assert compare_modules({module.__name__: str(file)}) == []


CHANGED = [
    (PLAIN, PLAIN.replace("x + LIMIT", "x - LIMIT")),
    (PLAIN, PLAIN.replace("return 1", "return 1.0")),
    (PLAIN, PLAIN.replace("LIMIT = 3", "LIMIT = 4")),
    (PLAIN, PLAIN.replace("LIMIT = 3", "LIMIT = True")),
    (PLAIN, PLAIN + "def new(): pass\n"),
    (PLAIN, PLAIN + "class B: pass\n"),
    (PLAIN, PLAIN.replace("def g(x): return x + LIMIT\n", "")),
    (PLAIN, PLAIN.replace("    def f", "    def more(self): return 2\n    def f")),
    (PLAIN, PLAIN + "def broken(:\n"),
    (
        "def out():\n    def inner(): return 1\n    return inner\n",
        "def out():\n    def inner(): return 2\n    return inner\n",
    ),
    (
        "import functools\n@functools.cache\ndef f(): return 1\n",
        "import functools\n@functools.cache\ndef f(): return 2\n",
    ),
    (
        "class A:\n    @property\n    def x(self): return 1\n",
        "class A:\n    @property\n    def x(self): return 2\n",
    ),
]


@pytest.mark.parametrize(("loaded", "now"), CHANGED)
def test_what_means_another_thing_is_told(loaded, now, load):
    module, file = load(loaded)
    file.write_text(now)
    [found] = compare_modules({module.__name__: str(file)})
    assert found == {"module": module.__name__, "kind": "changed", "file": str(file)}


def test_what_is_not_loaded_or_not_on_this_machine_is_no_difference(load, tmp_path):
    module, file = load("x = 1\n")
    assert compare_modules({"kfp_never_loaded": str(file)}) == []
    assert compare_modules({module.__name__: str(tmp_path / "gone.py")}) == []


def test_a_module_of_another_place_and_a_file_that_is_two_modules(load, tmp_path):
    module, _ = load("x = 1\n")
    other = tmp_path / "sub" / "kfp_tried.py"
    other.parent.mkdir()
    other.write_text("x = 1\n")
    [found] = compare_modules({"kfp_tried": str(other)})
    assert (found["kind"], found["file"]) == ("elsewhere", module.__file__)
    importlib.invalidate_caches()  # a folder that is new since the clock's last tick looks as old
    inside, its_file = importlib.import_module("sub.kfp_tried"), other
    load("", "kfp_other")
    again = importlib.util.spec_from_file_location("kfp_again", its_file)
    sys.modules["kfp_again"] = importlib.util.module_from_spec(again)
    [found] = compare_modules({inside.__name__: str(its_file)})
    assert (found["kind"], found["file"]) == ("twice", "kfp_again")


def test_reloading_brings_the_file_to_every_holder(load):
    module, file = load("def f(): return 1\ndef old(): pass\nkept = {}\n")
    user, user_file = load("from kfp_tried import f\n", "kfp_user")
    space = {"f": module.f, "mine": module.f, "x": 5}
    file.write_text("def f(): return 2222\nkept = {}\n")
    files = {"kfp_tried": str(file), "kfp_user": str(user_file)}
    assert reload_modules(space, ["kfp_tried", "kfp_never_loaded"], files) == {}
    assert space["f"]() == space["mine"]() == user.f() == 2222
    assert not hasattr(module, "old")
    assert compare_modules(files) == []


def test_a_module_that_cannot_be_loaded_again_is_told_and_stays(load):
    module, file = load("def f(): return 1\n")
    file.write_text("def f(): return 2222\nraise SystemExit('no')\n")
    assert reload_modules({}, ["kfp_tried"], {}) == {"kfp_tried": "SystemExit: no"}
    assert sys.modules["kfp_tried"] is module


def of_notebook(tmp_path, *cells):
    path = tmp_path / "nb.ipynb"
    return parse_notebook(json.dumps(notebook_of(*cells)), name="nb.ipynb", path=str(path))


def test_a_changed_module_is_told_at_its_import_and_gone_after_a_reload(load, tmp_path):
    module, file = load("def f(): return 1\n")
    notebook = of_notebook(tmp_path, "x = 1", "from kfp_tried import f\nprint(f(), x)")
    plan, helpers = find_code(notebook)
    space = {"f": module.f}
    assert look_here(space, plan, helpers).drift == ()
    file.write_text("def f(): return 2222\n")
    said = parse_said(repr(eval(probe_expression(plan, helpers), space)))
    assert [(each.module, each.kind) for each in said.drift] == [("kfp_tried", "changed")]
    checked = check(notebook)
    assert code_of(checked) == code_of(check(notebook))
    [problem] = [
        each
        for each in with_kernel(checked, said).problems
        if each.code.value == "kernel-differs" and "module kfp_tried" in each.message
    ]
    assert (problem.cell, problem.line) == (2, 1)
    # What is no module of the notebook's is not loaded again for anyone.
    expression = probe_expression(plan, helpers, ["kfp_tried", "json"])
    assert "json'" not in expression.partition("reload_modules'](globals(), ")[2][:20]
    said = parse_said(repr(eval(expression, space)))
    assert (said.drift, said.failed, space["f"]()) == ((), {}, 2222)
