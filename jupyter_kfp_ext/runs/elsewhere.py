"""What there is on a cluster beside the runs of this machine: schedules, and runs of others."""

import itertools
from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any

from ..compiler.compiled import CompiledPipeline
from ..engines.kfp.attaching import RunThere, run_there
from ..engines.kfp.connection import Connection
from ..engines.kfp.schedules import (
    Schedule,
    Wanted,
    find_schedule,
    remove_schedule,
    runs_of_schedule,
    schedules,
    switch_schedule,
)
from ..errors import Code
from ..notation.notebook import Notebook
from ..storage import home
from .chain import plan_notebook, submission_of

_CHOICES = 200
"""Names of a kind that are offered."""


def connection_named(name: str | None, namespace: str = "") -> Connection:
    """Return a connection, the one for all runs where none is named; raises `KfpExtError`.

    `namespace` is another one than the connection's.
    """
    from ..engines.kfp.connections import choose, known_connections

    found = choose(name, known_connections())
    return replace(found, namespace=namespace) if namespace else found


def resources_there(name: str) -> dict[str, Any]:
    """Return the GPUs and other devices of a cluster, its CPU and memory; raises `KfpExtError`.

    `devices` and `sizes`: None where nodes may not be listed, or there is no access to the
    Kubernetes API; what is free of each: None where pods of all namespaces may not be.
    """
    from ..engines.kfp.access import open_cluster
    from ..engines.kfp.devices import devices, running_pods, sizes
    from ..engines.kfp.http import ClusterError

    cluster = open_cluster(connection_named(name))
    unseen = {"devices": None, "sizes": None}
    if cluster is None:
        return unseen
    try:
        nodes = cluster.nodes()
    except ClusterError as error:
        if error.code is not Code.CLUSTER_DENIED:
            raise
        return unseen
    pods = running_pods(cluster)
    return {
        "devices": [asdict(each) for each in devices(nodes, pods)],
        "sizes": {name: asdict(each) for name, each in sizes(nodes, pods).items()},
    }


def namespaces_there(name: str | None) -> dict[str, Any]:
    """Return where runs may be started on a cluster; raises `KfpExtError`.

    `namespaces`: empty for a single user's installation, None where nobody tells; `own`: the one
    of the connection.
    """
    from ..engines.kfp.namespaces import namespaces

    connection = connection_named(name)
    found = namespaces(connection)
    listed = None if found is None else [asdict(each) for each in found]
    return {"own": connection.namespace, "namespaces": listed}


def tried(name: str) -> dict[str, Any]:
    """Try a connection step by step and return what works; raises `KfpExtError`."""
    from ..engines.kfp.probe import probe

    steps = list(probe(connection_named(name)))
    works = all(step.state != "failed" for step in steps)
    return {"works": works, "steps": [asdict(step) for step in steps]}


def schedule(
    compiled: CompiledPipeline,
    wanted: Wanted,
    connection: str | None = None,
    parameters: Mapping[str, Any] | None = None,
    experiment: str = "",
    namespace: str = "",
) -> Schedule:
    """Have a cluster start runs of a pipeline by itself.

    Raises `KfpExtError`: what `submit` raises, and where the cluster does not take it.
    """
    from ..engines.kfp.engine import KfpEngine

    place = connection_named(connection)
    submission = submission_of(
        compiled, parameters, connection=place.name, namespace=namespace, experiment=experiment
    )
    return KfpEngine(home()).schedule(submission, wanted)


def list_schedules(
    connection: str | None, notebook: str | None = None, namespace: str = ""
) -> list[Schedule]:
    """Return the schedules of a connection, those of a notebook (absolute path) where it is said.

    Raises `KfpExtError`.
    """
    found = schedules(home(), connection_named(connection, namespace))
    return [each for each in found if notebook is None or each.notebook == notebook]


def switch(connection: str | None, said: str, on: bool, namespace: str = "") -> Schedule:
    """Let a schedule (name or id) start runs, or no more; raises `KfpExtError`."""
    place = connection_named(connection, namespace)
    found = find_schedule(home(), place, said)
    switch_schedule(place, found, on)
    return find_schedule(home(), place, found.id)


def unschedule(connection: str | None, said: str, namespace: str = "") -> Schedule:
    """Remove a schedule (name or id); its runs stay. Raises `KfpExtError`."""
    place = connection_named(connection, namespace)
    found = find_schedule(home(), place, said)
    remove_schedule(home(), place, found)
    return found


def scheduled_runs(
    connection: str | None, said: str, limit: int, namespace: str = ""
) -> list[RunThere]:
    """Return the newest runs of a schedule; from now on they are among those here."""
    place = connection_named(connection, namespace)
    return runs_of_schedule(home(), place, find_schedule(home(), place, said), limit)


def runs_there(connection: str | None, limit: int, namespace: str = "") -> list[RunThere]:
    """Return the newest runs of a cluster, whoever started them; raises `KfpExtError`."""
    from ..engines.kfp.access import open_api

    rows = itertools.islice(open_api(connection_named(connection, namespace)).runs(), limit)
    return [run_there(home(), row) for row in rows]


def attach(connection: str | None, remote_id: str, notebook: Notebook | None = None) -> str:
    """Keep a run of a cluster here, and return its id here; the second time it is the same.

    With a notebook its steps are shown at the cells of that. Raises `KfpExtError` (`run-missing`).
    """
    from ..engines.kfp.foreign import attach_foreign

    plan = plan_notebook(notebook) if notebook else None
    return attach_foreign(home(), connection_named(connection), remote_id, plan)


def versions_there(connection: str | None, pipeline_id: str) -> list[dict[str, Any]]:
    """Return the newest versions of a pipeline of a cluster, each with id, name and time.

    Raises `KfpExtError`.
    """
    from ..engines.kfp.access import open_api
    from ..engines.kfp.nodes import seconds

    api = open_api(connection_named(connection))
    return [
        {
            "id": each["pipeline_version_id"],
            "name": each.get("display_name", ""),
            "created": seconds(each.get("created_at")),
        }
        for each in itertools.islice(api.versions(pipeline_id), _CHOICES)
    ]


def names_there(connection: str | None, namespace: str = "") -> dict[str, list[dict[str, Any]]]:
    """Return experiments and pipelines of a cluster, each with id and name; raises `KfpExtError`.

    For choosing: the 200 newest of each.
    """
    from ..engines.kfp.access import open_api

    api = open_api(connection_named(connection, namespace))
    return {
        "experiments": [
            {"id": each["experiment_id"], "name": each.get("display_name", "")}
            for each in itertools.islice(api.experiments(), _CHOICES)
            if each.get("storage_state") != "ARCHIVED"
        ],
        "pipelines": [
            {"id": each["pipeline_id"], "name": each.get("display_name", "")}
            for each in itertools.islice(api.pipelines(), _CHOICES)
        ],
    }
