"""The process that runs one pipeline: `python -m jupyter_kfp_ext.engines.local.runner RUN_DIR`.

With `--wait DESCRIPTOR` it is told only later which one (`spare.py`).

It is detached from whoever submitted the run and outlives it. Whatever happens to it is on disk
afterwards: a failure of its own in the run's message, its death through its guard.
"""

import contextlib
import errno
import json
import os
import signal
import sys
import time
from dataclasses import replace
from pathlib import Path

from ...errors import KfpExtError
from ..model import RunStatus, State
from . import lock
from .clock import now
from .executor_input import RunFacts
from .guard import Guard, start_guard
from .journal import FolderGoneError, Journal
from .launch import Place
from .layout import RunFolder
from .loop import Loop
from .machine import read_machine
from .needs import gpu_types
from .processes import end_marked
from .record import RunRecord
from .room import Room
from .spare import WAIT, wait_for_run
from .spec import Pipeline
from .spec_reader import read_pipeline
from .status import read_record
from .waiting import Waiter


def main(argv: list[str]) -> int:
    """Run the pipeline of a run folder; a second argument is the descriptor of its held lock."""
    os.chdir("/")
    if argv[0] == WAIT:
        told = wait_for_run(int(argv[1]))
        if told is None:
            return 0
        argv = told
    folder = RunFolder(Path(argv[0]))
    descriptor = int(argv[1]) if len(argv) > 1 else lock.take(folder.lock)
    os.set_inheritable(descriptor, False)
    guard = start_guard(folder)
    journal = Journal(folder)
    try:
        waiter = Waiter(
            (signal.SIGCHLD, signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGUSR1)
        )
        # From here on a signal is heard; a request to cancel from before is on disk.
        lock.write_pid(descriptor)
        journal.reserve_room()
        _run(folder, journal, guard, waiter)
    except FolderGoneError:
        end_marked(folder.path)
        guard.dismiss()
        return 1
    except Exception as error:
        sys.excepthook(type(error), error, error.__traceback__)
        end_marked(folder.path)
        journal.free_room()
        journal.become(_broken_off(journal.status, error))
    journal.free_room()
    journal.finish()
    guard.dismiss()
    with contextlib.suppress(OSError):
        from .cleaning import trim

        trim(folder.home)  # nobody waits for it any more
    return 0


def _run(folder: RunFolder, journal: Journal, guard: Guard, waiter: Waiter) -> None:
    record = read_record(folder)
    pipeline = _read_pipeline(folder)
    reader, writer = os.pipe()
    place = Place(folder.home, record, _facts(folder, record, pipeline), reader)
    given = {name: each.default for name, each in pipeline.parameters.items()}
    given = {name: value for name, value in given.items() if value is not None}
    given.update(record.sent)
    machine = read_machine(gpu_types(pipeline))
    room = Room(folder.home, record.id, machine, waiter, record.ignore_resources)
    loop = Loop(folder, pipeline, given, place, journal, guard, waiter, room)
    try:
        loop.run()
    except BaseException:
        loop.end_all()
        raise
    finally:
        os.close(writer)
    if guard.has_steps:
        end_marked(folder.path)


def _read_pipeline(folder: RunFolder) -> Pipeline:
    compiled = json.loads(folder.pipeline.read_bytes())
    return read_pipeline(compiled["pipeline_spec"], compiled["platform_spec"])


def _facts(folder: RunFolder, record: RunRecord, pipeline: Pipeline) -> RunFacts:
    created = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(record.created))
    workspace = ""
    if pipeline.workspace:
        folder.workspace.mkdir(exist_ok=True)
        workspace = str(folder.workspace)
    return RunFacts(record.id, pipeline.name, created, str(folder.path / "steps"), workspace)


def _broken_off(status: RunStatus, error: Exception) -> RunStatus:
    """Return the end of a run whose runner failed."""
    ended = now()
    message = _in_words(error)
    steps = []
    for step in status.steps:
        if step.state is State.RUNNING:
            step = replace(step, state=State.CANCELED, ended=ended, cell=None, reason=message)
        elif not step.state.ended:
            step = replace(step, state=State.CANCELED, reason=message)
        steps.append(step)
    return replace(status, state=State.FAILED, ended=ended, message=message, steps=tuple(steps))


def _in_words(error: Exception) -> str:
    if isinstance(error, KfpExtError):
        return str(error)
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return f"The disk is full: {error.filename or 'the run'} could not be written."
    return f"The runner failed: {type(error).__name__}: {error} (more in runner.log)."


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
