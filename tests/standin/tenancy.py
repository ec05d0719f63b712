"""An installation for several users: who may do what in which namespace.

Written after KFP's sources (`resource_manager.go`, `IsAuthorized`), not recorded: the recordings
are of an installation for one user.
"""

import json
from collections.abc import Mapping
from typing import Any

from .answers import refuse

Json = dict[str, Any]
_SPACED = ("experiments", "pipelines", "runs", "recurringruns")
_RUNS = ("owner", "contributor")


class Tenancy:
    """The namespaces of the one who calls, each with the role there."""

    def __init__(self, spaces: Mapping[str, str], dashboard: bool = True) -> None:
        self.spaces = dict(spaces)
        self.dashboard = dashboard
        """Whether Kubeflow's own pages are there."""

    def may_run(self, namespace: str) -> bool:
        return self.spaces.get(namespace) in _RUNS

    def env_info(self) -> Json:
        """Return what the central dashboard says of whoever is logged in."""
        listed = [
            {"user": "ada@example.org", "namespace": name, "role": role}
            for name, role in self.spaces.items()
        ]
        return {"user": "ada@example.org", "namespaces": listed, "isClusterAdmin": False}

    def check(self, method: str, path: str, query: Mapping[str, str], body: bytes) -> None:
        """Refuse a call of KFP's API in a namespace that is not the caller's, or without one."""
        kind = path.rpartition("/")[2]
        if kind not in _SPACED or (method == "POST" and kind in ("runs", "recurringruns")):
            return  # of a run it is the experiment's
        said = json.loads(body or b"{}") if method == "POST" else query
        namespace = said.get("namespace", "")
        if not namespace and kind != "pipelines":
            raise refuse(400, "Invalid input error: A namespace must be set in multi-user mode")
        self.need(namespace, writes=method == "POST")

    def need(self, namespace: str, writes: bool) -> None:
        known = not namespace or namespace in self.spaces
        if known and (not writes or not namespace or self.may_run(namespace)):
            return
        verb = "create" if writes else "list"
        message = f"PermissionDenied: User 'ada@example.org' is not authorized to {verb} in"
        raise refuse(403, f"{message} namespace {namespace}", code=7)
