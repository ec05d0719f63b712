"""Google Cloud Storage by its JSON API, on a server that Google's own library is content with."""

import json

import pytest
from google.auth.credentials import Credentials
from google.cloud import storage
from google_storage import BUCKET, TOKEN, google_storage

from jupyter_kfp_ext.engines.kfp.bringing import bring_outputs
from jupyter_kfp_ext.engines.kfp.connection import Connection, check_connection
from jupyter_kfp_ext.engines.kfp.stores import open_store
from jupyter_kfp_ext.engines.local.layout import StepFolder
from jupyter_kfp_ext.errors import Code, KfpExtError

NAMES = sorted(f"groups/{n} & <ä{n}>/pickle" for n in range(12))


class Known(Credentials):
    """What lets Google's library in."""

    def refresh(self, request):
        pass

    def before_request(self, request, method, url, headers):
        headers["Authorization"] = f"Bearer {TOKEN}"


@pytest.fixture
def server():
    with google_storage() as found:
        yield found


@pytest.fixture
def bucket(server):
    client = storage.Client("p", Known(), client_options={"api_endpoint": server.url})
    return client.bucket(BUCKET)


def connection(server, monkeypatch, token=TOKEN, place=f"gs://{BUCKET}/run/x"):
    monkeypatch.setenv("STORE_KEY", token)
    return Connection(
        "lab", "http://kfp", store=place, store_url=server.url, store_key="env:STORE_KEY"
    )


def test_what_googles_library_wrote_is_read(server, bucket, monkeypatch, tmp_path):
    for name in NAMES:
        bucket.blob(f"run/x/{name}").upload_from_string(name)
    bucket.blob("run/xy/other").upload_from_string("of a neighbour")
    where = connection(server, monkeypatch)
    folder = open_store(where)
    folder.check()
    assert sorted(folder.names()) == NAMES
    folder.fetch(NAMES[3], tmp_path / "one")
    assert (tmp_path / "one").read_text() == NAMES[3]
    alone = open_store(where, f"gs://{BUCKET}/run/xy/other")
    assert alone.names() == [""]
    alone.fetch("", tmp_path / "two")
    assert (tmp_path / "two").read_text() == "of a neighbour"
    with pytest.raises(KfpExtError) as error:
        folder.fetch("missing", tmp_path / "three")
    assert error.value.code is Code.CLUSTER_FAILED
    step = StepFolder(tmp_path / "step")
    step.path.mkdir()
    said = {"artifacts": {"x": {"artifacts": [{"uri": f"gs://{BUCKET}/run/x"}]}}}
    step.executor_output.write_text(json.dumps(said))
    bring_outputs(step, where)
    assert (step.artifacts / "x" / NAMES[5]).read_text() == NAMES[5]


def test_a_netrc_of_the_user_does_not_take_the_place_of_the_key(server, monkeypatch, tmp_path):
    (tmp_path / "netrc").write_text("machine 127.0.0.1\nlogin ada\npassword other\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    open_store(connection(server, monkeypatch)).check()


def test_what_was_written_is_read_by_googles_library(server, bucket, monkeypatch):
    folder = open_store(connection(server, monkeypatch))
    assert not folder.has("a b.zip")
    folder.put("a b.zip", b"content")
    folder.put("empty", b"")
    assert folder.has("a b.zip")
    assert bucket.blob("run/x/a b.zip").download_as_bytes() == b"content"
    assert [each.name for each in bucket.list_blobs()] == ["run/x/a b.zip", "run/x/empty"]
    folder.remove("a b.zip")
    folder.remove("a b.zip")
    assert folder.names() == ["empty"]


@pytest.mark.parametrize(
    ("token", "place", "code", "word"),
    [
        ("ya29.wrong", f"gs://{BUCKET}/x", Code.CLUSTER_DENIED, "authError"),
        (TOKEN, "gs://other/x", Code.CLUSTER_FAILED, "notFound"),
        (TOKEN, "gs://other/x", Code.CLUSTER_FAILED, "the bucket must exist"),
    ],
)
def test_refusals_are_told(server, monkeypatch, token, place, code, word):
    store = open_store(connection(server, monkeypatch, token, place))
    for call in (store.check, store.names, lambda: store.put("a", b"b")):
        with pytest.raises(KfpExtError) as error:
            call()
        assert error.value.code is code
        assert word in str(error.value)
        assert "ya29" not in str(error.value)


def test_a_service_account_lets_in(server, monkeypatch, tmp_path):
    from cryptography.hazmat.primitives import serialization as form
    from cryptography.hazmat.primitives.asymmetric import rsa

    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    private = key.private_bytes(
        form.Encoding.PEM, form.PrivateFormat.PKCS8, form.NoEncryption()
    ).decode()
    server.public_key = key.public_key().public_bytes(
        form.Encoding.PEM, form.PublicFormat.SubjectPublicKeyInfo
    )
    account = {
        "type": "service_account",
        "project_id": "p",
        "private_key_id": "k",
        "private_key": private,
        "client_email": "runs@p.iam.gserviceaccount.com",
        "token_uri": f"{server.url}/token",
    }
    path = tmp_path / "account.json"
    path.write_text(json.dumps(account))
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(path))
    place = f"gs://{BUCKET}/code"
    found = Connection("lab", "http://kfp", store=place, store_url=server.url, store_key="google")
    check_connection(found)
    store = open_store(found)
    store.put("a", b"b")
    assert store.names() == ["a"]
    path.write_text("{}")
    with pytest.raises(KfpExtError) as error:
        open_store(found).names()
    assert error.value.code is Code.CLUSTER_DENIED


@pytest.mark.parametrize(
    ("store", "key", "right"),
    [
        ("gs://team_bucket/a", "google", True),
        ("gs://team", "command:gcloud auth print-access-token", True),
        ("gs://team", "ya29.pasted", False),
        ("gs://team", "", False),
        ("s3://team", "google", False),
        ("ftp://team", "env:KEY", False),
    ],
)
def test_what_a_connection_says_of_it(store, key, right):
    said = Connection("lab", "http://kfp", store=store, store_key=key)
    if right:
        check_connection(said)
        return
    with pytest.raises(KfpExtError) as error:
        check_connection(said)
    assert error.value.code is Code.USAGE
    assert "ya29" not in str(error.value)


def test_a_place_in_a_store_of_another_kind_is_told(server, monkeypatch):
    with pytest.raises(KfpExtError) as error:
        open_store(connection(server, monkeypatch), "minio://mlpipeline/x")
    assert error.value.code is Code.USAGE
