"""Brings the logs of a run's pods into the run's folder: live where that is allowed, else after."""

import contextlib
import json
import math
import threading
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from ...errors import KfpExtError
from ...storage import write_atomically
from ..local.layout import RunFolder, StepFolder
from ..local.record import RunRecord
from ..model import StepError
from .access import open_api, open_cluster
from .api import KfpApi
from .argo import Part, Place
from .cluster import Cluster
from .facts import Picture
from .http import ClusterError
from .intent import Intent
from .log_text import executor_output
from .nodes import Node
from .pod_log import StepLog, write_log
from .shared_pods import Told, output_of_step

_METRIC = "metric_"
_CURVE = "classification_"


class StepLogs:
    """The logs of one run. Its threads are daemons that only read."""

    def __init__(self, folder: RunFolder, record: RunRecord, intent: Intent) -> None:
        self._folder = folder
        self._intent = intent
        self._parts: dict[str, tuple[tuple[str, str], ...]] = {}
        """By the path of a task: the steps that it runs, with the names of its folders there."""
        for step in record.steps:
            for path, name in step.parts or ((step.task, ""),):
                self._parts[path] = (*self._parts.get(path, ()), (step.task, name))
        self._chains = frozenset(step.parts[0][0] for step in record.steps if step.chain)
        self.told: dict[str, Told] = {}
        """What logs say of steps that share a pod, by task."""
        self._live: dict[str, threading.Thread] = {}
        self._whole: set[str] = set()
        """Pods whose log was read to its end."""
        self._outputs: dict[tuple[str, Place], dict[str, Any]] = {}
        self._logs: dict[Path, StepLog] = {}
        self._may_stream = True

    def watch(self, picture: Picture) -> None:
        """Begin to read the logs of pods that run by now."""
        if not self._may_stream:
            return
        before: dict[Path, threading.Thread] = {}
        for place, node in _pods(picture):
            started = node.phase in ("Running", "Succeeded", "Failed", "Error")
            if not started or place.path not in self._parts:
                continue
            if node.pod not in self._live:
                cluster = _own_cluster(self._intent)
                if cluster is None:
                    self._may_stream = False
                    return
                earlier = before.get(self._first_log(place))
                arguments = (cluster, place, node.pod, earlier)
                thread = threading.Thread(target=self._stream, args=arguments, daemon=True)
                self._live[node.pod] = thread
                thread.start()
            before[self._first_log(place)] = self._live[node.pod]

    def complete(self, picture: Picture) -> None:
        """Read what is missing, once the run has ended, from pods or KFP's archive."""
        for thread in list(self._live.values()):
            thread.join(_LAST_LINES)
        api, cluster = open_api(self._intent.connection), _own_cluster(self._intent)
        attempts: dict[Place, list[tuple[Place, str]]] = {}
        for place, node in _pods(picture):
            if place.path in self._parts:
                whole = Place(place.path, place.iteration, Part.EXECUTOR)
                attempts.setdefault(whole, []).append((place, node.pod))
        for whole, pods in attempts.items():
            if not self._whole.issuperset(pod for _, pod in pods):
                texts = [
                    (place, _kept_log(self._intent.run_id, pod, api, cluster))
                    for place, pod in pods
                ]
                if any(text for _, text in texts):
                    self._store(whole, texts)
        api.http.close()

    def results(self) -> tuple[dict[str, float], dict[str, Any]]:
        """Return metrics and classification metrics that the steps logged."""
        metrics: dict[str, float] = {}
        curves: dict[str, Any] = {}
        for output in self._outputs.values():
            more, shown = results_of(output)
            metrics |= more
            curves |= shown
        return metrics, curves

    def error(self, task: str) -> StepError | None:
        """Return the error that the cells of a step recorded last."""
        found: StepError | None = None
        for path in self._folder.step(task).records():
            for line in path.read_bytes().splitlines():
                with contextlib.suppress(ValueError, KeyError, TypeError):
                    error = json.loads(line).get("error")
                    found = StepError.from_json(error) if error else found
        return found

    def _stream(
        self, cluster: Cluster, place: Place, pod: str, earlier: threading.Thread | None
    ) -> None:
        if earlier is not None:
            earlier.join()  # attempts follow each other in the log
        raw: list[bytes] = []

        def kept() -> Iterator[bytes]:
            for piece in cluster.pod_log(pod, follow=True):
                raw.append(piece)
                yield piece

        try:
            self._write(place, kept(), self._log)
            # A stream also ends where the kubelet or a proxy starts anew.
            whole = any(
                each["metadata"]["name"] == pod and each["status"].get("phase") in _ENDED
                for each in cluster.pods(self._intent.run_id)
            )
        except (ClusterError, OSError):
            whole = False
        if not whole:
            # It is read again once the run has ended.
            return
        self._whole.add(pod)
        self._note_output(place, b"".join(raw))
        cluster.http.close()

    def _log(self, path: Path) -> StepLog:
        if path not in self._logs:
            self._logs[path] = StepLog(path)
        return self._logs[path]

    def _store(self, whole: Place, texts: list[tuple[Place, bytes]]) -> None:
        for folder in self._folders(whole).values():
            folder.log.unlink(missing_ok=True)
        logs: dict[Path, StepLog] = {}
        for place, text in texts:
            self._write(place, iter([text]), lambda path: logs.setdefault(path, StepLog(path)))
        self._note_output(whole, texts[-1][1])

    def _write(
        self, place: Place, pieces: Iterator[bytes], log_of: Callable[[Path], StepLog]
    ) -> None:
        write_log(pieces, self._folders(place), log_of, self.told, place.attempt)

    def _note_output(self, place: Place, raw: bytes) -> None:
        output = executor_output(raw)
        if not output:
            return
        for task, folder in self._folders(place).items():
            own = output_of_step(task, output) if place.path in self._chains else output
            self._outputs[task, Place(place.path, place.iteration)] = own
            # It says where the artifacts lie, for when they are asked for.
            write_atomically(folder.executor_output, json.dumps(own))

    def _first_log(self, place: Place) -> Path:
        return next(iter(self._folders(place).values())).log

    def _folders(self, place: Place) -> dict[str, StepFolder]:
        """Return the folders of the steps that a task runs, in their order."""
        return {
            task: self._folder.step(task).part(name, place.iteration)
            for task, name in self._parts[place.path]
        }


def results_of(output: Mapping[str, Any]) -> tuple[dict[str, float], dict[str, Any]]:
    """Return metrics and classification metrics of what the launcher says that a step left."""
    metrics: dict[str, float] = {}
    curves: dict[str, Any] = {}
    for name, value in (output.get("parameterValues") or {}).items():
        if name.startswith(_METRIC) and _is_number(value):
            metrics[name.removeprefix(_METRIC)] = value
    for name, listed in (output.get("artifacts") or {}).items():
        metadata = (listed.get("artifacts") or [{}])[0].get("metadata") or {}
        if name == "metrics":
            metrics.update({k: v for k, v in metadata.items() if _is_number(v)})
        elif name.startswith(_CURVE) and metadata:
            curves[name.removeprefix(_CURVE)] = metadata
    return metrics, curves


_ENDED = ("Succeeded", "Failed")
_LAST_LINES = 10.0
"""Seconds that a stream may take to end after its pod has."""


def _pods(picture: Picture) -> list[tuple[Place, Node]]:
    """Return the nodes with pods of steps, attempts in their order."""
    found = [
        (place, node)
        for place, node in picture.nodes.items()
        if node.pod and place.part in (Part.EXECUTOR, Part.TASK)
    ]
    return sorted(found, key=lambda each: (each[0].path, each[0].iteration, each[0].attempt or 0))


def _kept_log(run_id: str, pod: str, api: KfpApi, cluster: Cluster | None) -> bytes:
    """Return the log of a pod that has ended: the pod's, else what KFP keeps of it."""
    text = b""
    if cluster is not None:
        with contextlib.suppress(ClusterError):
            text = b"".join(cluster.pod_log(pod))
    with contextlib.suppress(ClusterError):
        text = text or api.log(run_id, pod).encode()
    return text


def _own_cluster(intent: Intent) -> Cluster | None:
    """Return a door for one thread alone."""
    try:
        return open_cluster(intent.connection)
    except KfpExtError:
        return None


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
