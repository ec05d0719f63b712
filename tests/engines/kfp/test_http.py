"""The door to a cluster: what is tried again, what is said, and that no credential gets out."""

import socket
import traceback
from functools import partial

import pytest
from scripted_server import Answer, scripted

from jupyter_kfp_ext.engines.kfp.access import open_api
from jupyter_kfp_ext.engines.kfp.connection import Connection
from jupyter_kfp_ext.engines.kfp.http import ClusterError, Http, Target
from jupyter_kfp_ext.errors import Code

SECRET = "s3cr3t-token-of-ada"
HTML = {"Content-Type": "text/html"}


def door(server, **target):
    pauses = []
    return Http(Target("KFP", server.url, **target), pauses.append), pauses


@pytest.mark.parametrize(
    ("method", "first", "calls"),
    [
        ("GET", Answer(503), 2),
        ("GET", Answer(502), 2),
        ("GET", Answer(429), 2),
        ("GET", Answer(200, "garbage"), 2),
        ("GET", Answer(200, "<html>log in</html>", {"Content-Type": "text/html"}), 1),
        ("GET", Answer(cut=True), 2),
        ("DELETE", Answer(504), 2),
        ("POST", Answer(503), 1),
        ("POST", Answer(cut=True), 1),
        ("GET", Answer(500), 2),
        ("GET", Answer(404), 1),
        ("GET", Answer(403), 1),
    ],
)
def test_only_calls_that_can_be_made_twice_are_tried_again(method, first, calls):
    with scripted(first, Answer(body={"well": 1})) as server:
        http, _ = door(server)
        if calls == 2:
            assert http.call(method, "/x") == {"well": 1}
        else:
            with pytest.raises(ClusterError):
                http.call(method, "/x")
        assert len(server.requests) == calls


def test_it_gives_up_after_some_tries_and_waits_as_long_as_it_is_asked_to():
    with scripted(Answer(429, headers={"Retry-After": "7"}), Answer(503)) as server:
        http, pauses = door(server)
        with pytest.raises(ClusterError) as caught:
            http.call("GET", "/x")
        assert len(server.requests) == 4
        assert pauses == [7.0, 1.0, 2.0]
        assert caught.value.status == 503


@pytest.mark.parametrize(
    ("answer", "code", "maybe_done"),
    [
        (Answer(401), Code.CLUSTER_DENIED, False),
        (Answer(403, {"message": "no runs for you"}), Code.CLUSTER_DENIED, False),
        (Answer(302, headers={"Location": "/dex/login"}), Code.CLUSTER_DENIED, False),
        (Answer(200, "<html>log in</html>", HTML), Code.CLUSTER_DENIED, True),
        (Answer(200, "well"), Code.CLUSTER_FAILED, True),
        (Answer(400, {"message": "bad enum"}), Code.CLUSTER_FAILED, False),
        (Answer(500, {"message": "Duplicate entry"}), Code.CLUSTER_FAILED, True),
        (Answer(502, "<html>nginx</html>", HTML), Code.CLUSTER_FAILED, True),
        (Answer(cut=True), Code.CLUSTER_UNREACHABLE, True),
    ],
)
def test_a_failed_post_says_whether_it_may_have_been_carried_out(answer, code, maybe_done):
    with scripted(answer) as server:
        with pytest.raises(ClusterError) as caught:
            door(server)[0].call("POST", "/runs", body={})
        assert caught.value.code is code
        assert caught.value.maybe_done is maybe_done
        said = answer.body.get("message") if isinstance(answer.body, dict) else None
        assert said is None or said in str(caught.value)
        assert "<html>" not in str(caught.value)


def test_an_answer_that_does_not_come_in_time():
    with scripted(Answer(hold=True)) as server:
        with pytest.raises(ClusterError) as caught:
            door(server)[0].call("POST", "/runs", body={}, read_seconds=0.1)
        assert caught.value.code is Code.CLUSTER_UNREACHABLE
        assert caught.value.maybe_done


def test_nobody_there():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(ClusterError, match="refused") as caught:
            Http(Target("KFP", url), lambda _: None).call("POST", "/runs")
        assert not caught.value.maybe_done


def test_a_refused_credential_is_fetched_again_once(tmp_path):
    token = tmp_path / "token"
    token.write_text("old")
    renewed = partial(token.write_text, "new")
    with scripted(Answer(401), Answer(body={"run_id": "r"})) as server:
        connection = Connection("c", server.url, token=f"file:{token}")
        http = open_api(connection).http
        forget, tried = http.target.renew, []

        def renew():
            tried.append(1)
            renewed()
            return forget()

        http.target = Target(**{**vars(http.target), "renew": renew})
        assert http.call("POST", "/runs") == {"run_id": "r"}
        sent = [each.headers["Authorization"] for each in server.requests]
        assert sent == ["Bearer old", "Bearer new"]
        assert len(tried) == 1


@pytest.mark.parametrize(
    "answer",
    [
        Answer(401, {"message": f"token {SECRET} has expired"}),
        Answer(400, f"you sent Bearer {SECRET}"),
        Answer(500, {"error_message": f"header Bearer {SECRET}"}),
        Answer(cut=True),
    ],
)
def test_no_credential_in_errors_and_reprs(answer, monkeypatch):
    monkeypatch.setenv("KFP_TEST_TOKEN", SECRET)
    with scripted(answer) as server:
        api = open_api(Connection("c", server.url, token="env:KFP_TEST_TOKEN"), lambda _: None)
        with pytest.raises(ClusterError) as caught:
            api.health()
    shown = "".join(traceback.format_exception(caught.value)) + repr(api.http.target)
    assert SECRET not in shown + repr(caught.value.problems)


def test_what_a_netrc_says_does_not_take_the_tokens_place(tmp_path, monkeypatch):
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login eve password wrong\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    monkeypatch.setenv("KFP_TEST_TOKEN", SECRET)
    with scripted(Answer()) as server:
        open_api(Connection("c", server.url, token="env:KFP_TEST_TOKEN")).health()
        assert server.requests[0].headers["Authorization"] == f"Bearer {SECRET}"
