"""Snapshots of volumes on a real Kubernetes that has none: a small controller of the tests.

It stands for a CSI driver with snapshots: claims of its class are folders of the node, a snapshot
is a copy of such a folder at that moment, a claim made of one begins as a copy of it. Definition,
objects, claims, volumes, pods that copy and rights are real; it knows one node and no sizes.
"""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from real_cluster import RealCluster

from jupyter_kfp_ext.engines.kfp.http import ClusterError

Json = dict[str, Any]
GROUP = "snapshot.storage.k8s.io"
API = f"{GROUP}/v1"
DEFINITION = f"volumesnapshots.{GROUP}"
_DEFINITIONS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
_CLASSES = "/apis/storage.k8s.io/v1/storageclasses"
_VOLUMES = "/api/v1/persistentvolumes"
_ROOT = "/var/tmp/kfp-test-folders"
_OFTEN = 0.3
_ANY = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}


def has_snapshots(real: RealCluster) -> bool:
    """Whether the cluster has them of its own."""
    try:
        real.cluster.http.call("GET", f"{_DEFINITIONS}/{DEFINITION}")
    except ClusterError as error:
        if error.status == 404:
            return False
        raise
    return True


class Controller:
    """Makes what claims of its class and snapshots of a namespace ask for."""

    def __init__(self, real: RealCluster) -> None:
        self._real = real
        self._http = real.cluster.http
        self.kind = f"folders-{real.namespace}"
        self._folder = f"{_ROOT}/{real.namespace}"
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._work)
        self._count = 0
        self.errors: list[Exception] = []

    def start(self) -> None:
        """Make definition and class, and begin."""
        self._http.call("POST", _DEFINITIONS, body=_definition())
        _until(lambda: self._knows_snapshots())
        body = {"metadata": {"name": self.kind}, "provisioner": "kfp-test/folders"}
        self._http.call("POST", _CLASSES, body={**body, "reclaimPolicy": "Retain"})
        self._thread.start()

    def end(self) -> None:
        """Stop, and remove all that it has made."""
        self._ending.set()
        self._thread.join()
        self._as_pod(f"rm -rf /all/{self._real.namespace}")
        for volume in self._http.call("GET", _VOLUMES)["items"]:
            if volume["spec"].get("storageClassName") == self.kind:
                self._http.call("DELETE", f"{_VOLUMES}/{volume['metadata']['name']}")
        self._http.call("DELETE", f"{_CLASSES}/{self.kind}")
        self._http.call("DELETE", f"{_DEFINITIONS}/{DEFINITION}")
        _until(lambda: not has_snapshots(self._real))

    def claim(self, name: str) -> None:
        """Make a claim of its class."""
        spec = {
            "accessModes": ["ReadWriteMany"],
            "storageClassName": self.kind,
            "resources": {"requests": {"storage": "20Mi"}},
        }
        self._real.make("persistentvolumeclaims", {"metadata": {"name": name}, "spec": spec})

    def _knows_snapshots(self) -> bool:
        try:
            self._http.call("GET", self._snapshots())
        except ClusterError as error:
            if error.status == 404:
                return False
            raise
        return True

    def _snapshots(self) -> str:
        return f"/apis/{API}/namespaces/{self._real.namespace}/volumesnapshots"

    def _work(self) -> None:
        while not self._ending.wait(_OFTEN):
            self._look()

    def _look(self) -> None:
        try:
            claims = self._http.call("GET", f"{self._real.core}/persistentvolumeclaims")
            for claim in claims["items"]:
                spec = claim["spec"]
                if spec.get("storageClassName") == self.kind and not spec.get("volumeName"):
                    self._provide(claim)
            for snapshot in self._http.call("GET", self._snapshots())["items"]:
                if "status" not in snapshot:
                    self._take(snapshot)
        except Exception as error:  # a test that waits in vain shows it
            self.errors.append(error)

    def _provide(self, claim: Json) -> None:
        name, spec = claim["metadata"]["name"], claim["spec"]
        source = spec.get("dataSource")
        if source:
            self._copy(f"snapshot-{source['name']}", f"claim-{name}")
        reference = {
            "namespace": self._real.namespace,
            "name": name,
            "uid": claim["metadata"]["uid"],
        }
        volume = {
            "metadata": {"name": f"{self.kind}-{name}"},
            "spec": {
                "capacity": spec["resources"]["requests"],
                "accessModes": spec["accessModes"],
                "claimRef": reference,
                "storageClassName": self.kind,
                "persistentVolumeReclaimPolicy": "Retain",
                "hostPath": {"path": f"{self._folder}/claim-{name}", "type": "DirectoryOrCreate"},
            },
        }
        try:
            self._http.call("POST", _VOLUMES, body=volume)
        except ClusterError as error:
            if error.status != 409:  # it was made, and is not bound yet
                raise

    def _take(self, snapshot: Json) -> None:
        name = snapshot["metadata"]["name"]
        claim = snapshot["spec"]["source"]["persistentVolumeClaimName"]
        self._copy(f"claim-{claim}", f"snapshot-{name}")
        now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        status = {"readyToUse": True, "creationTime": now, "restoreSize": "20Mi"}
        self._http.call("PATCH", f"{self._snapshots()}/{name}", body={"status": status})

    def _copy(self, old: str, new: str) -> None:
        place = f"/all/{self._real.namespace}"
        self._as_pod(f"mkdir -p {place}/{new} && cp -a {place}/{old}/. {place}/{new}/")

    def _as_pod(self, command: str) -> None:
        self._count += 1
        name = f"folders-{self._count}"
        container = {
            "name": "main",
            "image": "python:3.11-slim",
            "command": ["sh", "-c", command],
            "volumeMounts": [{"name": "all", "mountPath": "/all"}],
        }
        place = {"path": _ROOT, "type": "DirectoryOrCreate"}
        spec = {
            "restartPolicy": "Never",
            "containers": [container],
            "volumes": [{"name": "all", "hostPath": place}],
        }
        self._real.cluster.create_pod({"metadata": {"name": name}, "spec": spec})

        def has_ended(pod: Json) -> bool:
            return pod["status"].get("phase") in ("Succeeded", "Failed")

        ended = self._real.until("pods", name, has_ended)
        assert ended["status"]["phase"] == "Succeeded", json.dumps(ended["status"])


@contextmanager
def snapshots_on(real: RealCluster) -> Iterator[Controller]:
    """Give a cluster that knows snapshots of volumes, for a while."""
    controller = Controller(real)
    controller.start()
    try:
        yield controller
        assert controller.errors == []
    finally:
        controller.end()


def _definition() -> Json:
    names = {"plural": "volumesnapshots", "singular": "volumesnapshot", "kind": "VolumeSnapshot"}
    schema = {"type": "object", "properties": {"spec": _ANY, "status": _ANY}}
    version = {"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": schema}}
    # Kubernetes refuses definitions of its own groups that nobody there has looked at.
    notes = {"api-approved.kubernetes.io": "unapproved, a definition of tests"}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": DEFINITION, "annotations": notes},
        "spec": {"group": GROUP, "names": names, "scope": "Namespaced", "versions": [version]},
    }


def _until(condition: Any) -> None:
    """Look until something is so; a cluster that hangs ends by the alarm of the test."""
    while not condition():
        time.sleep(_OFTEN)
