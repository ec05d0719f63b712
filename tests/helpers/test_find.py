"""Which of the user's modules a step needs: a table of small projects on disk."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from jupyter_kfp_ext.analysis.plan import Code as SourceCode
from jupyter_kfp_ext.analysis.plan import Plan, StepPlan
from jupyter_kfp_ext.errors import Code, Severity
from jupyter_kfp_ext.helpers.data import package_data
from jupyter_kfp_ext.helpers.find import find_helpers
from jupyter_kfp_ext.helpers.imports import imported_modules
from jupyter_kfp_ext.helpers.refuse import LARGEST_DATA_FILE
from jupyter_kfp_ext.notation.marks import read_marks
from jupyter_kfp_ext.notation.options import StepOptions
from jupyter_kfp_ext.notation.reader import parse_notebook

NO_MARKS = read_marks(
    parse_notebook({"nbformat": 4, "cells": [{"cell_type": "code", "source": "x = 1"}]})
)


def plan_of(**sources: str) -> Plan:
    """A plan with one step for each source; the imports are what the source really imports."""
    return Plan(
        model=NO_MARKS,
        parameters=(),
        steps=tuple(
            StepPlan(
                name=name,
                task=name,
                options=StepOptions(),
                prelude=(),
                cells=(SourceCode(cell_id=f"id-{name}", number=number, source=source),),
                inputs=(),
                outputs=(),
                parameters=(),
                metrics=(),
                after=(),
                modules=imported_modules(source, ""),
            )
            for number, (name, source) in enumerate(sources.items(), 1)
        ),
        problems=(),
    )


def write(root: Path, files: dict[str, str | bytes]) -> Path:
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return root


PROJECTS = {
    "a module": ({"a.py": "", "b.py": ""}, "import a", ["a.py"]),
    "nothing local": ({"a.py": ""}, "import numpy as np\nfrom sklearn.svm import SVC", []),
    "a chain": (
        {"a.py": "import b", "b.py": "from c import x", "c.py": "x = 1"},
        "import a",
        ["a.py", "b.py", "c.py"],
    ),
    "a cycle": ({"a.py": "import b", "b.py": "import a"}, "import a", ["a.py", "b.py"]),
    "a package": (
        {"p/__init__.py": "", "p/a.py": "", "p/b.py": ""},
        "from p import a",
        ["p/__init__.py", "p/a.py"],
    ),
    "a package as a whole": (
        {"p/__init__.py": "from . import a", "p/a.py": "", "p/b.py": ""},
        "import p",
        ["p/__init__.py", "p/a.py"],
    ),
    "a dotted import": (
        {"p/__init__.py": "", "p/q/__init__.py": "", "p/q/a.py": ""},
        "import p.q.a as a",
        ["p/__init__.py", "p/q/__init__.py", "p/q/a.py"],
    ),
    "a name of a package": ({"p/__init__.py": "x = 1"}, "from p import x", ["p/__init__.py"]),
    "relative imports": (
        {
            "p/__init__.py": "",
            "p/a.py": "from .b import x\nfrom . import c",
            "p/b.py": "x = 1",
            "p/c.py": "",
        },
        "import p.a",
        ["p/__init__.py", "p/a.py", "p/b.py", "p/c.py"],
    ),
    "relative imports upwards": (
        {"p/__init__.py": "", "p/q/__init__.py": "from ..a import x", "p/a.py": "x = 1"},
        "import p.q",
        ["p/__init__.py", "p/a.py", "p/q/__init__.py"],
    ),
    "a folder without init": ({"p/a.py": "", "p/b.py": ""}, "from p import a", ["p/a.py"]),
    "a nested folder without init": ({"p/q/a.py": ""}, "import p.q.a", ["p/q/a.py"]),
    "a folder that is no package": ({"data/x.csv": "1"}, "import data", []),
    "a package wins over a module": (
        {"a/__init__.py": "", "a.py": "import b", "b.py": ""},
        "import a",
        ["a/__init__.py"],
    ),
    "a module wins over a folder": ({"a.py": "", "a/b.py": ""}, "import a.b", ["a.py"]),
    "imports in functions and branches": (
        {
            "a.py": "def f():\n  import b\nif 1:\n  import c\ntry:\n  import d\nfinally:\n  pass",
            "b.py": "",
            "c.py": "",
            "d.py": "",
        },
        "import a",
        ["a.py", "b.py", "c.py", "d.py"],
    ),
    "a star import": (
        {"p/__init__.py": "__all__ = ['a']", "p/a.py": "", "p/b.py": ""},
        "from p import *",
        ["p/__init__.py", "p/a.py"],
    ),
    "a literal dynamic import": (
        {
            "a.py": "import importlib\nimportlib.import_module('b')\n__import__('c')",
            "b.py": "",
            "c.py": "",
        },
        "import a",
        ["a.py", "b.py", "c.py"],
    ),
    "data inside a package": (
        {
            "p/__init__.py": "",
            "p/t.html": "x",
            "p/data/a.csv": "1",
            "p/q/b.py": "",
            "p/q/c.txt": "",
        },
        "import p",
        ["p/__init__.py", "p/data/a.csv", "p/t.html"],
    ),
    "no caches and notebooks": (
        {
            "p/__init__.py": "",
            "p/__pycache__/a.pyc": b"",
            "p/n.ipynb": "{}",
            "p/.git/x": "",
            "p/.x": "",
        },
        "import p",
        ["p/__init__.py"],
    ),
    "no data beside a plain module": ({"a.py": "", "x.csv": "1"}, "import a", ["a.py"]),
    "names beyond ASCII": ({"größe.py": ""}, "import größe", ["größe.py"]),
}


@pytest.mark.parametrize(
    ("files", "source", "expected"),
    PROJECTS.values(),
    ids=[name.replace(" ", "-") for name in PROJECTS],
)
def test_projects(tmp_path, files, source, expected):
    write(tmp_path, files)
    found = find_helpers(plan_of(step=source), tmp_path)
    assert found.problems == ()
    assert list(found.files) == [f"helpers/{path}" for path in expected]
    assert found.by_step == {"step": tuple(f"helpers/{path}" for path in expected)}
    for path in expected:
        assert found.files[f"helpers/{path}"] == (tmp_path / path).read_bytes()


RUNNABLE = [
    name
    for name, (files, source, expected) in PROJECTS.items()
    if expected and name != "a module wins over a folder"  # Python refuses that import
]


@pytest.mark.parametrize("name", RUNNABLE)
def test_what_is_found_is_enough_for_python(tmp_path, name):
    """Start a real interpreter in an empty folder, with only the found files on its path."""
    files, source, _ = PROJECTS[name]
    write(tmp_path / "project", files)
    found = find_helpers(plan_of(step=source), tmp_path / "project")
    write(tmp_path / "step", dict(found.files))
    (tmp_path / "empty").mkdir()
    # Every local module that the project's own folder loads is loaded from the found files too.
    script = f"{source}\nimport sys, json\nprint(json.dumps(sorted(sys.modules)))"
    loaded = []
    for place in ("project", "step/helpers"):
        done = subprocess.run(
            [sys.executable, "-c", script],
            cwd=tmp_path / "empty",
            env={"PYTHONPATH": str(tmp_path / place), "PYTHONUTF8": "1"},
            capture_output=True,
            text=True,
            timeout=300,
        )
        assert done.returncode == 0, done.stderr
        loaded.append(json.loads(done.stdout))
    assert loaded[0] == loaded[1]


@pytest.mark.parametrize("name", ["../secret", "/etc", "a/b", "*", "", "a-b", "a..b", "..a"])
def test_names_that_are_no_modules_lead_nowhere(tmp_path, name):
    write(tmp_path, {"secret.py": "", "project/a.py": "", "project/a-b.py": "", "project/x.so": ""})
    found = find_helpers(plan_of(step=f"import_module({name!r})"), tmp_path / "project")
    assert set(found.files) <= {"helpers/a.py"}
    assert found.problems == ()


def test_each_step_gets_only_its_own(tmp_path):
    write(tmp_path, {"a.py": "import c", "b.py": "import c", "c.py": "", "d.py": ""})
    found = find_helpers(plan_of(one="import a", two="import b", three="x = 1"), tmp_path)
    assert found.by_step == {
        "one": ("helpers/a.py", "helpers/c.py"),
        "two": ("helpers/b.py", "helpers/c.py"),
        "three": (),
    }
    assert list(found.files) == ["helpers/a.py", "helpers/b.py", "helpers/c.py"]


def test_a_notebook_without_a_folder_has_no_helpers():
    found = find_helpers(plan_of(step="import a"), None)
    assert (found.files, found.by_step, found.problems) == ({}, {}, ())


@pytest.mark.parametrize(
    ("files", "code", "severity", "said"),
    [
        (
            {"a.cpython-311-x86_64-linux-gnu.so": b""},
            Code.HELPER_REFUSED,
            Severity.ERROR,
            "compiled",
        ),
        ({"a.pyd": b""}, Code.HELPER_REFUSED, Severity.ERROR, "compiled"),
        (
            {"a/__init__.py": "from . import b", "a/b.so": b""},
            Code.HELPER_REFUSED,
            Severity.ERROR,
            "a/b.so",
        ),
        (
            {"a.py": "k = '''-----BEGIN RSA PRIVATE" + " KEY-----'''"},
            Code.HELPER_REFUSED,
            Severity.ERROR,
            "private key",
        ),
        ({"a.py": "def ("}, Code.SYNTAX_ERROR, Severity.ERROR, "`a.py`, line 1"),
        ({"a.py": b"x = '\x00'"}, Code.SYNTAX_ERROR, Severity.ERROR, "`a.py`"),
        (
            {"a.py": "import b", "b.py": "\n\nx ="},
            Code.SYNTAX_ERROR,
            Severity.ERROR,
            "`b.py`, line 3",
        ),
        (
            {"a.py": "import random", "random.py": ""},
            Code.HELPER_REFUSED,
            Severity.ERROR,
            "standard module",
        ),
        ({"a/__init__.py": "", "a/.env": "T=1"}, Code.HELPER_REFUSED, Severity.WARNING, "a/.env"),
        ({"a/__init__.py": "", "a/x.pem": ""}, Code.HELPER_REFUSED, Severity.WARNING, "secret"),
        ({"a/__init__.py": "", "a/id_rsa": ""}, Code.HELPER_REFUSED, Severity.WARNING, "secret"),
        (
            {"a/__init__.py": "", "a/big.csv": b"x" * (LARGEST_DATA_FILE + 1)},
            Code.HELPER_REFUSED,
            Severity.WARNING,
            "256 KiB",
        ),
    ],
)
def test_what_is_not_sent(tmp_path, files, code, severity, said):
    write(tmp_path, files)
    found = find_helpers(plan_of(other="x = 1", step="y = 1\nimport os, a"), tmp_path)
    (problem,) = found.problems
    assert (problem.code, problem.severity) == (code, severity)
    assert said in problem.message
    assert problem.remedy
    assert (problem.cell, problem.cell_id, problem.line, problem.step) == (2, "id-step", 2, "step")
    refused = {"helpers/" + name for name in files if name in problem.message}
    assert refused.isdisjoint(found.files)


def test_a_problem_of_two_steps_is_said_once(tmp_path):
    write(tmp_path, {"a.py": "def ("})
    found = find_helpers(plan_of(one="import a", two="import a"), tmp_path)
    assert [each.step for each in found.problems] == ["one"]


def test_links_are_followed(tmp_path):
    write(tmp_path, {"shared/p/__init__.py": "x = 1", "project/n.txt": ""})
    (tmp_path / "project" / "p").symlink_to(tmp_path / "shared" / "p")
    found = find_helpers(plan_of(step="import p"), tmp_path / "project")
    assert found.files == {"helpers/p/__init__.py": b"x = 1"}


def test_data_are_listed_in_a_fixed_order(tmp_path):
    write(tmp_path, {"p/z.txt": "", "p/a/b.txt": "", "p/a.txt": ""})
    listed = [path.relative_to(tmp_path / "p").as_posix() for path in package_data(tmp_path / "p")]
    assert listed == ["a.txt", "z.txt", "a/b.txt"]


@pytest.mark.parametrize(
    ("source", "package", "expected"),
    [
        ("import a, b.c as d", "", ["a", "b.c"]),
        ("from a import b, c", "", ["a", "a.b", "a.c"]),
        ("from a import *", "", ["a"]),
        ("from . import b", "p", ["p", "p.b"]),
        ("from .b import c", "p.q", ["p.q.b", "p.q.b.c"]),
        ("from .. import b", "p.q", ["p", "p.b"]),
        ("from ... import b", "p.q", []),
        ("from . import b", "", []),
        ("__all__ = ['x', 'y']", "p", ["p.x", "p.y"]),
        ("__all__ = ['x']", "", []),
        ("import_module('.x', 'p')", "", ["p.x"]),
        ("import_module('..x', 'p')", "", []),
        ("import_module('.x', __package__)", "p", ["p.x"]),
        ("import_module(name)", "", []),
        ("'import x'", "", []),
    ],
)
def test_imports_of_a_file(source, package, expected):
    assert list(imported_modules(source, package)) == expected


def test_a_module_gets_the_files_beside_it_that_it_names(tmp_path):
    reads = "import pathlib\nTEXT = pathlib.Path(__file__).with_name('a.txt').read_text()\n"
    write(tmp_path, {"sub/reader.py": reads, "sub/a.txt": "A", "sub/b.txt": "B"})
    found = find_helpers(plan_of(step="import sub.reader"), tmp_path)
    assert list(found.files) == ["helpers/sub/a.txt", "helpers/sub/reader.py"]


@pytest.mark.parametrize("piece", ["A", "sk-", "eyJ-", "a/", "key=", "import_module("])
def test_a_module_of_one_long_text_is_read_like_any_other(tmp_path, piece):
    # A picture as base64, say: an expression that is tried at each letter would take minutes.
    write(tmp_path, {"a.py": f"x = {piece * (200_000 // len(piece))!r}"})
    found = find_helpers(plan_of(step="import a"), tmp_path)
    assert (found.by_step, found.problems) == ({"step": ("helpers/a.py",)}, ())
