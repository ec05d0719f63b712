"""What cells print and show in a step is what a real kernel makes of them, run by nbclient."""

import re
import sys

import nbformat
import pytest
from step_process import add_output, cell, make_slice, run_step

from tests.support.kernel_client import KernelClient

CASES = {
    "print": [
        "print('a', 1)\nprint('b', end='')",
        "print('über', '\\ud800'.encode('utf-8', 'replace'))",
    ],
    "last value": ["1 + 1", "'text'", "None", "2.5;", "x = 3", "(1, 'a', None)", "{'a': [1, 2.0]}"],
    "comment after semicolon": ["4 # ;", "5 ; # c", "'a;'"],
    "long containers": [
        "list(range(100))",
        "{'key%d' % n: 'v' * n for n in range(12)}",
        "['x' * 90]",
    ],
    "sets and odd containers": [
        "{3, 1, 2}",
        "import collections\ncollections.OrderedDict(a=1)",
        "collections.Counter('aab')",
        "range(3)",
        "frozenset({2, 1})",
        "P = collections.namedtuple('P', 'x y')\nP(1, 2)",
    ],
    "own classes": [
        "class A:\n    def __repr__(self):\n        return 'A!'\nA()",
        "[A(), A()]",
        "class B:\n    def _repr_html_(self):\n        return '<b>B</b>'\n    def __repr__(self):\n"
        "        return 'B'\nB()",
        "A",
        "class C(Exception): pass\nC('x')",
        "len",
        "def f(): pass\nlambda: 1; f and 0",
        "class M:\n    def _repr_mimebundle_(self, include=None, exclude=None):\n"
        "        return {'text/plain': 'm', 'application/json': {'a': 1}}\nM()",
        "class L(list): pass\nL([1])",
    ],
    "multi-line text": ["class T:\n    def __repr__(self):\n        return 'a\\nb'\nT()", "[T()]"],
    "stderr": ["import sys\nprint('e', file=sys.stderr)\nprint('o')"],
    "buffer": [
        "import sys\nprint('x', file=sys.stdout, flush=True)\nsys.stdout.writelines(['a', 'b'])"
    ],
    "warnings": [
        "import warnings\nwarnings.warn('careful')",
        "def g():\n    warnings.warn('deep', DeprecationWarning)\ng()",
    ],
    "logging": ["import logging\nlogging.warning('log %d', 1)\nlogging.info('not shown')"],
    "progress": ["for n in range(3):\n    print(f'\\r{n}', end='')\nprint()"],
    "history": ["40 + 2", "_ + 1", "__", "Out[{0}]", "In[{0}]", "_{0}"],
    "own underscore": ["for _ in range(3): pass", "7", "_"],
    "display": [
        "display('a', 1)",
        "from IPython.display import HTML, Markdown, Image, JSON\ndisplay(HTML('<i>h</i>'))",
        "Markdown('*m*')",
        "JSON({'a': 1})",
        "display({'text/plain': 'raw', 'text/html': '<p>'}, raw=True)",
        "handle = display('first', display_id='same')",
        "print(type(handle).__name__)",
    ],
    "clear": [
        "from IPython.display import clear_output\nprint('gone')\nclear_output()\nprint('stays')"
    ],
    "magics": [
        "%env KFP_TEST_VARIABLE=1",
        "import os\nos.environ['KFP_TEST_VARIABLE']",
        "%%capture captured\nprint('hidden')",
        "captured.stdout",
        "%precision 3\n1.23456",
        "%precision %r",
        "files = !echo one; echo two\nfiles",
        "!echo $((1 + 2))",
        "%%bash\necho bash",
        "%%python\nprint('script')",
        "%%writefile written.txt\ntext",
        "x = 3\n!echo {x}",
        "%alias_magic t timeit",
        "%%html\n<b>x</b>",
        "len?",
    ],
    "pager": [
        "len?",
        "len??",
        "?len",
        'class Paged:\n    """Text."""\n    def f(self): return 1',
        "Paged.f?\nprint('between')\nPaged??",
        "%pinfo Paged",
        "%pinfo2 Paged.f",
        "%pdoc Paged",
        "%psource Paged.f",
        "%pdef Paged.f",
        "%pfile json",
        "%quickref",
        "%magic",
        "%page Paged",
        "%man ls",
        "%less /etc/hostname",
        "%more /etc/hostname",
        "no_such_name?",
        "*ist?",
        "help(Paged.f)",
        "%%timeit?",
    ],
    "names": [
        "%reset -f",
        "who_a = 1; who_b = 'text'; who_c = [1, 2]",
        "%who",
        "%who int",
        "%who_ls",
        "%whos",
        "%xdel who_c\n'who_c' in globals()",
        "%reset_selective -f who_b",
        "%who",
    ],
    "precision and pretty": [
        "%precision 2",
        "[1 / 3, 2 / 3]",
        "import numpy as np\nnp.array([1 / 3])",
        "%precision",
        "np.set_printoptions(precision=8)",
        "%pprint",
        "[['x' * 50] * 3]",
        "%pprint",
    ],
    "autoreload": ["%load_ext autoreload\n%autoreload 2", "1", "%autoreload 0"],
    "cell magics": [
        "%%time\nsum(range(10))",
        "%%html\n<i>x</i>",
        "%%latex\n$x$",
        "%%markdown\n*m*",
        "%%svg\n<svg/>",
        "%%javascript\n1;",
        "%%js\n1;",
        "%%script bash\necho s; echo e >&2",
        "%%script --no-raise-error bash\necho s; exit 3",
        "%%script bash --out captured_text\necho hidden",
        "captured_text",
        "%%sh\necho sh",
        "%%python\nimport sys; print('py', file=sys.stderr)",
        "%%!\necho lines",
        "%%sx\necho lines",
        "%%system\necho lines",
        "%%writefile -a script.py\nmade_here = 41\nprint('ran', __name__)",
        "%run script.py",
        "made_here + 1",
        "%run -i script.py",
        "%%capture --no-stderr\nprint('x')\n1",
        "%%prun -q -s cumulative\nsum(range(10))",
        "%timeit -n1 -r1 -q -o sum(range(10));",
        "%%file other.txt\nx",
        "%cat other.txt",
        "%ls other.txt",
        "%set_env KFP_TEST_VARIABLE 2",
        "%env KFP_TEST_VARIABLE",
        "%alias show_it echo shown",
        "show_it",
        "%unalias show_it",
        "%macro",
        "%sx echo one",
        "value = %sx echo two\nvalue",
        "%system echo three",
        "%rehashx",
        "%logstate",
    ],
    "kernel magics": ["%clear\nprint('b')", "%autosave 60", "%autosave 0"],
    "compiler warnings": ["1 is 1", "assert (1, 'x')", "x = 1"],
    "display hook": [
        "import sys\nsys.displayhook = lambda value: print('mine', value)\n5",
        "6",
    ],
    "a notebook": [
        "import sys\n'ipykernel' in sys.modules or get_ipython() and 'ipykernel' in sys.modules",
        "type(get_ipython())",
        "get_ipython().has_trait('kernel'), hasattr(get_ipython(), 'kernel')",
        "import ipykernel\nipykernel.version_info == ipykernel._version.version_info",
        "type(sys.stdout), sys.stdout.name, sys.stdout.isatty(), hasattr(sys.stdout, 'buffer')",
    ],
    "file names": [
        "def f(): pass\nf.__code__.co_filename.rpartition('/')[2]",
        "import logging\nlogging.basicConfig(force=True, format='%(module)s %(lineno)d')",
        "logging.warning('x')",
        "logging.basicConfig(force=True)",
    ],
    "errors that do not stop": [
        "%%script no-such-program\nx",
        "%config NoSuchClass.x = 1",
        "%%writefile bad.py\n1 / 0",
        "%run bad.py",
        "%xmode Plain",
        "%xmode Context",
    ],
    "store": [
        "stored_here = 5\n%store stored_here",
        "del stored_here\n%store -r stored_here",
        "stored_here",
        "%store -d stored_here",
    ],
    "automagic": ["alias_probe = 1", "cd /tmp"],
    "await": [
        "import asyncio\nawait asyncio.sleep(0)\nprint('slept')",
        "async def h():\n    return 5\nawait h()",
        "task = asyncio.create_task(h())",
        "await task",
        "asyncio.get_running_loop().is_running()",
    ],
    "pandas": [
        "import pandas as pd\ndf = pd.DataFrame({'a': range(3), 'b': list('xyz')})\ndf",
        "print(df)",
        "df.a",
        "pd.DataFrame([[1] * 40])",
        "df.describe()",
        "display(df)\nprint(pd.get_option('display.max_columns'))",
    ],
    "numpy": [
        "import numpy as np\nnp.arange(4) / 3",
        "np.float64(0.5)",
        "[np.int64(1)]",
        "np.eye(2)",
    ],
    "sklearn": ["from sklearn.linear_model import Ridge\nRidge()", "print(Ridge())"],
    "matplotlib": [
        "import matplotlib.pyplot as plt\nprint('before')\nplt.plot([1, 2]);\nprint('after')",
        "figure, axes = plt.subplots(figsize=(1, 1))\naxes.plot([1])\nplt.show()\nprint('shown')",
        "plt.figure(figsize=(1, 1))",
        "figure",
        "print(plt.get_backend())",
    ],
    "matplotlib magic": ["%matplotlib inline\nimport matplotlib.pyplot as plt\nplt.plot([3])"],
    "futures": [
        "from __future__ import annotations",
        "def k(x: Undefined): pass\nk.__annotations__",
    ],
    "doctest prompts": [">>> 1 + 1"],
    "module": ["__name__", "import sys\nsys.modules['__main__'].__dict__ is globals()"],
    "empty parts": ["\n\n  \n# only a comment", "pass"],
    "tqdm-like": [
        "import sys\nfor n in range(3):\n    sys.stderr.write(f'\\r{n}/3')\n    sys.stderr.flush()"
    ],
    "svg": [
        "%config InlineBackend.figure_format = 'svg'",
        "import matplotlib.pyplot as plt\nplt.rcParams['svg.hashsalt'] = 'a'",
        "plt.rcParams['savefig.dpi']",
        "%config InlineBackend.figure_format = 'retina'",
        "plt.figure(figsize=(1, 1))\nplt.plot([1]);",
        "%config InlineBackend.figure_format = 'png'",
        "%config InlineBackend.close_figures = False\nplt.figure(figsize=(1, 1));",
        "plt.plot([1, 3]);",
        "plt.close('all')\n%config InlineBackend.close_figures = True",
    ],
    "other backend": [
        "%matplotlib agg",
        "import matplotlib.pyplot as plt\nplt.figure(figsize=(1, 1));",
        "plt.get_backend()",
        "plt.close('all')\n%matplotlib inline",
        "plt.figure(figsize=(1, 1))\nplt.plot([2]);",
    ],
}
ERRORS = {
    "division": ["def f():\n    return 1 / 0\n\nf()"],
    "from another cell": ["def f(x):\n    return 1 / x", "y = 1\nf(0)"],
    "syntax": ["x = (1"],
    "indentation": ["if True:\nx = 1"],
    "return outside": ["print('first')\nreturn 1"],
    "chained": ["try:\n    {}['a']\nexcept KeyError as e:\n    raise ValueError('b') from e"],
    "context": ["try:\n    {}['a']\nexcept KeyError:\n    int('x')"],
    "library": ["import json\njson.loads('{')"],
    "exit": ["import sys\nprint('x')\nsys.exit(3)"],
    "magic": ["%nomagic 1"],
    "cell magic": ["%%nomagic\nx"],
    "in timed": ["%time 1/0"],
    "missing module": ["import no_such_module"],
    "name": ["undefined_name"],
    "await": ["import asyncio\nasync def f():\n    raise ValueError('late')\nawait f()"],
    "repr": ["class R:\n    def __repr__(self):\n        raise ValueError('no repr')\nR()"],
    "after output": ["print('some')\ndisplay('more')\nraise KeyError('k')"],
    "interrupt": ["raise KeyboardInterrupt"],
    "assertion": ["assert 1 == 2, 'no'"],
    "pandas": ["import pandas as pd\npd.DataFrame({'a': [1]})['b']"],
    "numpy": ["import numpy as np\nnp.zeros(2) + np.zeros(3)"],
    "unknown magic": ["%sql select 1"],
    "unknown cell magic": ["%%sql\nselect 1"],
    "missing object": ["%run no_such_script.py"],
    "missing extension": ["%load_ext no_such_extension"],
    "store": ["%store no_such_name"],
    "script": ["%%script bash\necho before; exit 3"],
    "backend": ["%matplotlib no_such_backend"],
    "usage": ["%%timeit -q\n"],
    "exec": ["exec('1/0')"],
    "comprehension": ["[1 / n for n in (1, 0)]"],
    "group": ["raise ExceptionGroup('both', [ValueError('a'), TypeError('b')])"]
    if sys.version_info >= (3, 11)
    else ["1 / 0"],
    "syntax in text": ["exec('x = (')"],
    "exit in a function": ["import sys\ndef stop():\n    sys.exit('bye')\nstop()"],
}
INTERLEAVED = {
    "both": "import sys\nprint('o')\nprint('e', file=sys.stderr)\nprint('o2')",
    "error stream first": "import sys\nprint('e', file=sys.stderr)\nprint('o')",
    "flushed": "import sys\nprint(1, flush=True)\n"
    "print('e', file=sys.stderr, flush=True)\nprint(1)",
    "one flushed": "import sys\nprint('e', file=sys.stderr)\nprint('o', flush=True)\nprint('p')",
    "a display between": "import sys\nprint(1, file=sys.stderr)\nprint('o')\ndisplay(1)\nprint(2)",
    "a warning": "import warnings\nprint('a')\nwarnings.warn('w')\nprint('b')",
    "logging flushes": "import logging\nprint('a')\nlogging.warning('i')\nprint('b')",
    "held for a while": "import sys, time\nprint(1, file=sys.stderr)\ntime.sleep(0.6)\nprint('o')\n"
    "print('f', file=sys.stderr)\ntime.sleep(0.6)\nprint('p')",
    "an error": "import sys\nprint('e', file=sys.stderr)\nprint('o')\n1 / 0",
}


@pytest.fixture(scope="module")
def kernel_outputs(tmp_path_factory):
    """First cell number, sources and outputs of each case, all run by one kernel."""
    cases = {
        **{f"ok {k}": v for k, v in CASES.items()},
        **{f"bad {k}": v for k, v in ERRORS.items()},
        # The kernel's timer may still run for the text of an earlier cell: it is waited for.
        **{f"mixed {k}": ["import time\ntime.sleep(0.3)", v] for k, v in INTERLEAVED.items()},
    }
    notebook = nbformat.v4.new_notebook()
    places = {}
    number = 1
    for name, sources in cases.items():
        sources = [source.replace("{0}", str(number)) for source in sources]
        places[name] = (number, sources)
        notebook.cells += [nbformat.v4.new_code_cell(source) for source in sources]
        number += len(sources)
    KernelClient(
        notebook,
        allow_errors=True,
        coalesce_streams=False,
        kernel_name="python3",
        resources={"metadata": {"path": str(tmp_path_factory.mktemp("kernel"))}},
    ).execute()
    return {
        name: (
            first,
            sources,
            [each.outputs for each in notebook.cells[first - 1 :][: len(sources)]],
        )
        for name, (first, sources) in places.items()
    }


def normal(outputs):
    """Outputs without what differs from run to run; the kernel's order between its two text
    streams depends on its timing, so each stream is one text here."""
    merged = []
    for output in outputs:
        add_output(merged, dict(output))
    streams = {}
    rest = []
    for output in merged:
        if output["output_type"] == "stream":
            streams[output["name"]] = streams.get(output["name"], "") + output["text"]
        else:
            rest.append(output)
    text = repr([sorted(streams.items()), [plain(each) for each in rest]])
    text = re.sub(r"/tmp/ipykernel_\d+/", "<cells>/", text)
    text = re.sub(r"[^\s']*/bad\.py", "<script>", text)
    text = re.sub(r"[\d.]+(e[+]\d+)? [nmμ]?s\b", "<time>", text)  # `%time` writes 1e+03 ns too
    return re.sub(r"0x[0-9a-f]{6,}", "<address>", text)


def plain(value):
    if isinstance(value, dict):
        return {key: plain(each) for key, each in sorted(value.items())}
    return [plain(each) for each in value] if isinstance(value, list) else value


def run_case(tmp_path, first, sources):
    cells = [cell(source, number) for number, source in enumerate(sources, first)]
    return run_step(tmp_path, make_slice(*cells))


@pytest.mark.parametrize("name", CASES)
def test_outputs_are_the_kernels(name, kernel_outputs, tmp_path):
    first, sources, expected = kernel_outputs[f"ok {name}"]
    step = run_case(tmp_path, first, sources)
    assert step.code == 0, step.stderr
    for number, outputs in enumerate(expected, first):
        assert normal(step.outputs(number)) == normal(outputs), sources[number - first]


@pytest.mark.parametrize("name", ERRORS)
def test_errors_are_the_kernels(name, kernel_outputs, tmp_path):
    first, sources, expected = kernel_outputs[f"bad {name}"]
    step = run_case(tmp_path, first, sources)
    assert step.code == 1
    last = first + len(sources) - 1
    assert normal(step.outputs(last)) == normal(expected[-1])
    error = expected[-1][-1] if expected[-1][-1]["output_type"] == "error" else None
    assert step.error["cell"] == last
    if error:
        assert step.error["name"] == error["ename"]
        assert error["evalue"].startswith(step.error["message"])


@pytest.mark.parametrize("name", INTERLEAVED)
def test_streams_lie_between_each_other_as_in_a_kernel(name, kernel_outputs, tmp_path):
    number, [_, source], [_, expected] = kernel_outputs[f"mixed {name}"]
    step = run_case(tmp_path, number + 1, [source])
    merged = []
    for output in expected:
        add_output(merged, dict(output))
    assert kinds(step.outputs(number + 1)) == kinds(merged)


def kinds(outputs):
    """Which streams and outputs follow each other; text without the place of the process."""
    return [
        (each.get("name", each["output_type"]), re.sub(r"_\d+/", "/", each.get("text", "")))
        for each in outputs
    ]


def test_input_raises_what_a_kernel_without_a_frontend_raises(tmp_path):
    step = run_step(tmp_path, make_slice("input('name? ')"))
    assert step.error["name"] == "StdinNotImplementedError"
    assert step.error["message"] == (
        "raw_input was called, but this frontend does not support input requests."
    )


CHILDREN = {
    "os.system('echo from c')": [("stdout", "from c\n")],
    "subprocess.run(['sh', '-c', 'echo out; echo err >&2'])": [
        ("stdout", "out\n"),
        ("stderr", "err\n"),
    ],
    "os.write(1, b'descriptor\\n')": [("stdout", "descriptor\n")],
    "print('a'); os.system('echo b'); print('c')": [("stdout", "a\nb\nc\n")],
    "sys.__stdout__.write('below\\n')": [("stdout", "below\n")],
    "os.write(1, b'x' * 3_000_000)": [("stdout", "x" * 3_000_000)],
    "pid = os.fork()\nif not pid:\n    print('child')\n    os._exit(0)\n"
    "os.waitpid(pid, 0)\nprint('parent')": [("stdout", "child\nparent\n")],
}


@pytest.mark.parametrize("source", CHILDREN)
def test_text_of_child_processes_and_descriptors_belongs_to_the_cell(source, tmp_path):
    slice_ = make_slice(f"import os, subprocess, sys\n{source};", "print('next')")
    step = run_step(tmp_path, slice_)
    assert [(each["name"], each["text"]) for each in step.outputs()] == CHILDREN[source]
    assert step.outputs(2)[0]["text"] == "next\n"
    for name, text in CHILDREN[source]:
        assert text in (step.stdout if name == "stdout" else step.stderr)
