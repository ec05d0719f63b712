"""The rights in Kubernetes that this engine uses, and the least role that gives them.

A test derives the same list from the calls of `cluster.Cluster`, and another runs a notebook with
exactly this role (`docs/kfp-role.yaml`, written by `tools/write_role.py`).
"""

from dataclasses import dataclass
from typing import Any

ROLE = "jupyter-kfp-ext"
"""The name of the role in the manifest."""


@dataclass(frozen=True)
class Right:
    """What may be done with one kind of object."""

    group: str
    resource: str
    verbs: tuple[str, ...]
    purpose: str
    everywhere: bool = False
    """Whether the objects are in no namespace."""


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
    Right("", "pods", ("create", "get", "delete"), "ship code by a claim"),
    Right("", "pods", ("list",), "tell why steps wait and fail"),
    Right("", "events", ("list",), "tell why volumes cannot be mounted"),
    Right("", "pods/log", ("get",), "show logs while steps run"),
    Right("", "resourcequotas", ("list",), "refuse what a quota would"),
    Right("", "limitranges", ("list",), "refuse what a limit range would"),
    Right("argoproj.io", "workflows", ("list",), "tell why steps wait and fail"),
    Right("argoproj.io", "workflows", ("delete",), "remove what a lost answer left running"),
    Right("kubeflow.org", "scheduledworkflows", ("list",), "keep code that is still needed"),
    Right("", "nodes", ("list",), "refuse what no node can hold", everywhere=True),
)


def role_manifests(namespace: str) -> list[dict[str, Any]]:
    """Return the roles that give these rights: one of a namespace, one for what is in none."""
    rbac = "rbac.authorization.k8s.io/v1"
    named = {"name": ROLE, "namespace": namespace}
    return [
        {"apiVersion": rbac, "kind": "Role", "metadata": named, "rules": _rules(False)},
        {
            "apiVersion": rbac,
            "kind": "ClusterRole",
            "metadata": {"name": ROLE},
            "rules": _rules(True),
        },
    ]


def _rules(everywhere: bool) -> list[dict[str, Any]]:
    verbs: dict[tuple[str, str], list[str]] = {}
    for each in RIGHTS:
        if each.everywhere is everywhere:
            verbs.setdefault((each.group, each.resource), []).extend(each.verbs)
    return [
        {"apiGroups": [group], "resources": [resource], "verbs": sorted(found)}
        for (group, resource), found in sorted(verbs.items())
    ]
