"""Everything with exactly the rights of docs/kfp-role.yaml, as a ServiceAccount of the cluster."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
import yaml
from kfp_on_cluster import connection_to

from jupyter_kfp_ext.engines.kfp.access import open_cluster
from jupyter_kfp_ext.engines.kfp.connection import Connection
from jupyter_kfp_ext.engines.kfp.connections import add_connection
from jupyter_kfp_ext.engines.kfp.devices import running_pods
from jupyter_kfp_ext.engines.kfp.rights import OPTIONAL_ROLE, RIGHTS, ROLE, SNAPSHOTS_ROLE
from tests.conftest import ROOT
from tests.support.notebooks import code_cell

RBAC = "/apis/rbac.authorization.k8s.io/v1"


@pytest.fixture(params=["with", "without"])
def sees_all_pods(request):
    """Whether the optional roles of whoever uses the connection are given, too."""
    return request.param == "with"


@pytest.fixture
def account(real, sees_all_pods):
    """A kubeconfig of an account that the manifest of the docs was applied for."""
    listed = list(yaml.safe_load_all((ROOT / "docs" / "kfp-role.yaml").read_text()))
    names = {ROLE, *([OPTIONAL_ROLE, SNAPSHOTS_ROLE] if sees_all_pods else [])}
    given = [each for each in listed if each["metadata"]["name"] in names]
    everywhere = [each for each in given if each["kind"] == "ClusterRole"]
    rules = [
        (rule["apiGroups"][0], rule["resources"][0], tuple(rule["verbs"]))
        for role in given
        if role["kind"] == "Role"
        for rule in role["rules"]
    ]
    real.account(*rules)
    (path,) = Path(real.kubeconfig).parent.glob("account-*.json")
    http = real.cluster.http
    who = {"kind": "ServiceAccount", "name": path.stem, "namespace": real.namespace}
    made = []
    for each in everywhere:
        name = f"{each['metadata']['name']}-{real.namespace}"
        each["metadata"]["name"] = name
        http.call("POST", f"{RBAC}/clusterroles", body=each)
        binding = {
            "metadata": {"name": name},
            "roleRef": {"apiGroup": RBAC.split("/")[2], "kind": "ClusterRole", "name": name},
            "subjects": [who],
        }
        http.call("POST", f"{RBAC}/clusterrolebindings", body=binding)
        made += [f"clusterrolebindings/{name}", f"clusterroles/{name}"]
    yield str(path)
    for each in made:
        http.call("DELETE", f"{RBAC}/{each}")


CELLS = (
    code_cell("x = 21\nprint('made', x)", step="make", gpu=1),
    code_cell("print('got', 2 * x)\nopen('/nowhere/at/all')", step="breaks"),
)


def test_a_run_its_logs_its_error_and_cleaning(
    kfp, lab, real, account, sees_all_pods, write_notebook
):
    add_connection(replace(connection_to(lab, real), kubeconfig=account), default=True)
    tried = kfp("connections", "test", "lab", "--json")
    assert tried.code == 0, tried.out
    *_, gpus = tried.json["steps"]
    assert gpus["state"] == "ok"
    assert gpus["detail"].startswith("2 nvidia.com/gpu on 1 node, ")
    assert gpus["detail"].endswith("free now" if sees_all_pods else "free: not to be seen")
    path = write_notebook("n.ipynb", *CELLS)
    called = kfp("run", path.name, "--connection", "lab", "--json")
    assert called.code == 1
    assert called.json["notes"] == []
    assert [step["state"] for step in called.json["steps"]] == ["SUCCEEDED", "FAILED"]
    assert called.json["steps"][1]["error"]["name"] == "FileNotFoundError"
    connected = called.json["phases"][0]["message"]
    assert "steps fit on the nodes" in connected
    assert ("what is free now is not to be seen" in connected) is not sees_all_pods
    assert called.json["remote"]["way"] == "configmap"
    assert kfp("logs", "last", "--json").json["logs"]["make"] == "made 21\n"
    cleaned = kfp("clean", "--connection", "lab", "--json")
    assert cleaned.code == 0, cleaned.err
    assert json.loads(cleaned.out)


def test_no_right_is_missing_and_others_are(real, account, sees_all_pods):
    connection = Connection("account", kubeconfig=account, namespace=real.namespace)
    cluster = open_cluster(connection)
    for right in RIGHTS:
        resource, _, sub = right.resource.partition("/")
        for verb in right.verbs:
            given = sees_all_pods or not right.optional or right.everywhere
            may = cluster.may(verb, right.group, resource, sub)
            assert may is given, (verb, right.resource)
    assert (running_pods(cluster) is not None) is sees_all_pods
    assert not cluster.may("get", "", "secrets")
    assert not cluster.may("create", "argoproj.io", "workflows")
