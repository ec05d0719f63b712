"""Steps that are started by compiled code in one file, and how their processes end."""

import json
import os
import subprocess
import sys
import zipfile

import pytest
from container_specs import submission
from plan_builder import make_plan, step

from jupyter_kfp_ext.compiler.compile import compile_plan
from jupyter_kfp_ext.engines.local.bundles import runtime_folder
from jupyter_kfp_ext.engines.local.start_code import SECTIONS_OF_ALL, start_text
from jupyter_kfp_ext.engines.local.step_code import started_by
from jupyter_kfp_ext.runtime.bootstrap import BOOTSTRAP
from jupyter_kfp_ext.runtime.source import runtime_source
from jupyter_kfp_ext.runtime.step.place import slice_hash
from tests.runtime.step_process import make_slice


def bundle_of(folder, *cells):
    data = json.dumps(make_slice(*cells)).encode()
    files = {"kfp_step.py": runtime_source(), "steps/step.json": data}
    with zipfile.ZipFile(folder / "code.zip", "w") as file:
        for name, data in files.items():
            file.writestr(name, data)
    return folder / "code.zip", slice_hash(files, "step", [])


def run(text, bundle, expected, **variables):
    """Run the step as the engine does, by a text; return its exit status and what it said."""
    request = {"outputs": {"outputFile": str(bundle.parent / "out.json")}}
    env = {
        **os.environ,
        "KFP_STEP_CODE": str(bundle),
        "KFP_STEP_CACHE": str(runtime_folder(bundle)),
        "KFP_TERMINATION_LOG": str(bundle.parent / "log"),
        "KFP_PACKAGES_READY": "1",
        **variables,
    }
    command = [sys.executable, "-u", "-c", text, "code", "step", expected, json.dumps(request)]
    done = subprocess.run(command, env=env, cwd=bundle.parent, capture_output=True, text=True)
    return done.returncode, done.stdout, done.stderr


def runtime_of(bundle):
    return runtime_folder(bundle) / "kfp_step.py"


def test_the_file_has_what_a_step_runs_that_takes_a_number_and_leaves_one(runs):
    look = "import atexit, sys\natexit.register(lambda: print(*sorted(sys.modules)))\ny = x + 1\n"
    plan = make_plan(
        step("one", "x = 1\n", outputs=("x",)),
        step("two", look, inputs=(("one", ("x",)),), outputs=("y",)),
        step("three", "y\n", inputs=(("two", ("y",)),)),
    )
    compiled = compile_plan(plan, None)
    made = submission(compiled.spec, compiled.platform)
    status = runs.end(runs.engine.submit(type(made)(**{**vars(made), "compiled": compiled})))
    said = runs.folder(status.id).step("two").log.read_text().split()
    run = [each.removeprefix("kfp_step.") for each in said if each.startswith("kfp_step.")]
    assert tuple(run) == SECTIONS_OF_ALL


@pytest.mark.parametrize("damaged", [b"", b"\0" * 40])
def test_a_damaged_file_is_written_anew(damaged, tmp_path):
    bundle, expected = bundle_of(tmp_path, "print('the code')")
    text = start_text(runtime_of(bundle))
    (file,) = runtime_folder(bundle).glob("start-*")
    whole = file.read_bytes()
    file.write_bytes(damaged)
    assert start_text(runtime_of(bundle)) == text and file.read_bytes() == whole
    assert run(text, bundle, expected) == (0, "the code\n", "")


def test_what_few_steps_run_of_the_runtime_is_read_where_it_is_used(tmp_path):
    look = "import sys\nprint('kfp_step.figures' in sys.modules)\nimport kfp_step.figures"
    bundle, expected = bundle_of(tmp_path, look)
    for _ in range(2):
        assert run(start_text(runtime_of(bundle)), bundle, expected)[:2] == (0, "False\n")
    (kept,) = runtime_folder(bundle).glob(f"{sys.implementation.cache_tag}-*")
    assert [each.name for each in kept.iterdir()] == ["figures"]


def test_only_steps_of_the_runners_own_python_start_so(tmp_path):
    bundle, _ = bundle_of(tmp_path, "1")
    assert started_by(bundle, "/else") == ""
    assert started_by(bundle, sys.executable) == start_text(runtime_of(bundle))
    assert started_by(tmp_path / "none.zip", sys.executable) == ""


TELL = """\
import os
place = os.open(os.environ["TOLD"], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
def tell(text, write=os.write, place=place):
    write(place, text.encode())
class Last:
    def __init__(self, text): self.text = text
    def __del__(self, tell=tell): tell(self.text)
"""
AT_ONCE = "import os\nleave = os._exit\nos._exit = lambda status: (tell('at once'), leave(status))"
ENDINGS = {
    "handlers": ("import atexit\natexit.register(tell, 'x')", "x"),
    "values": ("a, b, c = Last('1'), Last('2'), Last('3')", "123"),
    "cycles": ("a = Last('x')\na.a = a\ndel a", "x"),
    "files": ("a = open(os.environ['TOLD'], 'a')\n_ = a.write('x')", "x"),
    "files of other modules": (
        "import builtins, sys\nbuiltins.a = open(os.environ['TOLD'], 'a')\n_ = a.write('x')",
        "x",
    ),
    "generators of other modules": (
        "import json\ndef f():\n    try: yield\n    finally: tell('x')\njson.a = f()\nnext(json.a)",
        "x",
    ),
    "threads": (
        "from threading import Thread, main_thread\n"
        "Thread(target=lambda: (main_thread().join(), tell('x'))).start()",
        "x",
    ),
    "an error": ("a = Last('x')\n1 / 0", "x"),
}


@pytest.mark.parametrize("name", ENDINGS)
def test_a_step_ends_as_python_ends(name, tmp_path):
    source, said = ENDINGS[name]
    bundle, expected = bundle_of(tmp_path, TELL, source)
    for number, text in enumerate([BOOTSTRAP, start_text(runtime_of(bundle))]):
        told = tmp_path / f"told{number}"
        status = run(text, bundle, expected, TOLD=str(told))[0]
        assert (status, told.read_text()) == (int(name == "an error"), said)


@pytest.mark.parametrize(
    ("source", "at_once"),
    [
        ("import this, time", True),
        ("a = [Last('')]\na.append(a)\ndel a", True),
        ("a = Last('')", False),
        ("import sqlite3", False),
        ("import numpy", False),
        ("import sys\nsys.modules['mine'] = type(sys)('mine')", False),
        ("import builtins\nbuiltins.last = Last('')", False),
    ],
)
def test_modules_are_left_to_the_system_where_none_has_more_to_do(source, at_once, tmp_path):
    bundle, expected = bundle_of(tmp_path, TELL, AT_ONCE, source)
    told = tmp_path / "told"
    status = run(start_text(runtime_of(bundle)), bundle, expected, TOLD=str(told))[0]
    assert (status, told.read_text()) == (0, "at once" if at_once else "")
