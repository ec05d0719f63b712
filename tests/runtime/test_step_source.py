"""The one file that goes into a bundle."""

import ast
import hashlib
import io
import re
import shutil
import subprocess
import sys
import tokenize
from pathlib import Path

import pytest
from step_process import make_slice, run_step

import jupyter_kfp_ext.runtime.step as package
from jupyter_kfp_ext.runtime.source import runtime_source
from jupyter_kfp_ext.runtime.step.place import slice_hash
from jupyter_kfp_ext.runtime.strip import strip_source

FOLDER = Path(package.__file__).parent


def code_of(text):
    """Statements with their places, without standing strings (what their blocks then hold)."""
    tree = ast.parse(text)
    for node in ast.walk(tree):
        for block in ("body", "orelse", "finalbody"):
            inside = getattr(node, block, None)
            if isinstance(inside, list):
                kept = [each for each in inside if not is_bare(each)]
                setattr(node, block, kept)
    places = [(each.lineno, each.col_offset) for each in ast.walk(tree) if hasattr(each, "lineno")]
    return ast.dump(tree), places


def is_bare(node):
    is_string = (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )
    return is_string or isinstance(node, ast.Pass)


def test_it_holds_the_code_of_every_module_line_for_line():
    text = runtime_source().decode()
    for path in FOLDER.glob("*.py"):
        stripped = strip_source(path.read_text())
        # A flag says it in the bundle: importing `__future__` takes a while.
        assert stripped.replace("from __future__ import annotations\n", "\n", 1) in text
        assert code_of(stripped) == code_of(path.read_text()), path.name


def test_it_holds_no_comments_and_docstrings():
    for section in runtime_source().decode().split("SECTIONS[")[1:]:
        code = section.partition("r'''")[2].rpartition("'''")[0]
        tokens = tokenize.generate_tokens(io.StringIO(code).readline)
        assert tokenize.COMMENT not in {token.type for token in tokens}
        assert '"""' not in code


STRIPPED = {
    "x = 1  # said": "x = 1",
    "# said\nx = 1": "\nx = 1",
    "x = '# not said'  # said": "x = '# not said'",
    'x = "\\"# not said"': 'x = "\\"# not said"',
    "x = f\"{d['#']}\"  # said": "x = f\"{d['#']}\"",
    'x = """a\n# not said\n"""': 'x = """a\n# not said\n"""',
    '"""Said.\n\nMore.\n"""\nimport os': "\n\n\n\nimport os",
    'def f():\n    """Said."""\n    return 1': "def f():\n\n    return 1",
    'def f():  # why\n    """Said."""\n\n\nx = 1': "def f():\n    pass\n\n\nx = 1",
    'class A:\n    x = 1\n    """Said."""\n\ny = 1': "class A:\n    x = 1\n\n\ny = 1",
    'class A:\n    """Said\n    more."""\n': "class A:\n    pass\n\n",
    'f(\n    "a"\n    "b"\n)': 'f(\n    "a"\n    "b"\n)',
}


@pytest.mark.parametrize("text", STRIPPED)
def test_comments_and_docstrings_go_and_lines_stay(text):
    assert strip_source(text) == STRIPPED[text]


@pytest.mark.parametrize("version", [f"3.{minor}" for minor in range(10, 15)])
def test_every_version_of_python_makes_the_same_text(version):
    root = Path(__file__).parents[2]
    code = "import hashlib, sys; from jupyter_kfp_ext.runtime.source import runtime_source as r;"
    code += "print(*sys.version_info[:2], sep='.'); print(hashlib.sha256(r()).hexdigest())"
    python = shutil.which(f"python{version}")
    if python is None:
        pytest.skip(f"there is no Python {version} here")
    line = [python, "-c", code]
    done = subprocess.run(line, cwd=root, capture_output=True, text=True)
    if done.returncode and version not in done.stdout:
        pytest.skip(f"python{version} starts no such Python here")
    assert done.stdout.split() == [version, hashlib.sha256(runtime_source()).hexdigest()]


def test_it_is_the_same_each_time():
    assert runtime_source() == runtime_source()


def test_every_module_is_python_3_9():
    for path in FOLDER.glob("*.py"):
        ast.parse(path.read_text(), feature_version=(3, 9))


def test_it_names_the_standard_library_alone_at_module_level():
    # Imported by matplotlib, when that makes its first figure.
    others = {"figure_backend.py": {"matplotlib"}}
    for path in FOLDER.glob("*.py"):
        allowed = sys.stdlib_module_names | others.get(path.name, set())
        for node in ast.parse(path.read_text()).body:
            names = []
            if isinstance(node, ast.Import):
                names = [each.name for each in node.names]
            if isinstance(node, ast.ImportFrom) and node.level == 0:
                names = [node.module or ""]
            assert {name.partition(".")[0] for name in names} <= allowed


def test_sections_are_imported_only_when_needed(tmp_path):
    (tmp_path / "kfp_step.py").write_bytes(runtime_source())
    code = (
        "import sys, kfp_step; print([m for m in sys.modules if m.startswith('kfp_step')]);"
        "from kfp_step.executor import decode; print(decode('json:[1.0]'))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert done.stdout == "['kfp_step']\n[1.0]\n"


def test_an_error_of_the_runtime_itself_names_section_and_line(tmp_path):
    (tmp_path / "kfp_step.py").write_bytes(runtime_source())
    code = (
        "import traceback, kfp_step.executor as e\n"
        "try: e.decode('json:{')\n"
        "except ValueError: traceback.print_exc()"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert re.search(r"kfp_step/executor.py., line \d+, in decode\n +return loads", done.stderr)


def test_the_slice_hash_is_what_the_documentation_says():
    files = {"kfp_step.py": b"runtime", "steps/a.json": b"{}", "helpers/x.py": b"", "other": b"no"}
    text = b"kfp_step.py\x007\x00runtimesteps/a.json\x002\x00{}helpers/x.py\x000\x00"
    assert slice_hash(files, "a", ["helpers/x.py"]) == hashlib.sha256(text).hexdigest()[:32]


def test_a_step_that_computes_imports_little(tmp_path):
    """Each of these costs a short step more than it does itself."""
    costly = {"json", "re", "enum", "pickle", "typing", "signal", "tempfile"}
    source = f"import sys\nprint(sorted({costly} & set(sys.modules)))"
    bare = (sys.executable, "-S", "-I")
    step = run_step(tmp_path, make_slice(source), python=bare)
    assert step.stdout == "[]\n"
