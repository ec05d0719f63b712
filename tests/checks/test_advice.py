"""Small notebooks -> the advice on them; as many rows on which nothing is said."""

import pytest
from check_cases import problems_of, said

from jupyter_kfp_ext.errors import Code

CACHED = {"step": "a", "cache": True}
BIG = "x = '" + "A" * 100_001 + "'\nprint(x)"

# cells, what is said
SAID = [
    # what gives another result each time
    (["import numpy as np\nprint(np.random.rand(3))"], ["not-repeatable info 1.2"]),
    (["from numpy import random\nprint(random.normal())"], ["not-repeatable info 1.2"]),
    (["import random\ndef f(): return random.random()\nprint(f())"], ["not-repeatable info 1.2"]),
    (["import datetime as dt\nprint(dt.datetime.now())"], ["not-repeatable info 1.2"]),
    (["from datetime import date\nprint(date.today())"], ["not-repeatable info 1.2"]),
    (["from uuid import uuid4\nprint(uuid4())"], ["not-repeatable info 1.2"]),
    (["import requests\nprint(requests.get('http://a.b'))"], ["not-repeatable info 1.2"]),
    (["import pandas as pd\nprint(pd.read_csv('https://a.b/c.csv'))"], ["not-repeatable info 1.2"]),
    (["import numpy as np\nprint(np.random.default_rng().random())"], ["not-repeatable info 1.2"]),
    (["from sklearn.model_selection import train_test_split as t\nprint(t([1, 2]))"],
     ["not-repeatable info 1.2"]),
    ([(CACHED, "import time\nprint(time.time())")], ["not-repeatable warning 1.2"]),
    ([(CACHED, "import os\nprint(os.getenv('A'))")], ["not-repeatable warning 1.2"]),
    # questions and installations
    (["n = input()\nprint(n)"], ["input-asked warning 1.1"]),
    (["def f(): return input()\nprint(1)"], ["input-asked info 1.1"]),
    (["import getpass\np = getpass.getpass('key')\nprint(len(p))"], ["input-asked warning 1.2"]),
    (["%pip install -q xgboost\nprint(1)"], ["package-installed info 1.1"]),
    (["print(1)\n!pip install 'pandas>=2' numpy"], ["package-installed info 1.2"]),
    # secrets
    (["password = 'kX93-pqR2!z'\nprint(len(password))"], ["secret-in-code warning 1.1"]),
    (["import os\nos.environ['API_KEY'] = 'q8Zt0Lw3x9'\nprint(1)"], ["secret-in-code warning 1.2"]),
    (["print(len('ghp_abcdefghijklmnopqrstuvwxyz0123456789'))"], ["secret-in-code warning 1.1"]),
    (["u = 'postgresql://ada:s3cr3tpw@db/x'\nprint(len(u))"], ["secret-in-code warning 1.1"]),
    (["%env AUTH_TOKEN=q8Zt0Lw3x9aa\nprint(1)"], ["secret-in-code warning 1.1"]),
    # places of this machine
    (["print(open('/home/ada/a.txt').read())"], ["path-not-portable info 1.1"]),
    (["import pandas as pd\nprint(pd.read_csv('~/a.csv'))"], ["path-not-portable info 1.2"]),
    (["data_dir = '/data/images'\nprint(data_dir)"], ["path-not-portable info 1.1"]),
    (["from pathlib import Path\nprint(Path.home())"], ["path-not-portable info 1.2"]),
    (["%cd /home/ada/work\nprint(1)"], ["path-not-portable info 1.1"]),
    ([({"step": "a", "image": "python:3.12"}, "print(open('/data/a/b').read())")],
     ["path-not-portable warning 1.1"]),
    # data in the code
    ([BIG], ["literal-too-big warning 1.1"]),
    (["x = [\n" + "  1234567890,\n" * 9_000 + "]\nprint(x)"], ["literal-too-big warning 1.1"]),
    # steps for nothing
    (["import json", "print(json.dumps(1))"], ["step-idle info 1.None"]),
    (["def f(): return 1", "print(f())"], ["step-idle info 1.None"]),
    (["# later", "print(1)"], ["step-idle info 1.None"]),
    (["x = 1", "print(2)"], ["step-idle info 1.None"]),
]  # fmt: skip

QUIET = [
    ["import numpy as np\nnp.random.seed(0)\nprint(np.random.rand(3))"],
    ["import numpy as np\nprint(np.random.default_rng(1).random())"],
    ["import random\nrandom.seed(1)", "import random\nprint(random.random())"],
    ["import time\nt = time.time()\nprint(time.time() - t > 0)"],
    ["from sklearn.cluster import KMeans\nprint(KMeans(3, random_state=0))"],
    ["from sklearn.model_selection import train_test_split as t\nprint(t([1], shuffle=False))"],
    ["random = [1]\nprint(random.index(1))"],
    [({"step": "a", "cache": False}, "import uuid\nprint(uuid.uuid4())")],
    ["import time\nprint(time.strftime('%Y', time.gmtime(0)))"],
    ["def input(): return 1\nprint(input())"],
    ["print('input()')"],
    ["!pip list\nprint(1)"],
    ["password = 'your-password'\nprint(password)"],
    ["password = ''\nprint(password)"],
    ["token = 'hello'\npad_token = '<pad>'\nprint(token)"],
    ["import os\npassword = os.environ.get('DB_PASSWORD')\nprint(password)"],
    ["d = {'password': 'DB_PASSWORD'}\nprint(d)"],
    ["u = 'postgresql://{user}:{password}@db/x'\nprint(len(u))"],
    ["print(open('/tmp/a').read(), open('/dev/null').read(), open('data/a.csv').read())"],
    ["import re\nprint(re.findall('/a/b', '/a/b/c'))"],
    ["import requests\nurl = '/api/v1'\nprint(url)"],
    [({"step": "a", "volumes": [{"claim": "c", "path": "/d"}]}, "print(open('/d/a').read())")],
    ["x = 'A' * 10\nprint(x)"],
    ["x = 1", "print(x)"],
    ["x = print(1)", "print(2)"],
    ["import json\nopen('a', 'w')", "print(1)"],
    [({"role": "imports"}, "import json"), "print(json.dumps(1))"],
    ["print(1)"],
]  # fmt: skip


@pytest.mark.parametrize(("cells", "expected"), SAID)
def test_said(cells, expected):
    assert said(*cells) == expected


@pytest.mark.parametrize("cells", QUIET)
def test_quiet(cells):
    assert said(*cells) == []


def test_a_whole_pipeline_without_caching_may_draw():
    assert said("import uuid\nprint(uuid.uuid4())", cache=False) == []
    assert said("import uuid\nprint(uuid.uuid4())", cache=True) == ["not-repeatable warning 1.2"]


def test_places_are_exact_also_behind_letters_of_several_bytes():
    [problem] = problems_of("ä = '…'; print(open('/home/ä/x').read())")
    line = "ä = '…'; print(open('/home/ä/x').read())"
    assert (problem.line, problem.end_line) == (1, 1)
    assert line[problem.column : problem.end_column] == "'/home/ä/x'"


def test_a_line_that_ipython_rewrites_has_no_columns():
    [problem] = problems_of("%pip install a\nprint(1)")
    assert (problem.line, problem.column, problem.end_column) == (1, None, None)


def test_a_secret_is_never_repeated():
    [problem] = problems_of("password = 'kX93-pqR2!z'\nprint(len(password))")
    assert "kX93" not in str(problem)


# execution counts, cells, the cell that is named
ORDERS = [
    ([1, 2], ["x = 1", "print(x)"], None),
    ([5, 9], ["x = 1", "print(x)"], None),
    ([3, 2], ["x = 1", "print(x)"], 1),
    ([3, 2], ["x = 1", "y = 2\nprint(y)"], None),
    ([3, None], ["x = 1", "print(x)"], None),
    ([2, 1], ["import os", "import os\nprint(os.sep)"], None),
    ([1, 4, 3], ["x = 1", "x = x + 1\nprint(x)", "x = x * 2\nprint(x)"], 2),
]


@pytest.mark.parametrize(("counts", "cells", "cell"), ORDERS)
def test_hidden_order(counts, cells, cell):
    found = [each for each in problems_of(*cells, counts=counts) if each.code is Code.HIDDEN_ORDER]
    assert [each.cell for each in found] == ([] if cell is None else [cell])


@pytest.mark.parametrize(
    ("file", "cell", "expected"),
    [
        ("random.py", "print(1)", ["module-shadowed info None.None"]),
        ("json.py", "import json\nprint(json)", ["helper-refused error 1.1"]),
        ("yaml.py", "from yaml import load\nprint(load)", ["module-shadowed info 1.1"]),
        ("yaml.py", "print(1)", []),
        ("mine.py", "import mine\nprint(mine)", []),
    ],
)
def test_a_module_with_the_name_of_another(tmp_path, file, cell, expected):
    (tmp_path / file).write_text("load = 1\n")
    assert said(cell, path=tmp_path / "nb.ipynb") == expected
