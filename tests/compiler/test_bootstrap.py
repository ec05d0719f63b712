"""The bootstrap in real processes: it finds the code, and says so where there is none."""

import json
import os
import re
import subprocess
import sys

import pytest

from jupyter_kfp_ext.compiler.inline import inline_code
from jupyter_kfp_ext.helpers.bundle import bundle_bytes
from jupyter_kfp_ext.runtime.bootstrap import BOOTSTRAP

RUNTIME = b"""
import sys
def main(argv):
    place = sys.path[0]
    own = __loader__.get_data(place + "/own")
    print(argv[1:4], __file__.startswith(place), own.decode())
    return 7
"""
FILES = {"kfp_step.py": RUNTIME, "own": b"of the bundle"}


def run(code, cwd, *parts, **environment):
    command = [sys.executable, "-u", "-c", BOOTSTRAP, code, "task", "hash", "{}", *parts]
    return subprocess.run(
        command,
        cwd=cwd,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=300,
    )


def test_it_is_short_and_nothing_in_it_is_rewritten():
    assert len(BOOTSTRAP) < 1_024
    assert BOOTSTRAP.isascii()
    assert not re.search(r"\$|\{\{|\}\}|[^ -~\n]", BOOTSTRAP)


@pytest.mark.parametrize("way", ["path", "inline", "artifacts", "environment"])
def test_it_finds_the_code_and_passes_arguments_and_exit_status(tmp_path, way):
    archive = tmp_path / "code.zip"
    archive.write_bytes(bundle_bytes(FILES))
    part = tmp_path / "an artifact has no ending"
    part.write_bytes(bundle_bytes({"kfp_step.py": RUNTIME}))
    # A file of this name in the working folder must not win over the bundle's.
    (tmp_path / "kfp_step.py").write_text("raise SystemExit('the wrong one')")
    code = {
        "path": str(archive),
        "inline": inline_code(FILES),
        "artifacts": inline_code({"own": FILES["own"]}),
        "environment": "/nowhere",
    }[way]
    given = {"KFP_STEP_CODE": str(archive)} if way == "environment" else {}
    done = run(code, tmp_path, *([str(part)] if way == "artifacts" else []), **given)
    assert (done.returncode, done.stderr) == (7, "")
    assert done.stdout.strip() == "['task', 'hash', '{}'] True of the bundle"


def test_absent_code_is_said_in_the_log_and_where_kubernetes_looks(tmp_path):
    place = tmp_path / "termination-log"
    done = run(str(tmp_path / "code.zip"), tmp_path, KFP_TERMINATION_LOG=str(place))
    assert done.returncode == 1
    assert "code.zip" in done.stderr
    assert "Traceback" not in done.stderr
    report = json.loads(place.read_text())
    assert report["v"] == 1
    assert report["error"]["name"] == "storage-failed"
    assert report["error"]["message"] in done.stderr
