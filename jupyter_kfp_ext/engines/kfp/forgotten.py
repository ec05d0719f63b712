"""What was made on a cluster for runs that Kubeflow no longer has: snapshots, claims made of them.

Of runs that a schedule started it goes by its age alone.

Several people may use one namespace, and this machine knows its own runs alone: so Kubeflow is
asked which runs there are.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any

from ...compiler.bundle_place import RUN
from .amounts import number
from .api import KfpApi
from .cluster import Cluster, listed
from .restoring import RESTORED

Json = Mapping[str, Any]


class Forgotten:
    """What is left of such runs, older than `age` seconds: a run may be about to be posted."""

    def __init__(self, cluster: Cluster, api: Callable[[], KfpApi], age: float) -> None:
        """Look at a cluster; `api` opens KFP's API, which is asked only where something is left."""
        self._cluster = cluster
        self._open = api
        self._age = age
        self._gone: dict[str, bool] = {}

    def claims(self, dry_run: bool) -> Iterator[tuple[str, int]]:
        """Remove claims that were made of snapshots; yield their names and sizes."""
        for claim in listed(self._cluster.our_claims):
            if self._is_left(claim, RESTORED):
                name = claim["metadata"]["name"]
                if not dry_run:
                    self._cluster.delete_claim(name)
                yield name, _size(claim["spec"]["resources"]["requests"].get("storage"))

    def snapshots(self, dry_run: bool) -> Iterator[tuple[str, int]]:
        """Remove snapshots; yield their names and sizes, as far as the cluster tells these."""
        for snapshot in listed(self._cluster.our_snapshots):
            if self._is_left(snapshot, RUN):
                name = snapshot["metadata"]["name"]
                if not dry_run:
                    self._cluster.delete_snapshot(name)
                yield name, _size(snapshot.get("status", {}).get("restoreSize"))

    def _is_left(self, found: Json, label: str) -> bool:
        metadata = found["metadata"]
        run = metadata.get("labels", {}).get(label)
        if not run or "deletionTimestamp" in metadata or age_of(metadata) < self._age:
            return False
        if run not in self._gone:
            known = self._open().run(run)
            # Nobody removes the runs of a schedule, one of every day or hour.
            self._gone[run] = known is None or bool(known.get("recurring_run_id"))
        return self._gone[run]


def age_of(metadata: Json) -> float:
    """Return for how many seconds an object has been there."""
    made = datetime.fromisoformat(metadata["creationTimestamp"].replace("Z", "+00:00"))
    return time.time() - made.timestamp()


def _size(text: str | None) -> int:
    return int(number(text or "0") or 0)
