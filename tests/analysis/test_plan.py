"""Notebooks -> which step takes which name from which, and what is said about them."""

import pytest
from notebooks import codes_of, inputs_of, model_of, plan_of

from jupyter_kfp_ext.analysis.graph import make_plan
from jupyter_kfp_ext.errors import Severity
from jupyter_kfp_ext.notation.options import StepOptions

FRAME = "import pandas as pd\ndf = pd.DataFrame({'a': [1]})"

# cells (one step each: s1, s2, ...), inputs by step and producer
EDGES = [
    (["x = 1", "y = x", "print(y)"], {"s2": {"s1": ["x"]}, "s3": {"s2": ["y"]}}),
    (["x = 1", "y = 2", "print(x, y)"], {"s3": {"s1": ["x"], "s2": ["y"]}}),
    (["x = 1", "x = 2", "print(x)"], {"s3": {"s2": ["x"]}}),
    (["import a", "a.f()"], {}),
    (["def f(): return k", "k = 1", "f()"], {"s3": {"s2": ["k"]}}),
    (["def f(): return g()", "def g(): return k", "k = 1", "f()"], {"s4": {"s3": ["k"]}}),
    (["k = 1", "class A:\n  def m(self): return k", "A().m()"], {"s3": {"s1": ["k"]}}),
    (["k = 1", "f = lambda: k", "f()"], {"s3": {"s1": ["k"]}}),
    (["k = 1", "def f(k): return k", "f(2)"], {}),
    (["i = 5", "[i for i in range(3)]", "print(i)"], {"s3": {"s1": ["i"]}}),
    (["for i in range(3): pass", "for i in range(3): print(i)"], {}),
    (["x = []", "y = x", "y.append(1)", "print(x)"],
     {"s2": {"s1": ["x"]}, "s3": {"s2": ["x", "y"]}, "s4": {"s3": ["x"]}}),
    (["x = []", "x.append(1)", "x.append(2)"], {"s2": {"s1": ["x"]}, "s3": {"s2": ["x"]}}),
    (["x = []", "len(x)", "x.index(1)", "print(x)"],
     {"s2": {"s1": ["x"]}, "s3": {"s1": ["x"]}, "s4": {"s1": ["x"]}}),
    (["x = 1", "del x\nx = 2", "print(x)"], {"s2": {"s1": ["x"]}, "s3": {"s2": ["x"]}}),
    (["x = 1", "import c\nif c.d: x = 2", "print(x)"],
     {"s2": {"s1": ["x"]}, "s3": {"s2": ["x"]}}),
    (["x = 1", "import c\nif c.d: x = 2\nelse: x = 3", "print(x)"], {"s3": {"s2": ["x"]}}),
    (["x = 1", "import c\nif c.d: raise OSError\nelse: x = 3", "print(x)"],
     {"s3": {"s2": ["x"]}}),
    (["n = 0\ndef f():\n  global n\n  n = 1", "f()", "print(n)"],
     {"s2": {"s1": ["n"]}, "s3": {"s2": ["n"]}}),
    ([FRAME, "df['b'] = 1", "print(df)"], {"s2": {"s1": ["df"]}, "s3": {"s2": ["df"]}}),
    ([FRAME, "df.head()", "print(df)"], {"s2": {"s1": ["df"]}, "s3": {"s1": ["df"]}}),
    ([FRAME, "df.drop('a', inplace=True)", "print(df)"],
     {"s2": {"s1": ["df"]}, "s3": {"s2": ["df"]}}),
    ([FRAME, "d = df[df.a > 0]\nd['b'] = 1", "print(df)"],
     {"s2": {"s1": ["df"]}, "s3": {"s1": ["df"]}}),
    ([FRAME, "import numpy as np\nnp.sqrt(df.a, out=df.a)", "print(df)"],
     {"s2": {"s1": ["df"]}, "s3": {"s2": ["df"]}}),
    (["x = [2, 1]", "import heapq\nheapq.heapify(x)", "print(x)"],
     {"s2": {"s1": ["x"]}, "s3": {"s2": ["x"]}}),
    (["it = map(str, [1])", "next(it)", "next(it)"],
     {"s2": {"s1": ["it"]}, "s3": {"s2": ["it"]}}),
    (["it = map(str, [1])", "for i in it: break", "list(it)"],
     {"s2": {"s1": ["it"]}, "s3": {"s2": ["it"]}}),
    (["def f(p): p.append(1)", "x = []", "f(x)", "print(x)"],
     {"s3": {"s2": ["x"]}, "s4": {"s3": ["x"]}}),
    (["def f(p): return len(p)", "x = []", "f(x)", "print(x)"],
     {"s3": {"s2": ["x"]}, "s4": {"s2": ["x"]}}),
    (["def g(p): p.append(1)\ndef f(p): g(p)", "x = []", "f(x)", "print(x)"],
     {"s3": {"s2": ["x"]}, "s4": {"s3": ["x"]}}),
    (["x = []\ndef f(): x.append(1)", "f()", "print(x)"],
     {"s2": {"s1": ["x"]}, "s3": {"s2": ["x"]}}),
    (["x = []\ndef f(v): x.append(v)", "list(map(f, [1]))", "print(x)"],
     {"s2": {"s1": ["x"]}, "s3": {"s2": ["x"]}}),
    (["5 + 5", "print(_)"], {"s2": {"s1": ["_"]}}),
    (["5 + 5;", "print(_)"], {}),
    # the world
    (["import random\nrandom.seed(1)", "x = 1", "random.random()", "random.random()"],
     {"s3": {"s1": ["@random"]}, "s4": {"s3": ["@random"]}}),
    (["import random", "random.random()", "random.random()"], {}),
    (["import numpy as np\nnp.random.seed(1)", "np.random.default_rng(2)"], {}),
    (["import numpy as np\nnp.random.seed(1)", "np.random.rand()"],
     {"s2": {"s1": ["@numpy.random"]}}),
    (["import torch, n\ntorch.manual_seed(1)", "y = 2", "x = n.net(1)", "for x in n.all: pass"],
     {"s3": {"s1": ["@torch.random"]}, "s4": {"s3": ["@torch.random"]}}),
    (["import torch\ntorch.manual_seed(1)", "print(len('a'))"], {}),
    (["open('a', 'w').write('x')", "y = 1", "open('a').read()"], {"s3": {"s1": ["@files"]}}),
    (["%%writefile a.txt\nx", "!cat a.txt"], {"s2": {"s1": ["@files"]}}),
    (["%cd sub", "x = 1"], {"s2": {"s1": ["@cwd"]}}),
    (["import os\nos.makedirs('sub')", "%cd sub"], {"s2": {"s1": ["@files"]}}),
    (["import os\nos.makedirs('sub')", "os.chdir('sub')"], {"s2": {"s1": ["@files"]}}),
    (["import os\nos.chdir('a')", "x = 1", "y = 2"],
     {"s2": {"s1": ["@cwd"]}, "s3": {"s1": ["@cwd"]}}),
    (["%env A=1", "x = 1"], {"s2": {"s1": ["@environ"]}}),
    (["%set_env A=1", "x = 1"], {"s2": {"s1": ["@environ"]}}),
    (["import numpy as np\nnp.random.seed(1)", "np.random.SeedSequence(2)"], {}),
    (["import numpy as np\nnp.set_printoptions(precision=int(input()))", "np.ones(2)"],
     {"s2": {"s1": ["@settings"]}}),
    (["x = 1", "!echo {x} $x"], {"s2": {"s1": ["x"]}}),
    ([FRAME, "k = 1", "df.query('a > @k')"], {"s3": {"s1": ["df"], "s2": ["k"]}}),
    (["xs = [1]", "ys = [x for x in xs]", "print(xs)"],
     {"s2": {"s1": ["xs"]}, "s3": {"s1": ["xs"]}}),
    (["ip = get_ipython()", "print(ip)"], {}),
    (["import os\nos.environ['A'] = str(os.getpid())", "x = 1"], {"s2": {"s1": ["@environ"]}}),
]  # fmt: skip


@pytest.mark.parametrize(("cells", "inputs"), EDGES)
def test_inputs(cells, inputs):
    plan = plan_of(*cells)
    assert inputs_of(plan) == inputs
    assert not [each for each in plan.problems if each.severity is Severity.ERROR]


# cells, what the last step replays (source of its prelude)
REPLAYS = [
    (["import a, b", "x = a.f()"], ["import a, b"]),
    (["import a; x = 1", "a.f()"], ["import a; pass"]),
    (["def f():\n  return 1\nprint(f())", "f()"], ["def f():\n  return 1\n"]),
    (["K = 2", "def f(x=K): return x", "f()"], ["K = 2", "def f(x=K): return x"]),
    ([("preamble", "from datetime import datetime\nd = datetime(2024, 1, 1)"), "x = 1", "print(d)"],
     ["from datetime import datetime\nd = datetime(2024, 1, 1)"]),
    (["import b", "class A(b.B): pass", "a = A()", "print(a)"], ["import b", "class A(b.B): pass"]),
    ([("imports", "import a\nprint(1)"), "x = 1", "y = 2"], ["import a\n"]),
    ([("functions", "def f(): pass"), "x = 1", "y = 2"], ["def f(): pass"]),
    ([("preamble", "import a\nK = 1"), "x = 1", "y = 2"], []),
    ([("preamble", "import a\nK = 1"), "x = 1", "y = K"], ["\nK = 1"]),
    (["import pandas as pd\npd.set_option('a', 1)", "pd.x"],
     ["import pandas as pd\npd.set_option('a', 1)"]),
    (["import os\nos.environ['A'] = '1'", "x = 1"], ["import os\nos.environ['A'] = '1'"]),
    (["import sys\nsys.path.insert(0, 'src')", "import mine"],
     ["import sys\nsys.path.insert(0, 'src')"]),
    (["from math import *", "sqrt(4)"], ["from math import *"]),
    (["%matplotlib inline\nimport a", "a.f()"], ["%matplotlib inline\nimport a"]),
    (["try:\n  import a\nexcept ImportError:\n  a = None", "a.f()"],
     ["try:\n  import a\nexcept ImportError:\n  a = None"]),
]  # fmt: skip


@pytest.mark.parametrize(("cells", "sources"), REPLAYS)
def test_replays(cells, sources):
    step = plan_of(*cells).steps[-1]
    assert [code.source for code in step.prelude] == sources
    assert not any(code.record for code in step.prelude)


# cells, [(code, severity, cell, line)]
PROBLEMS = [
    (["print(a)"], [("name-undefined", "error", 1, 1)]),
    (["x = 1\nprint(a)", "a = 1"], [("name-used-before-definition", "error", 1, 2)]),
    (["import c\nif c.d: print(a)"], [("name-undefined", "warning", 1, 2)]),
    (["try:\n  a\nexcept NameError: pass"], [("name-undefined", "warning", 1, 2)]),
    (["def f(): return a"], []),
    (["def f(): return a\nf()"], [("name-undefined", "warning", 1, 1)]),
    (["x = 1\ndel x", "print(x)"], [("name-undefined", "error", 2, 1)]),
    (["from math import *", "print(sqrt(a))"], []),
    (["exec('a = 1')\nprint(a)"], []),
    (["%run other.py\nprint(a)"], []),
    (["exec('a = 1')", "print(a)"], []),
    (["exec('a' + '= 1')", "print(a)"], [("name-undefined", "warning", 2, 1)]),
    (["%run other.py", "print(a)"], [("name-undefined", "warning", 2, 1)]),
    (["class A: pass", "a = A()", "class A: n = 1", "print(a, A)"],
     [("value-cannot-cross", "error", 4, None)]),
    (["class A:\n  n = []\n  def f(self): self.n.append(1)", "a = A()", "a.f()", "print(A().n)"],
     []),
    (["def g():\n  yield 1", "it = g()", "next(it)"], [("value-cannot-cross", "error", 2, 1)]),
    (["import math, time\nmath.now = time.time()", "print(math.now)"],
     [("value-cannot-cross", "error", 1, 2)]),
    (["import torch\ntorch.manual_seed(1)", "torch.rand(2)"], []),
    (["import tensorflow\ntensorflow.random.set_seed(1)", "tensorflow.rand(2)"],
     [("value-cannot-cross", "warning", 1, 2)]),
    (["print(__name__, In, Out, get_ipython(), display)"], []),
    ([("skip", "a = 1"), ("s", "print(a)")], [("name-undefined", "error", 2, 1)]),
    (["x = (", "print(a)"], [("syntax-error", "error", 1, 1)]),
    (["x = 1", ("metrics", "print(x)\ny")], [("metric-undefined", "error", 2, 2)]),
    (["f = open('a')", "f.read()"], []),
    (["f = open('a', 'w')", "f.write('b')"], [("value-cannot-cross", "error", 1, 1)]),
    (["f = open('a', mode='r+')", "f.read()"], [("value-cannot-cross", "error", 1, 1)]),
    (["f = open('a', 'w')\nf.write('b')", "f.write('c')"], [("value-cannot-cross", "error", 1, 1)]),
    (["f = open('a', 'w')\nprint('b', file=f)\nf.flush()", "f.close()"],
     [("value-cannot-cross", "error", 1, 1)]),
    (["f = open('a', 'w')\nf.write('b')\nf.close()", "f.name"], []),
    (["f = open('a', 'w')\nfor n in 'bc':\n  f.write(n)\nf.close()", "f.name"], []),
    (["def end(x): x.close()\nf = open('a', 'w')\nf.write('b')\nend(f)", "f.name"], []),
    (["import sqlite3\nc = sqlite3.connect(':memory:')", "c.close()"],
     [("value-cannot-cross", "error", 1, 2)]),
    (["import sqlite3\nc = sqlite3.connect('a.db')", "c.execute('select 1')"], []),
    (["import numpy as np\nf = np.memmap('a', shape=3)", "f.sum()"],
     [("value-cannot-cross", "error", 1, 2)]),
    (["import numpy as np\nf = np.memmap('a', mode='r')", "f.sum()"], []),
    (["import threading\nt = threading.Thread()", "t.start()"],
     [("value-cannot-cross", "error", 1, 2)]),
    (["log = []\ndef g():\n  log.append(1)\n  yield 1", "r = g()\nr = list(r)", "log"], []),
    (["import inspect, json\nn = len(inspect.getmembers(json))", "print(json.dumps(n))"], []),
    (["g = (i for i in [1])", "next(g)"], [("value-cannot-cross", "error", 1, 1)]),
    (["f = open('a')\nf.close()", "x = 1"], []),
    ([("a", "x = 1"), ("b", "y = x"), ("a", "x = 2")], [("cycle", "error", 3, None)]),
    ([("a", "x = 1"), ("b", "y = x"), ("a", "z = y")], [("cycle", "error", 1, None)]),
    ([("a", "x = 1"), ("b", "y = x"), ("a", "z = 2")], []),
    (["import m", ("a", "m.x"), ("b", "import n\nn.x"), ("a", "n.y")], []),
    ([("parameters", "a = 1\na = 2"), "x = a"], [("parameter-invalid", "error", 1, 2)]),
]  # fmt: skip


@pytest.mark.parametrize(("cells", "problems"), PROBLEMS)
def test_problems(cells, problems):
    found = plan_of(*cells).problems
    assert [(p.code.value, p.severity.value, p.cell, p.line) for p in found] == problems
    assert all(each.remedy for each in found)


PARAMETERS = [
    ("a = 1", "int", 1),
    ("a = -1.5", "float", -1.5),
    ("a = 2 ** 10 - 1", "int", 1023),
    ("a = True", "bool", True),
    ("a = 'x'", "str", "x"),
    ("a = [1, [-2]]", "list", [1, [-2]]),
    ("a = {'k': [1]}", "dict", {"k": [1]}),
    ("a = None", "str", None),
    ("a: float = 1", "float", 1),
    ("a: 'int | None' = None", "int", None),
    ("a: Optional[float] = None", "float", None),
]


@pytest.mark.parametrize(("source", "type_", "default"), PARAMETERS)
def test_parameter(source, type_, default):
    (parameter,) = plan_of(("parameters", source), "print(a)").parameters
    assert (parameter.type, parameter.default) == (type_, default)
    assert type(parameter.default) is type(default)


@pytest.mark.parametrize(
    "source", ["a = (1, 2)", "a = f()", "a = b", "a = 1e999", "a = {1: 2}", "a = 1 / 0", "a = 1j"]
)
def test_no_parameter(source):
    assert plan_of(("parameters", source), "print(a)").parameters == ()


def test_a_bound_parameter_is_not_assigned_again():
    plan = plan_of(("parameters", "a = 1; b = (2,)\nc = 3"), "print(a, b)", "print(a, b, c)")
    first, second = plan.steps
    assert [code.source for code in first.prelude] == ["pass; b = (2,)\n"]
    assert first.parameters == ("a",)
    assert second.parameters == ("a", "c")


def test_a_reassigned_parameter_is_a_value():
    plan = plan_of(("parameters", "a = 1"), "a = a * 2", "print(a)")
    assert [step.parameters for step in plan.steps] == [("a",), ()]
    assert inputs_of(plan) == {"s3": {"s2": ["a"]}}


def test_imports_run_whole_and_recorded_in_the_first_step():
    plan = plan_of(("imports", "import a\nprint('hello')"), "x = 1", "y = 1")
    assert [code.source for code in plan.steps[0].prelude] == ["import a\nprint('hello')"]
    assert plan.steps[0].prelude[0].record


def test_metrics():
    plan = plan_of("a = 1\nimport b", ("metrics", "print(a)\nc = a * 2\nb.x"))
    assert plan.steps[0].metrics == ("a", "c")
    assert [code.number for code in plan.steps[0].cells] == [1, 2]


def test_declared_order_is_kept():
    plan = plan_of("x = 1", "y = x", "z = 1", options={"s3": StepOptions(after=("s1", "s2"))})
    assert plan.steps[2].after == ("s1", "s2")
    assert plan.steps[1].after == ()


def test_declared_order_against_the_data_is_a_cycle():
    plan = plan_of("x = 1", "y = x", options={"s1": StepOptions(after=("s2",))})
    assert codes_of(plan) == ["cycle"]


def test_a_writer_of_files_waits_for_earlier_readers():
    plan = plan_of("x = open('r').read()", "open('r', mode='w').write('new')")
    assert plan.steps[1].after == ("s1",)


def test_read_only_is_what_an_installed_call_is_trusted_with():
    plan = plan_of("import m\nx = m.load()", "import m\nm.look(x)", "print(x)")
    assert plan.steps[1].read_only == ("x",)
    assert plan.steps[2].read_only == ()


def test_a_module_beside_the_notebook_is_not_trusted(tmp_path):
    (tmp_path / "mine.py").write_text("def look(x): x.append(1)\n")
    cells = ["import mine\nx = []", "mine.look(x)", "print(x)"]
    plan = plan_of(*cells, path=str(tmp_path / "nb.ipynb"))
    assert inputs_of(plan) == {"s2": {"s1": ["x"]}, "s3": {"s2": ["x"]}}


def test_names_that_share_are_taken_together():
    plan = plan_of("a = []\nb = [a]", "b[0].append(1)", "print(a)", "a.append(2)\nprint(b)")
    assert inputs_of(plan) == {
        "s2": {"s1": ["a", "b"]},
        "s3": {"s2": ["a"]},
        "s4": {"s2": ["a", "b"]},
    }


def test_the_plan_is_the_same_each_time():
    cells = ["a = []\nb = [a]\nc = {'k': b}", "c['k'].append(1)\nd = b", "print(a, b, c, d)"]
    first, second = make_plan(model_of(*cells)), make_plan(model_of(*cells))
    assert first.steps == second.steps


def test_parallel_steps_stay_parallel():
    train = "from sklearn.svm import SVC\nm{0} = SVC()\nm{0}.fit(x, y)"
    plan = plan_of(
        "from sklearn.datasets import load_iris\nx, y = load_iris(return_X_y=True)",
        train.format(1),
        train.format(2),
        "print(m1.score(x, y), m2.score(x, y))",
    )
    assert inputs_of(plan) == {
        "s2": {"s1": ["x", "y"]},
        "s3": {"s1": ["x", "y"]},
        "s4": {"s1": ["x", "y"], "s2": ["m1"], "s3": ["m2"]},
    }


def test_what_is_only_replayed_never_crosses():
    plan = plan_of("import os, sys\nsys.path.append(os.getpid())\nfrom m import *", "print(f())")
    assert inputs_of(plan) == {"s2": {"s1": ["@sys.path"]}}


FIRST_STEPS = {
    "import os\nx = os.environ.get('A')": (),
    "x = 1": (),
    "y = n": ("n",),
    "f = lambda: n": ("n",),
    "f'{n}'": ("n",),
    "globals()['n']": ("n", "m"),
    "eval('n')": ("n", "m"),
    "%time x = 1": ("n", "m"),
    "!echo $m": ("n", "m"),
}


@pytest.mark.parametrize("source", FIRST_STEPS)
def test_the_first_step_reads_only_the_parameters_that_it_may_name(source):
    plan = plan_of(("parameters", "n = 3\nm = 4"), source, "z = 1")
    assert plan.steps[0].parameters == FIRST_STEPS[source]
    assert plan.steps[-1].parameters == ()


@pytest.mark.parametrize("decorator", ["lru_cache(None)", "cache"])
def test_a_cached_function_may_call_itself(decorator):
    plan = plan_of(
        "from functools import cache, lru_cache\nrows = [[1], [2]]",
        f"@{decorator}\ndef paths(n):\n    return rows[n][0] + (paths(n - 1) if n else 0)",
        "print(paths(1))",
    )
    assert not plan.problems


TAKEN = {
    "a partial is made again": (
        [
            (
                "preamble",
                "from functools import partial\n"
                "def f(a, b):\n    return a + b\nadd = partial(f, 1)",
            ),
            "x = 1",
            "print(add(1))",
        ],
        {},
    ),
    "showing an instance changes nothing": (
        [
            "class A:\n    def __init__(self):\n        self.n = 0\n"
            "    def __repr__(self):\n        return self.text()\n"
            "    def text(self):\n        return str(self.n)\na = A()",
            "print(a)",
            "print(a)",
        ],
        {"s2": {"s1": ["a"]}, "s3": {"s1": ["a"]}},
    ),
    "a folder that a magic makes": (
        ["%mkdir d", "open('d/x', 'w').write('1')"],
        {"s2": {"s1": ["@files"]}},
    ),
    "the system's generator has no seed": (
        ["import random\nrandom.seed(1)", "x = random.SystemRandom()", "print(random.random())"],
        {"s3": {"s1": ["@random"]}},
    ),
    "what goes backwards goes on": (
        ["r = reversed([1, 2, 3])", "print(next(r))", "print(list(r))"],
        {"s2": {"s1": ["r"]}, "s3": {"s2": ["r"]}},
    ),
}


@pytest.mark.parametrize("title", TAKEN)
def test_what_a_step_takes_from_others(title):
    cells, inputs = TAKEN[title]
    assert inputs_of(plan_of(*cells)) == inputs


def test_a_shift_of_literals_is_no_parameter():
    assert [each.name for each in plan_of(("parameters", "n = 1 << 3\nm = 4"), "m").parameters] == [
        "m"
    ]
