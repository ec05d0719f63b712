"""What is to be started on a cluster, written into the run's folder before the first call.

Whoever goes on after a crash finds here the run id that was chosen, so that it can look first
whether the run exists.
"""

import copy
import hashlib
import json
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from ...compiler.compiled import Documents
from ...compiler.new_claims import NewClaim
from ...compiler.ways import Places, Way
from .connection import Connection
from .connections import choose, known_connections
from .restored import Restored

INTENT_FILE = "kfp.json"
CELLS_LOG = "KFP_CELLS_LOG"
"""The variable that has the step runtime write what cells show into its log."""
_NAME_DIGITS = 20


@dataclass(frozen=True)
class Delivery:
    """The ways by which the code of a run may reach its steps."""

    ways: tuple[Way, ...]
    """In the order in which they are tried."""
    said: str
    """The notebook's setting: `auto` or a way."""
    passed_over: tuple[str, ...]
    """Ways that are not tried with `auto`, each with the reason."""
    others: tuple[Way, ...]
    """Ways that would fit, where one was said."""
    places: Places
    mounted: str = ""
    """Where this machine has the claim mounted."""


@dataclass(frozen=True)
class Intent:
    """A run as it is to be on the cluster."""

    connection: Connection
    """As it was at submit: a connection that is changed later leads elsewhere."""
    run_id: str
    """KFP's id of the run, chosen by us: a UUID."""
    experiment: str
    delivery: Delivery
    """How the code is to reach the steps."""
    cache: bool
    size: str
    """What the run takes of what KFP can hold, in words."""
    adopted: bool = False
    """Whether someone else started it: a schedule, a colleague, KFP's own pages."""
    taken: Mapping[str, str] = field(default_factory=dict)
    """Steps that are taken from an earlier run, by task: the run that made their results."""
    claims: tuple[NewClaim, ...] = ()
    """Claims that the run makes for its steps and removes at its end."""
    restored: tuple[Restored, ...] = ()
    """Claims that the run makes of snapshots of an earlier run, and keeps."""

    def to_json(self) -> dict[str, Any]:
        """Return the form on disk."""
        return {**asdict(self), "connection": self.connection.to_json()}


def read_intent(folder: Path) -> Intent:
    """Return the intent of a run's folder; `OSError`, `ValueError` or `KeyError` where damaged."""
    data = json.loads((folder / INTENT_FILE).read_bytes())
    told = data["delivery"]
    lists = {key: tuple(told[key]) for key in ("ways", "passed_over", "others")}
    delivery = Delivery(**{**told, **lists, "places": Places(**told["places"])})
    connection = Connection.from_json(data["connection"])
    claims = tuple(
        NewClaim(**{**each, "access_modes": tuple(each["access_modes"])})
        for each in data.get("claims", ())
    )
    restored = tuple(Restored(**each) for each in data.get("restored", ()))
    told = {"connection": connection, "delivery": delivery, "claims": claims, "restored": restored}
    return Intent(**{**data, **told})


def submitted_documents(
    form: Documents, cache: bool, fresh: Collection[str] = ()
) -> list[dict[str, Any]]:
    """Return the documents that KFP gets: the spec, then the platform spec where there is one.

    Without `cache` no task may be answered from KFP's cache, otherwise those not in `fresh`.
    """
    spec = copy.deepcopy(form.spec)
    for dag in _dags(spec):
        for name, task in dag["tasks"].items():
            if not cache or name in fresh:
                task["cachingOptions"] = {}
    for executor in spec.get("deploymentSpec", {}).get("executors", {}).values():
        if "container" in executor:
            # The log is all that comes back from a pod. Not in the compiled file, nor in the key of
            # KFP's cache.
            env = executor["container"].setdefault("env", [])
            env.append({"name": CELLS_LOG, "value": "1"})
    return [spec, form.platform] if form.platform else [spec]


def _dags(spec: Mapping[str, Any]) -> list[dict[str, Any]]:
    components = [spec["root"], *spec.get("components", {}).values()]
    return [each["dag"] for each in components if "dag" in each]


def version_name(documents: list[dict[str, Any]]) -> str:
    """Return the name of the pipeline version that has exactly this content."""
    text = json.dumps(documents, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:_NAME_DIGITS]


def connection_now(intent: Intent) -> Connection:
    """Return the connection of a run as it is now, in the namespace that the run is in.

    Raises `KfpExtError` (`connection-missing`).
    """
    found = choose(intent.connection.name, known_connections())
    return replace(found, namespace=intent.connection.namespace)
