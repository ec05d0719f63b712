"""A namespace of a real Kubernetes: objects, accounts with few rights, and commands as pods."""

import json
import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pod_commands import Done

from jupyter_kfp_ext.engines.kfp.access import open_cluster
from jupyter_kfp_ext.engines.kfp.cluster import Cluster
from jupyter_kfp_ext.engines.kfp.connection import Connection

Json = dict[str, Any]
ARTIFACTS = "/artifacts"
"""Where the pods of `RealCluster.run` have a claim for what they hand on."""
PATIENCE = 240
"""Seconds after which Kubernetes closes a watch: a limit for a cluster that hangs."""


@dataclass
class RealCluster:
    """One namespace, made for a test."""

    cluster: Cluster
    kubeconfig: str

    @property
    def namespace(self) -> str:
        return self.cluster.namespace

    @property
    def core(self) -> str:
        return f"/api/v1/namespaces/{self.namespace}"

    def make(self, kind: str, body: Json, group: str = "") -> Json:
        """Make an object; `kind` in the plural, as in paths."""
        place = f"/apis/{group}/namespaces/{self.namespace}" if group else self.core
        made: Json = self.cluster.http.call("POST", f"{place}/{kind}", body=body)
        return made

    def names(self, kind: str) -> set[str]:
        found = self.cluster.http.call("GET", f"{self.core}/{kind}")
        return {each["metadata"]["name"] for each in found["items"]}

    def claim(self, name: str, *modes: str) -> str:
        spec = {
            "accessModes": list(modes or ("ReadWriteMany",)),
            "resources": {"requests": {"storage": "50Mi"}},
        }
        body = {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "spec": spec}
        self.make("persistentvolumeclaims", {**body, "metadata": {"name": name}})
        return name

    def until(self, kind: str, name: str, condition: Callable[[Json], bool]) -> Json:
        """Watch an object until something holds of it."""
        query = {
            "watch": "1",
            "fieldSelector": f"metadata.name={name}",
            "timeoutSeconds": str(PATIENCE),
        }
        for event in self._events(kind, query):
            found: Json = event["object"]
            if condition(found):
                return found
        raise AssertionError(f"{kind} {name}: it never came true")

    def until_gone(self, kind: str) -> None:
        """Watch the objects of a kind until none is left of those that are there now."""
        found = self.cluster.http.call("GET", f"{self.core}/{kind}")
        left = {each["metadata"]["name"] for each in found["items"]}
        query = {
            "watch": "1",
            "resourceVersion": found["metadata"]["resourceVersion"],
            "timeoutSeconds": str(PATIENCE),
        }
        for event in self._events(kind, query) if left else ():
            if event["type"] == "DELETED":
                left.discard(event["object"]["metadata"]["name"])
            if not left:
                return
        assert not left

    def _events(self, kind: str, query: Mapping[str, str]) -> Iterator[Json]:
        left = b""
        for piece in self.cluster.http.stream(f"{self.core}/{kind}", query):
            *lines, left = (left + piece).split(b"\n")
            yield from map(json.loads, lines)

    def account(self, *rules: tuple[str, str, tuple[str, ...]]) -> Cluster:
        """Return the API as a new ServiceAccount sees it; a rule is group, resource, verbs."""
        name = f"account-{secrets.token_hex(3)}"
        rbac = "rbac.authorization.k8s.io/v1"
        self.make("serviceaccounts", {"metadata": {"name": name}})
        told = [
            {"apiGroups": [group], "resources": [resource], "verbs": list(verbs)}
            for group, resource, verbs in rules
        ]
        self.make("roles", {"metadata": {"name": name}, "rules": told}, rbac)
        bound = {
            "metadata": {"name": name},
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": name},
            "subjects": [{"kind": "ServiceAccount", "name": name, "namespace": self.namespace}],
        }
        self.make("rolebindings", bound, rbac)
        answer = self.cluster.http.call(
            "POST", f"{self.core}/serviceaccounts/{name}/token", body={"spec": {}}
        )
        return self._as(name, answer["status"]["token"])

    def _as(self, name: str, token: str) -> Cluster:
        import yaml

        config = yaml.safe_load(Path(self.kubeconfig).read_text())
        for user in config["users"]:
            user["user"] = {"token": token}
        path = Path(self.kubeconfig).with_name(f"{name}.json")
        path.write_text(json.dumps(config))
        connection = Connection(name, kubeconfig=str(path), namespace=self.namespace)
        found = open_cluster(connection)
        assert found is not None
        return found

    def run(self, claim: str) -> Callable[[list[str], Path, Json, str], Done]:
        """Return how commands run as pods, with their mounts as KFP's driver makes them.

        `claim` carries what tasks hand on, at `ARTIFACTS`.
        """

        def as_pod(command: list[str], folder: Path, settings: Json, image: str) -> Done:
            name = f"step-{secrets.token_hex(4)}"
            carried = {"claim": claim, "mountPath": ARTIFACTS}
            volumes, mounts = _mounts([carried], settings)
            script = 'mkdir -p "$0" && cd "$0" && exec "$@"'
            container = {
                "name": "main",
                "image": image,
                "command": ["sh", "-c", script, str(folder), *command],
                "volumeMounts": mounts,
                "env": settings.get("env", []),
            }
            spec = {"restartPolicy": "Never", "containers": [container], "volumes": volumes}
            self.cluster.create_pod({"metadata": {"name": name}, "spec": spec})
            ended = self.until("pods", name, _has_ended)
            state = ended["status"]["containerStatuses"][0]["state"]["terminated"]
            text = b"".join(self.cluster.pod_log(name)).decode()
            return Done(state["exitCode"], text, state.get("message", ""))

        return as_pod


def _has_ended(pod: Json) -> bool:
    return pod["status"].get("phase") in ("Succeeded", "Failed")


def _mounts(carried: list[Json], settings: Mapping[str, Any]) -> tuple[list[Json], list[Json]]:
    """Return volumes and mounts as KFP 2.17's driver makes them, named as their source."""
    volumes: dict[str, Json] = {}
    mounts = []
    claims = [
        *carried,
        *({**each, "claim": each["constant"]} for each in settings.get("pvcMount", ())),
    ]
    for each in claims:
        name = each["claim"]
        volumes[name] = {"name": name, "persistentVolumeClaim": {"claimName": name}}
        more = {"subPath": each["subPath"]} if "subPath" in each else {}
        mounts.append({"name": name, "mountPath": each["mountPath"], **more})
    for each in settings.get("configMapAsVolume", ()):
        name = each["configMapName"]
        volumes[name] = {"name": name, "configMap": {"name": name}}
        mounts.append({"name": name, "mountPath": each["mountPath"]})
    return list(volumes.values()), mounts


@contextmanager
def namespace_of(kubeconfig: str) -> Iterator[RealCluster]:
    """Give a namespace of its own, and remove it with all that is in it."""
    name = f"kfp-test-{secrets.token_hex(4)}"
    cluster = open_cluster(Connection("test", kubeconfig=kubeconfig, namespace=name))
    assert cluster is not None
    cluster.http.call("POST", "/api/v1/namespaces", body={"metadata": {"name": name}})
    try:
        yield RealCluster(cluster, kubeconfig)
    finally:
        cluster.http.call("DELETE", f"/api/v1/namespaces/{name}")
