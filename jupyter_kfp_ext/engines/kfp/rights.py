"""The rights in Kubernetes that this engine uses, and the least role that gives them.

A test derives the same list from the calls of `cluster.Cluster`, and another runs a notebook with
exactly this role (`docs/kfp-role.yaml`, written by `tools/write_role.py`).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

ROLE = "jupyter-kfp-ext"
"""The name of the roles in the manifest."""
OPTIONAL_ROLE = "jupyter-kfp-ext-free"
"""The name of the role that need not be given."""
SNAPSHOTS_ROLE = "jupyter-kfp-ext-snapshots"
"""Likewise: of whoever uses snapshots of volumes."""
TAKING_ROLE = "jupyter-kfp-ext-taking-snapshots"
"""Likewise: of the service account of the runs' pods, which take them."""


@dataclass(frozen=True)
class Right:
    """What may be done with one kind of object."""

    group: str
    resource: str
    verbs: tuple[str, ...]
    purpose: str
    everywhere: bool = False
    """Whether it is for the whole cluster: nodes are in no namespace."""
    optional: bool = False
    """Whether much can be read by it that is not ours, or few need it, so that it has a role of
    its own."""


RIGHTS = (
    Right("", "configmaps", ("create", "get", "patch"), "ship the code of steps"),
    Right("", "configmaps", ("list", "delete"), "clean up code that is no longer used"),
    Right(
        "",
        "persistentvolumeclaims",
        ("get",),
        "ship code by a claim, and tell which claims steps wait for",
    ),
    Right(
        "",
        "persistentvolumeclaims",
        ("create", "list", "delete", "patch"),
        "make claims for a run, and remove them",
    ),
    Right("", "pods", ("create", "get", "delete"), "ship code by a claim, bring values from one"),
    Right("", "pods", ("list",), "tell why steps wait and fail"),
    Right("", "events", ("list",), "tell why volumes cannot be mounted"),
    Right("", "pods/log", ("get",), "show logs while steps run, bring values from a claim"),
    Right("", "resourcequotas", ("list",), "refuse what a quota would"),
    Right("", "limitranges", ("list",), "refuse what a limit range would"),
    Right("argoproj.io", "workflows", ("list",), "tell why steps wait and fail"),
    Right("argoproj.io", "workflows", ("delete",), "remove what a lost answer left running"),
    Right("kubeflow.org", "scheduledworkflows", ("list",), "keep code that is still needed"),
    Right(
        "snapshot.storage.k8s.io",
        "volumesnapshots",
        ("get", "list", "delete"),
        "run with data as it was, and remove snapshots of volumes",
        optional=True,
    ),
    Right("", "nodes", ("list",), "refuse what no node can hold", everywhere=True),
    Right("", "pods", ("list",), "tell what is free now", everywhere=True, optional=True),
)
TAKING = Right(
    "snapshot.storage.k8s.io", "volumesnapshots", ("create", "get"), "take snapshots before steps"
)
"""What the pods of a run do themselves, by their service account."""
CHOOSING_ROLE = "jupyter-kfp-ext-namespaces"
"""The name of a role that need not be given: of whoever is to choose among namespaces."""
CHOOSING = Right("", "namespaces", ("list",), "offer the namespaces to run in", everywhere=True)
"""Only where Kubeflow's own pages do not tell them."""


def role_manifests(namespace: str) -> list[dict[str, Any]]:
    """Return the roles that give these rights: of a namespace, of the cluster, and the optional."""
    given: dict[tuple[bool, bool], list[Right]] = {}
    for each in RIGHTS:
        given.setdefault((each.everywhere, each.optional), []).append(each)
    return [
        _role("Role", {"name": ROLE, "namespace": namespace}, given[False, False]),
        _role("ClusterRole", {"name": ROLE}, given[True, False]),
        _role("ClusterRole", {"name": OPTIONAL_ROLE}, given[True, True]),
        _role("Role", {"name": SNAPSHOTS_ROLE, "namespace": namespace}, given[False, True]),
        _role("Role", {"name": TAKING_ROLE, "namespace": namespace}, [TAKING]),
        _role("ClusterRole", {"name": CHOOSING_ROLE}, [CHOOSING]),
    ]


def _role(kind: str, metadata: dict[str, str], rights: Iterable[Right]) -> dict[str, Any]:
    verbs: dict[tuple[str, str], list[str]] = {}
    for each in rights:
        verbs.setdefault((each.group, each.resource), []).extend(each.verbs)
    rules = [
        {"apiGroups": [group], "resources": [resource], "verbs": sorted(found)}
        for (group, resource), found in sorted(verbs.items())
    ]
    version = "rbac.authorization.k8s.io/v1"
    return {"apiVersion": version, "kind": kind, "metadata": metadata, "rules": rules}
