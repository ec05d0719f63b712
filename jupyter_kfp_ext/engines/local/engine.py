"""The engine that needs no set-up: writes a run's folder and starts its runner."""

import shutil
import signal
import time
from pathlib import Path

from ...compiler.new_claims import new_claims, volume_variable
from ...errors import Code, KfpExtError, Problem
from ...storage import write_atomically
from ..protocol import Submission
from . import lock
from .bundles import keep_bundle
from .create import create_written, parameter_values, start_process, write_template
from .fit import check_fit
from .ids import next_run_id
from .kept_runs import KeptRuns
from .layout import RunFolder, run_folder
from .lookup import existing_run, newest_run, read_known
from .processes import end_marked
from .programs import check_programs
from .record import RunRecord
from .spare import RUNNER, hand_over
from .spec import Pipeline
from .spec_reader import read_pipeline
from .step_packages import with_packages
from .step_records import step_records

NOT_APPLIED = (
    *("image", "image_pull_policy", "image_pull_secrets"),
    *("cpu_limit", "memory_limit", "shared_memory"),
    *("node_selector", "tolerations", "affinity", "security"),
    *("secret_env", "config_map_env", "volumes", "secret_volume", "config_map_volume", "scratch"),
    "fuse",
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
        record = _record(self.home, submission, pipeline, too_much)
        earlier = run_folder(self.home, submission.reuse.run) if submission.reuse.run else None

        def write(aside: RunFolder) -> None:
            write_template(aside, record, submission)
            if earlier is not None and earlier.volumes.is_dir():
                # What steps left there that are taken from that run.
                shutil.copytree(earlier.volumes, aside.volumes, symlinks=True)

        create_written(self.home, record, write, _start_runner)
        if earlier is not None:
            _end_stopped(earlier)
        return record.id

    def pause(self, run_id: str) -> None:
        """Have a run stand still: nothing starts, and what runs is stopped where it is.

        Raises `KfpExtError`: `run-missing`, `run-ended`, `storage-failed`.
        """
        folder = self._living(run_id)
        write_atomically(folder.paused, "")
        lock.signal_holder(folder.lock, signal.SIGUSR1)

    def go_on(self, run_id: str) -> None:
        """Let a run that stands still go on; any other stays as it is. Raises as `pause` does."""
        folder = self._living(run_id)
        folder.paused.unlink(missing_ok=True)
        lock.signal_holder(folder.lock, signal.SIGUSR1)

    def _living(self, run_id: str) -> RunFolder:
        folder = existing_run(self.home, run_id)
        status = read_known(folder)
        if status.state.ended:
            words = f"The run {run_id} has already ended ({status.state.value})."
            raise KfpExtError(Problem(Code.RUN_ENDED, words))
        return folder

    def revive(self, run_id: str) -> None:
        """Do nothing: what the runner's processes were is gone with it."""


def _end_stopped(folder: RunFolder) -> None:
    """End the stopped steps of a paused run whose runner and guard were killed together."""
    if folder.paused.exists() and read_known(folder).state.ended:
        end_marked(folder.path)


def _record(
    home: Path, submission: Submission, pipeline: Pipeline, notes: tuple[str, ...]
) -> RunRecord:
    now = time.time()
    plan = submission.compiled.plan
    shown, sent = parameter_values(submission, pipeline)
    return RunRecord(
        id=next_run_id(newest_run(home), now),
        name=pipeline.name or plan.model.name,
        notebook=plan.model.notebook.path,
        created=now,
        parameters=shown,
        sent=sent,
        python=submission.python,
        folder=submission.folder,
        bundle=submission.compiled.bundle_hash,
        steps=with_packages(home, submission.compiled, step_records(pipeline, plan)),
        notes=(*_notes(submission, pipeline), *notes),
        split=plan.model.split,
        replan=submission.replan,
        environment=submission.environment,
        own_folders=submission.compiled.code.own_folders,
        ignore_resources=submission.ignore_resources,
        cache=submission.cache,
        reuse=submission.reuse,
        press=submission.press,
    )


def _notes(submission: Submission, pipeline: Pipeline) -> tuple[str, ...]:
    """Say once, per option, what means nothing on this machine."""
    found: dict[str, list[str]] = {option: [] for option in NOT_APPLIED}
    plan = submission.compiled.plan
    for step in plan.steps:
        for option in NOT_APPLIED:
            said = getattr(step.options, option)
            if option == "volumes":
                said = tuple(each for each in said if each.size is None)
            if not step.part_of and said not in (None, (), {}, False):
                found[option].append(step.name)
    known = {step.task for step in plan.steps}
    for leaf in pipeline.root.leaves():
        # Of a pipeline of others there are no options: what its specification says counts.
        if leaf.container is not None and leaf.name not in known:
            for setting in ("image", *leaf.settings):
                found.setdefault(setting, []).append(leaf.name)
    folders = tuple(
        f"The claim {each.claim} is a folder of the run here; {volume_variable(each.claim)} tells "
        "the steps where."
        for each in new_claims(plan)
    )
    return folders + tuple(
        f"Not applied on this machine: {option} ({', '.join(names)})."
        for option, names in found.items()
        if names
    )


def _start_runner(folder: RunFolder, descriptor: int) -> None:
    if not hand_over(folder, descriptor):
        start_process(folder, RUNNER, descriptor)
