"""The Kubernetes API, as far as this engine calls it: workflows, pods, logs and ConfigMaps."""

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote

from .http import ClusterError, Http

Json = dict[str, Any]
RUN_LABEL = "pipeline/runid"
"""The label that KFP gives the Workflow of a run and its pods."""


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

    def pod_log(self, pod: str, follow: bool = False) -> Iterator[bytes]:
        """Yield what the main container of a pod wrote, and with `follow` what comes."""
        query = {"container": "main", **({"follow": "true"} if follow else {})}
        return self.http.stream(f"{self._core()}/pods/{quote(pod, safe='')}/log", query)

    def config_map(self, name: str) -> Json | None:
        """Return a ConfigMap; None where there is none."""
        try:
            found: Json = self.http.call("GET", f"{self._core()}/configmaps/{quote(name, safe='')}")
        except ClusterError as error:
            if error.status == 404:
                return None
            raise
        return found

    def create_config_map(self, manifest: Mapping[str, Any]) -> None:
        """Make a ConfigMap; a status of 409 says that there is one of its name."""
        self.http.call("POST", f"{self._core()}/configmaps", body=manifest)

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
        namespace = quote(self.namespace, safe="")
        return f"/apis/argoproj.io/v1alpha1/namespaces/{namespace}/workflows"

    def _list(self, path: str, run_id: str) -> list[Json]:
        selector = {"labelSelector": f"{RUN_LABEL}={run_id}"}
        items: list[Json] = self.http.call("GET", path, selector).get("items") or []
        return items
