"""Imports of the preamble that the first step has no use for are left out where nobody can tell."""

import ast
import json
import re

import pytest

from jupyter_kfp_ext.engines.model import State
from jupyter_kfp_ext.helpers.quiet import is_quiet, is_quiet_package
from jupyter_kfp_ext.notation.reader import parse_notebook
from jupyter_kfp_ext.runs.chain import build, submit
from jupyter_kfp_ext.runs.follow import follow_blocking
from jupyter_kfp_ext.runs.outputs import executed_notebook
from jupyter_kfp_ext.runs.registry import Registry
from tests.support.notebooks import code_cell, notebook_json

QUIET = [
    "",
    "'''Words.'''\nimport a\nfrom . import b\nfrom c import *",
    "def f(x=1, *, y=(2, 3)): ...",
    "@lru_cache(maxsize=8)\ndef f(): ...",
    "@functools.wraps(g)\nasync def f(): ...",
    "class A(nn.Module):\n    '''Words.'''\n    size: int = 3\n    def f(self): ...",
    "@dataclass(frozen=True)\nclass A:\n    x: list = field(default_factory=list)",
    "log = logging.getLogger(__name__)",
    "HERE = Path(__file__).resolve().parent\nTABLE = (HERE / 'a.csv').read_text()",
    "WORD = re.compile('a+')\nNAMES = {n: i for i, n in enumerate('ab')}",
    "A, B = 1, -2\nC: dict[str, int] = {}\nD = f'{A}' if B else [*range(3)]",
    "key = lambda x: post(x)",
    "try:\n    import a\nexcept ImportError:\n    a = None",
    "if TYPE_CHECKING:\n    import a",
    "if __name__ == '__main__':\n    main()",
    "__all__ = ['a']\n__all__ += ['b']",
]
LOUD = [
    "print(1)",
    "x = load()",
    "x = [load() for _ in range(3)]",
    "x = f'{load()}'",
    "x = {'a': load()}",
    "x = load().get('a')",
    "x = first(key=load())",
    "registry['a'] = 1",
    "module.name = 1",
    "ITEMS += [1]",
    "@register\ndef f(): ...",
    "@app.get('/')\ndef f(): ...",
    "@lru_cache(maxsize=load())\ndef f(): ...",
    "def f(x=load()): ...",
    "class A(Base, metaclass=Meta): ...",
    "class A(Base, key='a'): ...",
    "class A(make()): ...",
    "class A:\n    x = load()",
    "class A:\n    def __init_subclass__(cls): ...",
    "def all_of(): return Base.__subclasses__()",
    "for x in range(3): ...",
    "with open('a') as f: ...",
    "if load(): ...",
    "try:\n    load()\nexcept ValueError: ...",
    "del x",
    "x = (y := 1)",
    "warnings.filterwarnings('ignore')",
]


@pytest.mark.parametrize("text", QUIET)
def test_modules_that_only_define(text):
    assert is_quiet(ast.parse(text), text)


@pytest.mark.parametrize("text", LOUD)
def test_modules_that_do_more(text):
    assert not is_quiet(ast.parse(text), text)


@pytest.mark.parametrize(
    ("name", "in_cell", "in_module"),
    [
        ("os.path", True, True),
        ("this", False, False),
        ("numpy", True, True),
        ("torch.nn", True, True),
        ("pandas", False, True),
        ("matplotlib.pyplot", False, True),
        ("sklearn.svm", True, True),
        ("sklearn.experimental", False, False),
        ("tqdm", True, True),
        ("tqdm.auto", False, False),
        ("tensorflow", False, False),
        ("nobody_knows_it", False, False),
    ],
)
def test_packages_whose_import_nobody_sees(name, in_cell, in_module):
    assert is_quiet_package(name, in_module=False) == in_cell
    assert is_quiet_package(name, in_module=True) == in_module


PREAMBLE = "import sizes\nimport loud\nfrom pkg import tables, words\nimport torch.nn as nn"
FILES = {
    "sizes.py": "SIZE = 3",
    "loud.py": "print('loud')",
    "pkg/__init__.py": "",
    "pkg/tables.py": "from . import rows\ndef f(): return rows.ROWS",
    "pkg/rows.py": "ROWS = [1, 2]",
    "pkg/words.py": "from .loud_too import WORD",
    "pkg/loud_too.py": "WORD = 'w'\nprint('loud too')",
}
IN_PKG = ["pkg", "pkg.tables", "pkg.rows", "pkg.words", "pkg.loud_too"]
CELLS = ("print(sizes.SIZE)", "print(tables.f())", "print(words.WORD)")


@pytest.fixture
def notebook(tmp_path, monkeypatch):
    monkeypatch.setenv("JUPYTER_KFP_HOME", str(tmp_path / "home"))
    folder = tmp_path / "project"
    for name, text in FILES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)

    def made(preamble=PREAMBLE, cells=CELLS):
        steps = [code_cell(text, step=f"s{number}") for number, text in enumerate(cells)]
        raw = notebook_json(code_cell(preamble), *steps)
        place = folder / "nb.ipynb"
        place.write_text(json.dumps(raw))
        return parse_notebook(raw, place.name, str(place))

    return made


def modules(compiled, task):
    return {each.module for each in compiled.code.uses[task]}


def test_a_step_gets_what_it_uses_and_what_may_be_seen(notebook):
    compiled = build(notebook())
    assert modules(compiled, "s0") == {"sizes", "loud", *IN_PKG}  # one of its two parts is loud
    preamble = PREAMBLE.replace("tables, words", "tables")
    compiled = build(notebook(preamble, CELLS[:2]))
    assert modules(compiled, "s0") == {"sizes", "loud"}
    assert modules(compiled, "s1") == {"pkg", "pkg.tables", "pkg.rows"}
    (code,) = compiled.plan.steps[0].prelude
    assert (code.source, code.text) == ("import sizes\nimport loud\n\n", preamble)


def test_who_asks_for_the_classes_that_there_are_gets_all(notebook):
    preamble = "import sizes\nfrom pkg import tables"
    assert modules(build(notebook(preamble, CELLS[:2])), "s0") == {"sizes"}
    asks = ("print(object.__subclasses__()[:0], sizes)", CELLS[1])
    assert "pkg.tables" in modules(build(notebook(preamble, asks)), "s0")


@pytest.mark.parametrize("magic", ["", "%precision 3\n"], ids=["plain", "by IPython"])
def test_outputs_and_tracebacks_are_those_of_the_whole_cell(notebook, magic):
    preamble = f"from pkg import tables\nimport loud\n{magic}1 / 0\n'end'"
    run = submit(build(notebook(preamble, ("print(1)", CELLS[1])))).run_id
    assert last(run).state is State.FAILED
    printed, error = executed_notebook(run)["cells"][0]["outputs"]
    assert printed["text"] == "loud\n"
    trace = re.sub("\x1b\\[[0-9;]*m", "", "\n".join(error["traceback"]))
    number = preamble.split("\n").index("1 / 0") + 1
    assert "      1 from pkg import tables\n      2 import loud\n" in trace
    assert f"----> {number} 1 / 0\n" in trace


def test_an_edited_module_runs_only_the_steps_that_use_it_again(notebook, tmp_path):
    made = notebook("import sizes\nfrom pkg import tables", CELLS[:2])
    assert [each.cached for each in last(submit(build(made)).run_id).steps] == [False, False]
    (tmp_path / "project/pkg/rows.py").write_text("ROWS = [3]")
    assert [each.cached for each in last(submit(build(made)).run_id).steps] == [True, False]


def last(run):
    """How a run ended."""
    for _ in follow_blocking(run):
        pass
    return Registry().get(run)
