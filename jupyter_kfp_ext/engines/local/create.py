"""A new run's folder and the process that goes on with it; both engines make their runs so."""

import os
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from ...compiler.code_record import code_record
from ...compiler.encoding import encode_parameters, parameter_key
from ...compiler.new_claims import without_claims
from ...errors import Code, KfpExtError, Problem
from ...storage import storage_error, write_json
from ..protocol import Submission
from . import lock
from .layout import RunFolder, run_folder
from .lookup import notebook_index
from .own_process import start_module
from .record import RunRecord
from .spec import Pipeline


def create_run(
    home: Path,
    record: RunRecord,
    submission: Submission,
    start: Callable[[RunFolder, int], None],
    files: Mapping[str, Any] | None = None,
) -> RunFolder:
    """Write a run down and start what goes on with it; `files` are further JSON files by name.

    `start` gets the folder and the descriptor of the run's held lock. The folder is visible only
    once it is complete, and at no moment looks lost. Raises `KfpExtError` (`storage-failed`, and
    what `start` raises: then there is no run).
    """

    def write(aside: RunFolder) -> None:
        write_template(aside, record, submission, files)

    return create_written(home, record, write, start)


def create_written(
    home: Path,
    record: RunRecord,
    write: Callable[[RunFolder], None],
    start: Callable[[RunFolder, int], None],
) -> RunFolder:
    """Make the folder of a run, whose files `write` writes, and start what goes on with it.

    Raises as `create_run` does.
    """
    folder = run_folder(home, record.id)
    aside = RunFolder(folder.path.with_name(f".{record.id}"))
    try:
        # What a notebook holds and prints is its owner's alone.
        aside.path.mkdir(mode=0o700, parents=True)
        write(aside)
        descriptor = lock.take(aside.lock)
        try:
            _index(home, record)
            aside.path.rename(folder.path)
            try:
                start(folder, descriptor)
            except KfpExtError:
                shutil.rmtree(folder.path, ignore_errors=True)
                raise
        finally:
            os.close(descriptor)
    except OSError as error:
        raise storage_error(folder.path, error) from error
    finally:
        shutil.rmtree(aside.path, ignore_errors=True)
    return folder


def write_template(
    folder: RunFolder,
    record: RunRecord,
    submission: Submission,
    files: Mapping[str, Any] | None = None,
) -> None:
    """Write what never changes of a run into a folder; raises `OSError`, `KfpExtError`."""
    compiled = submission.compiled
    spec = {"pipeline_spec": compiled.spec, "platform_spec": compiled.platform}
    write_json(folder.pipeline, spec)
    write_json(folder.notebook, dict(submission.notebook))
    write_json(folder.code, code_record(compiled))
    for name, content in (files or {}).items():
        write_json(folder.path / name, content)
    write_json(folder.record, record.to_json())


def _index(home: Path, record: RunRecord) -> None:
    if record.notebook is not None:
        marker = notebook_index(home, record.notebook) / record.id
        marker.parent.mkdir(parents=True, exist_ok=True)
        marker.write_text(record.press, encoding="utf-8")


def parameter_values(
    submission: Submission, pipeline: Pipeline
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the values of the run, by name for people and by key as they are sent.

    Only parameters of a notebook are encoded: components of others would not decode them.
    """
    plan = submission.compiled.plan
    own = {each.name: each.default for each in plan.parameters if plan.steps}
    keys = {parameter_key(name) for name in own}
    others = without_claims(pipeline.parameters) if plan.steps else pipeline.parameters
    foreign = {key: each.default for key, each in others.items() if key not in keys}
    given = {name: value for name, value in submission.parameters.items() if value is not None}
    encoded = encode_parameters({name: value for name, value in given.items() if name in own})
    sent = {name: value for name, value in given.items() if name in foreign} | encoded
    return {**foreign, **own, **submission.parameters}, sent


def start_process(folder: RunFolder, module: str, descriptor: int) -> None:
    """Start a module with a run's folder; it holds the run's lock."""
    try:
        with open(folder.runner_log, "ab") as log:
            start_module(module, [str(folder.path), str(descriptor)], (descriptor,), log)
    except OSError as error:
        raise KfpExtError(
            Problem(
                Code.RUNNER_LOST,
                f"The process that runs the pipeline could not be started: {error}.",
                "Close other programs, or raise the limit of processes, and run again.",
            )
        ) from error
