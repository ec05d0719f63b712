"""`%%kfp remote` in a real kernel: a cell runs on an engine as if it had run in the kernel."""

import nbformat
import pytest

from tests.support.kernel_client import KernelClient
from tests.support.notebooks import notebook_json

LOAD = "%load_ext jupyter_kfp_ext"

SAME = {
    "a value, and what it is made into": ("n = 20", "m = n * 2 + 1\nprint(m)", "print(m, n)"),
    "in-place change, and another name of the list": (
        "xs = [1]\nys = xs",
        "xs.append(len(ys))",
        "print(xs, ys, xs is ys)",
    ),
    "what is not changed stays the same object": (
        "box = {'a': [1]}\nbefore = id(box['a'])",
        "total = sum(box['a'])",
        "print(total, id(box['a']) == before)",
    ),
    "classes of the kernel, and what is stored in them": (
        "class P:\n    made = 0\n    def __init__(self, v):\n        self.v = v\n"
        "        type(self).made += 1\np = P(1)\nP.made = 7",
        "q = P(p.v + 1)\nprint(isinstance(p, P), P.made)",
        "print(q.v, type(q) is P, P.made)",
    ),
    "an object whose class the cell does not name": (
        "class Shape:\n    side = 3\n    def area(self):\n        return self.side ** 2\n"
        "s = Shape()",
        "a = s.area()",
        "print(a, isinstance(s, Shape))",
    ),
    "functions with globals, defaults and closures": (
        "k = 3\ndef scale(v, seen=[]):\n    seen.append(v)\n    return v * k\n"
        "def adder(n):\n    return lambda v: v + n + k\nadd = adder(10)\nscale(1)",
        "r = scale(2), add(1)\nprint(scale.__defaults__)",
        "print(r, scale.__defaults__)",
    ),
    "definitions and imports that it makes": (
        "base = 2",
        "import math\ndef f(x):\n    return math.floor(x) + base\nclass A:\n    pass\na = A()",
        "print(f(1.5), math.ceil(0.2), type(a) is A)",
    ),
    "what it deletes, and what only a condition deletes": (
        "a = 1\nb = 2\nc = 3",
        "del a\nif b > 5:\n    del b\nif c == 3:\n    del c",
        "print('a' in globals(), 'b' in globals(), 'c' in globals())",
    ),
    "names bound on one way only": (
        "flag = False",
        "if flag:\n    one = 1\nelse:\n    two = 2",
        "print('one' in globals(), two)",
    ),
    "rich results and both streams": (
        "import sys",
        "print('out')\nprint('err', file=sys.stderr)\nfrom IPython.display import HTML\n"
        "display(HTML('<b>x</b>'))\n'last'",
        "1",
    ),
    "magics and shell lines": ("word = 'cat'", "%time x = word * 2\n!echo $word", "print(x)"),
    "arrays that share memory": (
        "import numpy as np\na = np.arange(6)\nv = a[::2]",
        "a += 10",
        "print(a.tolist(), v.tolist(), np.shares_memory(a, v))",
    ),
}


def executed(*sources, allow_errors=True):
    notebook = nbformat.from_dict(notebook_json(*sources))
    KernelClient(notebook, allow_errors=allow_errors).execute()
    return notebook.cells


def shown(cell):
    """Text of streams by name, and data of displays, without what differs by nature."""
    streams, data = {}, []
    for output in cell.outputs:
        if output.output_type == "stream":
            text = "".join(
                line
                for line in output.text.splitlines(keepends=True)
                if not line.startswith(("CPU times", "Wall time"))
            )
            streams[output.name] = streams.get(output.name, "") + text
        elif output.output_type != "error":
            data.append(dict(output.data))
    return {name: text for name, text in streams.items() if text}, data


@pytest.mark.parametrize("case", SAME)
def test_a_remote_cell_gives_what_the_kernel_gives(kfp_home, case):
    before, body, after = SAME[case]
    here = executed(LOAD, before, body, after)
    there = executed(LOAD, before, f"%%kfp remote\n{body}", after)
    assert [shown(each) for each in there[2:]] == [shown(each) for each in here[2:]]


@pytest.fixture(scope="module")
def refusals(tmp_path_factory):
    """What cells that cannot run say, in one kernel; `xs` is changed by none of them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JUPYTER_KFP_HOME", str(tmp_path_factory.mktemp("home")))
        bodies = list(REFUSED)
        cells = executed(LOAD, "xs = [1]\nfile = open('/dev/null', 'w')", *bodies, "print(xs)")
    assert cells[-1].outputs[0].text == "[1]\n"
    said = {}
    for body, cell in zip(bodies, cells[2:-1], strict=True):
        said[body] = "".join(each.get("text", "") or str(each) for each in cell.outputs)
    return said


REFUSED = {
    "%%kfp remote\nxs.append(1)\nxs[9]": "IndexError: list index out of range (cell 3, line 3)",
    "%%kfp remote\n\nnowhere_defined": "cell 4, line 3: nowhere_defined is not defined",
    "%%kfp remote\nfile.write('x')": "file (_io.TextIOWrapper) cannot be passed",
    "%%kfp remote --gpu 4000\n1": "asks for 4000 GPUs",
    "%%kfp remote --after load\n1": "`after` has no meaning for one cell",
    "%%kfp remote --wibble 3\n1": "--wibble",
    "%%kfp fly\n1": "fly",
    "%%kfp remote --engine nowhere\n1": "nowhere",
    "%%kfp remote 'open\n1": "quotation",
}


@pytest.mark.parametrize("body", REFUSED)
def test_what_cannot_run_says_why_and_changes_nothing(refusals, body):
    assert REFUSED[body] in refusals[body]


def test_others_that_hold_a_changed_object_are_named(kfp_home):
    cells = executed(
        LOAD,
        "xs = [1]\nbox = {'k': xs}\nclass Node:\n    pass\nnode = Node()\nnode.items = xs\nn = [2]",
        "%%kfp remote\nxs.append(2)",
        "print(xs, box)",
    )
    assert "box, node of this kernel, too, as it was before" in cells[2].outputs[0].text
    assert cells[3].outputs[0].text == "[1, 2] {'k': [1]}\n"


def test_a_helper_module_of_a_value_goes_with_it(kfp_home, tmp_path, monkeypatch):
    (tmp_path / "shapes.py").write_text("class Square:\n    side = 4\n    def area(self):\n"
                                        "        return self.side ** 2\n")  # fmt: skip
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "n.ipynb"
    nbformat.write(nbformat.from_dict(notebook_json("1")), path)
    monkeypatch.setenv("JPY_SESSION_NAME", str(path))
    cells = executed(
        LOAD,
        "from shapes import Square as S\ns = S()\ndel S",
        "%%kfp remote\narea = s.area()",
        "print(area)",
        allow_errors=False,
    )
    assert cells[3].outputs[0].text == "16\n"


def test_a_second_time_it_is_taken_from_the_cache(kfp_home):
    from jupyter_kfp_ext.runs.registry import Registry

    body = "%%kfp remote\nm = n + 1\nprint(m)"
    cells = executed(LOAD, "n = 1", body, body, "n = 5", body, allow_errors=False)
    assert [shown(cells[number])[0]["stdout"] for number in (2, 3, 5)] == ["2\n", "2\n", "6\n"]
    cached = [run.steps[0].cached for run in reversed(Registry().list())]
    assert cached == [False, True, False]


def test_in_a_pipeline_the_cell_is_a_part_of_its_step(kfp_home, write_notebook):
    from jupyter_kfp_ext.cli.main import main
    from tests.support.notebooks import code_cell

    path = write_notebook(
        "n.ipynb",
        code_cell(f"{LOAD}\n%kfp runs\nx = 3", step="a"),
        code_cell("%%kfp remote --gpu 4\ny = x + 1", step="b"),
        code_cell("print(y)", step="c"),
    )
    assert main(["run", str(path)]) == 0
