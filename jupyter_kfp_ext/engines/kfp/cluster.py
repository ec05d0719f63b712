"""The Kubernetes API, as far as this engine calls it: workflows, pods, logs and ConfigMaps."""

import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.parse import quote

from ...compiler.bundle_place import LABELS
from ...errors import Code
from .http import ClusterError, Http

Json = dict[str, Any]
RUN_LABEL = "pipeline/runid"
"""The label that KFP gives the Workflow of a run and its pods."""

USED = "jupyter-kfp-ext/used"
"""Annotation of a ConfigMap with code: when a run last needed it, in seconds since 1970."""
_PAGE = 500
"""Pods in one answer where those of all namespaces are listed."""
_IN_USE = "kubernetes.io/pvc-protection"
"""What keeps a claim while there are pods that name it."""
SNAPSHOTS = "snapshot.storage.k8s.io/v1"
"""The group of snapshots of volumes, which come with a CSI driver."""
OURS = ",".join(f"{name}={value}" for name, value in LABELS.items())


class Cluster:
    """Calls of one Kubernetes API server, in one namespace; each raises `ClusterError`."""

    def __init__(self, http: Http, namespace: str) -> None:
        self.http = http
        self.namespace = namespace

    def workflows(self, run_id: str) -> list[Json]:
        """Return the Argo Workflows of a run: one, unless something went wrong."""
        return self._list(self._workflows(), run_id)

    def delete_workflow(self, name: str) -> None:
        """Delete a Workflow and, with it, its pods; one that is gone already is no error."""
        try:
            body = {"propagationPolicy": "Background"}
            self.http.call("DELETE", f"{self._workflows()}/{quote(name, safe='')}", body=body)
        except ClusterError as error:
            if error.status != 404:
                raise

    def pods(self, run_id: str) -> list[Json]:
        """Return the pods of a run."""
        return self._list(f"{self._core()}/pods", run_id)

    def pod_log(self, pod: str, follow: bool = False, container: str = "main") -> Iterator[bytes]:
        """Yield what a container of a pod wrote, and with `follow` what comes."""
        query = {"container": container, **({"follow": "true"} if follow else {})}
        return self.http.stream(f"{self._core()}/pods/{quote(pod, safe='')}/log", query)

    def config_map(self, name: str) -> Json | None:
        """Return a ConfigMap; None where there is none."""
        return self._maybe("configmaps", name)

    def create_config_map(self, manifest: Mapping[str, Any]) -> None:
        """Make a ConfigMap; a status of 409 says that there is one of its name."""
        self.http.call("POST", f"{self._core()}/configmaps", body=manifest)

    def used_config_map(self, name: str) -> Json | None:
        """Return a ConfigMap, having noted at it that it is used now; None where there is none.

        Where the right to note it is missing, it is only looked for.
        """
        change = {"metadata": {"annotations": {USED: f"{time.time():.0f}"}}}
        try:
            found: Json = self.http.call("PATCH", self._one("configmaps", name), body=change)
        except ClusterError as error:
            if error.status == 404:
                return None
            if error.code is not Code.CLUSTER_DENIED:
                raise
            return self.config_map(name)
        return found

    def claim(self, name: str) -> Json | None:
        """Return a persistent volume claim; None where there is none."""
        return self._maybe("persistentvolumeclaims", name)

    def create_claim(self, manifest: Mapping[str, Any]) -> Json:
        """Make a claim and return it; a status of 409 says that there is one of its name."""
        path = f"{self._core()}/persistentvolumeclaims"
        made: Json = self.http.call("POST", path, body=manifest)
        return made

    def delete_claim(self, name: str) -> None:
        """Delete a claim of which nothing runs any more; one that is gone already is no error.

        Kubernetes would keep it for as long as there are pods that name it, ended ones too, and
        KFP keeps those for days: so it is told that nobody uses the claim, as Argo does it.
        """
        place = self._one("persistentvolumeclaims", name)
        try:
            found = self.http.call("DELETE", place, body={})
            kept = found.get("metadata", {}).get("finalizers") or ()
            others = [each for each in kept if each != _IN_USE]
            self.http.call("PATCH", place, body={"metadata": {"finalizers": others}})
        except ClusterError as error:
            if error.status != 404:
                raise

    def our_claims(self) -> list[Json]:
        """Return the claims that runs made for themselves, and those made of snapshots."""
        return self._ours("persistentvolumeclaims")

    def snapshot(self, name: str) -> Json | None:
        """Return a snapshot of a volume; None where there is none."""
        return self._found(f"{self._snapshots()}/{quote(name, safe='')}")

    def our_snapshots(self) -> list[Json]:
        """Return the snapshots that runs took."""
        return self._items(self._snapshots(), {"labelSelector": OURS})

    def delete_snapshot(self, name: str) -> None:
        """Delete a snapshot; one that is gone already is no error."""
        try:
            self.http.call("DELETE", f"{self._snapshots()}/{quote(name, safe='')}", body={})
        except ClusterError as error:
            if error.status != 404:
                raise

    def pod(self, name: str) -> Json | None:
        """Return a pod; None where there is none."""
        return self._maybe("pods", name)

    def create_pod(self, manifest: Mapping[str, Any]) -> Json:
        """Make a pod and return it as it is now."""
        made: Json = self.http.call("POST", f"{self._core()}/pods", body=manifest)
        return made

    def delete_pod(self, name: str) -> None:
        """Delete a pod; one that is gone already is no error."""
        self._delete("pods", name, {"gracePeriodSeconds": 0})

    def nodes(self) -> list[Json]:
        """Return the nodes of the cluster."""
        return self._items("/api/v1/nodes")

    def namespaces(self) -> list[str]:
        """Return the names of the cluster's namespaces."""
        return [each["metadata"]["name"] for each in self._items("/api/v1/namespaces")]

    def running_pods(self) -> list[Json]:
        """Return the pods of all namespaces that have not ended."""
        found: list[Json] = []
        query = {
            "fieldSelector": "status.phase!=Succeeded,status.phase!=Failed",
            "limit": str(_PAGE),
        }
        while True:
            listed = self.http.call("GET", "/api/v1/pods", query)
            found += listed.get("items") or []
            token = listed.get("metadata", {}).get("continue")
            if not token:
                return found
            query["continue"] = token

    def warnings(self, name: str) -> list[Json]:
        """Return the events that tell what is wrong with a pod."""
        query = {"fieldSelector": f"involvedObject.name={name},type=Warning"}
        listed = self.http.call("GET", f"{self._core()}/events", query)
        items: list[Json] = listed.get("items") or []
        return items

    def quotas(self) -> list[Json]:
        """Return the quotas of the namespace."""
        return self._items(f"{self._core()}/resourcequotas")

    def limit_ranges(self) -> list[Json]:
        """Return the limit ranges of the namespace."""
        return self._items(f"{self._core()}/limitranges")

    def bundles(self) -> list[Json]:
        """Return the ConfigMaps with code."""
        return self._ours("configmaps")

    def all_workflows(self) -> list[Json]:
        """Return the Workflows of the namespace."""
        items: list[Json] = self.http.call("GET", self._workflows()).get("items") or []
        return items

    def recurring(self) -> list[Json]:
        """Return the recurring runs of the namespace; none where KFP knows none."""
        path = f"{self._group('kubeflow.org/v1beta1')}/scheduledworkflows"
        try:
            items: list[Json] = self.http.call("GET", path).get("items") or []
        except ClusterError as error:
            if error.status == 404:
                return []
            raise
        return items

    def our_pods(self) -> list[Json]:
        """Return the pods that this extension made beside those of runs."""
        return self._ours("pods")

    def delete_config_map(self, name: str, version: str) -> bool:
        """Delete a ConfigMap if it is still as it was in a version; whether it is gone."""
        try:
            self._delete("configmaps", name, {"preconditions": {"resourceVersion": version}})
        except ClusterError as error:
            if error.status == 409:
                return False
            raise
        return True

    def _delete(self, kind: str, name: str, options: Json) -> None:
        try:
            self.http.call("DELETE", self._one(kind, name), body=options)
        except ClusterError as error:
            if error.status != 404:
                raise

    def _maybe(self, kind: str, name: str) -> Json | None:
        return self._found(self._one(kind, name))

    def _found(self, path: str) -> Json | None:
        try:
            found: Json = self.http.call("GET", path)
        except ClusterError as error:
            if error.status == 404:
                return None
            raise
        return found

    def _one(self, kind: str, name: str) -> str:
        return f"{self._core()}/{kind}/{quote(name, safe='')}"

    def may(self, verb: str, group: str, resource: str, subresource: str = "") -> bool:
        """Return whether the credential has a right (SelfSubjectAccessReview)."""
        attributes = {
            "namespace": self.namespace,
            "verb": verb,
            "group": group,
            "resource": resource,
            "subresource": subresource,
        }
        review = self.http.call(
            "POST",
            "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews",
            body={
                "apiVersion": "authorization.k8s.io/v1",
                "kind": "SelfSubjectAccessReview",
                "spec": {"resourceAttributes": {k: v for k, v in attributes.items() if v}},
            },
        )
        return bool(review.get("status", {}).get("allowed"))

    def _core(self) -> str:
        return f"/api/v1/namespaces/{quote(self.namespace, safe='')}"

    def _workflows(self) -> str:
        return f"{self._group('argoproj.io/v1alpha1')}/workflows"

    def _snapshots(self) -> str:
        return f"{self._group(SNAPSHOTS)}/volumesnapshots"

    def _group(self, group: str) -> str:
        return f"/apis/{group}/namespaces/{quote(self.namespace, safe='')}"

    def _ours(self, kind: str) -> list[Json]:
        return self._items(f"{self._core()}/{kind}", {"labelSelector": OURS})

    def _items(self, path: str, query: Mapping[str, str] | None = None) -> list[Json]:
        items: list[Json] = self.http.call("GET", path, query).get("items") or []
        return items

    def _list(self, path: str, run_id: str) -> list[Json]:
        return self._items(path, {"labelSelector": f"{RUN_LABEL}={run_id}"})


def listed(ask: Callable[[], list[Json]]) -> list[Json]:
    """Return what is there; nothing where the cluster knows no such thing, or does not say."""
    try:
        return ask()
    except ClusterError as error:
        if error.status == 404 or error.code is Code.CLUSTER_DENIED:
            return []
        raise
