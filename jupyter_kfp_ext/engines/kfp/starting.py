"""From an intent to one run on the cluster: each step looks first, so that all can be repeated.

A repeated `POST /runs` starts a second workflow on a real KFP, and one that is refused may leave
one running. So a run is posted only where neither its row nor a Workflow of it exists, and what a
failed call left behind is removed.
"""

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from typing import Any, TypeVar, cast

from ...compiler.compiled import Form
from ...compiler.names import ascii_text
from ...compiler.ways import Way
from ...compiler.yaml_text import yaml_text
from ...errors import Code, KfpExtError, Problem
from ..local.journal import Journal
from ..local.layout import RunFolder, bundle_path
from ..local.record import RunRecord
from ..model import Phase, State
from .api import KfpApi
from .cluster import Cluster
from .delivering import CodeDelivery, form_of_run
from .http import ClusterError
from .intent import Intent, submitted_documents, version_name

Json = dict[str, Any]
PHASES = ("connect", "experiment", "code", "pipeline", "run")
_LOOKS = (0.5, 1.0, 2.0, 4.0)
"""Seconds between looks for what a call may have made although its answer was lost."""


_LONGEST_WAIT = 30.0
Answer = TypeVar("Answer")


class CanceledError(Exception):
    """Someone asked to cancel before the run was posted."""


class Starter:
    """Starts one run; may be made again after a crash and goes on where the first stopped."""

    def __init__(
        self,
        folder: RunFolder,
        record: RunRecord,
        intent: Intent,
        api: KfpApi,
        cluster: Cluster | None,
        journal: Journal,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self._folder = folder
        self._record = record
        self._intent = intent
        self._api = api
        self._cluster = cluster
        self._journal = journal
        self._pause = pause
        # Where an earlier keeper came so far, a call may have been made.
        self._posted = self._phase("run").state is not State.PENDING

    def start(self) -> None:
        """Do what is left to do until the run exists.

        Raises `CanceledError`, and `KfpExtError` where it cannot be started.
        """
        works: dict[str, Callable[[], str]] = {
            "connect": self._connect,
            "experiment": self._experiment,
            "code": self._code,
            "pipeline": self._pipeline,
            "run": self._run,
        }
        for name in PHASES:
            if self._phase(name).state is not State.SUCCEEDED:
                if self._folder.cancel.exists():
                    raise CanceledError
                self._do(name, works[name])

    def _phase(self, name: str) -> Phase:
        known = {each.name: each for each in self._journal.status.phases}
        return known.get(name, Phase(name))

    def _do(self, name: str, work: Callable[[], str]) -> None:
        phase = replace(self._phase(name), state=State.RUNNING, started=time.time(), message="")
        self._note(phase)
        try:
            message = work()
        except KfpExtError as error:
            words = error.problems[0].message
            self._note(replace(phase, state=State.FAILED, ended=time.time(), message=words))
            raise
        self._note(replace(phase, state=State.SUCCEEDED, ended=time.time(), message=message))

    def _note(self, phase: Phase) -> None:
        known = {each.name: each for each in self._journal.status.phases}
        phases = [phase if name == phase.name else known.get(name, Phase(name)) for name in PHASES]
        self._journal.run(phases=[asdict(each) for each in phases])

    def _remember(self, **found: str) -> None:
        self._journal.run(remote={**self._journal.status.remote, **found})

    # -- the phases -----------------------------------------------------------------------------

    def _connect(self) -> str:
        health = self._api.health()
        if health.get("multi_user") and not self._api.namespace:
            raise KfpExtError(
                Problem(
                    Code.USAGE,
                    f"{self._api.http.target.what} has several users, and the connection does not "
                    "say your namespace.",
                    "Add it again with --namespace NAME.",
                    option="connection",
                )
            )
        connection = self._intent.connection
        self._remember(connection=connection.name, namespace=connection.pods_in)
        return f"{connection.where}; {self._intent.size}"

    def _experiment(self) -> str:
        name = ascii_text(self._intent.experiment) or "notebooks"
        found = self._ensure(
            lambda: self._api.experiment(name), lambda: self._api.create_experiment(name)
        )
        self._remember(experiment_id=found["experiment_id"])
        return name

    def _code(self) -> str:
        if not self._record.bundle:
            return "none beside the specification"
        way, words = self._delivery().deliver()
        self._remember(way=way, code=words)
        return words

    def _delivery(self) -> CodeDelivery:
        return CodeDelivery(
            self._intent,
            self._compiled(),
            (self._bundle(), self._record.bundle),
            self._cluster,
            self._ensure,
            self._pause,
        )

    def _bundle(self) -> bytes:
        return bundle_path(self._folder.home, self._record.bundle).read_bytes()

    def _compiled(self) -> Form:
        compiled = json.loads(self._folder.pipeline.read_bytes())
        return Form(compiled["pipeline_spec"], compiled["platform_spec"])

    def _pipeline(self) -> str:
        documents = self._documents()
        name = documents[0]["pipelineInfo"]["name"]
        version = version_name(documents)
        pipeline = self._ensure(
            lambda: self._api.pipeline(name), lambda: self._api.create_pipeline(name)
        )
        key = pipeline["pipeline_id"]
        text = yaml_text(documents).encode()
        found = self._ensure(
            lambda: self._api.version(key, version),
            lambda: self._api.upload_version(key, version, text),
        )
        self._remember(pipeline_id=key, pipeline_version_id=found["pipeline_version_id"])
        return f"{name}, version {version}"

    def _documents(self) -> list[Json]:
        form = self._compiled()
        if way := self._journal.status.remote.get("way"):
            form = form_of_run(form, self._bundle(), cast(Way, way), self._intent)
        return submitted_documents(form, self._intent.cache)

    def _run(self) -> str:
        run_id = self._intent.run_id
        # An earlier keeper may have died with the call on its way.
        if not self._exists(patient=self._posted):
            self._remove_orphans()
            self._posted = True
            try:
                self._api.create_run(self._body())
            except ClusterError as error:
                if not error.maybe_done:
                    raise
                self._after_doubt(error)
        self._remember(run_id=run_id)
        return run_id

    def _exists(self, patient: bool) -> bool:
        """Return whether the run exists; `patient`: it may be about to."""
        for wait in _LOOKS if patient else ():
            if self._answered(lambda: self._api.run(self._intent.run_id)) is not None:
                return True
            self._pause(wait)
        return self._answered(lambda: self._api.run(self._intent.run_id)) is not None

    def _answered(self, ask: Callable[[], Answer]) -> Answer:
        """Return an answer of the cluster, however long it takes once a run may have been posted.

        Until then an error is raised: nothing has happened, and the user hears of it at once.
        """
        wait = _LOOKS[0]
        while True:
            found = _or_error(ask)
            if not isinstance(found, ClusterError):
                return found
            if not self._posted or found.code is Code.CLUSTER_DENIED:
                raise found
            words = f"{found.problems[0].message} It is not known yet whether the run was started."
            self._journal.run(message=words)
            self._pause(wait)
            wait = min(wait * 2, _LONGEST_WAIT)

    def _body(self) -> Json:
        remote = self._journal.status.remote
        reference = {
            "pipeline_id": remote["pipeline_id"],
            "pipeline_version_id": remote["pipeline_version_id"],
        }
        sent = dict(self._record.sent)
        return {
            "run_id": self._intent.run_id,
            "display_name": f"{ascii_text(self._record.name) or 'notebook'} {self._record.id}",
            "experiment_id": remote["experiment_id"],
            "pipeline_version_reference": reference,
            **({"runtime_config": {"parameters": sent}} if sent else {}),
        }

    def _after_doubt(self, error: ClusterError) -> None:
        """Find out what became of a POST whose answer was lost, or was an error of the server.

        Returns where the run exists. Otherwise removes the Workflow that the call may have left,
        and raises the error: it is never posted again, for it may still be on its way.
        """
        if self._exists(patient=True):
            return
        removed = self._remove_orphans()
        problem = error.problems[0]
        if removed is None:
            raise KfpExtError(
                replace(
                    problem,
                    message=f"{problem.message} Kubeflow does not know the run; whether its "
                    "Workflow was started all the same cannot be seen by this connection.",
                    remedy="Look in Argo for a Workflow with the label "
                    f"pipeline/runid={self._intent.run_id} and delete it, then run again.",
                )
            ) from error
        left = " What the call had started was removed." if removed else ""
        raise KfpExtError(
            replace(problem, message=f"{problem.message}{left}", remedy="Run it again.")
        ) from error

    def _remove_orphans(self) -> int | None:
        """Delete Workflows of a run that has no row: nobody would ever see or end them.

        Returns how many there were; None where they cannot be seen.
        """
        if self._cluster is None:
            return None
        try:
            return self._answered(self._without_workflows)
        except ClusterError as error:
            if error.code is Code.CLUSTER_DENIED:
                return None
            raise

    def _without_workflows(self) -> int:
        if self._cluster is None:
            return 0
        found = self._cluster.workflows(self._intent.run_id)
        for workflow in found:
            self._cluster.delete_workflow(workflow["metadata"]["name"])
        return len(found)

    def _ensure(
        self, look: Callable[[], Mapping[str, Any] | None], make: Callable[[], Json]
    ) -> Mapping[str, Any]:
        """Return what is there, else make it; looks again where someone else made it meanwhile."""
        for wait in (*_LOOKS, None):
            found = look()
            if found is not None:
                return found
            made = _made(make, last=wait is None)
            if made is not None:
                return made
            self._pause(wait or 0.0)
        raise AssertionError("the last try raises")


def _or_error(ask: Callable[[], Answer]) -> Answer | ClusterError:
    try:
        return ask()
    except ClusterError as error:
        return error


def _made(make: Callable[[], Json], last: bool) -> Json | None:
    try:
        return make()
    except ClusterError as error:
        if last or not (error.status == 409 or error.maybe_done):
            raise
        return None
