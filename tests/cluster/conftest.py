"""Tests on a real Kubernetes run where `KFP_TEST_KUBECONFIG` names its kubeconfig."""

import os
import shutil
import signal
from functools import partial

import pytest
from kfp_on_cluster import STORE_KEY, connection_to, kfp_on
from real_cluster import namespace_of

from jupyter_kfp_ext.engines.kfp.connections import add_connection
from tests.conftest import end_runs
from tests.support.command_line import call_kfp

KUBECONFIG = "KFP_TEST_KUBECONFIG"
_LIMIT = 500
"""Seconds after which a test that waits for what never comes has failed."""


@pytest.fixture
def real(tmp_path):
    """A namespace of a real Kubernetes; the kubeconfig is a copy that tests may write beside."""
    given = os.environ.get(KUBECONFIG)
    if not given:
        pytest.skip(f"{KUBECONFIG} names no cluster (make test-cluster; CONTRIBUTING.md)")
    kubeconfig = tmp_path / "kubeconfig"
    shutil.copy(given, kubeconfig)
    with namespace_of(str(kubeconfig)) as found:
        yield found


@pytest.fixture
def lab(kfp_home, real, monkeypatch):
    """Kubeflow Pipelines whose steps are pods in that namespace, and the connection `lab` to it."""
    monkeypatch.setenv(STORE_KEY, "ada:secret")
    signal.signal(signal.SIGALRM, _too_long)
    signal.alarm(_LIMIT)
    with kfp_on(real) as server:
        add_connection(connection_to(server, real), default=True)
        yield server
        # A run that a failed test left ends only while there is a KFP.
        end_runs(kfp_home)
        signal.alarm(0)


@pytest.fixture
def kfp(kfp_home, tmp_path):
    """Call `jupyter kfp ...` as a process; a run of pods takes its time on a busy machine."""
    return partial(call_kfp, cwd=tmp_path, limit=_LIMIT)


def _too_long(_number, _frame):
    raise TimeoutError(f"nothing came for {_LIMIT} s")
