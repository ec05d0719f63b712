"""Logging in at a real issuer: by a code, by a browser, by a password, and all that refuses it."""

import os
import traceback
from dataclasses import replace
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
import requests
from oidc_server import CLIENT, PASSWORD, USER, oidc_server

from jupyter_kfp_ext.engines.kfp.connection import Connection
from jupyter_kfp_ext.engines.kfp.login import browser, device, password
from jupyter_kfp_ext.engines.kfp.login.issuer import Issuer, TokenRefusedError
from jupyter_kfp_ext.errors import Code, KfpExtError


@pytest.fixture
def server():
    with oidc_server() as given:
        yield given


@pytest.fixture
def issuer(server):
    return Issuer(Connection("lab", server.url, issuer=server.issuer, client_id=CLIENT))


def confirmed(server, asked, says=()):
    """Poll until it is decided, somebody confirming at the first pause; return pauses, answer."""
    pauses = []
    server.says = list(says)

    def pause(seconds):
        pauses.append(round(seconds, 3))
        requests.get(asked.whole_url)

    return pauses, device.wait(asked_of(server), asked, pause)


def asked_of(server):
    return Issuer(Connection("lab", server.url, issuer=server.issuer, client_id=CLIENT))


def test_a_code_that_is_confirmed_in_a_browser(server, issuer):
    asked = device.ask(issuer)
    assert (asked.code, asked.url) == ("WDJB-MJHT", f"{server.url}/device")
    _, answer = confirmed(server, asked)
    kept = issuer.kept(answer)
    assert kept.secret in server.valid
    assert (kept.who, kept.lasts, kept.refresh in server.refresh) == (USER, 3600, True)
    assert server.calls[1][1]["scope"] == "openid email offline_access"


def test_polls_are_as_far_apart_as_the_issuer_asks(server, issuer):
    says = ["authorization_pending", "slow_down", "authorization_pending", 503]
    pauses, _ = confirmed(server, device.ask(issuer), says)
    # RFC 8628 3.5: five seconds more for good; twice as far apart while no answer comes.
    assert pauses == [0.1, 0.1, 5.1, 5.1, 10.2]


@pytest.mark.parametrize(
    ("says", "words"),
    [
        ("access_denied", "refused in the browser"),
        ("expired_token", "not confirmed in time"),
        ("invalid_client", "invalid_client"),
    ],
)
def test_a_code_that_leads_to_nothing(server, issuer, says, words):
    with pytest.raises(KfpExtError, match=words) as caught:
        confirmed(server, device.ask(issuer), ["authorization_pending", says])
    assert caught.value.code is Code.CLUSTER_DENIED
    assert len(server.forms) == 2


def test_nobody_confirms(server, issuer):
    asked = device.ask(issuer)
    waited = []
    with pytest.raises(KfpExtError, match="not confirmed in time"):
        device.wait(issuer, replace(asked, interval=20.0), waited.append)
    assert sum(waited) == 60


def test_a_client_that_may_not_log_in_by_a_code(server, issuer):
    server.says = ["unauthorized_client"]
    with pytest.raises(TokenRefusedError) as caught:
        device.ask(issuer)
    assert caught.value.code == "unauthorized_client"


def visit(url):
    """Open an address as a browser does, to the last page; return where it ended."""
    return requests.get(url)


def test_a_browser_that_comes_back(server, issuer):
    pages = []
    answer = browser.log_in(issuer, 0, lambda url: pages.append(visit(url)), None)
    assert issuer.kept(answer).secret in server.valid
    assert pages[0].status_code == 200
    assert urlsplit(pages[0].url).hostname == "localhost"


def test_an_answer_to_another_question_changes_nothing(server, issuer):
    seen = []

    def show(url):
        back = dict(parse_qsl(urlsplit(url).query))["redirect_uri"]
        others = [{"code": "evil", "state": "wrong"}, {"error": "x"}, {}]
        urls = [*(f"{back}?{urlencode(each)}" for each in others), f"{back}/favicon.ico"]
        seen.extend(requests.get(each).status_code for each in urls)
        seen.append(visit(url).status_code)

    answer = browser.log_in(issuer, 0, show, None)
    assert seen == [400, 400, 400, 404, 200]
    assert issuer.kept(answer).secret in server.valid
    assert [each["code"] != "evil" for each in server.forms] == [True]


def pasted(issuer, change):
    """Log in with what `change` makes of the address at which a browser elsewhere ends."""
    heard, typed = os.pipe()

    def show(url):
        last = requests.get(url, allow_redirects=False).headers["Location"]
        os.write(typed, f"\n  {change(last)}\n".encode())

    try:
        return browser.log_in(issuer, 0, show, heard)
    finally:
        os.close(heard)
        os.close(typed)


@pytest.mark.parametrize(
    "change",
    [
        lambda url: url,
        lambda url: url.partition("?")[2].join(["?", ""]),
        lambda url: dict(parse_qsl(urlsplit(url).query))["code"],
    ],
    ids=["address", "its query", "the code alone"],
)
def test_the_last_address_is_pasted(server, issuer, change):
    assert issuer.kept(pasted(issuer, change)).secret in server.valid


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda url: url.replace("state=", "state=x"), "another login"),
        (lambda url: f"{url}&iss=https://evil.example", "another issuer"),
        (lambda url: url.replace("code=", "node="), "no code"),
        (lambda url: "0123456789abcdef", "invalid_grant"),
        (lambda url: "what is asked of me?", "another login"),
    ],
    ids=["wrong state", "other issuer", "no code", "made up", "words"],
)
def test_what_is_pasted_and_not_the_answer(server, issuer, change, words):
    with pytest.raises(KfpExtError, match=words) as caught:
        pasted(issuer, change)
    assert caught.value.code is Code.CLUSTER_DENIED
    assert not server.valid


def test_a_login_that_is_refused_in_the_browser(server, issuer):
    server.denies = True
    with pytest.raises(KfpExtError, match="access_denied"):
        browser.log_in(issuer, 0, visit, None)


def test_a_token_of_another_login_is_not_taken(server, issuer):
    made = server.tokens
    server.tokens = lambda **claims: made(nonce="other")
    with pytest.raises(KfpExtError, match="another login"):
        browser.log_in(issuer, 0, visit, None)


def test_a_port_that_is_taken(issuer, server):
    port = urlsplit(server.url).port
    with pytest.raises(KfpExtError) as caught:
        browser.log_in(issuer, port, visit, None)
    assert caught.value.code is Code.USAGE


def test_a_client_with_a_secret(server, monkeypatch):
    server.secret = "s/ec:ret+é"
    monkeypatch.setenv("CLIENT_SECRET", server.secret)
    known = Connection(
        "lab", server.url, issuer=server.issuer, client_id=CLIENT, client_secret="env:CLIENT_SECRET"
    )
    answer = browser.log_in(Issuer(known), 0, visit, None)
    assert answer["id_token"] in server.valid
    assert "client_secret" not in server.forms[0]
    with pytest.raises(KfpExtError, match="invalid_client"):
        browser.log_in(Issuer(replace(known, client_secret="")), 0, visit, None)


def test_the_access_token_is_sent_where_that_is_said(server, issuer):
    known = replace(issuer.connection, login_token="access")
    answer = server.tokens()
    assert Issuer(known).kept(answer).secret == answer["access_token"]
    del answer["id_token"]
    with pytest.raises(KfpExtError, match="no identity token"):
        issuer.kept(answer)


@pytest.mark.parametrize(
    ("named", "words"),
    [
        ({"issuer": "https://evil.example"}, "calls itself"),
        ({"token_endpoint": ""}, "no usable token_endpoint"),
        ({"token_endpoint": "file:///etc/passwd"}, "no usable token_endpoint"),
    ],
)
def test_a_document_that_leads_elsewhere(server, issuer, named, words):
    server.named = named
    with pytest.raises(KfpExtError, match=words):
        issuer.places()


def test_an_address_that_is_no_issuer(server):
    wrong = Issuer(Connection("lab", server.url, issuer=server.url, client_id=CLIENT))
    with pytest.raises(KfpExtError, match="not as OpenID Connect says"):
        wrong.places()


def cookie_of(server, **changed):
    return password.log_in(Connection("lab", f"{server.url}/pipeline", cookie="login"), **changed)


def test_a_password_at_the_page_for_people(server):
    kept = cookie_of(server, user=USER, password=PASSWORD)
    name, _, session = kept.secret.partition("=")
    assert (name, session in server.sessions, kept.who) == ("oauth2_proxy_kubeflow", True, USER)
    assert 0 < kept.lasts <= 600
    assert PASSWORD not in repr(kept) + kept.secret
    sent = [path for path, said in server.calls if PASSWORD in said.values()]
    assert sent == ["/dex/auth/local/login"]


def test_a_wrong_password_is_sent_once(server):
    with pytest.raises(KfpExtError, match="password is wrong") as caught:
        cookie_of(server, user=USER, password="guessed")
    assert "guessed" not in "".join(traceback.format_exception(caught.value)[-1:])
    assert [path for path, _ in server.calls].count("/dex/auth/local/login") == 1


def test_a_page_without_a_form(server):
    server._form = lambda query: server._confirm({})
    with pytest.raises(KfpExtError, match="no form") as caught:
        cookie_of(server, user=USER, password=PASSWORD)
    assert "--issuer" in caught.value.problems[0].remedy
