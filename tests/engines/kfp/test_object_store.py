"""The S3 store: signatures as Amazon documents them, objects on a server that checks."""

import hashlib
import json
from datetime import datetime, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from jupyter_kfp_ext.engines.kfp.bringing import bring_outputs
from jupyter_kfp_ext.engines.kfp.connection import Connection
from jupyter_kfp_ext.engines.kfp.object_store import Key, ObjectStore, signed
from jupyter_kfp_ext.engines.local.layout import StepFolder
from jupyter_kfp_ext.errors import Code, KfpExtError
from tests.standin.server import stand_in

EXAMPLE = Key("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
THEN = datetime(2013, 5, 24, tzinfo=timezone.utc)


@pytest.mark.parametrize(
    ("method", "path", "headers", "content", "signature"),
    [
        (
            "GET",
            "/test.txt",
            {"Range": "bytes=0-9"},
            b"",
            "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41",
        ),
        (
            "PUT",
            "/test%24file.text",
            {
                "Date": "Fri, 24 May 2013 00:00:00 GMT",
                "x-amz-storage-class": "REDUCED_REDUNDANCY",
            },
            b"Welcome to Amazon S3.",
            "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd",
        ),
    ],
)
def test_the_examples_of_amazons_documentation(method, path, headers, content, signature):
    url = f"https://examplebucket.s3.amazonaws.com{path}"
    sent = signed(method, url, headers, content, EXAMPLE, THEN)
    assert sent["Authorization"].endswith(f"Signature={signature}")


class Store(ThreadingHTTPServer):
    """One bucket; takes only what is signed for what arrives."""

    def __init__(self):
        self.objects = {}
        self.puts = 0
        super().__init__(("127.0.0.1", 0), _Handler)


class _Handler(BaseHTTPRequestHandler):
    server: Store

    def _answer(self, status, text=b""):
        self.send_response(status)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(text)

    def _serve(self):
        content = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        stamp = datetime.strptime(self.headers["x-amz-date"], "%Y%m%dT%H%M%SZ")
        url = f"http://{self.headers['Host']}{self.path}"
        right = signed(
            self.command, url, {}, content, Key("ada", "secret"), stamp.replace(tzinfo=timezone.utc)
        )
        if self.headers["Authorization"] != right["Authorization"]:
            self._answer(403, b"<Error><Code>SignatureDoesNotMatch</Code></Error>")
        elif not self.path.startswith("/mlpipeline/"):
            self._answer(404, b"<Error><Code>NoSuchBucket</Code></Error>")
        elif self.command == "PUT":
            self.server.objects[self.path] = content
            self.server.puts += 1
            self._answer(200)
        else:
            self._answer(200 if self.path in self.server.objects else 404)

    do_PUT = do_HEAD = _serve  # noqa: N815

    def log_message(self, *_):
        pass


@pytest.fixture
def store():
    with Store() as server:
        thread = Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def connection(store, place="minio://mlpipeline/kfp-code/"):
    url = f"http://127.0.0.1:{store.server_address[1]}"
    return Connection("lab", "http://kfp", store=place, store_url=url, store_key="env:STORE_KEY")


def test_an_object_is_put_and_found(store, monkeypatch):
    monkeypatch.setenv("STORE_KEY", "ada:secret")
    objects = ObjectStore(connection(store))
    name = f"{hashlib.sha256(b'x').hexdigest()}.zip"
    assert not objects.has(name)
    objects.put(name, b"content")
    assert objects.has(name)
    assert store.objects == {f"/mlpipeline/kfp-code/{name}": b"content"}


@pytest.mark.parametrize(
    ("key", "place", "code", "word"),
    [
        ("ada:wrong", "minio://mlpipeline/x", Code.CLUSTER_DENIED, "SignatureDoesNotMatch"),
        ("ada:secret", "minio://other/x", Code.CLUSTER_FAILED, "NoSuchBucket"),
    ],
)
def test_refusals_are_told(store, monkeypatch, key, place, code, word):
    monkeypatch.setenv("STORE_KEY", key)
    with pytest.raises(KfpExtError) as error:
        ObjectStore(connection(store, place)).put("a.zip", b"content")
    assert error.value.code is code
    assert word in str(error.value)
    assert "secret" not in str(error.value)
    assert "wrong" not in str(error.value)


def test_a_store_that_is_not_there(store, monkeypatch):
    monkeypatch.setenv("STORE_KEY", "ada:secret")
    gone = connection(store)
    store.socket.close()
    with pytest.raises(KfpExtError) as error:
        ObjectStore(gone).has("a.zip")
    assert error.value.code is Code.CLUSTER_UNREACHABLE


def test_a_folder_is_listed_over_pages_and_fetched(monkeypatch, tmp_path):
    monkeypatch.setenv("STORE_KEY", "ada:secret")
    with stand_in() as server:
        names = sorted(f"groups/{n} & <{n}>/pickle" for n in range(12))
        server.objects.stored = {f"mlpipeline/run/x/{name}": name.encode() for name in names}
        server.objects.stored["mlpipeline/run/xy/other"] = b"of a neighbour"
        server.objects.stored["mlpipeline/run/file"] = b"alone"
        where = Connection(
            "lab", "http://kfp", store_url=f"{server.url}/s3", store_key="env:STORE_KEY"
        )
        folder = ObjectStore(where, "minio://mlpipeline/run/x")
        assert sorted(folder.names()) == names
        folder.fetch(names[3], tmp_path / "one")
        assert (tmp_path / "one").read_text() == names[3]
        alone = ObjectStore(where, "minio://mlpipeline/run/file")
        assert alone.names() == [""]
        alone.fetch("", tmp_path / "two")
        assert (tmp_path / "two").read_bytes() == b"alone"
        with pytest.raises(KfpExtError) as error:
            folder.fetch("missing", tmp_path / "three")
        assert error.value.code is Code.CLUSTER_FAILED
        bring_outputs(_left(tmp_path, "minio://mlpipeline/run/x"), where)
        brought = tmp_path / "step" / "artifacts" / "x" / names[5]
        assert brought.read_text() == names[5]


def _left(folder, uri):
    """Return the folder of a step of which it is known where its artifact lies."""
    step = StepFolder(folder / "step")
    step.path.mkdir()
    said = {"artifacts": {"x": {"artifacts": [{"uri": uri}]}, "cells": {"artifacts": [{}]}}}
    step.executor_output.write_text(json.dumps(said))
    return step


def test_without_a_store_it_is_said_what_to_add(tmp_path):
    with pytest.raises(KfpExtError) as error:
        bring_outputs(_left(tmp_path, "minio://b/x"), Connection("lab", "http://kfp"))
    assert error.value.code is Code.USAGE
    assert "--store-url" in str(error.value)
