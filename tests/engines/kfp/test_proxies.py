"""Calls that go through an HTTP proxy: the one of the connection, or of the environment."""

import socket

import pytest

from jupyter_kfp_ext.engines.kfp.access import open_api
from jupyter_kfp_ext.engines.kfp.connection import Connection
from jupyter_kfp_ext.engines.kfp.login.issuer import Issuer
from jupyter_kfp_ext.errors import Code, KfpExtError
from tests.support.scripted_server import Answer, scripted

HEALTH = {"multi_user": False, "tag_name": "2.17.0"}
FAR = "http://kfp.invalid"
"""A place that only the proxy knows (RFC 6761)."""


@pytest.fixture(autouse=True)
def no_other_proxies(monkeypatch):
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@pytest.fixture
def proxy():
    with scripted(Answer(body=HEALTH)) as server:
        yield server


def health(connection):
    return open_api(connection, lambda _: None).health()


def test_the_proxy_of_the_connection(proxy, monkeypatch):
    monkeypatch.setenv("T", "t0k3n")
    connection = Connection("lab", FAR, proxy=proxy.url, token="env:T")
    assert health(connection) == HEALTH
    (asked,) = proxy.requests
    assert asked.path == f"{FAR}/apis/v2beta1/healthz"
    assert asked.headers["Authorization"] == "Bearer t0k3n"


def test_the_proxy_of_the_environment_and_what_it_is_not_for(proxy, monkeypatch):
    monkeypatch.setenv("http_proxy", proxy.url)
    assert health(Connection("lab", FAR)) == HEALTH
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with scripted(Answer(body=HEALTH)) as near:
        assert health(Connection("near", near.url)) == HEALTH
        assert [each.path for each in near.requests] == ["/apis/v2beta1/healthz"]
    assert len(proxy.requests) == 1


def test_a_proxy_opens_a_way_for_what_is_encrypted(proxy):
    """It is asked to connect and says no: it is told that this is the proxy's doing."""
    connection = Connection("lab", "https://kfp.invalid", proxy=proxy.url)
    with pytest.raises(KfpExtError, match="the proxy does not let through") as caught:
        health(connection)
    assert caught.value.code is Code.CLUSTER_UNREACHABLE


def test_a_proxy_that_is_not_there():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        gone = f"http://127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(KfpExtError, match="the proxy does not let through"):
            health(Connection("lab", FAR, proxy=gone))


def test_an_issuer_behind_the_proxy():
    said = {"issuer": f"{FAR}/dex", "token_endpoint": f"{FAR}/dex/token"}
    with scripted(Answer(body=said)) as proxy:
        lab = Connection("lab", FAR, proxy=proxy.url, issuer=f"{FAR}/dex", client_id="c")
        assert Issuer(lab).places().token == f"{FAR}/dex/token"
        (asked,) = proxy.requests
        assert asked.path == f"{FAR}/dex/.well-known/openid-configuration"
