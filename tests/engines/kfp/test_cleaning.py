"""Clean-up on a cluster: what is needed stays, what is old goes, whoever starts meanwhile."""

import hashlib
import os
import time
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path

import pytest
from cluster_runs import ClusterRuns
from container_specs import Step

from jupyter_kfp_ext.compiler.bundle_place import RUN
from jupyter_kfp_ext.engines.kfp import cleaning
from jupyter_kfp_ext.engines.kfp.cleaning import LEAST_AGE, clean_cluster
from jupyter_kfp_ext.engines.kfp.cluster import RUN_LABEL, USED
from jupyter_kfp_ext.engines.kfp.connection import Connection
from jupyter_kfp_ext.engines.kfp.http import ClusterError
from jupyter_kfp_ext.engines.kfp.restoring import RESTORED
from jupyter_kfp_ext.errors import Code, KfpExtError, Problem
from jupyter_kfp_ext.helpers.bundle_store import is_present, put

DAY = 86400.0
LAB = Connection("lab", kubeconfig="default")


def name(letter):
    return f"kfp-code-{letter * 16}"


def stamp(age):
    then = datetime.fromtimestamp(time.time() - age, timezone.utc)
    return then.strftime("%Y-%m-%dT%H:%M:%SZ")


def config_map(letter, made, used=None, **more):
    annotations = {} if used is None else {USED: f"{time.time() - used:.0f}"}
    return {
        "name": name(letter),
        "creationTimestamp": stamp(made),
        "resourceVersion": "7",
        "annotations": annotations,
        **more,
    }


def workflow(phase, *named):
    """Return a Workflow whose text names code, as KFP's platform spec within it does."""
    parameters = [
        {"name": "kubernetes", "value": f'{{"configMapName": "{each}"}}'} for each in named
    ]
    return {
        "metadata": {"labels": {RUN_LABEL: "run"}},
        "spec": {"arguments": {"parameters": parameters}},
        "status": {"phase": phase},
    }


class Kubernetes:
    """What `Cluster` answers to the clean-up; `taken` are maps that a run notes just then."""

    namespace = "lab"

    def __init__(
        self, maps=(), workflows=(), recurring=(), pods=(), taken=(), claims=(), snapshots=()
    ):
        self.maps = list(maps)
        self.workflows = list(workflows)
        self.scheduled = list(recurring)
        self.pods = list(pods)
        self.taken = set(taken)
        self.claims = list(claims)
        self.snapshots = list(snapshots)
        self.gone = []

    def all_workflows(self):
        return self.workflows

    def recurring(self):
        return self.scheduled

    def bundles(self):
        return [{"metadata": each, "binaryData": {"code": "QUJD" * 100}} for each in self.maps]

    def our_pods(self):
        return self.pods

    def our_claims(self):
        spec = {"resources": {"requests": {"storage": "10Gi"}}}
        return [{"metadata": each, "spec": spec} for each in self.claims]

    def our_snapshots(self):
        return [{"metadata": each, "status": {"restoreSize": "5Gi"}} for each in self.snapshots]

    def delete_snapshot(self, name):
        self.gone.append(name)

    def delete_claim(self, name):
        self.gone.append(name)

    def delete_config_map(self, name, version):
        assert version == "7"
        if name in self.taken:
            return False
        self.gone.append(name)
        return True

    def delete_pod(self, name):
        self.gone.append(name)


def cleaned(monkeypatch, home, kubernetes, age=30 * DAY):
    """Clean, having looked before what would go: that it is the same, and nothing went by it."""
    monkeypatch.setattr(cleaning, "open_cluster", lambda _connection: kubernetes)
    taken, kubernetes.taken = kubernetes.taken, set()
    told = clean_cluster(Path(home), LAB, age, dry_run=True)
    assert kubernetes.gone == []
    kubernetes.taken = taken
    found = clean_cluster(Path(home), LAB, age)
    assert found == told or taken
    return found


# Made by each test: what has an age grows older while other tests run.
CONFIG_MAPS = [
    (lambda: Kubernetes([config_map("a", made=40 * DAY)]), 30 * DAY, ["a"]),
    (lambda: Kubernetes([config_map("a", made=20 * DAY)]), 30 * DAY, []),
    (lambda: Kubernetes([config_map("a", made=40 * DAY, used=DAY)]), 30 * DAY, []),
    (lambda: Kubernetes([config_map("a", made=40 * DAY, used=DAY)]), DAY / 2, ["a"]),
    # A run may be about to start with it, however young it may go.
    (lambda: Kubernetes([config_map("a", made=LEAST_AGE / 2)]), 0, []),
    (lambda: Kubernetes([config_map("a", 40 * DAY)], [workflow("Running", name("a"))]), DAY, []),
    (lambda: Kubernetes([config_map("a", 40 * DAY)], [workflow("", name("a"))]), DAY, []),
    (
        lambda: Kubernetes([config_map("a", 40 * DAY)], [workflow("Succeeded", name("a"))]),
        DAY,
        ["a"],
    ),
    (lambda: Kubernetes([config_map("a", 40 * DAY)], [workflow("Running", name("b"))]), DAY, ["a"]),
    (lambda: Kubernetes([config_map("a", 40 * DAY)], recurring=[{"spec": name("a")}]), DAY, []),
    (lambda: Kubernetes([config_map("a", 40 * DAY)], taken=[name("a")]), DAY, []),
    (lambda: Kubernetes([{**config_map("a", 40 * DAY), "name": "settings-of-ada"}]), DAY, []),
]


@pytest.mark.parametrize(("make", "age", "gone"), CONFIG_MAPS)
def test_config_maps(monkeypatch, tmp_path, make, age, gone):
    kubernetes = make()
    found = cleaned(monkeypatch, tmp_path, kubernetes, age)
    assert found.config_maps == tuple(map(name, gone))
    assert found.sizes["config_maps"] == 300 * len(gone)
    assert kubernetes.gone == list(map(name, gone))


def test_nothing_is_removed_where_what_is_needed_cannot_be_seen(monkeypatch, tmp_path):
    kubernetes = Kubernetes([config_map("a", 40 * DAY)])

    def denied():
        raise ClusterError(Problem(Code.CLUSTER_DENIED, "no"), 403)

    kubernetes.all_workflows = denied
    with pytest.raises(KfpExtError):
        cleaned(monkeypatch, tmp_path, kubernetes)
    assert kubernetes.gone == []


def test_pods_that_were_left_behind(monkeypatch, tmp_path):
    def pod(letter, phase, age):
        metadata = {"name": letter, "creationTimestamp": stamp(age)}
        return {"metadata": metadata, "status": {"phase": phase}}

    pods = [pod("old", "Failed", 40 * DAY), pod("new", "Failed", 1), pod("busy", "Running", DAY)]
    found = cleaned(monkeypatch, tmp_path, Kubernetes(pods=pods), DAY)
    assert found.pods == ("old",)


@pytest.mark.parametrize(
    ("labels", "age", "workflows", "gone"),
    [
        ({RUN: "run"}, 40 * DAY, [], True),
        ({RUN: "run"}, 40 * DAY, [workflow("Succeeded")], True),
        ({RUN: "run"}, 40 * DAY, [workflow("Running")], False),
        ({RUN: "other"}, 40 * DAY, [workflow("Running")], True),
        ({RUN: "run"}, LEAST_AGE / 2, [], False),  # it may be about to be posted
        ({}, 40 * DAY, [], False),
    ],
)
def test_claims_of_runs_whose_keeper_was_killed(
    monkeypatch, tmp_path, labels, age, workflows, gone
):
    claim = {"name": "work-1", "creationTimestamp": stamp(age), "labels": labels}
    found = cleaned(monkeypatch, tmp_path, Kubernetes(workflows=workflows, claims=[claim]), 0)
    assert found.claims == (("work-1",) if gone else ())
    assert found.sizes["claims"] == (10 * 2**30 if gone else 0)


class Kubeflow:
    """What KFP's API says of runs: it has the one called `known`."""

    def run(self, run_id):
        rows = {"known": {}, "scheduled": {"recurring_run_id": "every-day"}}
        return rows.get(run_id)


@pytest.mark.parametrize(
    ("run", "age", "going", "gone"),
    [
        ("forgotten", 40 * DAY, {}, True),
        ("known", 40 * DAY, {}, False),
        ("scheduled", 40 * DAY, {}, True),
        ("scheduled", LEAST_AGE / 2, {}, False),
        ("forgotten", LEAST_AGE / 2, {}, False),  # it may be about to be posted
        ("forgotten", 40 * DAY, {"deletionTimestamp": stamp(1)}, False),
        (None, 40 * DAY, {}, False),
    ],
)
def test_snapshots_of_runs_that_kubeflow_no_longer_has(
    monkeypatch, tmp_path, run, age, going, gone
):
    monkeypatch.setattr(cleaning, "open_api", lambda _connection: Kubeflow())
    made = {"creationTimestamp": stamp(age), **going}
    claim = {"name": "data-1", "labels": {RESTORED: run} if run else {}, **made}
    snapshot = {"name": "data-1-train", "labels": {RUN: run} if run else {}, **made}
    kubernetes = Kubernetes(claims=[claim], snapshots=[snapshot])
    found = cleaned(monkeypatch, tmp_path, kubernetes, 0)
    assert (found.claims, found.snapshots) == (
        (("data-1",), ("data-1-train",)) if gone else ((), ())
    )
    assert found.sizes["snapshots"] == (5 * 2**30 if gone else 0)
    assert kubernetes.gone == [*found.claims, *found.snapshots]


def test_who_may_not_list_claims_cleans_the_rest(monkeypatch, tmp_path):
    kubernetes = Kubernetes([config_map("a", 40 * DAY)])

    def denied():
        raise ClusterError(Problem(Code.CLUSTER_DENIED, "no"), 403)

    kubernetes.our_claims = denied
    found = cleaned(monkeypatch, tmp_path, kubernetes)
    assert (found.config_maps, found.claims) == ((name("a"),), ())


def test_bundles_on_a_claim_that_is_mounted_here(monkeypatch, tmp_path, kfp_home):
    """The claims are those of the runs of this home; what a Workflow names stays."""
    volume = tmp_path / "team"
    volume.mkdir()
    hashes = []
    for content in (b"one", b"two"):
        each = hashlib.sha256(content).hexdigest()
        hashes.append(each)
        put(str(volume / "code"), each, [content], len(content))
        used = volume / "code" / ".used" / each
        os.utime(used, (1, 1))
    monkeypatch.setattr(
        cleaning,
        "_claims",
        lambda home, connection: {cleaning._Claim("team", "code", str(volume)): None},
    )
    kubernetes = Kubernetes(workflows=[workflow("Running", f"code/{hashes[0]}")])
    found = cleaned(monkeypatch, kfp_home, kubernetes)
    assert (found.bundles, found.sizes["bundles"]) == ((hashes[1],), len(b"two"))
    assert is_present(str(volume / "code"), hashes[0])


def test_runs_on_the_stand_in_do_not_hinder_it(kfp_home, cluster, tmp_path):
    """Intents of real runs are read; the stand-in knows no recurring runs of Kubernetes."""
    runs = ClusterRuns(kfp_home, cluster, tmp_path)
    runs.end(runs.start({"one": Step("pass")}))
    assert cleaning._claims(kfp_home, LAB) == {}


def test_claims_of_another_namespace_are_no_claims_of_this_one(kfp_home, cluster, tmp_path):
    """They may have the same names; what is needed of them is said there."""
    runs = ClusterRuns(kfp_home, cluster, tmp_path, namespace="zoo")
    run_id = runs.remote(runs.start({"one": Step("pass")}, namespace="ada"))
    found = {}
    for namespace in ("zoo", "ada"):
        place = replace(LAB, namespace=namespace)
        found[namespace] = [intent.run_id for intent, _ in cleaning._runs(kfp_home, place)]
    assert found == {"zoo": [], "ada": [run_id]}
