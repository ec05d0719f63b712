"""The namespaces that a user may run in, where an installation has several users.

Kubeflow's own pages know it of whoever is logged in (central dashboard, `GET
/api/workgroup/env-info`). Without them the Kubernetes API is asked, which KFP asks, too, when a run
is started.
"""

from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlsplit

from ...errors import KfpExtError
from .access import open_api, open_cluster
from .cluster import Cluster
from .connection import Connection
from .http import ClusterError, Http

RUNS = ("create", "pipelines.kubeflow.org", "runs", "")
"""What KFP itself asks Kubernetes of whoever starts a run, in an installation of several users."""
_DASHBOARD = "/api/workgroup/env-info"
_READS_ONLY = frozenset({"viewer", "view"})
_MOST = 100
"""Namespaces of which it is asked whether runs may be started there."""


@dataclass(frozen=True)
class Namespace:
    """A namespace, and what is known of the right to start runs there."""

    name: str
    role: str = ""
    """As Kubeflow says it: `owner`, `contributor`; empty where only Kubernetes was asked."""


def namespaces(connection: Connection) -> tuple[Namespace, ...] | None:
    """Return where runs may be started, the connection's own namespace first.

    Empty: a single user's installation, where there is nothing to choose. None: nobody tells.
    Raises `KfpExtError` where the API is not reached or lets nobody in.
    """
    api = open_api(connection)
    if not api.health().get("multi_user"):
        return ()
    found = _of_the_dashboard(connection, api.http)
    if found is None:
        found = _of_kubernetes(connection)
    if found is None:
        return None
    return tuple(sorted(found, key=lambda each: (each.name != connection.namespace, each.name)))


def _of_the_dashboard(connection: Connection, http: Http) -> list[Namespace] | None:
    if not connection.url:
        return None
    parts = urlsplit(connection.url)
    home = Http(replace(http.target, base=f"{parts.scheme}://{parts.netloc}"), http.pause)
    try:
        said: Any = home.call("GET", _DASHBOARD)
        listed = [(str(each["namespace"]), str(each["role"])) for each in said["namespaces"]]
    except (ClusterError, KeyError, TypeError):
        return None  # KFP stands alone there, or behind another page
    finally:
        home.close()
    return [Namespace(name, role) for name, role in listed if role not in _READS_ONLY]


def _of_kubernetes(connection: Connection) -> list[Namespace] | None:
    try:
        cluster = open_cluster(connection)
        names = cluster.namespaces() if cluster else []
    except KfpExtError:
        return None
    if cluster is None:
        return None
    return [Namespace(each) for each in names[:_MOST] if _may_run(cluster, each)]


def _may_run(cluster: Cluster, name: str) -> bool:
    return Cluster(cluster.http, name).may(*RUNS)
