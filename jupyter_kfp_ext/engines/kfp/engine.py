"""The engine of clusters: writes a run down and starts the process that submits and watches it."""

import json
import os
import time
import uuid
from dataclasses import replace

from ...compiler.budget import WORKFLOW_LIMIT, Budget, Verdict, measure
from ...compiler.bundle_place import CONFIG_MAP_LIMIT
from ...compiler.compiled import CompiledPipeline
from ...compiler.inline import inlined
from ...errors import Code, KfpExtError, Problem, errors_in
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
        `KfpExtError`: `connection-missing`, `too-big`, `option-unsupported`, `parameter-invalid`,
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
        has_access = has_cluster(connection)
        ships = has_access and bool(submission.compiled.bundle)
        compiled, budget = fitting(submission.compiled, ships)
        submission = replace(submission, compiled=compiled)
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
            notes=_notes(has_access, budget),
            engine=self.name,
            split=compiled.plan.model.split,
        )
        intent = Intent(
            connection=connection,
            run_id=str(uuid.uuid4()),
            experiment=compiled.plan.model.settings.experiment or record.name,
            ships_code=ships,
            cache=submission.cache,
            size=f"about {budget.plain // 1000} kB of the {WORKFLOW_LIMIT // 1000} kB that a run "
            "may have",
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


def fitting(compiled: CompiledPipeline, ships_code: bool) -> tuple[CompiledPipeline, Budget]:
    """Return the pipeline in the form in which it is submitted, and what a run of it takes.

    Without access to ConfigMaps the code of the steps goes into their commands. Raises
    `KfpExtError` (`too-big`).
    """
    form = compiled if ships_code or not compiled.plan.steps else inlined(compiled)
    budget = measure(form)
    errors = list(errors_in(budget.problems()))
    if ships_code and len(compiled.bundle) > CONFIG_MAP_LIMIT - 1024:
        errors.append(
            Problem(
                Code.TOO_BIG,
                f"The code of the pipeline takes {len(compiled.bundle) // 1024:,} KiB; a ConfigMap "
                f"holds {CONFIG_MAP_LIMIT // 1024:,} KiB.",
                "Keep data files out of the helper packages, or put the modules into the image.",
            )
        )
    if errors and not ships_code:
        remedy = "Give the connection --kubeconfig, so that code can go by a ConfigMap."
        errors = [replace(each, remedy=f"{remedy} {each.remedy}") for each in errors]
    if errors:
        raise KfpExtError(errors)
    return form, budget


def _notes(has_access: bool, budget: Budget) -> tuple[str, ...]:
    notes = [] if budget.verdict is Verdict.FITS else [str(each) for each in budget.problems()]
    if not has_access:
        notes.append(
            "The connection gives no access to the Kubernetes API: nothing tells why a step waits "
            "or fails, and logs come once the run has ended."
        )
    return tuple(notes)


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
