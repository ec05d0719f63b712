"""The one file that goes into a bundle."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import jupyter_kfp_ext.runtime.step as package
from jupyter_kfp_ext.runtime.source import runtime_source

FOLDER = Path(package.__file__).parent


def test_it_holds_every_module_word_for_word():
    text = runtime_source().decode()
    for path in FOLDER.glob("*.py"):
        assert path.read_text() in text


def test_it_is_the_same_each_time():
    assert runtime_source() == runtime_source()


def test_every_module_is_python_3_9():
    for path in FOLDER.glob("*.py"):
        ast.parse(path.read_text(), feature_version=(3, 9))


def test_it_names_the_standard_library_alone_at_module_level():
    for path in FOLDER.glob("*.py"):
        for node in ast.parse(path.read_text()).body:
            names = []
            if isinstance(node, ast.Import):
                names = [each.name for each in node.names]
            if isinstance(node, ast.ImportFrom) and node.level == 0:
                names = [node.module or ""]
            assert {name.partition(".")[0] for name in names} <= sys.stdlib_module_names


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
    assert re.search(r"kfp_step/executor.py., line \d+, in decode\n +return json", done.stderr)
