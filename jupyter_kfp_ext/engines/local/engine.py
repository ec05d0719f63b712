"""The engine that needs no set-up: writes a run's folder and starts its runner."""

import signal
import time
from collections.abc import AsyncIterator
from pathlib import Path

from ...storage import home as default_home
from ...storage import write_atomically
from ..model import RunStatus
from ..protocol import Submission
from . import lock
from .bundles import keep_bundle
from .create import create_run, parameter_values, start_process
from .fit import check_fit
from .ids import next_run_id
from .layout import RunFolder
from .logs import follow_log, state_of
from .lookup import existing_run, newest_run, read_known
from .programs import check_programs
from .record import RunRecord
from .spec import Pipeline
from .spec_reader import read_pipeline
from .step_records import step_records

NOT_APPLIED = (
    *("image", "image_pull_policy", "image_pull_secrets"),
    *("cpu_limit", "memory_limit", "shared_memory"),
    *("node_selector", "tolerations", "affinity", "security"),
    *("secret_env", "config_map_env", "volumes", "secret_volume", "config_map_volume", "scratch"),
)
"""Options of a step that only a cluster can give effect to."""


class LocalEngine:
    """Runs compiled pipelines as processes on this machine (docs/local-engine.md)."""

    name = "local"
    uses_kernel = True

    def __init__(self, home: Path | None = None) -> None:
        """Keep runs in a home; None is the user's own."""
        self.home = home or default_home()

    def submit(self, submission: Submission) -> str:
        """Write the run down, start its runner and return the run's id at once.

        Raises `KfpExtError`: `option-unsupported` for what this engine cannot run,
        `resources-missing` for more than this machine has, `storage-failed`.
        """
        compiled = submission.compiled
        pipeline = read_pipeline(compiled.spec, compiled.platform)
        too_much = check_fit(pipeline, compiled.plan, submission.ignore_resources)
        check_programs(pipeline, submission.python)
        keep_bundle(self.home, compiled.bundle, compiled.bundle_hash)
        record = _record(submission, pipeline, too_much, newest_run(self.home))
        create_run(self.home, record, submission, _start_runner)
        return record.id

    def status(self, run_id: str) -> RunStatus:
        """Return the run as it is now; raises `KfpExtError` (`run-missing`)."""
        return read_known(existing_run(self.home, run_id))

    def cancel(self, run_id: str) -> None:
        """Ask the run to end; returns at once. A run that has ended stays as it is.

        Raises `KfpExtError`: `run-missing`, `storage-failed`.
        """
        folder = existing_run(self.home, run_id)
        if folder.result.exists():
            return
        write_atomically(folder.cancel, "")
        lock.signal_holder(folder.lock, signal.SIGTERM)

    def revive(self, run_id: str) -> None:
        """Do nothing: what the runner's processes were is gone with it."""

    def log(self, run_id: str, task: str, follow: bool = False) -> AsyncIterator[str]:
        """Yield the text of a step's log, and with `follow` what comes until the step ends.

        Raises `KfpExtError`: `run-missing`, `step-missing`.
        """
        folder = existing_run(self.home, run_id)
        state_of(read_known(folder), task)
        return follow_log(folder, task, follow)


def _record(
    submission: Submission, pipeline: Pipeline, notes: tuple[str, ...], newest: str
) -> RunRecord:
    now = time.time()
    plan = submission.compiled.plan
    shown, sent = parameter_values(submission, pipeline)
    return RunRecord(
        id=next_run_id(newest, now),
        name=pipeline.name or plan.model.name,
        notebook=plan.model.notebook.path,
        created=now,
        parameters=shown,
        sent=sent,
        python=submission.python,
        folder=submission.folder,
        bundle=submission.compiled.bundle_hash,
        steps=step_records(pipeline, plan),
        notes=(*_notes(submission, pipeline), *notes),
        split=plan.model.split,
        replan=submission.replan,
        environment=submission.environment,
        ignore_resources=submission.ignore_resources,
        cache=submission.cache,
        reuse=submission.reuse,
    )


def _notes(submission: Submission, pipeline: Pipeline) -> tuple[str, ...]:
    """Say once, per option, what means nothing on this machine."""
    found: dict[str, list[str]] = {option: [] for option in NOT_APPLIED}
    plan = submission.compiled.plan
    for step in plan.steps:
        for option in NOT_APPLIED:
            if not step.part_of and getattr(step.options, option) not in (None, (), {}):
                found[option].append(step.name)
    known = {step.task for step in plan.steps}
    for leaf in pipeline.root.leaves():
        # Of a pipeline of others there are no options: what its specification says counts.
        if leaf.container is not None and leaf.name not in known:
            for setting in ("image", *leaf.settings):
                found.setdefault(setting, []).append(leaf.name)
    return tuple(
        f"Not applied on this machine: {option} ({', '.join(names)})."
        for option, names in found.items()
        if names
    )


def _start_runner(folder: RunFolder, descriptor: int) -> None:
    start_process(folder, f"{__package__}.runner", descriptor)
