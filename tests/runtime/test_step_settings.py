"""Settings of libraries hold in later steps, as they do in a kernel's later cells."""

import re

import pytest
from step_process import cell, make_slice, run_step, slots

WARN = "import warnings\nwarnings.warn('careful')"
SETTINGS = {
    "numpy prints": ("import numpy as np\nnp.set_printoptions(precision=2)", "np.array([1 / 3])"),
    "numpy errors": (
        "import numpy as np\nnp.seterr(all='raise')",
        "try:\n    print(np.float64(1) / 0)\nexcept FloatingPointError as e:\n    print(e)",
    ),
    "pandas, called": (
        "import pandas as pd\npd.set_option('display.precision', 2)",
        "pd.DataFrame({'a': [1 / 3]})",
    ),
    "pandas, assigned": (
        "import pandas as pd\npd.options.display.max_rows = 4",
        "pd.DataFrame({'a': range(20)})",
    ),
    "matplotlib": (
        "import matplotlib.pyplot as plt\nplt.rcParams['figure.figsize'] = (2, 1)",
        "plt.plot([1, 2]);",
    ),
    "matplotlib style": (
        "import matplotlib.pyplot as plt\nplt.style.use('ggplot')",
        "plt.figure(figsize=(1, 1))\nplt.plot([1, 2]);",
    ),
    "scikit-learn": (
        "import sklearn\nsklearn.set_config(transform_output='pandas')",
        "sklearn.get_config()['transform_output']",
    ),
    "ignored warnings": ("import warnings\nwarnings.simplefilter('ignore')", WARN),
    "no filters": ("import warnings\nwarnings.resetwarnings()", "print(warnings.filters)"),
    "one filter": (
        "import warnings\nwarnings.filterwarnings('error', message='.*full.*', module='x')",
        "print(warnings.filters[0])",
    ),
    "filter of a package": (
        "import warnings\nfrom sklearn.exceptions import ConvergenceWarning as W\n"
        "warnings.simplefilter('error', W)",
        "try:\n    warnings.warn('slow', W)\nexcept W as e:\n    print(repr(e))",
    ),
    "filter of the notebook": (
        "import warnings\nclass Own(Warning): pass\nwarnings.simplefilter('error', Own)",
        "try:\n    warnings.warn('own', Own)\nexcept Own as e:\n    print(repr(e))",
    ),
    "basicConfig": (
        "import logging\nlogging.basicConfig(level='INFO', format='%(levelname)s:%(message)s')",
        "logging.info('shown')\nlogging.debug('not')",
    ),
    "logger": (
        "import logging\nlogging.getLogger('app').setLevel('DEBUG')",
        "print(logging.getLogger('app.part').getEffectiveLevel())",
    ),
    "handler": (
        "import logging, sys\nhandler = logging.StreamHandler(sys.stdout)\n"
        "handler.setFormatter(logging.Formatter('{name}! {message}', style='{'))\n"
        "logging.getLogger('app').addHandler(handler)",
        "logging.getLogger('app').warning('text')",
    ),
    "logging switched off": ("import logging\nlogging.disable()", "logging.error('x')\nprint(1)"),
    "decimal": (
        "import decimal\ndecimal.getcontext().prec = 5",
        "print(decimal.Decimal(1) / 3)",
    ),
    "locale": (
        "import locale\nlocale.setlocale(locale.LC_ALL, 'C.UTF-8')",
        "print(locale.setlocale(locale.LC_ALL))",
    ),
    "arguments": ("import sys\nsys.argv = ['tool', '-v']", "import sys\nprint(sys.argv)"),
    "recursion": (
        "import sys\nsys.setrecursionlimit(4321)",
        "import sys\nprint(sys.getrecursionlimit())",
    ),
    "time zone": (
        "import os, time\nos.environ['TZ'] = 'Asia/Tokyo'\ntime.tzset()",
        "print(time.strftime('%Z', time.localtime(0)))",
    ),
}
CROSSING = ("@settings", "@environ")


def pass_on(tmp_path, *slices):
    """Run steps one after another, each with what the one before it left; return all outcomes."""
    done = []
    for number, fields in enumerate(slices):
        inputs = {}
        if done:
            fields["inputs"] = slots(*CROSSING, prefix="p__")
            inputs = {f"p__{name[1:]}": done[-1].artifact(name[1:]) for name in CROSSING}
        slice_ = make_slice(outputs=slots(*CROSSING), **fields)
        done.append(run_step(tmp_path / str(number), slice_, inputs=inputs))
        assert done[-1].code == 0, done[-1].stderr
    return done


def imports_of(source):
    """The lines that a plan replays in later steps."""
    lines = source.splitlines()
    return "\n".join(line for line in lines if line.startswith(("import", "from", "class")))


@pytest.mark.parametrize("name", SETTINGS)
def test_a_setting_holds_in_later_steps(name, tmp_path):
    make, use = SETTINGS[name]
    whole = run_step(tmp_path / "whole", make_slice(make, use))
    prelude = [cell(imports_of(make), 1, record=False)]
    between = {"cells": [cell("x = 1", 2)]}
    last = {"prelude": prelude, "cells": [cell(use, 2)]}
    split = pass_on(tmp_path, {"cells": [cell(make)]}, between, last)[-1]
    assert bool(whole.outputs(2)) == (name != "ignored warnings")
    assert without_file_names(split.outputs(2)) == without_file_names(whole.outputs(2))


def without_file_names(outputs):
    return re.sub(r"/[^ ]*\.py", "<cell>", repr(outputs))


def test_a_filter_waits_for_the_package_of_its_category(tmp_path):
    make, use = SETTINGS["filter of a package"]
    late = {
        "cells": [
            cell(f"import warnings\nfrom sklearn.exceptions import ConvergenceWarning as W\n{use}")
        ]
    }
    last = pass_on(tmp_path, {"cells": [cell(make)]}, {"cells": [cell("1")]}, late)[-1]
    assert last.stdout == "ConvergenceWarning('slow')\n"


def test_nothing_is_imported_for_the_sake_of_settings(tmp_path):
    make = "import numpy as np\nnp.set_printoptions(precision=2)"
    make += "\nimport decimal\ndecimal.getcontext().prec = 9"
    use = "import sys\nprint(sorted({'numpy', 'decimal', 'sklearn'} & set(sys.modules)))"
    assert pass_on(tmp_path, {"cells": [cell(make)]}, {"cells": [cell(use)]})[1].stdout == "[]\n"


def test_a_setting_can_be_taken_back(tmp_path):
    steps = [
        "import numpy as np\nnp.set_printoptions(precision=2)",
        "import numpy as np\nprint(np.array([1 / 3]))\nnp.set_printoptions(precision=8)",
        "import numpy as np\nprint(np.array([1 / 3]))",
    ]
    done = pass_on(tmp_path, *({"cells": [cell(each)]} for each in steps))
    assert [each.stdout for each in done[1:]] == ["[0.33]\n", "[0.33333333]\n"]


def test_imports_of_the_prelude_do_not_come_before_filters_of_earlier_steps(tmp_path):
    package = "import warnings\nwarnings.filterwarnings('always', category=UserWarning)\n"
    write = (
        f"import os\nopen('lib.py', 'w').write({package!r})\nimport sys\nsys.path.insert(0, '')\n"
    )
    make = f"{write}import lib, warnings\nwarnings.simplefilter('ignore')"
    prelude = [cell(f"{write}import lib", 1, record=False)]
    use = {
        "prelude": prelude,
        "cells": [cell(WARN, 2), cell(f"warnings.simplefilter('default')\n{WARN}", 3)],
    }
    step = pass_on(tmp_path, {"cells": [cell(make)]}, use)[1]
    assert step.outputs(2) == []
    assert "careful" in step.outputs(3)[0]["text"]


REFUSED = {
    "handler": (
        "import logging, logging.handlers\n"
        "logging.getLogger().addHandler(logging.handlers.MemoryHandler(9))",
        "MemoryHandler",
    ),
    "own formatter": (
        "import logging\nclass F(logging.Formatter): pass\nh = logging.StreamHandler()\n"
        "h.setFormatter(F())\nlogging.getLogger().addHandler(h)",
        "formatter",
    ),
    "function": (
        "import numpy as np\nnp.set_printoptions(formatter={'float': lambda x: 'f'})",
        "numpy",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_made_again_is_refused(name, tmp_path):
    source, said = REFUSED[name]
    step = run_step(tmp_path, make_slice(source, outputs=slots("@settings")))
    assert step.error["name"] == "value-cannot-cross"
    assert said in step.error["message"]


def test_a_log_file_goes_on(tmp_path):
    make = "import logging\nlogging.basicConfig(filename='a.log', format='%(message)s')"
    done = pass_on(
        tmp_path,
        {"cells": [cell(f"{make}\nlogging.error('one')")]},
        {"cells": [cell("import logging\nlogging.error('two')\nprint(open('a.log').read())")]},
    )
    assert done[1].stdout == "two\n\n"


TORCH = """
class State(list):
    def numpy(self): return self
    def tobytes(self): return bytes(self)
uint8 = 'u1'
state = State([0])
def get_rng_state(): return State(state)
def set_rng_state(new): state[:] = new
def frombuffer(data, dtype): return State(data)
def rand(): state[0] += 1; return state[0]
class cuda:
    is_available = staticmethod(lambda: False)
"""


def test_torchs_generator_goes_on(tmp_path):
    """A stand-in with torch's functions; torch itself is too large for a test."""
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib" / "torch.py").write_text(TORCH)
    env = {"PYTHONPATH": str(tmp_path / "lib")}
    first = make_slice("import torch; torch.rand()", outputs=slots("@torch.random"))
    done = run_step(tmp_path / "1", first, env=env)
    second = make_slice(
        "import torch; print(torch.rand())", inputs=slots("@torch.random", prefix="p__")
    )
    inputs = {"p__torch.random": done.artifact("torch.random")}
    assert run_step(tmp_path / "2", second, env=env, inputs=inputs).stdout == "2\n"


def test_torch_is_not_imported_for_the_state_of_its_generator(tmp_path):
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib" / "torch.py").write_text(TORCH)
    env = {"PYTHONPATH": str(tmp_path / "lib")}
    names, given = slots("@torch.random"), slots("@torch.random", prefix="p__")
    first = make_slice("import torch; torch.rand()", outputs=names)
    done = run_step(tmp_path / "1", first, env=env)
    between = make_slice("import sys; print('torch' in sys.modules)", inputs=given, outputs=names)
    inputs = {"p__torch.random": done.artifact("torch.random")}
    done = run_step(tmp_path / "2", between, env=env, inputs=inputs)
    assert done.stdout == "False\n"
    last = make_slice("import torch; print(torch.rand())", inputs=given)
    inputs = {"p__torch.random": done.artifact("torch.random")}
    assert run_step(tmp_path / "3", last, env=env, inputs=inputs).stdout == "2\n"
