"""A run goes on in Kubeflow while nobody here is let in, and is watched on afterwards."""

import os

import pytest
from cluster_runs import ClusterRuns
from container_specs import Step, states
from oidc_server import CLIENT, oidc_server

from jupyter_kfp_ext.engines.kfp.connection import Connection
from jupyter_kfp_ext.engines.kfp.login.credential import log_out
from jupyter_kfp_ext.engines.kfp.login.issuer import Issuer
from jupyter_kfp_ext.engines.kfp.login.kept import LoginStore
from jupyter_kfp_ext.engines.model import State

WAITS = {"waits": Step("meet('go', 'rb')")}


def test_a_token_file_that_is_gone_for_a_while(kfp_home, cluster, tmp_path):
    token = tmp_path / "token"
    token.write_text("first")
    cluster.token = "first"
    runs = ClusterRuns(kfp_home, cluster, tmp_path, token=f"file:{token}")
    watch(runs, "cannot be read", token.unlink, lambda: token.write_text("first"))


@pytest.fixture
def issuer():
    with oidc_server() as server:
        yield server


def test_a_login_that_is_over_for_a_while(kfp_home, cluster, tmp_path, issuer):
    said = {"issuer": issuer.issuer, "client_id": CLIENT}
    connection = Connection("lab", cluster.url, **said)

    def log_in():
        kept = Issuer(connection).kept(issuer.tokens())
        LoginStore(connection).write(kept)
        cluster.token = kept.secret

    log_in()
    runs = ClusterRuns(kfp_home, cluster, tmp_path, **said)

    def end_login():
        issuer.refresh.clear()
        cluster.token = "another"

    watch(runs, "is over", end_login, log_in)
    assert log_out(connection)


def watch(runs, words, shut_out, let_in):
    """Start a run, shut its keeper out and let it in again; nothing untrue is shown."""
    os.mkfifo(runs.shared / "go")
    run_id = runs.start(WAITS)
    runs.until(run_id, lambda status: status.step("waits").state is State.RUNNING)
    shut_out()
    status = runs.until(run_id, lambda status: words in status.message)
    assert (status.state, states(status)) == (State.RUNNING, {"waits": "RUNNING"})
    let_in()
    (runs.shared / "go").open("wb", buffering=0).close()  # what the step waits for
    status = runs.end(run_id)
    assert (status.state, states(status)) == (State.SUCCEEDED, {"waits": "SUCCEEDED"})
    assert len(runs.standin.store.runs) == 1
