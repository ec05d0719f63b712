"""Logs of what runs beside a step's own container, when asked for: KFP's driver, init containers.

KFP's driver prepares a step in a pod of its own; the launcher is put into the step's pod by init
containers. Argo keeps the log of the driver as it keeps that of a step, and none of the others.
"""

import asyncio
import contextlib
import json
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

from ...errors import Code, KfpExtError
from ...storage import write_atomically
from ..local.growth import Growth
from ..local.layout import RunFolder
from ..local.log_part import log_part, split_attempt, split_container, split_iteration
from ..local.logs import state_of
from ..local.lookup import read_known
from ..local.record import StepRecord
from ..local.spec_reader import read_pipeline
from ..local.status import StatusReader, read_record
from ..model import RunStatus, State, StepStatus
from .access import open_api, open_cluster
from .api import KfpApi
from .argo import Part, Place
from .cluster import Cluster, listed
from .facts import Picture
from .http import ClusterError
from .intent import Intent, connection_now, read_intent
from .nodes import driver_pod, workflow_of_rows
from .truth import Seen, look

_NONE = "There is no log"
_FRESH = 1.0
"""Seconds for which a log that was brought is the present one, for others who follow it."""
Json = dict[str, Any]


class NoLogError(Exception):
    """Why there is no log."""


def bring_container_log(folder: RunFolder, task: str, going_on: bool = False) -> str:
    """Write the log of a container (`train:driver`, `train[2]@1:init`) to its file; return it.

    Where there is none, the file says why, unless a log was brought before, or (`going_on`) one may
    still come: then it is empty. Raises `KfpExtError` (`step-missing`).
    """
    status = read_known(folder)
    state_of(status, task)
    path = log_part(folder, task).path
    before = _read(path)
    if before.startswith(_NONE):
        before = ""
    if before and status.ended is not None and path.stat().st_mtime > status.ended:
        return before
    try:
        text = _brought(folder, status, task)
    except (NoLogError, KfpExtError) as error:
        if before:
            return before
        text = "" if going_on else f"{_NONE}: {_words(error)}.\n"
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(path, text)
    return text


async def follow_container_log(folder: RunFolder, task: str) -> AsyncIterator[str]:
    """Yield the whole log of a container, now and whenever it is another, until the step ends.

    The cluster is asked while the container may be about to write: before the step's own container
    begins, and again at each news of the step (a further attempt, a further iteration).
    """
    path = log_part(folder, task).path
    reader = StatusReader(folder)
    step = split_iteration(split_attempt(split_container(task)[0])[0])[0]
    known: StepStatus | None = None
    shown: str | None = None
    with contextlib.closing(Growth()) as growth:
        growth.watch(folder.path)
        while True:
            status = await asyncio.to_thread(reader.read)
            state, now = state_of(status, task), status.step(step)
            if now != known or (state is State.PENDING and not _is_fresh(path)):
                await asyncio.to_thread(bring_container_log, folder, task, not state.ended)
            known = now
            text = await asyncio.to_thread(_read, path)
            if text != shown:
                yield text
                shown = text
            if state.ended:
                return
            await growth.wait()


def _is_fresh(path: Path) -> bool:
    """Whether somebody else who follows the log has just brought it."""
    try:
        return time.time() - path.stat().st_mtime < _FRESH
    except OSError:
        return False


def _brought(folder: RunFolder, status: RunStatus, task: str) -> str:
    part, container = split_container(task)
    whole, attempt = split_attempt(part)
    name, key = split_iteration(whole)
    cached_from = status.step(name).cached_from
    if cached_from is not None and container == "init":
        raise NoLogError(f"what it left is that of the run {cached_from}")
    (record,) = (each for each in read_record(folder).steps if each.task == name)
    return _Reader(folder).read(record, container, key, attempt)


class _Reader:
    """Reads logs of one run, as the cluster has them now."""

    def __init__(self, folder: RunFolder) -> None:
        intent: Intent = read_intent(folder.path)
        connection = connection_now(intent)
        self._api: KfpApi = open_api(connection)
        self._cluster: Cluster | None = open_cluster(connection)
        self._run_id = intent.run_id
        run = self._api.run(self._run_id)
        if run is None:
            raise NoLogError("Kubeflow no longer has the run")
        self._workflow = workflow_of_rows(run)
        compiled = json.loads(folder.pipeline.read_bytes())
        pipeline = read_pipeline(compiled["pipeline_spec"], compiled["platform_spec"])
        found = self._listed(lambda cluster: cluster.workflows(self._run_id))
        pods = self._listed(lambda cluster: cluster.pods(self._run_id))
        own = [each for each in found if each["metadata"]["name"] == self._workflow] or found
        seen = Seen(run, own[0] if own else None, tuple(pods))
        self._picture: Picture = look(seen, pipeline)

    def read(self, record: StepRecord, container: str, key: str, attempt: int | None) -> str:
        """Return the log, each piece under its title where there are several.

        Raises `NoLogError`.
        """
        paths = [path for path, name in record.parts if not name] or [record.task]
        keys = [key] if key else self._picture.iterations(paths[0])
        pieces: list[tuple[str, str]] = []
        for each in keys or [""]:
            at = f"iteration {each}" if each else ""
            if container == "driver":
                pieces.append((at, self._driver(paths[0], each)))
            else:
                pieces += self._init(paths[0], each, attempt, at)
        if len(pieces) == 1:
            return pieces[0][1]
        return "".join(f"== {title} ==\n{text}" for title, text in pieces)

    def _driver(self, path: str, key: str) -> str:
        node = self._picture.nodes.get(Place(path, key, Part.DRIVER))
        task = self._picture.nodes.get(Place(path, key))
        pod = node.pod if node else ""
        if not pod and task and task.name and self._workflow:
            pod = driver_pod(self._workflow, task.name)
        if not pod:
            raise NoLogError("Kubeflow has not begun to prepare the step, or does not tell of it")
        text = self._of_pod(pod, "main")
        with contextlib.suppress(ClusterError):
            text = text or self._api.log(self._run_id, pod)
        if not text:
            raise NoLogError(f"the pod {pod} is gone or wrote nothing, and Kubeflow kept no log")
        return text

    def _init(self, path: str, key: str, attempt: int | None, at: str) -> list[tuple[str, str]]:
        if self._cluster is None:
            raise NoLogError("the connection gives no access to the Kubernetes API")
        places = [
            place
            for place, node in self._picture.nodes.items()
            if (place.path, place.iteration) == (path, key)
            and place.part in (Part.EXECUTOR, Part.TASK)
            and node.pod
            and (attempt is None or (place.attempt or 0) + 1 == attempt)
        ]
        if not places:
            raise NoLogError("the step has no pod")
        pieces = []
        for place in sorted(places, key=lambda each: each.attempt or 0):
            node = self._picture.nodes[place]
            number = "" if place.attempt is None else f"attempt {place.attempt + 1}"
            pod = self._picture.pods.get(node.name)
            if pod is None:
                raise NoLogError(f"the pod {node.pod} is gone, and nothing keeps logs of its kind")
            for each in pod["spec"].get("initContainers") or ():
                title = ", ".join(filter(None, (at, number, each["name"])))
                pieces.append((title, self._of_pod(node.pod, each["name"])))
        if not any(text for _, text in pieces):
            raise NoLogError("what prepared the pod wrote nothing")
        return pieces

    def _of_pod(self, pod: str, container: str) -> str:
        """Return what a container wrote; empty where its pod is gone or has not begun."""
        if self._cluster is None:
            return ""
        try:
            return b"".join(self._cluster.pod_log(pod, container=container)).decode(
                errors="replace"
            )
        except ClusterError as error:
            if error.status in (400, 404) or error.code is Code.CLUSTER_DENIED:
                return ""
            raise

    def _listed(self, ask: Callable[[Cluster], list[Json]]) -> list[Json]:
        cluster = self._cluster
        return [] if cluster is None else listed(lambda: ask(cluster))


def _read(path: Path) -> str:
    try:
        return path.read_text(errors="replace")
    except OSError:
        return ""


def _words(error: Exception) -> str:
    if isinstance(error, KfpExtError):
        return error.problems[0].message.rstrip(".")
    return str(error)
