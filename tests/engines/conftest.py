"""Tests here start runs of their own; see `support/run_fixtures.py`."""

from run_fixtures import limit_of_a_test, runs_of_a_fresh_home

__all__ = ["limit_of_a_test", "runs_of_a_fresh_home"]
