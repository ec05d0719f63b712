"""`jupyter kfp connections login` as a process, at a real issuer."""

import json
import os
import re
import subprocess

import pytest
import requests
from oidc_server import CLIENT, PASSWORD, USER, oidc_server

from tests.support.command_line import kfp_command


@pytest.fixture
def server(kfp_home):
    with oidc_server() as given:
        yield given


@pytest.fixture
def lab(kfp, server):
    said = ("--url", server.url, "--issuer", server.issuer, "--client-id", CLIENT)
    added = kfp("connections", "add", "lab", *said)
    assert added.code == 0
    assert added.out == "Added lab. Log in: jupyter kfp connections login lab\n"


def start_login(*args):
    """Start it without a terminal of its own, so that a password is read from where we write."""
    return subprocess.Popen(
        kfp_command("connections", "login", "lab", "--no-browser", *args),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        env=os.environ,
    )


def line_with(stream, pattern):
    """Return what a pattern finds in the next line that fits."""
    for line in stream:
        if found := re.search(pattern, line):
            return found[1]
    raise AssertionError(f"nothing fits {pattern}")


def states(called):
    return {each["name"]: each["state"] for each in called.json["steps"]}


def test_by_a_code_and_out_again(kfp, server, lab):
    tried = kfp("connections", "test", "--json")
    assert (tried.code, states(tried)["login"], states(tried)["reachable"]) == (
        1,
        "failed",
        "skipped",
    )
    login = start_login("--json")
    requests.get(line_with(login.stderr, r"or open (\S+)"))
    out, _ = login.communicate(timeout=100)
    assert json.loads(out) == {
        "connection": "lab",
        "who": USER,
        "seconds": 3600.0,
        "renewed": True,
    }
    tried = kfp("connections", "test", "--json")
    assert states(tried) == {
        "login": "ok",
        "reachable": "ok",
        "authenticated": "ok",
        "object store": "skipped",
        "kubernetes": "skipped",
    }
    assert f"logged in as {USER}, lasts 60 more minutes and is renewed then" in tried.out
    for secret in (*server.valid, *server.refresh):
        assert secret not in out + tried.out + kfp("connections", "--json").out
    server.valid.clear()
    server.refresh.clear()
    over = kfp("connections", "test")
    assert "ok      login" in over.out  # nothing here tells yet
    assert "FAILED  reachable" in over.out
    assert "Log in again: jupyter kfp connections login lab" in over.out
    assert (
        "FAILED  login: The login of the connection lab is over" in kfp("connections", "test").out
    )
    assert kfp("connections", "logout").out == "Logged out of lab.\n"
    assert "Nobody is logged in" in kfp("connections", "test").out


def test_by_a_browser_elsewhere_where_the_issuer_offers_no_codes(kfp, server, lab):
    server.without = {"device_authorization_endpoint"}
    login = start_login()
    url = line_with(login.stderr, r"^(http\S+)$")
    last = requests.get(url, allow_redirects=False).headers["Location"]
    out, err = login.communicate(f"{last}\n", timeout=100)
    assert out == f"Logged in to lab as {USER}, renewed by itself.\n"
    assert not {*server.valid, *server.refresh} & set(re.findall(r"[\w.-]+", out + err))


def test_by_a_browser_where_codes_are_refused(server, lab):
    server.says = ["unauthorized_client"]
    login = start_login()
    url = line_with(login.stderr, r"^(http\S+)$")
    assert requests.get(url).status_code == 200
    out, _ = login.communicate(timeout=100)
    assert out.startswith("Logged in to lab")


def test_an_issuer_that_is_none(kfp, server, lab):
    server.named = {"issuer": "https://other.example"}
    login = start_login()
    _, err = login.communicate(timeout=100)
    assert login.returncode == 1
    assert "calls itself 'https://other.example'" in err
    tried = kfp("connections", "test")
    assert "FAILED  login" in tried.out


def test_by_a_password(kfp, server):
    kfp("connections", "add", "lab", "--url", server.url, "--cookie", "login")
    login = start_login()
    out, err = login.communicate(f"{USER}\nwrong\n", timeout=100)
    assert login.returncode == 1
    assert "the password is wrong" in err
    login = start_login("--user", USER)
    out, err = login.communicate(f"{PASSWORD}\n", timeout=100)
    assert re.fullmatch(rf"Logged in to lab as {USER}, for \d+ minutes.\n", out)
    assert PASSWORD not in out + err
    tried = kfp("connections", "test")
    assert tried.code == 0, tried.out
    login = start_login("--user", USER)
    _, err = login.communicate("", timeout=100)
    assert login.returncode == 2
    assert "Log in at a terminal" in err


def test_a_connection_without_a_login(kfp, server):
    kfp("connections", "add", "lab", "--url", server.url, "--token", "env:T")
    called = kfp("connections", "login", "lab")
    assert called.code == 2
    assert "--issuer" in called.err
