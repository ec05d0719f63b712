"""A Jupyter server with the extension, as the interface talks to it."""

import json
from types import SimpleNamespace

import pytest
from tornado.httpclient import HTTPClientError

from tests.support.notebooks import notebook_json

BASE = "jupyter-kfp-ext"


@pytest.fixture
def api(kfp_home, jp_fetch):
    """Call the extension's API; returns status and JSON, also for errors."""

    async def call(method, *parts, body=None, **params):
        text = (
            None
            if method in ("GET", "DELETE")
            else body
            if isinstance(body, str)
            else json.dumps(body)
        )
        try:
            answer = await jp_fetch(BASE, *parts, method=method, body=text, params=params)
        except HTTPClientError as error:
            answer = error.response
        return SimpleNamespace(status=answer.code, json=json.loads(answer.body))

    return call


@pytest.fixture
def put_notebook(jp_root_dir):
    """Write a notebook below the server's root and return its contents path."""

    def put(path, *cells, **metadata):
        place = jp_root_dir / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(json.dumps(notebook_json(*cells, **metadata)))
        return path

    return put


@pytest.fixture
def ended(jp_serverapp, kfp_home):
    """Wait for a run to end, as a change that the runner announces, and return its status."""

    async def wait(run_id):
        from jupyter_kfp_ext.runs.follow import follow

        async for change in follow(run_id):
            status = change.status
        return status

    return wait
