"""What functions of the user's own modules set, read from their text."""

from pathlib import Path

import pytest

from jupyter_kfp_ext.analysis import world
from jupyter_kfp_ext.analysis.helper_effects import HelperEffects

HELPER = """
import csv, decimal, logging, os, random, sys, warnings
import matplotlib as mpl
import numpy as np
import torch
from numpy import random as draws
from . import beside
from other import prepare as elsewhere, missing
import mine

def seeds(n):
    random.seed(n); draws.seed(n); torch.manual_seed(n)
def environment(): os.environ["A"] = "1"
def removes(): del os.environ["A"]
def folder(): os.chdir("..")
def path(): sys.path.insert(0, "lib")
def prints(): np.set_printoptions(precision=2)
def style():
    mpl.rcParams["lines.linewidth"] = 2
def patch(): np.mean = len
def logger(name):
    log = logging.getLogger(name)
    log.setLevel(10)
    return log
def context(): decimal.getcontext().prec = 5
def by_another(): prints()
def by_module(): elsewhere()
def by_itself(n):
    by_itself(n - 1)
    prints()
def inner():
    def later(): prints()
    return later
def own_objects(data):
    made = np.zeros(3)
    made[0] = 1
    made.shape = (3, 1)
    data.name = "x"
    data["a"] = 2
    mine.state = 3
def looks():
    return os.environ["A"], np.mean, csv.list_dialects()
class Trainer:
    def __init__(self): random.seed(1)
    @staticmethod
    def again(): np.random.seed(1)
    def setup(self): warnings.filterwarnings("ignore")
"""


@pytest.fixture
def effects(tmp_path: Path) -> HelperEffects:
    (tmp_path / "helper.py").write_text(HELPER)
    (tmp_path / "mine.py").write_text("state = 1\n")
    (tmp_path / "other.py").write_text("import csv\ndef prepare(): csv.register_dialect('mine')\n")
    (tmp_path / "broken.py").write_text("def (")
    return HelperEffects([tmp_path / "nowhere", tmp_path])


@pytest.mark.parametrize(
    ("name", "settings"),
    [
        ("prints", {"numpy.set_printoptions"}),
        ("style", {"matplotlib.rcParams"}),
        ("patch", {"numpy.mean"}),
        ("logger", {"logging.setLevel"}),
        ("context", {"decimal.getcontext.prec"}),
        ("by_another", {"numpy.set_printoptions"}),
        ("by_module", {"csv.register_dialect"}),
        ("by_itself", {"numpy.set_printoptions"}),
        ("inner", set()),
        ("own_objects", set()),
        ("looks", set()),
        ("missing", set()),
        ("nowhere", set()),
    ],
)
def test_libraries_that_a_function_sets_up(effects, name, settings):
    assert effects(f"helper.{name}").settings == settings


@pytest.mark.parametrize(
    ("name", "writes", "sets"),
    [
        ("seeds", set(), {world.RANDOM, world.NUMPY_RANDOM, world.TORCH_RANDOM}),
        ("environment", {world.ENVIRON}, set()),
        ("removes", {world.ENVIRON}, set()),
        ("folder", {world.CWD}, set()),
        ("path", {world.SYS_PATH}, set()),
        ("Trainer", set(), {world.RANDOM}),
        ("Trainer.again", set(), {world.NUMPY_RANDOM}),
        ("looks", set(), set()),
    ],
)
def test_what_a_function_does_to_the_world(effects, name, writes, sets):
    effect = effects(f"helper.{name}").effect
    assert (effect.writes, effect.sets) == (writes, sets)


@pytest.mark.parametrize(
    ("body", "sets", "may_set"),
    [
        ("random.seed(n)", {world.RANDOM}, set()),
        ("with open('x'): random.seed(n)", {world.RANDOM}, set()),
        ("if n: random.seed(n)", set(), {world.RANDOM}),
        ("for each in n: random.seed(each)", set(), {world.RANDOM}),
        ("if n: random.seed(n)\n    random.seed(1)", {world.RANDOM}, set()),
        ("inner(n)", set(), {world.RANDOM}),
        ("if n: return\n    random.seed(n)", set(), {world.RANDOM}),
        ("match n:\n        case 1: random.seed(n)", set(), {world.RANDOM}),
    ],
)
def test_a_seed_in_a_branch_may_be_set(tmp_path: Path, body, sets, may_set):
    text = f"import random\ndef f(n):\n    {body}\ndef inner(n):\n    if n: random.seed(n)\n"
    (tmp_path / "helper.py").write_text(text)
    effect = HelperEffects([tmp_path])("helper.f").effect
    assert (effect.sets, effect.may_set) == (sets, may_set)


def test_a_function_that_returns_something_is_called_for_it(effects):
    given = {name for name in ("logger", "looks", "Trainer") if effects(f"helper.{name}").gives}
    assert given == {"logger", "looks", "Trainer"}
    assert not effects("helper.prints").gives


def test_methods_are_known_by_their_names_once_their_module_was_read(effects):
    assert not effects.of_method("setup").settings
    effects("helper.seeds")
    assert effects.of_method("setup").settings == {"warnings.filterwarnings"}


@pytest.mark.parametrize("dotted", ["broken.f", "broken", "", ".f", "helper..f", "numpy.mean"])
def test_what_cannot_be_read_sets_nothing(effects, dotted):
    found = effects(dotted)
    assert not found.settings
    assert found.effect == world.NONE


def test_an_import_runs_its_packages_and_imports(tmp_path: Path):
    (tmp_path / "tools").mkdir()
    (tmp_path / "tools" / "__init__.py").write_text("import sys; sys.path.append('lib')\n")
    (tmp_path / "tools" / "style.py").write_text("import seeds\nfrom . import prints\n")
    (tmp_path / "tools" / "prints.py").write_text(
        "from . import style\nimport warnings\nwarnings.simplefilter('error')\n"
    )
    (tmp_path / "seeds.py").write_text("import random; random.seed(3)\n")
    found = HelperEffects([tmp_path]).of_import("tools.style")
    assert found.settings == {"warnings.simplefilter"}
    assert found.effect == world.Effect(
        writes=frozenset({world.SYS_PATH}), sets=frozenset({world.RANDOM})
    )


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("import uuid\nRUN = uuid.uuid4().hex", {"RUN"}),
        ("from time import time as now\nt = [now()]", {"t"}),
        ("from datetime import datetime\nDAY: str = str(datetime.now())", {"DAY"}),
        ("import time\nT = time.time()\nPATH = f'out/{T}'\nLIMIT = 3", {"T", "PATH"}),
        ("import time\na, (b, *c) = time.time(), (1, 2)", {"a", "b", "c"}),
        ("import random\nclass Run:\n    id = random.random()\n    size = 3", {"Run.id"}),
        ("import random\ndef new(): return random.random()\nRUN = new()", {"RUN"}),
        ("import random\ndef new(): return new()\nRUN = new()", set()),
        ("import time\nT = time.time()\ndef new(): return T\nRUN = new()", {"T", "RUN"}),
        ("import time\nnow = lambda: time.time()", set()),
        ("import time\ndef now(): return time.time()", set()),
        ("import time\nif 1:\n    try: T = time.time()\n    except E: T = 0", {"T"}),
        ("import time\nif __name__ == '__main__': T = time.time()", set()),
        ("from other import RUN as R\nOWN = R", {"R", "OWN"}),
        ("import os\nPID, KEY = os.getpid(), object()", set()),
        ("import os\nMODE = os.environ['MODE']", {"MODE"}),
        ("import os\nMODE = os.getenv('MODE')", {"MODE"}),
        ("import numpy as np\nrng = np.random.default_rng(0)", set()),
        ("from functools import cache\n@cache\ndef f(): print(1)", {"f"}),
        ("import time, functools\n@functools.lru_cache(2)\ndef f(): return time.time()", {"f"}),
        ("from functools import cache\n@cache\ndef f(n): return n * n", set()),
    ],
)
def test_variables_that_each_import_computes_anew(tmp_path: Path, text, kept):
    (tmp_path / "helper.py").write_text(text)
    (tmp_path / "other.py").write_text("import uuid\nRUN = uuid.uuid1()")
    found = HelperEffects([tmp_path], environ_changes=True).of_import("helper").kept
    assert found - {"other.RUN"} == {f"helper.{name}" for name in kept}


def test_what_reads_an_environment_that_never_changes_stays_the_same(tmp_path: Path):
    (tmp_path / "helper.py").write_text("import os\nMODE = os.environ['MODE']")
    assert not HelperEffects([tmp_path]).of_import("helper").kept


@pytest.mark.parametrize(
    ("text", "loads"),
    [
        ("print('here')", True),
        ("import random\nrandom.seed(1)", True),
        ("for each in (): pass", True),
        ("with open('x') as file: text = file.read()", True),
        ("import os\nos.environ['A'] = 'b'", True),
        ("import mine", True),
        ("'What it is for.'\nimport os\nLIMIT = os.cpu_count()\ndef f(): print(1)", False),
        ("if __name__ == '__main__': print(1)", False),
    ],
)
def test_modules_whose_first_import_does_something(tmp_path: Path, text, loads):
    (tmp_path / "helper.py").write_text(text)
    (tmp_path / "mine.py").write_text("print('here')")
    (tmp_path / "caller.py").write_text("def f():\n    import helper\n")
    effects = HelperEffects([tmp_path])
    assert bool(effects.of_import("helper").loads) == loads
    assert effects("caller.f").loads == effects.of_import("helper").loads


def test_a_seed_by_an_import_within_a_function_may_be_set(tmp_path: Path):
    (tmp_path / "helper.py").write_text("import random\nrandom.seed(1)")
    (tmp_path / "caller.py").write_text("def f():\n    import helper\n")
    effect = HelperEffects([tmp_path])("caller.f").effect
    assert (effect.sets, effect.may_set) == (frozenset(), {world.RANDOM})


@pytest.mark.parametrize(
    ("function", "patches"),
    [
        ("def f(cls): cls.run = 1", True),
        ("def f(cls): setattr(cls, 'run', 1)", True),
        ("def f(*, cls):\n    del cls.run", True),
        ("def f(cls):\n    def inner(): cls.run = 1\n    inner()", True),
        ("def f(cls): return cls.run", False),
        ("def f(self): other.run = 1", False),
    ],
)
def test_functions_that_store_in_what_they_are_given(tmp_path: Path, function, patches):
    (tmp_path / "helper.py").write_text(function)
    assert HelperEffects([tmp_path])("helper.f").patches == patches


def test_a_module_is_read_again_once_it_changed(tmp_path: Path):
    path = tmp_path / "helper.py"
    path.write_text("import random\ndef f(): random.seed(1)\n")
    assert HelperEffects([tmp_path])("helper.f").effect.sets == {world.RANDOM}
    path.write_text("import random\ndef f(): pass\n")
    assert not HelperEffects([tmp_path])("helper.f").effect.sets
