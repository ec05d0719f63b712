"""Follows a run on a cluster: one poll for everybody, as often as something happens."""

import json
import threading
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ...errors import Code, KfpExtError, Problem
from ..local.journal import FolderGoneError, Journal
from ..local.layout import RunFolder
from ..local.record import RunRecord
from ..local.spec_reader import read_pipeline
from ..model import RunStatus, StepStatus
from .api import KfpApi
from .cluster import Cluster
from .http import ClusterError
from .intent import Intent
from .nodes import workflow_of_rows
from .pending import EVENTS, is_being_made
from .step_logs import StepLogs
from .truth import Seen, look, observe

QUICK = 1.0
"""Seconds between polls while something changes."""
SLOW = 10.0
_GROWTH = 1.3
_UNREACHABLE = 30.0
"""Longest wait between tries while the cluster does not answer."""
_LATE_ROWS = 5
"""Polls after the end in which the API's rows may still catch up."""

Json = Mapping[str, Any]


class Follower:
    """Reads what is true of a run and writes it into the run's journal, until it has ended."""

    def __init__(
        self,
        folder: RunFolder,
        record: RunRecord,
        intent: Intent,
        api: KfpApi,
        cluster: Cluster | None,
        journal: Journal,
        wake: threading.Event,
    ) -> None:
        compiled = json.loads(folder.pipeline.read_bytes())
        self._pipeline = read_pipeline(compiled["pipeline_spec"], compiled["platform_spec"])
        self._folder = folder
        self._record = record
        self._intent = intent
        self._api = api
        self._cluster = cluster
        self._journal = journal
        self._wake = wake
        self._terminated = False
        self._denied: set[str] = set()
        self._being_made: set[str] = set()
        self._end: RunStatus | None = None
        self._logs = StepLogs(folder, record, intent)

    def follow(self) -> None:
        """Return once the run has ended and its logs are here.

        Raises `KfpExtError` where it was deleted.
        """
        wait, late = QUICK, 0
        while True:
            if not self._folder.record.exists():
                raise FolderGoneError(str(self._folder.path))  # also where no cluster answers
            seen = self._try()
            if seen is None:
                wait = min(wait * 2, _UNREACHABLE)
            else:
                picture = look(seen, self._pipeline)
                changed = self._take(self._observe(seen))
                self._logs.watch(picture)
                if self._end is not None:
                    late += 1
                    if not _left_behind(seen) or late > _LATE_ROWS:
                        self._logs.complete(picture)
                        self._end = self._observe(seen)  # with what the logs told
                        return
                wait = QUICK if changed or late else min(wait * _GROWTH, SLOW)
            self._wake.wait(wait)
            self._wake.clear()

    def _try(self) -> Seen | None:
        """Look; None where the cluster does not answer, which is said."""
        try:
            return self._look()
        except ClusterError as error:
            self._say_unreachable(error)
            return None

    def _look(self) -> Seen:
        self._ask_to_end()
        run = self._api.run(self._intent.run_id)
        if run is None:
            raise KfpExtError(_gone(self._intent))
        workflows = self._of_kubernetes("workflows") or ()
        workflow = self._the_one(run, workflows)
        pods = tuple(map(self._with_events, self._of_kubernetes("pods") or ()))
        return Seen(run, workflow, pods, self._logs.told, self._api.http.ahead)

    def _of_kubernetes(self, kind: str) -> list[dict[str, Any]] | None:
        """Return what is there of a kind; None where it may not be read."""
        if self._cluster is None or kind in self._denied:
            return None
        read = {"workflows": self._cluster.workflows, "pods": self._cluster.pods}[kind]
        try:
            return read(self._intent.run_id)
        except ClusterError as error:
            if error.status not in (401, 403, 404):
                raise
            self._denied.add(kind)
            note = f"{error.problems[0].message} So it is not shown why steps wait or fail."
            self._journal.run(notes=[*self._journal.status.notes, note])
            return None

    def _with_events(self, pod: dict[str, Any]) -> dict[str, Any]:
        """Return a pod with its warnings, where it has been about to start for a whole poll."""
        name = pod["metadata"]["name"]
        if self._cluster is None or not is_being_made(pod) or EVENTS in self._denied:
            return pod
        if name not in self._being_made:
            self._being_made.add(name)
            return pod
        try:
            return {**pod, EVENTS: self._cluster.warnings(name)}
        except ClusterError as error:
            if error.status not in (401, 403, 404):
                raise
            self._denied.add(EVENTS)
            return pod

    def _the_one(self, run: Json, workflows: list[dict[str, Any]] | tuple[()]) -> Json | None:
        """Return the Workflow of the run's row, and delete others: what a proxy's retry started."""
        told = workflow_of_rows(run)
        if told and len(workflows) > 1 and self._cluster is not None:
            for each in workflows:
                if each["metadata"]["name"] != told:
                    self._cluster.delete_workflow(each["metadata"]["name"])
        named = [each for each in workflows if each["metadata"]["name"] == told]
        oldest = sorted(workflows, key=lambda each: each["metadata"].get("creationTimestamp", ""))
        return next(iter([*named, *oldest]), None)

    def _ask_to_end(self) -> None:
        if self._terminated or not self._folder.cancel.exists():
            return
        try:
            self._api.terminate(self._intent.run_id)
        except ClusterError as error:
            # 400: it has ended meanwhile, or was asked already.
            if error.status != 400:
                raise
        self._terminated = True

    def _observe(self, seen: Seen) -> RunStatus:
        asked = self._folder.cancel.exists()
        before = replace(self._journal.status, message="")
        return observe(before, self._record.steps, self._pipeline, seen, asked)

    def _take(self, status: RunStatus) -> bool:
        """Write what changed and say if something did; the end is written later, with the logs."""
        before = self._journal.status
        if status.state.ended:
            self._end = status
            status = replace(status, state=before.state, ended=None)
        self._journal.become(status)
        return self._journal.status.seq != before.seq

    def ending(self) -> RunStatus:
        """Return how the run ended, with what its logs told; after `follow`."""
        metrics, classification = self._logs.results()
        end = self._end or self._journal.status
        return replace(
            end,
            steps=tuple(map(self._with_error, end.steps)),
            phases=self._journal.status.phases,
            remote=self._journal.status.remote,
            notes=self._journal.status.notes,
            metrics={**self._journal.status.metrics, **metrics},
            classification={**self._journal.status.classification, **classification},
        )

    def _with_error(self, step: StepStatus) -> StepStatus:
        """Return a failed step with what its cells recorded, where nothing else tells why."""
        if step.error is None or step.error.name != Code.STEP_FAILED.value:
            return step
        return replace(step, error=self._logs.error(step.task) or step.error)

    def _say_unreachable(self, error: ClusterError) -> None:
        message = f"{error.problems[0].message} Trying on; what is shown was true before."
        if self._journal.status.message != message:
            self._journal.run(message=message)


def _left_behind(seen: Seen) -> bool:
    """Whether the API's rows are all that is known, and some are not at their end yet."""
    if seen.workflow is not None:
        return False
    rows = (seen.run.get("run_details") or {}).get("task_details") or []
    return any(row.get("state") in ("PENDING", "RUNNING") for row in rows)


def _gone(intent: Intent) -> Problem:
    return Problem(
        Code.RUN_MISSING,
        f"The run {intent.run_id} is no longer in Kubeflow Pipelines: someone deleted it.",
        "Run it again.",
    )
