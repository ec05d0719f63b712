"""The engine of clusters: writes a run down and starts the process that submits and watches it."""

import json
import os
import time
import uuid

from ...errors import Code, KfpExtError, Problem
from ..local import lock
from ..local.bundles import keep_bundle
from ..local.create import create_run, parameter_values, start_process
from ..local.ids import new_run_id
from ..local.kept_runs import KeptRuns
from ..local.layout import RunFolder
from ..local.lookup import existing_run
from ..local.record import RunRecord
from ..local.spec_reader import read_pipeline
from ..local.status import read_record
from ..local.step_records import step_records
from ..model import Reuse
from ..protocol import Submission
from .access import has_cluster
from .choosing import Choice, choose_ways
from .connection import Connection
from .connections import choose, known_connections
from .intent import INTENT_FILE, Intent

_KEEPER = f"{__package__}.keeper"


class KfpEngine(KeptRuns):
    """Runs compiled pipelines on Kubeflow Pipelines (docs/kfp-engine.md)."""

    name = "kfp"
    uses_kernel = False

    def submit(self, submission: Submission) -> str:
        """Write the run down, start the process that submits it and return its id at once.

        Nothing is called yet: what goes wrong on the way is in the run's phases. Raises
        `KfpExtError`: `connection-missing`, `too-big`, `option-invalid`,
        `option-unsupported`, `parameter-invalid`,
        `storage-failed`.
        """
        if submission.reuse != Reuse():
            raise KfpExtError(
                Problem(
                    Code.OPTION_UNSUPPORTED,
                    "Resuming a run, and running from a step on or one step alone, are not there "
                    "yet on a cluster.",
                    "Run the whole notebook: steps that are the same as before are answered from "
                    "Kubeflow's cache.",
                )
            )
        connection = choose(submission.connection, known_connections())
        compiled = submission.compiled
        choice = choose_ways(compiled, connection)
        pipeline = read_pipeline(compiled.spec, compiled.platform)
        if compiled.bundle:
            keep_bundle(self.home, compiled.bundle, compiled.bundle_hash)
        shown, sent = parameter_values(submission, pipeline)
        _check_letters(sent)
        now = time.time()
        record = RunRecord(
            id=new_run_id(now),
            name=pipeline.name or compiled.plan.model.name,
            notebook=compiled.plan.model.notebook.path,
            created=now,
            parameters=shown,
            sent=sent,
            python="",
            folder=submission.folder,
            bundle=compiled.bundle_hash,
            steps=step_records(pipeline, compiled.plan),
            notes=_notes(connection, choice),
            engine=self.name,
            split=compiled.plan.model.split,
        )
        intent = Intent(
            connection=connection,
            run_id=str(uuid.uuid4()),
            experiment=compiled.plan.model.settings.experiment or record.name,
            delivery=choice.delivery,
            cache=submission.cache,
            size=choice.size,
        )
        create_run(self.home, record, submission, _start, {INTENT_FILE: intent.to_json()})
        return record.id

    def cancel(self, run_id: str) -> None:
        """Ask the run to end, by a new keeper where nobody keeps it; returns at once.

        A run that has ended stays as it is. Raises `KfpExtError`: `run-missing`, `storage-failed`.
        """
        super().cancel(run_id)
        self.revive(run_id)

    def revive(self, run_id: str) -> None:
        """Start a new keeper where a run has not ended and nobody keeps it."""
        folder = existing_run(self.home, run_id)
        if folder.result.exists() or lock.is_held(folder.lock):
            return
        try:
            descriptor = lock.take(folder.lock)
        except BlockingIOError:
            return  # someone else was quicker
        try:
            if not folder.result.exists() and read_record(folder).engine == self.name:
                _start(folder, descriptor)
        finally:
            os.close(descriptor)


def _notes(connection: Connection, choice: Choice) -> tuple[str, ...]:
    if has_cluster(connection):
        return choice.notes
    return (
        *choice.notes,
        "The connection gives no access to the Kubernetes API: nothing tells why a step waits or "
        "fails, and logs come once the run has ended.",
    )


def _check_letters(sent: object) -> None:
    """Refuse letters that KFP's database cannot hold: the run would start and not be known."""
    if not json.dumps(sent, ensure_ascii=False).isascii():
        raise KfpExtError(
            Problem(
                Code.PARAMETER_INVALID,
                "A parameter of a pipeline of another tool has letters beyond ASCII, which "
                "Kubeflow may not be able to store.",
                "Use ASCII letters there.",
            )
        )


def _start(folder: RunFolder, descriptor: int) -> None:
    start_process(folder, _KEEPER, descriptor)
