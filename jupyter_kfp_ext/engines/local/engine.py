"""The engine that needs no set-up: writes a run's folder and starts its runner."""

import time

from ..protocol import Submission
from .bundles import keep_bundle
from .create import create_run, parameter_values, start_process
from .fit import check_fit
from .ids import next_run_id
from .kept_runs import KeptRuns
from .layout import RunFolder
from .lookup import newest_run
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


class LocalEngine(KeptRuns):
    """Runs compiled pipelines as processes on this machine (docs/local-engine.md)."""

    name = "local"
    uses_kernel = True

    def submit(self, submission: Submission) -> str:
        """Write the run down, start its runner and return the run's id at once.

        Raises `KfpExtError`: `option-unsupported` for what this engine cannot run,
        `resources-missing` for more than this machine has, `storage-failed`.
        """
        compiled = submission.compiled
        pipeline = read_pipeline(compiled.spec, compiled.platform)
        too_much = check_fit(pipeline, compiled.plan, submission.ignore_resources)
        check_programs(pipeline, submission.python)
        if compiled.bundle:
            keep_bundle(self.home, compiled.bundle, compiled.bundle_hash)
        record = _record(submission, pipeline, too_much, newest_run(self.home))
        create_run(self.home, record, submission, _start_runner)
        return record.id

    def revive(self, run_id: str) -> None:
        """Do nothing: what the runner's processes were is gone with it."""


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
