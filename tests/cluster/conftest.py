"""Tests on a real Kubernetes run where `KFP_TEST_KUBECONFIG` names its kubeconfig."""

import os
import shutil

import pytest
from real_cluster import namespace_of

KUBECONFIG = "KFP_TEST_KUBECONFIG"


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
