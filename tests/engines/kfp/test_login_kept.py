"""What a login gave: kept by reference, renewed in time, over when the issuer says so."""

import json
import stat
import subprocess
import sys
import time
import traceback
from dataclasses import replace

import pytest
from oidc_server import CLIENT, PASSWORD, USER, oidc_server

from jupyter_kfp_ext.engines.kfp.access import open_api
from jupyter_kfp_ext.engines.kfp.connection import Connection, check_connection
from jupyter_kfp_ext.engines.kfp.connections import add_connection, remove_connection
from jupyter_kfp_ext.engines.kfp.login import password
from jupyter_kfp_ext.engines.kfp.login.credential import LoginCredential, log_out, login_state
from jupyter_kfp_ext.engines.kfp.login.issuer import Issuer
from jupyter_kfp_ext.engines.kfp.login.kept import Kept, LoginStore
from jupyter_kfp_ext.errors import Code, KfpExtError

AGAIN = "Log in again: jupyter kfp connections login lab"


@pytest.fixture
def server(kfp_home):
    with oidc_server() as given:
        yield given


@pytest.fixture
def lab(server):
    """A connection to which somebody is logged in."""
    connection = Connection("lab", server.url, issuer=server.issuer, client_id=CLIENT)
    log_in(server, connection)
    return connection


def log_in(server, connection, **changed):
    kept = replace(Issuer(connection).kept(server.tokens()), **changed)
    LoginStore(connection).write(kept)
    return kept


def health(connection):
    return open_api(connection, lambda _: None).health()


def test_it_lets_in_and_is_in_no_text(server, lab, kfp_home):
    assert health(lab)["tag_name"] == "2.17.0"
    credential = LoginCredential(lab)
    kept = credential.store.read()
    assert credential.value() in server.valid
    for secret in (kept.secret, kept.refresh):
        assert secret not in repr(kept) + repr(credential) + repr(lab.to_json())
    (path,) = (kfp_home / "logins").glob("*.json")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert server.forms == []


def test_it_is_renewed_before_it_ends(server, lab):
    old = log_in(server, lab, got=time.time() - 3600 + 30)
    assert health(lab)
    kept = LoginStore(lab).read()
    assert (kept.secret != old.secret, kept.secret in server.valid) == (True, True)
    assert kept.refresh in server.refresh
    assert len(server.forms) == 1


@pytest.mark.parametrize("ahead", [-86400, 86400])
def test_another_clock_at_the_issuer_does_not_matter(server, lab, ahead):
    server.clock_ahead = ahead
    log_in(server, lab)
    assert health(lab)
    assert server.forms == []


def test_a_clock_that_was_set_back_has_it_renewed(server, lab):
    log_in(server, lab, got=time.time() + 86400)
    assert health(lab)
    assert len(server.forms) == 1


def test_a_refused_one_is_renewed_once(server, lab):
    server.valid.clear()
    assert health(lab)
    assert len(server.forms) == 1
    made = server.tokens
    server.tokens = lambda: {**made(), "id_token": "a.b.c"}  # what the API does not take either
    server.valid.clear()
    with pytest.raises(KfpExtError) as caught:
        health(lab)
    assert caught.value.code is Code.CLUSTER_DENIED
    assert caught.value.problems[0].remedy == AGAIN
    assert len(server.forms) == 2


def test_the_one_press_is_made_again_after_a_renewal(server, lab):
    server.valid.clear()
    api = open_api(lab, lambda _: None)
    assert api.create_run({"display_name": "x"})
    posts = [path for path, _ in server.calls if path == "/apis/v2beta1/runs"]
    assert len(posts) == 2  # the first one was refused before anything was done


def test_a_revoked_login_says_what_to_do(server, lab):
    server.valid.clear()
    server.refresh.clear()
    for _ in range(2):
        with pytest.raises(KfpExtError, match="is over") as caught:
            health(lab)
        assert caught.value.code is Code.CLUSTER_DENIED
        assert caught.value.problems[0].remedy == AGAIN
    assert len(server.forms) == 1  # nobody asks an issuer that has said no
    assert login_state(lab) == "over"
    log_in(server, lab)
    assert (login_state(lab), health(lab)["tag_name"]) == ("in", "2.17.0")


@pytest.mark.parametrize("says", [503, 200, "temporarily_unavailable"])
def test_an_issuer_in_trouble_ends_no_login(server, lab, says):
    kept = log_in(server, lab, got=time.time() - 3600 + 30)
    server.says = [says]
    assert health(lab)  # the old one still lasts
    assert LoginStore(lab).read() == kept
    kept = log_in(server, lab, got=time.time() - 3601)
    server.says = [says]
    with pytest.raises(KfpExtError):
        open_api(lab, lambda _: None).create_run({})  # a call that is not made again
    assert LoginStore(lab).read() == kept
    assert health(lab)
    assert LoginStore(lab).read() != kept


def test_without_a_next_one_it_is_over_when_it_has_lasted(server, lab):
    log_in(server, lab, refresh="")
    assert health(lab)
    log_in(server, lab, refresh="", got=time.time() - 3601)
    with pytest.raises(KfpExtError, match="is over") as caught:
        health(lab)
    assert caught.value.problems[0].remedy == AGAIN
    assert login_state(lab) == "over"


def test_nobody_logged_in(server):
    connection = Connection("my lab", server.url, issuer=server.issuer, client_id=CLIENT)
    with pytest.raises(KfpExtError, match="Nobody is logged in") as caught:
        health(connection)
    assert caught.value.problems[0].remedy.endswith("connections login 'my lab'")
    assert login_state(connection) == "none"


def test_it_is_sent_nowhere_else(server, lab):
    """Whoever changes where a name leads does not get what was kept for the former place."""
    for other in (
        replace(lab, url="https://evil.example"),
        replace(lab, issuer="https://evil.example"),
        replace(lab, client_id="other"),
    ):
        with pytest.raises(KfpExtError, match="Nobody is logged in"):
            LoginCredential(other).value()
    assert LoginCredential(replace(lab, namespace="ada")).value() in server.valid


RENEW = """
import sys
from jupyter_kfp_ext.engines.kfp.connection import Connection
from jupyter_kfp_ext.engines.kfp.login.credential import LoginCredential
url, issuer, client = sys.argv[1:]
print("ready", flush=True)
sys.stdin.readline()
print(LoginCredential(Connection("lab", url, issuer=issuer, client_id=client)).value())
"""


def test_several_processes_use_a_refresh_token_once(server, lab):
    log_in(server, lab, got=time.time() - 3600)
    started = [
        subprocess.Popen(
            [sys.executable, "-c", RENEW, lab.url, lab.issuer, lab.client_id],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(4)
    ]
    for each in started:
        assert each.stdout.readline() == "ready\n"
    for each in started:
        each.stdin.write("go\n")
        each.stdin.flush()
    tokens = {each.communicate()[0].strip() for each in started}
    assert len(tokens) == 1
    assert tokens < server.valid
    assert len(server.forms) == 1


def test_logging_out_also_at_the_issuer(server, lab, kfp_home):
    assert log_out(lab)
    assert server.refresh == set()
    assert list((kfp_home / "logins").glob("*.json")) == []
    assert login_state(lab) == "none"
    assert not log_out(lab)
    log_in(server, lab)
    server.without = {"revocation_endpoint"}
    assert not log_out(lab)
    assert login_state(lab) == "none"


def test_a_connection_that_is_removed_takes_its_login_along(server, lab):
    add_connection(lab, default=True)
    remove_connection("lab")
    assert login_state(lab) == "none"


def test_a_damaged_file_is_no_login(server, lab, kfp_home):
    (path,) = (kfp_home / "logins").glob("*.json")
    path.write_text("{")
    with pytest.raises(KfpExtError, match="cannot be read") as caught:
        health(lab)
    assert caught.value.problems[0].remedy == AGAIN


def test_a_session_of_a_password(server):
    connection = Connection("lab", server.url, cookie="login")
    LoginStore(connection).write(password.log_in(connection, USER, PASSWORD))
    assert health(connection)
    server.sessions.clear()
    with pytest.raises(KfpExtError) as caught:
        health(connection)
    assert caught.value.problems[0].remedy == AGAIN


def test_no_secret_in_an_error(server, lab):
    kept = LoginStore(lab).read()
    server.valid.clear()
    server.refresh.clear()
    with pytest.raises(KfpExtError) as caught:
        health(lab)
    shown = "".join(traceback.format_exception(caught.value))
    assert kept.secret not in shown
    assert kept.refresh not in shown


KEYRING = """
import json, os, pathlib
from keyring.backend import KeyringBackend


class FileKeyring(KeyringBackend):
    priority = 5
    path = pathlib.Path(os.environ["TEST_KEYRING"])

    def _all(self):
        return json.loads(self.path.read_text()) if self.path.exists() else {}

    def get_password(self, service, user):
        return self._all().get(f"{service}/{user}")

    def set_password(self, service, user, password):
        self.path.write_text(json.dumps({**self._all(), f"{service}/{user}": password}))

    def delete_password(self, service, user):
        rest = self._all()
        del rest[f"{service}/{user}"]
        self.path.write_text(json.dumps(rest))
"""


def test_a_keyring_holds_it_where_there_is_one(server, tmp_path, monkeypatch, kfp_home):
    keyring = pytest.importorskip("keyring")
    monkeypatch.setenv("TEST_KEYRING", str(tmp_path / "keyring.json"))
    names = {}
    exec(KEYRING, names)
    before = keyring.get_keyring()
    keyring.set_keyring(names["FileKeyring"]())
    try:
        connection = Connection("lab", server.url, issuer=server.issuer, client_id=CLIENT)
        kept = log_in(server, connection)
        (path,) = (kfp_home / "logins").glob("*.json")
        assert json.loads(path.read_text()) == {"kept": "keyring", "got": kept.got}
        assert LoginStore(connection).read() == kept
        assert health(connection)
        assert kept.refresh in (tmp_path / "keyring.json").read_text()
        log_out(connection)
        assert kept.refresh not in (tmp_path / "keyring.json").read_text()
    finally:
        keyring.set_keyring(before)


@pytest.mark.parametrize(
    "wrong",
    [
        {"issuer": "https://i.example"},
        {"client_id": "c"},
        {"issuer": "https://i.example", "client_id": "c", "token": "env:T"},
        {"issuer": "https://i.example", "client_id": "c", "cookie": "login"},
        {"issuer": "https://i.example", "client_id": "c", "client_secret": "pa55"},
        {"issuer": "https://i.example", "client_id": "c", "login_token": "refresh"},
        {"scopes": "openid"},
        {"issuer": "i.example", "client_id": "c"},
        {"cookie": "login", "url": "", "kubeconfig": "default"},
    ],
)
def test_logins_that_cannot_be_meant(wrong):
    with pytest.raises(KfpExtError) as caught:
        check_connection(Connection(**{"name": "a", "url": "https://a.example", **wrong}))
    assert caught.value.code is Code.USAGE
    assert "pa55" not in str(caught.value)


def test_what_is_kept_does_not_outlive_its_time():
    assert Kept("s", got=time.time(), lasts=0).is_fresh()
    assert not Kept("s", got=time.time() - 95, lasts=100).is_fresh()
