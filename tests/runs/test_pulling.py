"""Values of steps, brought into files and into a kernel's namespace."""

import json
import pickle

import pytest
from notebook_runs import Workshop

from jupyter_kfp_ext.errors import KfpExtError
from jupyter_kfp_ext.runs.pulling import outputs_of, pull_into, pull_to_file
from tests.support.notebooks import code_cell

CELLS = [
    code_cell("import numpy as np, pandas as pd\nclass Point:\n    x = 3", role="imports"),
    code_cell(
        "table = pd.DataFrame({'a': [1, 2]})\nnumbers = np.arange(4)\nword = 'said'\n"
        "shared = [1]\nboth = [shared, shared]\npoint = Point()\nlock = Point\n"
        "nested = {'t': (1, 2), 's': {3}}\nfunction = lambda y: y + shared[0]",
        step="make",
    ),
    code_cell(
        "score = float(len(table) + len(numbers) + len(word) + len(both) + point.x + len(nested))\n"
        "function(1), shared",
        step="use",
    ),
    code_cell("score", role="metrics"),
]


@pytest.fixture(name="run", scope="module")
def one_run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pulling")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JUPYTER_KFP_HOME", str(folder / "home"))
        shop = Workshop(folder / "home", folder / "project")
        shop.write(*CELLS)
        status = shop.run()
        assert status.state.value == "SUCCEEDED", status
        yield status.id


FILES = {
    ("table", "t.csv"): lambda path: path.read_text() == ",a\n0,1\n1,2\n",
    ("table", "t.json"): lambda path: json.loads(path.read_text()) == {"a": {"0": 1, "1": 2}},
    ("numbers", "n.npy"): lambda path: path.read_bytes()[:6] == b"\x93NUMPY",
    ("numbers", "n.json"): lambda path: json.loads(path.read_text()) == [0, 1, 2, 3],
    ("word", "w.txt"): lambda path: path.read_text() == "said",
    ("nested", "n.json"): lambda path: json.loads(path.read_text()) == {"t": [1, 2], "s": [3]},
    ("nested", "n.pkl"): lambda path: pickle.loads(path.read_bytes()) == {"t": (1, 2), "s": {3}},
}


@pytest.mark.parametrize(("name", "file"), FILES)
def test_the_suffix_says_the_form(run, tmp_path, name, file):
    assert pull_to_file(run, "make", name, tmp_path / file) == "value"
    assert FILES[name, file](tmp_path / file)
    assert [path.name for path in tmp_path.iterdir()] == [file]


def test_a_metric_is_written_as_json(run, tmp_path):
    assert pull_to_file(run, "use", "score", tmp_path / "score") == "parameter"
    assert json.loads((tmp_path / "score").read_text()) == 17.0


@pytest.mark.parametrize(
    ("step", "name", "file", "code"),
    [
        ("make", "nothing", "x.json", "usage"),
        ("nowhere", "x", "x.json", "step-missing"),
        ("make", "point", "x.json", "value-cannot-cross"),
        ("make", "word", "x.parquet", "value-cannot-cross"),
    ],
)
def test_what_cannot_be_written_says_why(run, tmp_path, step, name, file, code):
    with pytest.raises(KfpExtError) as raised:
        pull_to_file(run, step, name, tmp_path / file)
    assert raised.value.code.value == code
    assert not list(tmp_path.iterdir())


def test_one_object_is_one_object_in_the_kernel(run):
    namespace = {}
    pull_into(namespace, run, "make", ["both", "shared"])
    assert namespace["both"] == [[1], [1]]
    assert namespace["both"][0] is namespace["both"][1] is namespace["shared"]


def test_nothing_is_bound_where_one_name_is_missing(run):
    namespace = {}
    with pytest.raises(KfpExtError) as raised:
        pull_into(namespace, run, "make", ["shared", "nothing"])
    assert raised.value.code.value == "usage"
    assert "shared" in str(raised.value)
    assert namespace == {}


def test_outputs_are_known_by_name(run):
    outputs = outputs_of(run, "make")
    assert {"table", "numbers", "word", "shared", "both", "point"} <= outputs.places.keys()
    assert outputs_of(run, "use").numbers == {"score": 17.0}


def test_the_command_line_writes_a_file(run, kfp_command_in, tmp_path):
    called = kfp_command_in("pull", run, "make", "word", "-o", tmp_path / "w.txt", "--json")
    assert called.code == 0, called.err
    assert called.json["kind"] == "value"
    assert (tmp_path / "w.txt").read_text() == "said"
    assert kfp_command_in("pull", run, "make", "nothing", "-o", tmp_path / "x").code == 2


@pytest.fixture(name="kfp_command_in")
def command(tmp_path):
    import os
    from functools import partial

    from tests.conftest import ROOT
    from tests.support.command_line import call_kfp

    path = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
    return partial(call_kfp, cwd=tmp_path, PYTHONPATH=path)
