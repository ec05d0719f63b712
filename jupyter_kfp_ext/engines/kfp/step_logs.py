"""Brings the logs of a run's pods into the run's folder: live where that is allowed, else after."""

import contextlib
import json
import math
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ...errors import KfpExtError
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
from .log_text import executor_output, own_text, without_events
from .nodes import Node

_METRIC = "metric_"
_CURVE = "classification_"


class StepLogs:
    """The logs of one run. Its threads are daemons that only read."""

    def __init__(self, folder: RunFolder, record: RunRecord, intent: Intent) -> None:
        self._folder = folder
        self._intent = intent
        self._parts = {
            path: (step.task, name)
            for step in record.steps
            for path, name in step.parts or ((step.task, ""),)
        }
        self._live: dict[str, threading.Thread] = {}
        self._whole: set[str] = set()
        """Pods whose log was read to its end."""
        self._outputs: dict[Place, dict[str, Any]] = {}
        self._logs: dict[Path, _Log] = {}
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
                earlier = before.get(self._step(place).log)
                arguments = (cluster, place, node.pod, earlier)
                thread = threading.Thread(target=self._stream, args=arguments, daemon=True)
                self._live[node.pod] = thread
                thread.start()
            before[self._step(place).log] = self._live[node.pod]

    def complete(self, picture: Picture) -> None:
        """Read what is missing, once the run has ended, from pods or KFP's archive."""
        for thread in list(self._live.values()):
            thread.join(_LAST_LINES)
        api, cluster = open_api(self._intent.connection), _own_cluster(self._intent)
        attempts: dict[Place, list[str]] = {}
        for place, node in _pods(picture):
            if place.path in self._parts:
                whole = Place(place.path, place.iteration, Part.EXECUTOR)
                attempts.setdefault(whole, []).append(node.pod)
        for place, pods in attempts.items():
            if not self._whole.issuperset(pods):
                texts = [_kept_log(self._intent.run_id, pod, api, cluster) for pod in pods]
                if any(texts):
                    self._store(place, texts)
        api.http.close()

    def results(self) -> tuple[dict[str, float], dict[str, Any]]:
        """Return metrics and classification metrics that the steps logged."""
        metrics: dict[str, float] = {}
        curves: dict[str, Any] = {}
        for output in self._outputs.values():
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
            self._write(place, kept(), self._log(self._step(place).log))
        except (ClusterError, OSError):
            # It is read again, whole, once the run has ended.
            return
        self._whole.add(pod)
        self._note_output(place, b"".join(raw))
        cluster.http.close()

    def _log(self, path: Path) -> "_Log":
        if path not in self._logs:
            self._logs[path] = _Log(path)
        return self._logs[path]

    def _store(self, place: Place, texts: list[bytes]) -> None:
        path = self._step(place).log
        path.unlink(missing_ok=True)
        log = _Log(path)
        for text in texts:
            self._write(place, iter([text]), log)
        self._note_output(place, texts[-1])

    def _write(self, place: Place, pieces: Iterator[bytes], log: "_Log") -> None:
        """Write the text of a pod's log, and what its cells showed; of attempts the last one's."""
        cells = self._step(place).cells
        cells.parent.mkdir(parents=True, exist_ok=True)
        with open(cells, "wb", buffering=0) as record:

            def keep(event: bytes) -> None:
                record.write(event)

            for text in own_text(without_events(pieces, keep)):
                log.add(text)
        if not cells.stat().st_size:
            cells.unlink()

    def _note_output(self, place: Place, raw: bytes) -> None:
        output = executor_output(raw)
        if output:
            self._outputs[Place(place.path, place.iteration)] = output

    def _step(self, place: Place) -> StepFolder:
        task, name = self._parts[place.path]
        return self._folder.step(task).part(name, place.iteration)


class _Log:
    """A step's log that is added to; what an earlier keeper wrote of it is not written again."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._path = path
        self._there = path.stat().st_size if path.exists() else 0

    def add(self, text: bytes) -> None:
        known, self._there = self._there, max(0, self._there - len(text))
        if len(text) > known:
            with open(self._path, "ab") as file:
                file.write(text[known:])


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
