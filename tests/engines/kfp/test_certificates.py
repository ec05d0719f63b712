"""An authority and a client certificate of one's own: let in with them, and told without."""

import ipaddress
import ssl
from datetime import datetime, timedelta, timezone

import pytest

from jupyter_kfp_ext.engines.kfp import access
from jupyter_kfp_ext.engines.kfp.access import open_api
from jupyter_kfp_ext.engines.kfp.connection import Connection
from jupyter_kfp_ext.engines.kfp.login import password
from jupyter_kfp_ext.errors import Code, KfpExtError
from tests.support.scripted_server import Answer, scripted

x509 = pytest.importorskip("cryptography.x509")
HEALTH = {"multi_user": False, "tag_name": "2.17.0"}


def certificate(folder, name, authority=None):
    """Write a certificate and its key, signed by an authority or by itself; return what signs."""
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    issuer, signer = authority or (subject, key)
    now = datetime.now(timezone.utc)
    local = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=authority is None, path_length=None), True)
        .add_extension(local, False)
        .sign(signer, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    (folder / f"{name}.pem").write_bytes(made.public_bytes(pem))
    plain = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    (folder / f"{name}.key").write_bytes(key.private_bytes(pem, *plain))
    return subject, key


@pytest.fixture
def secured(tmp_path, monkeypatch):
    """A server with a certificate of our authority, which asks for one of it; its URL."""
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
    authority = certificate(tmp_path, "authority")
    certificate(tmp_path, "server", authority)
    certificate(tmp_path, "client", authority)
    certificate(tmp_path, "stranger")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "server.pem", tmp_path / "server.key")
    context.load_verify_locations(tmp_path / "authority.pem")
    context.verify_mode = ssl.CERT_REQUIRED
    with scripted(Answer(body=HEALTH), context=context) as server:
        yield server.url.replace("http:", "https:")


# the names of the files of authority and client, and whether that lets in
GIVEN = [
    ("authority", "client", True),
    ("", "client", False),
    ("stranger", "client", False),
    ("authority", "", False),
    ("authority", "stranger", False),
    ("authority", "gone", False),
]


@pytest.mark.parametrize(("authority", "client", "let_in"), GIVEN)
def test_certificates(secured, tmp_path, authority, client, let_in):
    def file(name, suffix):
        return str(tmp_path / f"{name}.{suffix}") if name else ""

    connection = Connection(
        "lab",
        secured,
        ca=file(authority, "pem"),
        client_certificate=file(client, "pem"),
        client_key=file(client, "key"),
    )
    api = open_api(connection, pause=lambda _seconds: None)
    if let_in:
        assert api.health()["tag_name"] == "2.17.0"
        return
    with pytest.raises(KfpExtError) as error:
        api.health()
    assert error.value.code is Code.CLUSTER_UNREACHABLE


def test_no_password_in_the_clear_where_a_login_leads_away_from_tls(tmp_path, monkeypatch):
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
    certificate(tmp_path, "server", certificate(tmp_path, "authority"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "server.pem", tmp_path / "server.key")
    form = "<form method=post><input name=login><input type=password name=password></form>"
    page = Answer(body=form, headers={"Content-Type": "text/html"})
    with scripted(page) as plain:
        away = Answer(302, headers={"Location": f"{plain.url}/login"})
        with scripted(away, context=context) as first:
            url = first.url.replace("http:", "https:")
            connection = Connection("lab", url, cookie="login", ca=str(tmp_path / "authority.pem"))
            with pytest.raises(KfpExtError, match="in the clear"):
                password.log_in(connection, "ada", "secret")
        assert [each.method for each in plain.requests] == ["GET"]


def test_a_login_at_the_page_for_people_uses_them_too(secured, tmp_path, monkeypatch):
    """Also where the environment names other authorities for all of Python's requests."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "stranger.pem"))
    files = {
        "ca": str(tmp_path / "authority.pem"),
        "client_certificate": str(tmp_path / "client.pem"),
        "client_key": str(tmp_path / "client.key"),
    }
    with pytest.raises(KfpExtError, match="shows no form") as error:
        password.log_in(Connection("lab", secured, cookie="login", **files), "ada", "secret")
    assert error.value.code is Code.CLUSTER_DENIED


def test_kubernetes_from_inside_a_pod(tmp_path, monkeypatch):
    """By the account that is mounted there, whose token is renewed in place."""
    signer = certificate(tmp_path, "ca")
    (tmp_path / "ca.pem").rename(tmp_path / "ca.crt")
    certificate(tmp_path, "server", signer)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "server.pem", tmp_path / "server.key")
    monkeypatch.setattr(access, "_SERVICE_ACCOUNT", tmp_path)
    found = Connection("kubeflow", "http://ml-pipeline", namespace="ada", found=True)
    with scripted(Answer(body={"items": []}), context=context) as server:
        host, _, port = server.url.removeprefix("http://").partition(":")
        monkeypatch.setenv("KUBERNETES_SERVICE_HOST", host)
        monkeypatch.setenv("KUBERNETES_SERVICE_PORT", port)
        assert not access.has_cluster(found)  # nothing is mounted
        for token in ("first", "second"):
            (tmp_path / "token").write_text(f"{token}\n")
            cluster = access.open_cluster(found)
            assert cluster is not None
            assert cluster.pods("run") == []
        asked = server.requests
        assert [each.headers["Authorization"] for each in asked] == [
            "Bearer first",
            "Bearer second",
        ]
        assert asked[0].path.startswith("/api/v1/namespaces/ada/pods?")
    # A connection that somebody named may be of another cluster.
    assert access.open_cluster(Connection("lab", "http://x", namespace="ada")) is None
