import signal

import pytest
from cluster_runs import ClusterRuns

from tests.conftest import end_runs
from tests.standin.server import stand_in

_LIMIT = 300
"""Seconds after which a test that waits for what never comes has failed."""


@pytest.fixture
def cluster(kfp_home):
    """Give a stand-in, and see to it that no test waits for ever."""
    signal.signal(signal.SIGALRM, _too_long)
    signal.alarm(_LIMIT)
    with stand_in() as standin:
        yield standin
        # A run that a failed test left ends only while there is a cluster.
        end_runs(kfp_home)
        signal.alarm(0)


@pytest.fixture
def runs(kfp_home, cluster, tmp_path):
    return ClusterRuns(kfp_home, cluster, tmp_path)


def _too_long(_number, _frame):
    raise TimeoutError(f"nothing came for {_LIMIT} s")
