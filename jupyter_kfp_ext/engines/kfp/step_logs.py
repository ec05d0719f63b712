"""Brings the logs of a run's pods into the run's folder: live where that is allowed, else after."""

import contextlib
import math
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ...errors import KfpExtError
from ..local.journal import Journal
from ..local.layout import RunFolder
from ..local.record import RunRecord
from .access import open_api, open_cluster
from .argo import Part, Place
from .cluster import Cluster
from .facts import Picture
from .http import ClusterError
from .intent import Intent
from .log_text import executor_output, own_text
from .nodes import Node

_METRIC = "metric_"
_CURVE = "classification_"


class StepLogs:
    """The logs of one run. Its threads are daemons that only read."""

    def __init__(
        self, folder: RunFolder, record: RunRecord, intent: Intent, journal: Journal
    ) -> None:
        self._folder = folder
        self._intent = intent
        self._journal = journal
        self._parts = {
            path: (step.task, name)
            for step in record.steps
            for path, name in step.parts or ((step.task, ""),)
        }
        self._live: dict[str, threading.Thread] = {}
        self._whole: set[str] = set()
        """Pods whose log was read to its end."""
        self._outputs: dict[Place, dict[str, Any]] = {}
        self._may_stream = True

    def watch(self, picture: Picture) -> None:
        """Begin to read the logs of pods that run by now."""
        if not self._may_stream:
            return
        for place, node in _pods(picture):
            started = node.phase in ("Running", "Succeeded", "Failed", "Error")
            if started and node.pod not in self._live and place.path in self._parts:
                cluster = _own_cluster(self._intent)
                if cluster is None:
                    self._may_stream = False
                    return
                arguments = (cluster, place, node.pod)
                thread = threading.Thread(target=self._stream, args=arguments, daemon=True)
                self._live[node.pod] = thread
                thread.start()

    def complete(self, picture: Picture) -> None:
        """Read what is missing, once the run has ended, from pods or KFP's archive."""
        for thread in list(self._live.values()):
            thread.join(_LAST_LINES)
        api = open_api(self._intent.connection)
        attempts: dict[Place, list[bytes]] = {}
        for place, node in _pods(picture):
            if place.path not in self._parts or node.phase in ("Skipped", "Omitted"):
                continue
            whole = Place(place.path, place.iteration, Part.EXECUTOR)
            if node.pod in self._whole:
                attempts.setdefault(whole, [])
                continue
            with contextlib.suppress(KfpExtError):
                text = api.log(self._intent.run_id, node.pod).encode()
                if text:
                    attempts.setdefault(whole, []).append(text)
        for place, texts in attempts.items():
            if texts:
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

    def _stream(self, cluster: Cluster, place: Place, pod: str) -> None:
        path = self._log_of(place)
        raw: list[bytes] = []

        def kept() -> Iterator[bytes]:
            for piece in cluster.pod_log(pod, follow=True):
                raw.append(piece)
                yield piece

        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with open(path, "ab") as file:
                for text in own_text(kept()):
                    file.write(text)
                    file.flush()
        except (ClusterError, OSError):
            # It is read again, whole, once the run has ended.
            self._live.pop(pod, None)
            return
        self._whole.add(pod)
        self._note_output(place, b"".join(raw))
        cluster.http.close()

    def _store(self, place: Place, texts: list[bytes]) -> None:
        path = self._log_of(place)
        path.parent.mkdir(parents=True, exist_ok=True)
        with open(path, "wb") as file:
            for text in texts:
                file.writelines(own_text([text]))
        self._note_output(place, texts[-1])

    def _note_output(self, place: Place, raw: bytes) -> None:
        output = executor_output(raw)
        if output:
            self._outputs[Place(place.path, place.iteration)] = output

    def _log_of(self, place: Place) -> Path:
        task, name = self._parts[place.path]
        return self._folder.step(task).part(name, place.iteration).log


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


def _own_cluster(intent: Intent) -> Cluster | None:
    """Return a door for one thread alone."""
    try:
        return open_cluster(intent.connection)
    except KfpExtError:
        return None


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
