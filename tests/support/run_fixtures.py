"""Runs in a home of their own, ended with the test that made them."""

import signal

import pytest
from container_specs import Runs

_LIMIT = 300
"""Seconds after which a test that waits for what never comes has failed."""


@pytest.fixture(name="runs")
def runs_of_a_fresh_home(tmp_path):
    made = Runs(tmp_path / "home", tmp_path / "shared")
    signal.signal(signal.SIGALRM, _too_long)
    signal.alarm(_LIMIT)
    yield made
    signal.alarm(_LIMIT)
    made.end_all()
    signal.alarm(0)


@pytest.fixture(name="time_limit")
def limit_of_a_test():
    """End a test that waits for what never comes."""
    signal.signal(signal.SIGALRM, _too_long)
    signal.alarm(2 * _LIMIT)
    yield
    signal.alarm(0)


def _too_long(_number, _frame):
    raise TimeoutError(f"nothing came for {_LIMIT} s")
