"""Images that have less: no IPython, no numpy, an older Python, no writable home."""

import shutil
import site
import subprocess
import sys
from pathlib import Path

import pytest
from step_process import make_slice, run_step, slots

BARE = (sys.executable, "-S")
"""A Python without its installed packages."""
OTHERS = [f"3.{minor}" for minor in range(9, 15) if (3, minor) != sys.version_info[:2]]


def test_plain_cells_need_no_ipython(tmp_path):
    step = run_step(
        tmp_path,
        make_slice(
            "x = [1, 2]\nx",
            "class H:\n    def _repr_html_(self): return '<b>h</b>'\n"
            "    def __repr__(self): return 'H'",
            "H()",
            "display(H())",
            "{1, 2}",
            "import asyncio\nawait asyncio.sleep(0)\n'awaited'",
            "try:\n    get_ipython()\nexcept NameError as e:\n    print(e)",
            outputs=slots("x"),
        ),
        python=BARE,
    )
    assert step.code == 0, step.stderr
    assert step.outputs(1)[0]["data"] == {"text/plain": "[1, 2]"}
    rich = {"text/plain": "H", "text/html": "<b>h</b>"}
    assert step.outputs(3)[0]["data"] == rich
    assert step.outputs(3)[0]["execution_count"] == 3
    assert (step.outputs(4)[0]["output_type"], step.outputs(4)[0]["data"]) == ("display_data", rich)
    assert step.outputs(5)[0]["data"] == {"text/plain": "{1, 2}"}
    assert step.outputs(6)[0]["data"] == {"text/plain": "'awaited'"}
    assert step.outputs(7)[0]["text"] == "name 'get_ipython' is not defined\n"
    assert step.index("x")["x"]["type"] == "list"


@pytest.fixture
def without_ipython(tmp_path):
    """Arguments of `run_step` for a Python that has all installed packages but IPython."""
    installed = tmp_path / "packages"
    installed.mkdir()
    for each in map(Path, site.getsitepackages()):
        for entry in each.iterdir() if each.is_dir() else ():
            if entry.name.partition(".")[0].lower() not in ("ipython", "ipykernel"):
                (installed / entry.name).symlink_to(entry)
    return {"python": BARE, "env": {"PYTHONPATH": str(installed)}}


def test_figures_are_shown_without_ipython(tmp_path, without_ipython):
    pytest.importorskip("matplotlib")
    step = run_step(
        tmp_path,
        make_slice(
            "import matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.figure()\n3",
            "plt.plot([3])\nplt.show()\nprint('after')",
            "fig, ax = plt.subplots()\nplt.close(fig)\nax.plot([1])\nfig",
            "import os, subprocess, sys\n"
            "code = 'import matplotlib.pyplot as p; p.plot([1]); print(p.get_backend())'\n"
            "print(subprocess.run([sys.executable, '-c', code], capture_output=True, text=True,"
            " env={**os.environ, 'DISPLAY': ''}).stdout)",
            "plt.plot([1])\n1 / 0",
        ),
        **without_ipython,
    )
    print(step.outputs(1), step.stderr[-1500:])
    kinds = [[each["output_type"] for each in step.outputs(number)] for number in range(1, 6)]
    picture = {"image/png", "text/plain"}
    assert kinds[0] == ["execute_result", "display_data", "display_data"]
    assert [set(each["data"]) for each in step.outputs(1)[1:]] == [picture, {"text/plain"}]
    assert step.outputs(1)[1]["data"]["text/plain"] == "<Figure size 640x480 with 1 Axes>"
    assert kinds[1] == ["display_data", "stream"]
    assert kinds[2] == ["execute_result"]
    assert set(step.outputs(3)[0]["data"]) == picture
    assert "agg" in step.outputs(4)[0]["text"].lower()
    assert kinds[4] == ["error", "display_data"]


def test_ipython_syntax_without_ipython_says_what_to_install(tmp_path):
    step = run_step(tmp_path, make_slice("x = 1", "y = 2\n!ls"), python=BARE)
    assert step.code == 1
    assert (step.error["cell"], step.error["line"]) == (2, 2)
    assert step.error["source"] == "!ls"
    assert "ipython" in step.error["remedy"]
    assert step.outputs(2)[0]["output_type"] == "error"


def test_a_traceback_without_ipython_shows_cells_and_lines(tmp_path):
    cells = [
        "def f(x):\n    return 1 / x",
        "try:\n    f(0)\nexcept Exception as e:\n    raise KeyError('k') from e",
    ]
    step = run_step(tmp_path, make_slice(*cells), python=BARE)
    assert step.code == 1
    text = "\n".join(step.error["traceback"])
    assert "Cell In[1], line 2, in f()" in text
    assert "----> 2     f(0)" in text
    assert "direct cause" in text
    assert text.endswith("KeyError: 'k'")
    assert "kfp_step" not in step.stderr


def test_functions_and_classes_cross_without_cloudpickle(tmp_path):
    make = "def make(n):\n    class Own:\n        size = n\n    return Own, lambda: n\nf = make(3)"
    first = run_step(tmp_path / "1", make_slice(make, outputs=slots("f")), python=BARE)
    assert first.code == 0, first.stderr
    use = make_slice("print(f[0]().size, f[1]())", inputs=slots("f", prefix="p__"))
    inputs = {"p__f": first.artifact("f")}
    assert run_step(tmp_path / "2", use, inputs=inputs, python=BARE).stdout == "3 3\n"


@pytest.mark.parametrize(
    ("make", "use"),
    [
        ("f = (lambda n: lambda: n)(3)", "f()"),
        ("f = {'held': [lambda: 3]}", "f['held'][0]()"),
        (
            "def make():\n    class Own:\n        def n(self): return 3\n    return Own()\n"
            "f = make()",
            "f.n()",
        ),
    ],
)
def test_a_function_is_refused_by_another_version_of_python(tmp_path, make, use):
    other = f"import sys\nsys.version_info = (3, 99, *sys.version_info[2:])\n{make}"
    first = run_step(tmp_path / "1", make_slice(other, outputs=slots("f")), python=BARE)
    assert first.code == 0, first.stderr
    inputs = {"p__f": first.artifact("f")}
    second = run_step(
        tmp_path / "2", make_slice(use, inputs=slots("f", prefix="p__")), inputs=inputs, python=BARE
    )
    assert (second.code, second.stdout) == (1, "")
    assert second.error["name"] == "value-cannot-cross"
    assert second.error["message"].startswith("f cannot be read in this step")
    assert "compiled by Python 3.99, and this step runs Python" in second.error["message"]


@pytest.mark.parametrize("version", OTHERS)
def test_it_runs_on_other_pythons(version, tmp_path):
    python = shutil.which(f"python{version}")
    probe = [python, "-c", "import sys; print(sys.version_info[1])"] if python else ["false"]
    if subprocess.run(probe, capture_output=True).returncode:
        pytest.skip(f"there is no Python {version} here")
    make = "import dataclasses\nx = {'a': [1.5, None]}\ny = x['a']\nprint('made', x)\nx"
    first = run_step(
        tmp_path / "1", make_slice(make, outputs=slots("x", "y")), python=(python, "-S")
    )
    assert first.code == 0, first.stderr
    assert first.outputs()[-1]["data"] == {"text/plain": "{'a': [1.5, None]}"}
    inputs = {f"p__{name}": first.artifact(name) for name in "xy"}
    use = "y.append(2)\nprint(x)\n1 / 0"
    slice_ = make_slice(use, inputs=slots("x", "y", prefix="p__"))
    second = run_step(tmp_path / "2", slice_, inputs=inputs, python=(python, "-S"))
    assert second.stdout == "{'a': [1.5, None, 2]}\n"
    assert (second.error["name"], second.error["line"]) == ("ZeroDivisionError", 3)


def test_a_home_that_cannot_be_written_does_not_show(tmp_path):
    home = tmp_path / "home"
    home.write_text("a file, so no folder can be made here")
    slice_ = make_slice("%env KFP_TEST=1")
    step = run_step(tmp_path, slice_, env={"HOME": str(home)})
    assert step.code == 0, step.stderr
    assert [each["text"] for each in step.outputs()] == ["env: KFP_TEST=1\n"]
