"""From an intent to one run on the cluster: each step looks first, so that all can be repeated.

A repeated `POST /runs` starts a second workflow on a real KFP, and one that is refused may leave
one running. So a run is posted only where neither its row nor a Workflow of it exists, and what a
failed call left behind is removed.
"""

import json
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, replace
from typing import Any, Protocol, TypeVar, cast

from ...compiler.compiled import Form
from ...compiler.mounted_code import kubernetes_settings
from ...compiler.names import ascii_text
from ...compiler.ways import Way
from ...compiler.yaml_text import yaml_text
from ...errors import Code, KfpExtError, Problem
from ..local.layout import RunFolder, bundle_path
from ..local.record import RunRecord
from ..local.spec_reader import read_pipeline
from ..model import Phase, RunStatus, State
from .api import KfpApi
from .cluster import Cluster
from .delivering import CodeDelivery, form_of_run
from .devices import running_pods
from .doubt import answered, comes_true, ensure
from .fitting import asks, asks_for_devices, never_fitting, room_of, will_wait
from .http import ClusterError
from .intent import Intent, submitted_documents, version_name
from .restoring import claim_of_snapshot, make_restored
from .run_claims import claim_values, make_claims, planned_claim
from .snapshots import check_snapshots
from .step_claims import claim_notes

Json = dict[str, Any]
PHASES = ("connect", "experiment", "code", "pipeline", "run")
Answer = TypeVar("Answer")


class Notes(Protocol):
    """Where the way of a run is noted: its journal, or memory where there is no run."""

    @property
    def status(self) -> RunStatus:
        """What is known so far."""

    def run(self, **changes: Any) -> None:
        """Note changed fields."""


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
        journal: Notes,
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

    def prepare(self) -> Mapping[str, str]:
        """Have all there that a run needs; return the ids of experiment, pipeline and version."""
        self._go(PHASES[:-1])
        return self._journal.status.remote

    def start(self) -> None:
        """Do what is left to do until the run exists.

        Raises `CanceledError`, and `KfpExtError` where it cannot be started.
        """
        self._go(PHASES)

    def _go(self, names: Iterable[str]) -> None:
        works: dict[str, Callable[[], str]] = {
            "connect": self._connect,
            "experiment": self._experiment,
            "code": self._code,
            "pipeline": self._pipeline,
            "run": self._run,
        }
        for name in names:
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
        if self._cluster is not None:
            wanted = [step.name for step in self._record.steps if step.snapshot]
            check_snapshots(self._cluster, wanted)
            for each in self._intent.restored:
                # What it would be made of must be there before anything is made.
                claim_of_snapshot(self._cluster, each, self._intent.run_id)
        return f"{connection.where}; {self._intent.size}; {self._fits()}"

    def _fits(self) -> str:
        """Say what was compared with what the steps ask for.

        Raises `KfpExtError` (`resources-missing`) where one can never run there.
        """
        if self._cluster is None:
            return "not checked whether steps fit: no access to the Kubernetes API"
        if self._record.ignore_resources:
            return "not checked whether steps fit: --ignore-resources"
        form = self._compiled()
        room = room_of(self._cluster)
        wanted = list(asks(form.spec, kubernetes_settings(form.platform)))
        if problems := never_fitting(wanted, room):
            raise KfpExtError(problems)
        self._look_at_claims(form, self._cluster)
        if room.unseen:
            return f"not checked whether steps fit: {' and '.join(room.unseen)} may not be read"
        if not asks_for_devices(wanted):
            return "steps fit on the nodes"
        pods = running_pods(self._cluster)
        if pods is None:
            return "steps fit on the nodes; what is free now is not to be seen"
        return "; ".join(["steps fit on the nodes", *will_wait(wanted, room, pods)])

    def _look_at_claims(self, form: Form, cluster: Cluster) -> None:
        """Say what steps will meet at the claims that they mount, where these may be read."""
        pipeline = read_pipeline(form.spec, form.platform)
        settings = kubernetes_settings(form.platform)
        planned: dict[str, Mapping[str, Any]] = {
            each.claim: planned_claim(each) for each in self._intent.claims
        }
        for each in self._intent.restored:
            planned[each.name] = claim_of_snapshot(cluster, each, self._intent.run_id)

        def find(name: str) -> Mapping[str, Any] | None:
            return planned.get(name) or cluster.claim(name)

        try:
            said = list(claim_notes(self._record.steps, pipeline, settings, find))
        except ClusterError:
            return
        notes = [*self._journal.status.notes, *said]
        self._journal.run(notes=list(dict.fromkeys(notes)))

    def _experiment(self) -> str:
        name = ascii_text(self._intent.experiment) or "notebooks"
        found = self._ensure(
            lambda: self._api.experiment(name), lambda: self._api.create_experiment(name)
        )
        self._remember(experiment=name, experiment_id=found["experiment_id"])
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
        return submitted_documents(form, self._intent.cache, self._record.reuse.fresh)

    def _run(self) -> str:
        run_id = self._intent.run_id
        # An earlier keeper may have died with the call on its way.
        claims = ""
        if not self._exists(patient=self._posted):
            self._remove_orphans()
            claims = self._make_claims()
            self._posted = True
            try:
                self._api.create_run(self._body())
            except ClusterError as error:
                if not error.maybe_done:
                    raise
                self._after_doubt(error)
        self._remember(run_id=run_id)
        return f"{run_id}{claims}"

    def _make_claims(self) -> str:
        intent, said = self._intent, ""
        if self._cluster is not None and intent.claims:
            said += f"; {make_claims(self._cluster, intent.claims, intent.run_id, self._ensure)}"
        if self._cluster is not None and intent.restored:
            made = make_restored(self._cluster, intent.restored, intent.run_id, self._ensure)
            said += f"; {made}"
        return said

    def _exists(self, patient: bool) -> bool:
        """Return whether the run exists; `patient`: it may be about to."""

        def look() -> bool:
            return self._answered(lambda: self._api.run(self._intent.run_id)) is not None

        return comes_true(look, self._pause) if patient else look()

    def _answered(self, ask: Callable[[], Answer]) -> Answer:
        """Return an answer of the cluster, however long it takes once a run may have been posted.

        Until then an error is raised: nothing has happened, and the user hears of it at once.
        """
        if not self._posted:
            return ask()

        def say(words: str) -> None:
            told = f"{words} It is not known yet whether the run was started."
            self._journal.run(message=told)

        return answered(ask, say, self._pause)

    def _body(self) -> Json:
        remote = self._journal.status.remote
        reference = {
            "pipeline_id": remote["pipeline_id"],
            "pipeline_version_id": remote["pipeline_version_id"],
        }
        sent = {**self._record.sent, **claim_values(self._intent.claims, self._intent.run_id)}
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
        return ensure(look, make, self._pause)
