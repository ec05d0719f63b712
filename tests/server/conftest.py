"""Tests here talk to a Jupyter server; see `support/server_fixtures.py`."""

from server_fixtures import api, ended, put_notebook

__all__ = ["api", "ended", "put_notebook"]
