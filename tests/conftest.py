"""What tests of several layers share: small notebooks, a home of their own, the command line."""

import json
import os
import signal
from functools import partial
from pathlib import Path

import pytest
from hypothesis import settings

from jupyter_kfp_ext.engines.local.engine import LocalEngine
from jupyter_kfp_ext.runs.follow import follow_blocking
from jupyter_kfp_ext.runs.registry import Registry
from tests.support.command_line import call_kfp
from tests.support.notebooks import notebook_json

ROOT = Path(__file__).resolve().parents[1]

# A shell that starts tests in the background has them ignore Ctrl-C, and all that they start.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# Logins of tests are no business of the keyring of whoever runs them.
os.environ.setdefault("PYTHON_KEYRING_BACKEND", "keyring.backends.fail.Keyring")

# The same examples in each run, whatever time they take (`--hypothesis-profile default`: others).
settings.load_profile("ci")


@pytest.fixture
def kfp_home(tmp_path, monkeypatch):
    """A home for runs, for this process and those that it starts."""
    home = tmp_path / "kfp-home"
    monkeypatch.setenv("JUPYTER_KFP_HOME", str(home))
    # Processes of a test must find this tree, wherever they start.
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    yield home
    end_runs(home)


def end_runs(home):
    """End what a test left running: its folder is deleted, and nobody would ever end it."""
    for run in Registry(home).list(limit=1000):
        if not run.state.ended:
            LocalEngine(home).cancel(run.id)
            for _ in follow_blocking(run.id, home=home):
                pass


@pytest.fixture
def write_notebook(tmp_path):
    """Write a notebook below the test's folder and return its path."""

    def write(name, *cells, **metadata):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(notebook_json(*cells, **metadata)))
        return path

    return write


@pytest.fixture
def kfp(kfp_home, tmp_path):
    """Call `jupyter kfp ...` as a process in the test's folder."""
    return partial(call_kfp, cwd=tmp_path)
