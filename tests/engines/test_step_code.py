"""The code of a step as the runner hands it over: checked once, and known again if it changes."""

import json
import marshal
import os
import subprocess
import sys
import zipfile

import pytest

from jupyter_kfp_ext.engines.local.bundles import runtime_folder
from jupyter_kfp_ext.engines.local.step_code import HANDED, handed_over
from jupyter_kfp_ext.runtime.bootstrap import BOOTSTRAP
from jupyter_kfp_ext.runtime.source import runtime_source
from jupyter_kfp_ext.runtime.step.place import slice_hash
from tests.runtime.step_process import make_slice

SLICE = make_slice("print('the code')", helpers=["helpers/a.py"])
FILES = {
    "kfp_step.py": runtime_source(),
    "steps/step.json": json.dumps(SLICE).encode(),
    "helpers/a.py": b"x = 1",
}
HASH = slice_hash(FILES, "step", SLICE["helpers"])


@pytest.fixture
def bundle(tmp_path):
    path = tmp_path / "code.zip"
    write(path, FILES)
    return path


def write(path, files):
    with zipfile.ZipFile(path, "w") as file:
        for name, data in files.items():
            file.writestr(name, data)


def step(bundle, said, expected=HASH):
    """Run the step as the engine does, and return what it printed and how it failed."""
    folder = bundle.parent
    request = {"outputs": {"outputFile": str(folder / "out.json")}}
    env = {
        **os.environ,
        "KFP_STEP_CODE": str(bundle),
        "KFP_STEP_CACHE": str(runtime_folder(bundle)),
        "KFP_TERMINATION_LOG": str(folder / "log"),
        "KFP_PACKAGES_READY": "1",
        HANDED: said,
    }
    done = subprocess.run(
        [sys.executable, "-c", BOOTSTRAP, "code", "step", expected, json.dumps(request)],
        env=env,
        cwd=folder,
        capture_output=True,
        text=True,
    )
    said = (folder / "log").read_text() if (folder / "log").exists() else "{}"
    return done.stdout, json.loads(said).get("error", {}).get("name")


def test_a_step_runs_what_it_was_handed(bundle, tmp_path):
    place = tmp_path / "slice.json"
    said = handed_over(bundle, "step", HASH, place, sys.executable)
    assert said.startswith(HASH) and place.read_bytes() == FILES["steps/step.json"]
    assert step(bundle, said) == ("the code\n", None)


def test_what_was_handed_over_is_not_checked_again_and_what_changed_is(bundle, tmp_path):
    place = tmp_path / "slice.json"
    place.write_text(json.dumps(SLICE).replace("the code", "another"))
    # Said of the file as it is: the step takes it, so it is this word that it goes by.
    said = handed_over(bundle, "step", HASH, tmp_path / "other", sys.executable)
    words = said.split(" ")
    state = place.stat()
    mine = f"{state.st_dev}.{state.st_ino}.{state.st_size}.{state.st_mtime_ns}"
    assert step(bundle, " ".join([*words[:3], mine, str(place)])) == ("another\n", None)
    # Changed since: it goes back to the bundle.
    place.write_text(json.dumps(SLICE).replace("the code", "changed"))
    assert step(bundle, " ".join([*words[:3], mine, str(place)])) == ("the code\n", None)
    # Of another step, or nonsense.
    assert step(bundle, " ".join(["0" * 32, *words[1:]])) == ("the code\n", None)
    assert step(bundle, "nonsense") == ("the code\n", None)


def test_a_runtime_that_is_changed_afterwards_is_found(bundle, tmp_path):
    said = handed_over(bundle, "step", HASH, tmp_path / "slice.json", sys.executable)
    runtime = runtime_folder(bundle) / "kfp_step.py"
    runtime.write_bytes(runtime.read_bytes() + b"\n")
    assert step(bundle, said) == ("", "code-changed")


def test_other_code_than_was_compiled_is_not_handed_over(bundle, tmp_path):
    write(bundle, {**FILES, "helpers/a.py": b"x = 2"})
    assert handed_over(bundle, "step", HASH, tmp_path / "slice.json", sys.executable) == ""
    assert step(bundle, "") == ("", "code-changed")


def test_a_bundle_that_was_only_touched_is_handed_over(bundle, tmp_path):
    place = tmp_path / "slice.json"
    first = handed_over(bundle, "step", HASH, place, sys.executable)
    os.utime(bundle, (1, 1))
    again = handed_over(bundle, "step", HASH, place, sys.executable)
    assert again and again.split(" ")[1] != first.split(" ")[1]
    assert step(bundle, again) == ("the code\n", None)


def test_where_the_bundle_is_gone_nothing_is_handed_over(bundle, tmp_path):
    none, place = tmp_path / "none.zip", tmp_path / "slice.json"
    assert handed_over(none, "step", HASH, place, sys.executable) == ""
    handed_over(bundle, "step", HASH, tmp_path / "slice.json", sys.executable)
    bundle.unlink()
    assert handed_over(bundle, "step", HASH, tmp_path / "slice.json", sys.executable) == ""


@pytest.mark.parametrize("damaged", [b"", b"\0" * 40, marshal.dumps("no code")])
def test_a_part_of_the_runtime_that_was_kept_and_is_damaged_is_compiled_anew(damaged, bundle):
    assert step(bundle, "") == ("the code\n", None)
    (kept,) = runtime_folder(bundle).glob(f"{sys.implementation.cache_tag}-*")
    whole = (kept / "entry").read_bytes()
    (kept / "entry").write_bytes(damaged)
    assert step(bundle, "") == ("the code\n", None)
    assert (kept / "entry").read_bytes() == whole


LOOKS = "import sys\nprint('_ast' in sys.modules)"


@pytest.mark.parametrize(("python", "compiles"), [(sys.executable, "False"), ("/else", "True")])
def test_cells_are_compiled_for_steps_of_the_same_python(python, compiles, tmp_path):
    files = {
        "kfp_step.py": FILES["kfp_step.py"],
        "steps/step.json": json.dumps(
            {**SLICE, "cells": [{**SLICE["cells"][0], "source": LOOKS}], "helpers": []}
        ).encode(),
    }
    expected = slice_hash(files, "step", [])
    write(tmp_path / "code.zip", files)
    said = handed_over(tmp_path / "code.zip", "step", expected, tmp_path / "slice.json", python)
    assert step(tmp_path / "code.zip", said, expected) == (f"{compiles}\n", None)
