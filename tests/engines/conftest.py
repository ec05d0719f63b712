"""Tests here start runs of their own; see `support/run_fixtures.py`."""

from run_fixtures import runs_of_a_fresh_home

__all__ = ["runs_of_a_fresh_home"]
