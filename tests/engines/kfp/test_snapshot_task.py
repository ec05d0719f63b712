"""The program that takes snapshots, against an API server that answers as a test says."""

import json
import time

import pytest
from scripted_server import Answer, scripted

from jupyter_kfp_ext.runtime import snapshot_task
from jupyter_kfp_ext.runtime.snapshot_task import Api, Refused, take

SNAPSHOT = {
    "metadata": {"name": "data-1-train"},
    "spec": {"source": {"persistentVolumeClaimName": "data"}},
}
MADE = Answer(201, SNAPSHOT)
WAITS = Answer(200, SNAPSHOT)
TAKEN = Answer(200, {**SNAPSHOT, "status": {"creationTime": "2026-01-01T00:00:00Z"}})
READY = Answer(200, {**SNAPSHOT, "status": {"readyToUse": True}})
WRONG = Answer(200, {**SNAPSHOT, "status": {"error": {"message": "no class fits"}}})
THERE = Answer(409, {"message": "it exists"})
BUSY = Answer(503, {"message": "later"})


@pytest.fixture(autouse=True)
def at_once(monkeypatch):
    monkeypatch.setattr(snapshot_task, "PAUSE", 0.0)


@pytest.fixture
def account(tmp_path):
    (tmp_path / "token").write_text("secret\n")
    (tmp_path / "namespace").write_text("ada")
    return str(tmp_path)


def asked(server, account, seconds=60.0):
    take(Api(server.url, account), SNAPSHOT, time.monotonic() + seconds)
    return [(each.method, each.path.rpartition("/")[2]) for each in server.requests]


POST, LOOK = ("POST", "volumesnapshots"), ("GET", "data-1-train")


@pytest.mark.parametrize(
    ("answers", "calls"),
    [
        ([MADE, TAKEN], [POST, LOOK]),
        ([MADE, READY], [POST, LOOK]),
        ([MADE, WAITS, WAITS, TAKEN], [POST, LOOK, LOOK, LOOK]),
        ([THERE, TAKEN], [POST, LOOK]),  # an earlier attempt of the task has made it
        ([BUSY, Answer(cut=True), MADE, BUSY, TAKEN], [POST, POST, POST, LOOK, LOOK]),
        ([Answer(cut=True), THERE, TAKEN], [POST, POST, LOOK]),
        ([MADE, WRONG, WAITS, TAKEN], [POST, LOOK, LOOK, LOOK]),  # it healed
    ],
)
def test_it_is_taken(answers, calls, account):
    with scripted(*answers) as server:
        assert asked(server, account) == calls
        posted = server.requests[0]
        assert json.loads(posted.body) == SNAPSHOT
        assert posted.headers["Authorization"] == "Bearer secret"
        assert posted.path == "/apis/snapshot.storage.k8s.io/v1/namespaces/ada/volumesnapshots"


@pytest.mark.parametrize(
    ("answers", "code", "words"),
    [
        ([Answer(403, {"message": "may not"})], "cluster-denied", "may not"),
        ([Answer(404, {"message": "no such kind"})], "resources-missing", "no such kind"),
        ([Answer(422, {"message": "bad name"})], "cluster-failed", "bad name"),
        ([MADE, WRONG], "cluster-failed", "no class fits"),
        ([MADE, WAITS], "cluster-failed", "in time"),
        ([MADE, Answer(404, {"message": "someone removed it"})], "resources-missing", "removed"),
        ([BUSY], "cluster-failed", "later"),
        ([Answer(502, "no JSON")], "cluster-failed", "502"),
    ],
)
def test_it_is_not_taken(answers, code, words, account):
    with scripted(*answers) as server, pytest.raises(Refused) as caught:
        asked(server, account, seconds=0.3)
    assert caught.value.error["name"] == code
    assert words in caught.value.error["message"]
    assert caught.value.error["remedy"]


def test_a_pod_without_a_token(tmp_path):
    with pytest.raises(Refused) as caught:
        Api("http://127.0.0.1:9", str(tmp_path))
    assert caught.value.error["name"] == "cluster-denied"


def test_an_error_that_stays_is_not_waited_for(account, monkeypatch):
    monkeypatch.setattr(snapshot_task, "HEALING", 0.0)
    with scripted(MADE, WRONG) as server, pytest.raises(Refused, match="no class fits"):
        asked(server, account)
