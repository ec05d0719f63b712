"""What the cluster says of each node of a run: from the Workflow, or from the API's rows alone."""

import base64
import gzip
import json
import time
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from typing import Any

from ..local.spec import Pipeline
from .argo import Part, Place, node_id, node_names, read_name

Json = Mapping[str, Any]
_MOST_NAMES = 50_000
"""Names tried in joining the API's rows: loops within loops multiply."""


@dataclass(frozen=True)
class Node:
    """One node. Times are seconds since the epoch."""

    name: str
    phase: str
    """As Argo's: Pending, Running, Succeeded, Failed, Error, Skipped, Omitted; empty: not said."""
    message: str = ""
    started: float | None = None
    ended: float | None = None
    pod: str = ""
    """Name of its pod; empty where it has none, or it is not known."""


Nodes = Mapping[Place, Node]


def read_workflow(workflow: Json, known: Collection[str]) -> dict[Place, Node]:
    """Return the nodes of a Workflow, packed ones too, by their place."""
    name = workflow["metadata"]["name"]
    found = {}
    for raw in _status_nodes(workflow.get("status") or {}).values():
        if raw.get("name") in (None, name):
            continue
        found[read_name(raw["name"], name, known)] = Node(
            name=raw["name"],
            phase=raw.get("phase") or "",
            message=raw.get("message") or "",
            started=seconds(raw.get("startedAt")),
            ended=seconds(raw.get("finishedAt")),
            pod=_pod_of(name, raw["name"], raw.get("templateName") or "")
            if raw.get("type") == "Pod"
            else "",
        )
    return found


def _status_nodes(status: Json) -> dict[str, Any]:
    """Argo packs the nodes of large runs: gzip in base64."""
    packed = status.get("compressedNodes")
    if not packed:
        return dict(status.get("nodes") or {})
    unpacked: dict[str, Any] = json.loads(gzip.decompress(base64.b64decode(packed)))
    return unpacked


def with_pods(
    nodes: Mapping[Place, Node], pods: Mapping[str, Json], known: Collection[str]
) -> dict[Place, Node]:
    """Return the nodes with those that only pods tell of: the API has no nameable row for them.

    `pods` are by the name of their node.
    """
    found = dict(nodes)
    for name, pod in pods.items():
        place = read_name(name, name.partition(".")[0], known)
        task = found.get(Place(place.path, place.iteration))
        if place not in found and (task is None or task.ended is None):
            phase = str((pod.get("status") or {}).get("phase") or "")
            found[place] = Node(name, phase, pod=str(pod["metadata"].get("name") or ""))
    return found


def workflow_of_rows(run: Json) -> str:
    """Return the name of a run's Workflow, as far as the API's rows tell it; else nothing.

    It is the name of a row and the beginning of the node ids of all rows' children.
    """
    rows = _rows(run)
    ids = [child for row in rows for child in _children(row)]
    for row in rows:
        name = row.get("display_name") or ""
        if name and ids and all(each.startswith(f"{name}-") for each in ids):
            return str(name)
    return ""


_PHASES = {
    "PENDING": "Pending",
    "RUNNING": "Running",
    "SUCCEEDED": "Succeeded",
    "FAILED": "Failed",
    "CANCELED": "Failed",
    "SKIPPED": "Skipped",
}


def read_rows(run: Json, pipeline: Pipeline, known: Collection[str]) -> dict[Place, Node]:
    """Return the nodes that the API's rows tell of, by their place; those that can be told apart.

    A row is the parent of the nodes that its children are: their ids are hashes of names that the
    pipeline allows. A row without children is known by its name where one row and one task are left
    of that name.
    """
    workflow = workflow_of_rows(run)
    rows = _rows(run)
    if not workflow:
        return {}
    names = _names_by_id(rows, pipeline, workflow)
    found: dict[Place, Node] = {}
    left: list[Json] = []
    for row in rows:
        name = _name_of_row(row, names)
        if name:
            place = read_name(name, workflow, known)
            found[place] = _node_of_row(row, name)
            if place.part is Part.EXECUTOR:
                found.update(_attempts(found[place], place, len(_children(row))))
        else:
            left.append(row)
    counts = Counter(row.get("display_name") for row in left)
    told = {place.path for place in found}
    paths: dict[str, list[str]] = {}
    for path in set(known) - told:
        paths.setdefault(path.rpartition("/")[2], []).append(path)
    for row in left:
        name = row.get("display_name") or ""
        if counts[name] == 1 and len(paths.get(name, ())) == 1:
            found.setdefault(Place(paths[name][0]), _node_of_row(row, ""))
    return _with_pod_names(_with_cached(found, rows), pipeline, workflow)


_RAN = frozenset({"Running", "Succeeded", "Failed"})


def _with_pod_names(
    nodes: dict[Place, Node], pipeline: Pipeline, workflow: str
) -> dict[Place, Node]:
    """Say which pods ran, as KFP and Argo name them: rows do not."""
    containers = {task.path: task for task in pipeline.root.leaves() if task.container}
    for place, node in list(nodes.items()):
        task = containers.get(place.path)
        if task is None or node.phase not in _RAN or not node.name:
            continue
        if place.part is Part.TASK and not task.retry.count:
            executor = Place(place.path, place.iteration, Part.EXECUTOR)
            if executor not in nodes:
                name, template = f"{node.name}.executor", "system-container-impl"
                nodes[place] = replace(node, pod=_pod_of(workflow, name, template))
        elif place.attempt is not None:
            template = "retry-system-container-impl"
            nodes[place] = replace(node, pod=_pod_of(workflow, node.name, template))
    return nodes


def driver_pod(workflow: str, name: str) -> str:
    """Return the name of the pod in which KFP's driver prepares a container task, by its node."""
    return _pod_of(workflow, f"{name}-driver", "system-container-driver")


def _pod_of(workflow: str, name: str, template: str) -> str:
    return f"{workflow}-{template}-{node_id(workflow, name).rpartition('-')[2]}"


def _attempts(group: Node, place: Place, count: int) -> dict[Place, Node]:
    """Return the attempts of a task by their number: all but the last one have failed."""
    found = {}
    for number in range(count):
        last = number == count - 1
        going_on = group.phase if group.ended else "Running"
        phase = going_on if last else "Failed"
        at = replace(place, attempt=number)
        found[at] = Node(f"{group.name}({number})", phase, started=group.started, ended=group.ended)
    return found


def _with_cached(nodes: dict[Place, Node], rows: Iterable[Json]) -> dict[Place, Node]:
    """Say which tasks were answered from the cache.

    Such a task takes no time, and a nameless executor was skipped for it: where there are fewer of
    those than tasks without time, nothing is said.
    """
    skipped = sum(
        row.get("display_name") == "executor" and row.get("state") == "SKIPPED" for row in rows
    )
    instant = [
        place
        for place, node in nodes.items()
        if node.phase == "Succeeded" and place.part is Part.TASK and node.started == node.ended
    ]
    if instant and skipped >= len(instant):
        for place in instant:
            executor = Place(place.path, place.iteration, Part.EXECUTOR)
            nodes[executor] = Node(f"{nodes[place].name}.executor", "Skipped")
    return nodes


def _names_by_id(rows: Iterable[Json], pipeline: Pipeline, workflow: str) -> dict[str, str]:
    most = {"iteration-iterations": 0, "executor": 0}
    for row in rows:
        head, bracket, rest = str(row.get("display_name") or "").partition("(")
        if bracket and head in most:
            number = rest.partition(":")[0].rstrip(")")
            most[head] = max(most[head], int(number) + 1 if number.isdecimal() else 0)
    names: dict[str, str] = {}
    for name in node_names(pipeline, workflow, most["iteration-iterations"], most["executor"]):
        names[node_id(workflow, name)] = name
        if len(names) >= _MOST_NAMES:
            break
    return names


def _name_of_row(row: Json, names: Mapping[str, str]) -> str:
    own = row.get("display_name") or ""
    for child in _children(row):
        name = names.get(child, "")
        parent = name.rpartition(".")[0]
        if parent.rpartition(".")[2] == own:
            return parent
        # A loop's iterations and the attempts of a task are not within their group's name.
        head, bracket, _ = name.rpartition("(")
        if bracket and head.rpartition(".")[2] == own:
            return head
    return ""


def _node_of_row(row: Json, name: str) -> Node:
    ended = seconds(row.get("end_time"))
    phase = _PHASES.get(row.get("state") or "", "Omitted" if ended else "")
    return Node(
        name=name,
        phase=phase,
        started=seconds(row.get("start_time")),
        ended=ended,
    )


def _rows(run: Json) -> list[Json]:
    return list((run.get("run_details") or {}).get("task_details") or [])


def _children(row: Json) -> list[str]:
    return [each["pod_name"] for each in row.get("child_tasks") or [] if each.get("pod_name")]


def seconds(text: str | None) -> float | None:
    """Return the seconds since the epoch of a time in RFC 3339.

    None where there is none: KFP writes the years 1 and 1970 for a time that has not come.
    """
    if not text:
        return None
    try:
        when = datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError:
        return None
    if when.tzinfo is None:
        when = when.replace(tzinfo=timezone.utc)
    return when.timestamp() if when.year > time.gmtime(0).tm_year else None
