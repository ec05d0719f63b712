"""An installation for several users: where runs may be started, and that they are there."""

import pytest
from cluster_runs import ClusterRuns
from container_specs import Step

from jupyter_kfp_ext.engines.kfp.connection import Connection
from jupyter_kfp_ext.engines.kfp.intent import read_intent
from jupyter_kfp_ext.engines.kfp.namespaces import Namespace, namespaces
from jupyter_kfp_ext.engines.kfp.probe import probe
from jupyter_kfp_ext.engines.model import State
from jupyter_kfp_ext.errors import Code, KfpExtError
from tests.standin.server import stand_in
from tests.standin.tenancy import Tenancy

SPACES = {"zoo": "contributor", "ada": "owner", "eve": "viewer"}
ONE = {"one": Step("print('here')")}


@pytest.fixture
def several(cluster):
    """The stand-in of the other tests, with several users."""
    cluster.tenancy = cluster.kubernetes.tenancy = Tenancy(SPACES)
    cluster.store.several = True
    return cluster


@pytest.fixture
def lab(several, tmp_path):
    kubeconfig = str(several.kubeconfig(tmp_path))
    return Connection("lab", several.url, namespace="zoo", kubeconfig=kubeconfig)


def tried(connection):
    return {each.name: each for each in probe(connection)}


@pytest.fixture
def own_server():
    with stand_in(tenancy=Tenancy(SPACES)) as server:
        yield server


def test_kubeflows_pages_tell_where_runs_may_be_started(own_server):
    connection = Connection("lab", f"{own_server.url}", namespace="zoo")
    assert namespaces(connection) == (Namespace("zoo", "contributor"), Namespace("ada", "owner"))


def test_without_its_pages_kubernetes_is_asked(several, lab):
    several.tenancy.dashboard = False
    assert namespaces(lab) is None  # the names of namespaces may not be listed
    names = ("eve", "kube-system", "ada", "zoo")
    several.kubernetes.everywhere["namespaces"] = [{"metadata": {"name": each}} for each in names]
    assert namespaces(lab) == (Namespace("zoo"), Namespace("ada"))
    assert namespaces(Connection("bare", several.url, namespace="ada")) is None


def test_a_single_user_has_nothing_to_choose():
    with stand_in() as server:
        assert namespaces(Connection("lab", server.url)) == ()
        assert "namespace" not in tried(Connection("lab", server.url))


@pytest.mark.parametrize(
    ("namespace", "state", "words"),
    [
        ("ada", "ok", "runs may be started in ada; also in zoo"),
        ("eve", "failed", "No runs may be started in eve."),
        ("nobody", "failed", "No runs may be started in nobody."),
        ("", "failed", "names no namespace"),
    ],
)
def test_a_connection_is_tried_for_its_namespace(own_server, namespace, state, words):
    found = tried(Connection("lab", own_server.url, namespace=namespace))
    assert found["reachable"].detail.split(", ")[1] == "for several users"
    assert (found["namespace"].state, words in found["namespace"].detail) == (state, True)
    if state == "failed":
        assert "ada, zoo" in found["namespace"].remedy
    known = "ok" if namespace in SPACES else "failed"
    assert found["authenticated"].state == known


def test_the_right_to_start_runs_is_tried_in_kubernetes(several, lab):
    assert tried(lab)["may create runs"].state == "ok"
    several.tenancy.spaces["zoo"] = "viewer"
    assert tried(lab)["may create runs"].state == "failed"


def test_a_run_in_another_namespace(kfp_home, several, tmp_path):
    runs = ClusterRuns(kfp_home, several, tmp_path, namespace="zoo")
    spaces = []
    for namespace in ("", "ada"):
        run_id = runs.start(ONE, namespace=namespace)
        status = runs.end(run_id)
        assert status.state is State.SUCCEEDED, status.message
        spaces.append(status.remote["namespace"])
        assert read_intent(runs.folder(run_id).path).connection.namespace == spaces[-1]
    assert spaces == ["zoo", "ada"]
    made = several.store
    for kept in (made.experiments, made.pipelines):
        assert {each["namespace"] for each in kept.values() if "namespace" in each} == set(spaces)
    calls = [each.path for each in several.calls if "/namespaces/" in each.path]
    assert {path.split("/namespaces/")[1].split("/")[0] for path in calls} == set(spaces)
    assert runs.engine.remove_there(run_id, False).run_id == runs.remote(run_id)


def test_a_namespace_of_others_is_refused_before_anything_is_made(kfp_home, several, tmp_path):
    runs = ClusterRuns(kfp_home, several, tmp_path, namespace="zoo")
    status = runs.end(runs.start(ONE, namespace="nobody"))
    assert status.state is State.FAILED
    assert "not authorized" in status.message
    assert several.store.runs == {}
    assert [each.name for each in several.workflows.all] == []


def test_who_is_not_let_in_is_told(several, lab):
    several.token = "secret"
    with pytest.raises(KfpExtError) as caught:
        namespaces(lab)
    assert caught.value.code is Code.CLUSTER_DENIED
