"""Connections for the interface: what of them works, and what GPUs are there."""

import json
import time

import pytest

from jupyter_kfp_ext.engines.kfp.connection import Connection
from jupyter_kfp_ext.engines.kfp.connections import add_connection
from jupyter_kfp_ext.engines.kfp.login.kept import Kept, LoginStore
from tests.standin.server import stand_in
from tests.standin.tenancy import Tenancy

GPU = "nvidia.com/gpu"
MODEL = "nvidia.com/gpu.product"
NODE = {
    "metadata": {"name": "a", "labels": {MODEL: "Tesla-T4"}},
    "spec": {},
    "status": {"allocatable": {"cpu": "8", "memory": "16Gi", GPU: "2"}},
}
HOLDER = {
    "spec": {"nodeName": "a", "containers": [{"resources": {"requests": {GPU: "1"}}}]},
}


@pytest.fixture
def cluster(kfp_home, tmp_path):
    with stand_in() as server:
        kubeconfig = str(server.kubeconfig(tmp_path))
        lab = Connection("lab", server.url, kubeconfig=kubeconfig, token="env:KFP_TOKEN")
        add_connection(lab, default=True)
        add_connection(Connection("bare", server.url), default=False)
        yield server


async def test_connections_are_named_and_nothing_else_is_told(api):
    assert (await api("GET", "connections")).json == {"connections": []}
    add_connection(
        Connection(name="prod", url="https://kfp.example.org", token="env:KFP_TOKEN"), default=True
    )
    answer = (await api("GET", "connections")).json
    assert answer == {"connections": [{"name": "prod", "default": True, "login": None}]}
    assert "example.org" not in json.dumps(answer)


async def test_a_connection_is_tried_step_by_step(api, cluster, monkeypatch):
    monkeypatch.setenv("KFP_TOKEN", "very-secret")
    answer = (await api("POST", "connections", "lab", "test", body={})).json
    states = {each["name"]: each["state"] for each in answer["steps"]}
    assert answer["works"]
    assert (states["reachable"], states["may list pods"]) == ("ok", "ok")
    assert (states["GPUs"], states["object store"]) == ("skipped", "skipped")
    assert "very-secret" not in json.dumps(answer)
    cluster.kubernetes.denied.add("pods")
    answer = (await api("POST", "connections", "lab", "test", body={})).json
    states = {each["name"]: each["state"] for each in answer["steps"]}
    assert not answer["works"]
    assert states["may list pods"] == "failed"
    # What only some runs need is no failure of the connection.
    cluster.kubernetes.denied = {"persistentvolumeclaims"}
    answer = (await api("POST", "connections", "lab", "test", body={})).json
    claims = next(each for each in answer["steps"] if each["name"].endswith("volumeclaims"))
    assert (answer["works"], claims["state"]) == (True, "skipped")
    assert "make claims for a run" in claims["detail"]
    assert (await api("POST", "connections", "none", "test", body={})).status == 400


async def test_the_object_store_is_tried(api, cluster, monkeypatch):
    url = f"{cluster.url}/s3"
    stored = {"store": "minio://mlpipeline/helpers", "store_url": url, "store_key": "env:STORE"}
    add_connection(Connection("stores", cluster.url, **stored), default=False)

    async def said():
        steps = (await api("POST", "connections", "stores", "test", body={})).json["steps"]
        return next(each for each in steps if each["name"] == "object store")["state"]

    assert await said() == "failed"  # there is no key
    monkeypatch.setenv("STORE", "ada:secret")
    assert await said() == "ok"


async def test_cpu_and_memory_are_told(api, cluster, monkeypatch):
    monkeypatch.setenv("KFP_TOKEN", "very-secret")

    async def told():
        return (await api("GET", "connections", "lab", "resources")).json["sizes"]

    assert await told() is None
    cluster.kubernetes.everywhere["nodes"] = [NODE]
    size = {"total": 8.0, "largest": 8.0, "largest_free": None}
    memory = {"total": 2.0**34, "largest": 2.0**34, "largest_free": None}
    assert await told() == {"cpu": size, "memory": memory}


async def test_gpus_are_told_as_far_as_they_can_be_seen(api, cluster, monkeypatch):
    monkeypatch.setenv("KFP_TOKEN", "very-secret")
    told = {
        "kind": GPU,
        "model": "Tesla-T4",
        "label": MODEL,
        "nodes": 1,
        "count": 2,
        "largest": 2,
        "free": None,
        "largest_free": None,
        "taints": [],
    }

    async def devices(name="lab"):
        return (await api("GET", "connections", name, "resources")).json["devices"]

    assert await devices("bare") is None
    assert await devices() is None
    cluster.kubernetes.everywhere["nodes"] = [NODE]
    assert await devices() == [told]
    cluster.kubernetes.everywhere["pods"] = [HOLDER]
    assert await devices() == [{**told, "free": 1, "largest_free": 1}]


async def test_namespaces_to_choose_from(api, kfp_home):
    with stand_in(tenancy=Tenancy({"zoo": "owner", "ada": "viewer"})) as server:
        add_connection(Connection("lab", server.url, namespace="zoo"), default=True)
        answer = (await api("GET", "connections", "lab", "namespaces")).json
        listed = [{"name": "zoo", "role": "owner"}]
        assert answer == {"own": "zoo", "namespaces": listed}
        assert (await api("GET", "connections", "none", "namespaces")).status == 400


async def test_a_login_that_is_over_is_told_with_what_to_do(api, kfp_home):
    said = {"issuer": "https://dex.example.org", "client_id": "c"}
    lab = Connection("lab", "https://kubeflow.example.org", **said)
    add_connection(lab, default=True)

    async def login():
        (found,) = (await api("GET", "connections")).json["connections"]
        return found["login"]

    command = "jupyter kfp connections login lab"
    assert await login() == {"state": "none", "command": command}
    store = LoginStore(lab)
    store.write(Kept("very-secret", got=time.time(), lasts=60.0))
    assert await login() == {"state": "in", "command": command}
    store.end("The issuer has said so.")
    assert await login() == {"state": "over", "command": command}
