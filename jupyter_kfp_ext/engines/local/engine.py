"""The engine that needs no set-up: writes a run's folder and starts its runner."""

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from ...compiler.encoding import encode_parameters, parameter_key
from ...errors import Code, KfpExtError, Problem
from ...storage import home as default_home
from ...storage import storage_error, write_atomically, write_json
from ..model import RunStatus
from ..protocol import Submission
from . import lock
from .bundles import keep_bundle
from .fit import check_fit
from .ids import new_run_id
from .launch import OF_A_STEP
from .layout import RunFolder, run_folder
from .logs import follow_log, state_of
from .lookup import existing_run, notebook_index, read_known
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
_PACKAGE_ROOT = Path(__file__).resolve().parents[3]


class LocalEngine:
    """Runs compiled pipelines as processes on this machine (docs/local-engine.md)."""

    name = "local"

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
        keep_bundle(self.home, compiled.bundle, compiled.bundle_hash)
        record = _record(submission, pipeline, too_much)
        folder = run_folder(self.home, record.id)
        aside = RunFolder(folder.path.with_name(f".{record.id}"))
        try:
            # What a notebook holds and prints is its owner's alone.
            aside.path.mkdir(mode=0o700, parents=True)
            write_json(aside.pipeline, _compiled_json(submission))
            write_json(aside.notebook, dict(submission.notebook))
            write_json(aside.record, record.to_json())
            descriptor = lock.take(aside.lock)
            try:
                self._index(record)
                aside.path.rename(folder.path)
                _start_runner(folder, descriptor)
            finally:
                os.close(descriptor)
        except OSError as error:
            raise storage_error(folder.path, error) from error
        finally:
            shutil.rmtree(aside.path, ignore_errors=True)
        return record.id

    def _index(self, record: RunRecord) -> None:
        if record.notebook is not None:
            marker = notebook_index(self.home, record.notebook) / record.id
            marker.parent.mkdir(parents=True, exist_ok=True)
            marker.touch()

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

    def log(self, run_id: str, task: str, follow: bool = False) -> AsyncIterator[str]:
        """Yield the text of a step's log, and with `follow` what comes until the step ends.

        Raises `KfpExtError`: `run-missing`, `step-missing`.
        """
        folder = existing_run(self.home, run_id)
        state_of(read_known(folder), task)
        return follow_log(folder, task, follow)


def _compiled_json(submission: Submission) -> dict[str, Any]:
    compiled = submission.compiled
    return {"pipeline_spec": compiled.spec, "platform_spec": compiled.platform}


def _record(submission: Submission, pipeline: Pipeline, notes: tuple[str, ...]) -> RunRecord:
    now = time.time()
    plan = submission.compiled.plan
    shown, sent = _parameters(submission, pipeline)
    return RunRecord(
        id=new_run_id(now),
        name=pipeline.name or plan.model.name,
        notebook=plan.model.notebook.path,
        created=now,
        parameters=shown,
        sent=sent,
        python=submission.python,
        folder=submission.folder,
        bundle=submission.compiled.bundle_hash,
        steps=step_records(pipeline, plan),
        notes=(*_notes(submission), *notes),
        split=plan.model.split,
        replan=submission.replan,
        environment=submission.environment,
        ignore_resources=submission.ignore_resources,
        cache=submission.cache,
        reuse=submission.reuse,
    )


def _parameters(
    submission: Submission, pipeline: Pipeline
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the values of the run, by name for people and by key as they are sent.

    Only parameters of a notebook are encoded: components of others would not decode them.
    """
    own = {each.name: each.default for each in submission.compiled.plan.parameters}
    keys = {parameter_key(name) for name in own}
    foreign = {key: each.default for key, each in pipeline.parameters.items() if key not in keys}
    given = {name: value for name, value in submission.parameters.items() if value is not None}
    encoded = encode_parameters({name: value for name, value in given.items() if name in own})
    sent = {name: value for name, value in given.items() if name in foreign} | encoded
    return {**foreign, **own, **submission.parameters}, sent


def _notes(submission: Submission) -> tuple[str, ...]:
    """Say once, per option, what means nothing on this machine."""
    notes = []
    for option in NOT_APPLIED:
        steps = [
            step.name
            for step in submission.compiled.plan.steps
            if not step.part_of and getattr(step.options, option) not in (None, (), {})
        ]
        if steps:
            notes.append(f"Not applied on this machine: {option} ({', '.join(steps)}).")
    return tuple(notes)


def _start_runner(folder: RunFolder, descriptor: int) -> None:
    """Start the runner as a session of its own, holding the run's lock.

    Its working folder only makes the package importable from a source tree; it leaves it at once.
    """
    env = {name: value for name, value in os.environ.items() if name not in OF_A_STEP}
    command = [sys.executable, "-m", f"{__package__}.runner", str(folder.path), str(descriptor)]
    try:
        with open(folder.runner_log, "ab") as log:
            process = subprocess.Popen(
                command,
                cwd=_PACKAGE_ROOT,
                env=env,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                pass_fds=(descriptor,),
            )
    except OSError as error:
        shutil.rmtree(folder.path, ignore_errors=True)
        raise KfpExtError(
            Problem(
                Code.RUNNER_LOST,
                f"The process that runs the pipeline could not be started: {error}.",
                "Close other programs, or raise the limit of processes, and run again.",
            )
        ) from error
    # A long-lived parent (server, kernel) must wait for it, or it stays as a zombie.
    threading.Thread(target=process.wait, name=f"runner {folder.path.name}", daemon=True).start()
