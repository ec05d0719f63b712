"""Named connections: what is stored, what is found, what the command line says of them."""

import json
import stat

import pytest
from scripted_server import Answer, scripted

from jupyter_kfp_ext.engines.kfp.access import open_api, open_cluster
from jupyter_kfp_ext.engines.kfp.connection import Connection, check_connection
from jupyter_kfp_ext.engines.kfp.connections import (
    add_connection,
    choose,
    discover,
    known_connections,
    remove_connection,
)
from jupyter_kfp_ext.engines.kfp.credentials import Secret, check_reference
from jupyter_kfp_ext.errors import Code, KfpExtError

HEALTH = {"commit_sha": "unknown", "tag_name": "2.17.0", "multi_user": False}


def known(folder, environ=None, root=None):
    return known_connections(folder, environ or {}, root or folder / "no-machine")


def test_stored_and_read_again(tmp_path):
    one = Connection("one", "https://a.example", token="env:TOKEN", ca="/ca.pem")
    two = Connection("two", kubeconfig="default", context="dev")
    add_connection(one, default=False, folder=tmp_path)
    add_connection(two, default=True, folder=tmp_path)
    assert known(tmp_path).connections == (one, two)
    assert choose(None, known(tmp_path)) == two
    assert choose("one", known(tmp_path)) == one
    assert stat.S_IMODE((tmp_path / "connections.json").stat().st_mode) == 0o600
    remove_connection("two", folder=tmp_path)
    assert choose(None, known(tmp_path)) == one


@pytest.mark.parametrize(
    ("names", "asked"), [((), None), ((), "prod"), (("a",), "b"), (("a", "b"), None)]
)
def test_a_connection_that_is_not_there(tmp_path, names, asked):
    for name in names:
        add_connection(Connection(name, "http://x"), default=False, folder=tmp_path)
    with pytest.raises(KfpExtError) as caught:
        choose(asked, known(tmp_path))
    assert caught.value.code is Code.CONNECTION_MISSING
    assert all(name in caught.value.problems[0].remedy for name in names)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"connections": [{}]}', '{"connections": 3}'])
def test_a_damaged_file_is_an_error_and_not_an_empty_list(tmp_path, text):
    (tmp_path / "connections.json").write_text(text)
    with pytest.raises(KfpExtError) as caught:
        known(tmp_path)
    assert caught.value.code is Code.STORAGE_FAILED


@pytest.mark.parametrize(
    "wrong",
    [
        Connection("", "http://x"),
        Connection("a"),
        Connection("a", "example.org"),
        Connection("a", "ftp://example.org"),
        Connection("a", "https://ada:pa55@example.org"),
        Connection("a", "https://example.org?token=pa55"),
        Connection("a", "http://x:port"),
        Connection("a", "http://x", proxy="http://ada:pa55@proxy:3128"),
        Connection("a", "http://x", token="eyJhbGciOi.pa55"),
        Connection("a", "http://x", cookie="authservice_session=pa55"),
        Connection("a", "http://x", client_certificate="/c.pem"),
    ],
)
def test_what_cannot_be_meant_is_refused_without_repeating_a_secret(wrong):
    with pytest.raises(KfpExtError) as caught:
        check_connection(wrong)
    assert caught.value.code is Code.USAGE
    assert "pa55" not in str(caught.value)


@pytest.mark.parametrize(
    "reference",
    [
        "env:A",
        "file:~/t",
        "command:gcloud auth print",
        "keyring:kfp/ada",
        "service-account",
        "service-account:/var/token",
    ],
)
def test_references(reference):
    check_reference(reference)


@pytest.mark.parametrize(
    "reference", ["", "env:", "file", "keyring:kfp", "service-account:", "token", "https://x"]
)
def test_what_is_no_reference(reference):
    with pytest.raises(KfpExtError):
        check_reference(reference)


def test_secrets_are_followed(tmp_path, monkeypatch):
    monkeypatch.setenv("KFP_TEST_TOKEN", " from-env\n")
    (tmp_path / "t").write_text("from-file\n")
    monkeypatch.setenv("KF_PIPELINES_SA_TOKEN_PATH", str(tmp_path / "t"))
    assert Secret("env:KFP_TEST_TOKEN").value() == "from-env"
    assert Secret(f"file:{tmp_path / 't'}").value() == "from-file"
    assert Secret("command:echo 'from command'").value() == "from command"
    assert Secret("service-account").value() == "from-file"
    assert Secret(f"service-account:{tmp_path / 't'}").value() == "from-file"


def test_what_a_command_printed_is_kept_until_it_is_refused(tmp_path):
    count = tmp_path / "count"
    script = f"echo x >> {count}; wc -l < {count}"
    secret = Secret(f'command:sh -c "{script}"')
    assert secret.value() == "1"
    assert secret.value() == "1"
    assert secret.forget()
    assert secret.value() == "2"


@pytest.mark.parametrize(
    "reference",
    [
        "env:KFP_NOT_SET",
        "file:/nonexistent/t",
        "command:false",
        "command:/nonexistent/x",
        "command:true",
        "command:printf 'a\\nb'",
        "keyring:kfp-test/nobody",
    ],
)
def test_a_secret_that_is_not_there_says_where_it_was_looked_for(reference):
    with pytest.raises(KfpExtError) as caught:
        Secret(reference).value()
    assert caught.value.code is Code.CLUSTER_DENIED
    assert caught.value.problems[0].remedy


def machine(root, namespace=None, token=False):
    secrets = root / "var/run/secrets"
    if namespace:
        (secrets / "kubernetes.io/serviceaccount").mkdir(parents=True)
        (secrets / "kubernetes.io/serviceaccount/namespace").write_text(namespace)
    if token:
        (secrets / "kubeflow/pipelines").mkdir(parents=True)
        (secrets / "kubeflow/pipelines/token").write_text("t")
    return root


def test_nothing_is_found_on_a_machine_of_its_own(tmp_path):
    assert discover({}, machine(tmp_path)) is None


def test_found_inside_a_kubeflow_notebook(tmp_path):
    found = discover({}, machine(tmp_path, "ada", token=True))
    assert found is not None
    assert found.url == "http://ml-pipeline.kubeflow.svc.cluster.local:8888"
    assert (found.namespace, found.token, found.found) == ("ada", "service-account", True)
    assert choose(None, known(tmp_path / "config", {}, tmp_path)) == found


def test_an_endpoint_in_the_environment_is_taken(tmp_path):
    found = discover({"KF_PIPELINES_ENDPOINT": "kfp.example:8888"}, machine(tmp_path))
    assert found == Connection("kubeflow", "http://kfp.example:8888", found=True)


def test_a_stored_connection_wins_over_the_found_one(tmp_path):
    mine = Connection("kubeflow", "https://mine.example")
    add_connection(mine, default=False, folder=tmp_path)
    there = known(tmp_path, {"KF_PIPELINES_ENDPOINT": "other"})
    assert there.connections == (mine,)


def test_a_kubeconfig_gives_access_through_the_api_servers_proxy(tmp_path):
    with scripted(Answer(body=HEALTH)) as server:
        config = tmp_path / "config"
        config.write_text(
            json.dumps(
                {
                    "apiVersion": "v1",
                    "kind": "Config",
                    "current-context": "c",
                    "contexts": [{"name": "c", "context": {"cluster": "k", "user": "u"}}],
                    "clusters": [{"name": "k", "cluster": {"server": server.url}}],
                    "users": [{"name": "u", "user": {"token": "kube-token"}}],
                }
            )
        )
        connection = Connection("k", kubeconfig=str(config), namespace="ada")
        assert open_api(connection).health() == HEALTH
        cluster = open_cluster(connection)
        assert cluster is not None
        cluster.pods("r")
        first, second = server.requests
        assert first.path == (
            "/api/v1/namespaces/kubeflow/services/ml-pipeline:8888/proxy/apis/v2beta1/healthz"
        )
        assert second.path.startswith("/api/v1/namespaces/ada/pods?")
        assert first.headers["Authorization"] == "Bearer kube-token"


@pytest.mark.parametrize("text", ["", "not: [yaml", '{"kind": "Config"}'])
def test_a_kubeconfig_that_gives_no_access(tmp_path, text):
    (tmp_path / "config").write_text(text)
    with pytest.raises(KfpExtError) as caught:
        open_api(Connection("k", kubeconfig=str(tmp_path / "config")))
    assert caught.value.code is Code.CLUSTER_UNREACHABLE


def test_the_users_own_kubeconfig_is_not_taken_for_a_url():
    assert open_cluster(Connection("a", "http://x")) is None


def test_command_line(kfp):
    assert kfp("connections").out.startswith("There are no connections")
    with scripted(Answer(body=HEALTH)) as server:
        assert kfp("connections", "add", "lab", "--url", server.url, "--token", "env:T").code == 0
        (listed,) = kfp("connections", "--json").json
        assert (listed["name"], listed["token"], listed["default"]) == ("lab", "env:T", True)
        called = kfp("connections", "test", "--json", T="t0k3n")
        assert called.code == 0
        states = {each["name"]: each["state"] for each in called.json["steps"]}
        assert states == {
            "reachable": "ok",
            "authenticated": "ok",
            "object store": "skipped",
            "kubernetes": "skipped",
        }
        failing = kfp("connections", "test", "lab")
        assert failing.code == 1
        assert "FAILED  reachable" in failing.out
        assert "T" in failing.out
    assert kfp("connections", "remove", "lab").code == 0
    assert kfp("connections", "test", "lab").code == 2
    assert kfp("connections", "add", "bad", "--url", "http://a:b@c").code == 2
    assert kfp("connections", "--json").json == []
