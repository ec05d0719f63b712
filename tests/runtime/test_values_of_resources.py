"""Files and connections are opened again where that is the same thing; all else is refused."""

import sqlite3

import pytest
from crossing import cross
from step_process import cell, make_slice, run_step, slots

FILES = {
    "text, not begun": ("v = open({text!r})", "(v.read(), v.encoding, v.mode, v.seek(0))"),
    "text, in the middle": (
        "v = open({text!r}, encoding='utf-8'); v.readline()",
        "(v.tell(), v.readline(), v.seek(5))",
    ),
    "text with its line ends": (
        "v = open({lines!r}, newline='')",
        "(v.read(), v.seek(0))",
    ),
    "text without its line ends": ("v = open({lines!r})", "(v.read(), v.seek(0))"),
    "bytes": ("v = open({text!r}, 'rb'); v.read(2)", "(v.tell(), v.peek(3)[:3], type(v))"),
    "bytes without a buffer": (
        "v = open({text!r}, 'rb', buffering=0); v.read(1)",
        "(v.tell(), type(v))",
    ),
    "closed text": ("v = open({copy!r}, 'w'); v.close()", "(v.closed, v.name, v.mode, repr(v))"),
    "closed bytes": (
        "v = [open({copy!r}, way) for way in ('wb', 'rb', 'r+b')]; [each.close() for each in v]",
        "[(each.closed, each.name, repr(each)) for each in v]",
    ),
    "closed and without a buffer": (
        "v = open({text!r}, 'rb', buffering=0); v.close()",
        "(v.closed, v.name, type(v))",
    ),
    "streams": (
        "import sys; v = [sys.stdout, sys.stderr]",
        "(v[0] is __import__('sys').stdout, v[1] is __import__('sys').stderr)",
    ),
    "database": (
        "import sqlite3; v = sqlite3.connect({database!r}, detect_types=sqlite3.PARSE_COLNAMES,"
        " isolation_level=None); v.row_factory = sqlite3.Row; v.execute('PRAGMA foreign_keys=ON')",
        "(dict(v.execute('select a from t').fetchone()), v.isolation_level,"
        " v.execute('PRAGMA foreign_keys').fetchone()[0],"
        " v.execute('select 1 as \"x [y]\"').description[0][0])",
    ),
    "database with types": (
        "import sqlite3; v = sqlite3.connect({database!r}, detect_types=sqlite3.PARSE_DECLTYPES)",
        "(v.execute('select d from t').fetchone())",
    ),
}


def test_what_can_be_opened_again_is(tmp_path):
    places = {"text": tmp_path / "a.txt", "lines": tmp_path / "b.txt", "copy": tmp_path / "c"}
    places["text"].write_bytes("äbc\nd\nef\n".encode())
    places["lines"].write_bytes(b"a\r\nb\r\n")
    places["database"] = tmp_path / "a.db"
    with sqlite3.connect(places["database"]) as connection:
        connection.execute("create table t (a, d date)")
        connection.execute("insert into t values (5, '2020-01-02')")
    connection.close()
    texts = {name: str(place) for name, place in places.items()}
    rows = {name: (make.format(**texts), look) for name, (make, look) in FILES.items()}
    made, used, _ = cross(tmp_path, rows)
    assert used == made
    assert not [each for each in made.items() if each[1].startswith("failed")]


def test_a_file_read_by_a_loop_goes_on_behind_the_last_line(tmp_path):
    place = tmp_path / "a.txt"
    place.write_text("".join(f"line {n} ä\n" for n in range(5000)), encoding="utf-8")
    make = (
        f"v = open({str(place)!r}, encoding='utf-8')\nfor line in v:\n    if '3999' in line: break"
    )
    first = run_step(tmp_path / "1", make_slice(make, outputs=slots("v")))
    assert first.code == 0, first.stderr
    use = make_slice("print(next(v).strip(), len(list(v)))", inputs=slots("v", prefix="p__"))
    second = run_step(tmp_path / "2", use, inputs={"p__v": first.artifact("v")})
    assert second.stdout == "line 4000 ä 999\n"


REFUSED = {
    "file to write": ("v = open('t', 'w')", "open for writing"),
    "file to read and write": ("v = open('t', 'w+')", "open for writing"),
    "unnamed file": ("import tempfile; v = tempfile.TemporaryFile()", "cannot"),
    "named temporary file": ("import tempfile; v = tempfile.NamedTemporaryFile()", "cannot"),
    "temporary folder": (
        "import tempfile; v = tempfile.TemporaryDirectory()",
        "end of this process",
    ),
    "path in a temporary folder": (
        "import tempfile, pathlib\nt = tempfile.TemporaryDirectory()\n"
        "v = {'a': [pathlib.Path(t.name) / 'x']}",
        "which ends with this step",
    ),
    "path of a temporary file": (
        "import tempfile\nt = tempfile.NamedTemporaryFile()\nv = t.name",
        "which ends with this step",
    ),
    "path in an instance": (
        "import tempfile\nclass Job:\n    def __init__(self, place): self.place = place\n"
        "t = [tempfile.TemporaryDirectory()]\nv = Job(t[0].name + '/out')",
        "which ends with this step",
    ),
    "pipe": ("import os; v = open(os.pipe()[0])", "not read from a path"),
    "socket": ("import socket; v = socket.socket()", "socket"),
    "held lock": ("import threading; v = threading.Lock(); v.acquire()", "a lock that is held"),
    "held lock inside": (
        "import threading; v = {'a': [threading.RLock()]}; v['a'][0].acquire()",
        "RLock, a lock that is held",
    ),
    "condition that a thread waits for": (
        "import threading; v = threading.Condition()\n"
        "def wait():\n    with v: entered.set(); v.wait()\n"
        "entered = threading.Event(); threading.Thread(target=wait, daemon=True).start()\n"
        "entered.wait()\nwith v: pass",
        "still runs",
    ),
    "lock that a thread may take": (
        "import threading; v = threading.Lock(); go = threading.Event()\n"
        "def wait(): go.wait(); v.acquire()\n"
        "threading.Thread(target=wait, daemon=True, name='later').start()",
        "the thread later still runs",
    ),
    "thread": ("import threading; v = threading.Thread()", "Thread has a lock"),
    "thread of one's own class": (
        "import threading\nclass W(threading.Thread): pass\nv = W()",
        "W has a lock",
    ),
    "scheduler": ("import sched; v = [sched.scheduler()]", "sched.scheduler has a lock"),
    "generator": ("v = (i for i in [1])", "generator"),
    "coroutine": ("async def f(): ...\nv = f()", "coroutine"),
    "asynchronous generator": ("async def f(): yield\nv = f()", "async_generator"),
    "process": ("import subprocess; v = subprocess.Popen(['true'])", "Popen has a lock"),
    "executor": ("from concurrent.futures import ThreadPoolExecutor as T; v = T()", "cannot"),
    "database in memory": ("import sqlite3; v = sqlite3.connect(':memory:')", "in memory"),
    "uncommitted changes": (
        "import sqlite3; v = sqlite3.connect('t.db'); v.execute('create table t (a)')\n"
        "v.execute('insert into t values (1)')",
        "not committed",
    ),
    "function in a database": (
        "import sqlite3; v = sqlite3.connect('t.db'); v.create_function('f', 0, lambda: 1)",
        "functions",
    ),
    "cursor": ("import sqlite3; v = sqlite3.connect('t.db').cursor()", "Cursor"),
    "widget": ("import ipywidgets; v = [ipywidgets.IntSlider()]", "hand on its value"),
    "map of memory": ("import mmap; v = mmap.mmap(-1, 10)", "mmap"),
    "frame": ("import sys; v = sys._getframe()", "frame"),
    "traceback": (
        "try:\n    1 / 0\nexcept Exception as e:\n    v = e.__traceback__",
        "traceback",
    ),
    "module made here": ("import types; v = types.ModuleType('own')", "made by the notebook"),
    "listing of a folder": ("import os; v = os.scandir('.')", "ScandirIterator"),
    "handler": ("import logging; v = logging.StreamHandler()", "has a lock"),
    "memory of C": ("import ctypes; v = ctypes.pointer(ctypes.c_int(1))", "pointer"),
    "iterator of csv": ("import csv; v = csv.reader(['a'])", "_csv.reader"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_cross_is_refused(name, tmp_path):
    make, words = REFUSED[name]
    step = run_step(tmp_path, make_slice("pass", cell(make, 2), outputs=slots("v")))
    assert step.code == 1
    error = step.error
    assert error["name"] == "value-cannot-cross"
    assert error["message"].startswith("v (")
    assert words in error["message"]
    assert error["remedy"].startswith(("Make v again", "Wait for it"))
    assert (error["cell"], error["source"].split()[0]) == (
        2,
        make.splitlines()[error["line"] - 1].split()[0],
    )
    assert not (tmp_path / "artifacts" / "v" / "index.json").exists()


PASSED = {
    "a folder that is gone": (
        "import tempfile\nwith tempfile.TemporaryDirectory() as v: pass",
        "import os; print(os.path.exists(v))",
        "False",
    ),
    "a folder that stays": (
        "import tempfile; v = tempfile.mkdtemp(dir='.')\nt = tempfile.TemporaryDirectory()",
        "print(len(v) > 2)",
        "True",
    ),
}


@pytest.mark.parametrize("name", PASSED)
def test_other_paths_of_temporary_places_cross(name, tmp_path):
    make, use, shown = PASSED[name]
    first = run_step(tmp_path / "1", make_slice(make, outputs=slots("v")))
    assert first.code == 0, first.stderr
    look = make_slice(use, inputs=slots("v", prefix="p__"))
    second = run_step(tmp_path / "2", look, inputs={"p__v": first.artifact("v")})
    assert second.stdout == f"{shown}\n"
