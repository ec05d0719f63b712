import asyncio
import os
import subprocess
import sys
from pathlib import Path

import pytest
from tornado.httpclient import HTTPClientError
from tornado.websocket import websocket_connect

ROOT = Path(__file__).resolve().parents[2]

CALLS = [
    ("GET", "info"),
    ("POST", "pipeline"),
    ("POST", "probe"),
    ("GET", "runs"),
    ("POST", "runs"),
    ("GET", "runs/20260101-000000-aaaaaa"),
    ("DELETE", "runs/20260101-000000-aaaaaa"),
    ("POST", "runs/20260101-000000-aaaaaa/about"),
    ("GET", "compare"),
    ("POST", "runs/20260101-000000-aaaaaa/cancel"),
    ("POST", "runs/20260101-000000-aaaaaa/pause"),
    ("GET", "runs/20260101-000000-aaaaaa/outputs"),
    ("GET", "runs/20260101-000000-aaaaaa/notebook"),
    ("GET", "runs/20260101-000000-aaaaaa/pipeline"),
    ("GET", "runs/20260101-000000-aaaaaa/steps/a/results"),
    ("GET", "runs/20260101-000000-aaaaaa/steps/a/results/look"),
    ("GET", "runs/20260101-000000-aaaaaa/steps/a/results/file"),
    ("POST", "code"),
    ("POST", "examples"),
    ("GET", "runs/20260101-000000-aaaaaa/code"),
    ("GET", "runs/20260101-000000-aaaaaa/code/changes"),
    ("POST", "runs/20260101-000000-aaaaaa/code/restore"),
]


@pytest.mark.parametrize(("method", "path"), CALLS)
async def test_without_a_token_everything_is_refused(
    method, path, kfp_home, http_server_client, jp_base_url
):
    with pytest.raises(HTTPClientError) as caught:
        await http_server_client.fetch(
            f"{jp_base_url}jupyter-kfp-ext/{path}",
            method=method,
            body=None if method in ("GET", "DELETE") else "{}",
        )
    assert caught.value.code == 403


async def test_without_a_token_no_log_is_sent(
    kfp_home, http_server_client, jp_http_port, jp_base_url
):
    url = f"ws://localhost:{jp_http_port}{jp_base_url}jupyter-kfp-ext/runs/x/steps/y/log"
    with pytest.raises(HTTPClientError) as caught:
        await websocket_connect(url)
    assert caught.value.code == 403


@pytest.mark.parametrize(
    ("method", "path", "action"),
    [
        ("GET", "info", "read"),
        ("POST", "pipeline", "read"),
        ("GET", "runs", "read"),
        ("POST", "runs", "execute"),
        ("GET", "compare", "read"),
        ("DELETE", "runs/20260101-000000-aaaaaa", "execute"),
        ("POST", "runs/20260101-000000-aaaaaa/about", "execute"),
        ("POST", "runs/20260101-000000-aaaaaa/cancel", "execute"),
        ("POST", "runs/20260101-000000-aaaaaa/pause", "execute"),
        ("POST", "code", "read"),
        ("GET", "runs/20260101-000000-aaaaaa/code", "read"),
        ("GET", "runs/20260101-000000-aaaaaa/code/changes", "read"),
        ("POST", "runs/20260101-000000-aaaaaa/code/restore", "execute"),
    ],
)
async def test_the_servers_authorizer_decides(method, path, action, api, jp_serverapp, monkeypatch):
    asked = []

    def refuse(handler, user, action, resource):
        asked.append((action, resource))
        return False

    monkeypatch.setattr(jp_serverapp.authorizer, "is_authorized", refuse)
    answer = await api(method, *path.split("/"), body={})
    assert answer.status == 403
    assert answer.json["problems"] == []
    assert asked == [(action, "kfp")]


async def test_the_authorizer_decides_on_logs(kfp_home, jp_serverapp, jp_ws_fetch, monkeypatch):
    monkeypatch.setattr(jp_serverapp.authorizer, "is_authorized", lambda *_: False)
    with pytest.raises(HTTPClientError) as caught:
        await jp_ws_fetch("jupyter-kfp-ext", "runs", "x", "steps", "y", "log")
    assert caught.value.code == 403


async def test_no_handler_lacks_authentication(tmp_path):
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        str(ROOT / "tools" / "check_auth.py"),
        env={**os.environ, "PYTHONPATH": str(ROOT), "HOME": str(tmp_path)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    said, _ = await process.communicate()
    assert process.returncode == 0, said.decode()
