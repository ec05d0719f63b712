"""Start the process of one step: folder, links, command, environment, pipes."""

import contextlib
import json
import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .executor_input import RunFacts, fill_in, placeholders
from .layout import StepFolder, bundle_path
from .processes import MARKER
from .record import RunRecord
from .room import Seat
from .spec import Task
from .work_folder import fill_work_folder, start_folder

OF_A_STEP = (
    *("KFP_STEP_CODE", "KFP_STEP_CACHE", "KFP_CELLS_FD", "KFP_PARENT_FD", "KFP_TERMINATION_LOG"),
    MARKER,
)
"""Given to each step anew: a run that was submitted from a step must not inherit them."""
_OF_A_KERNEL = (
    *("JPY_PARENT_PID", "JPY_SESSION_NAME", "JPY_INTERRUPT_EVENT", "JPY_API_TOKEN"),
    *("PYDEVD_USE_FRAME_EVAL", "PYTHONHOME", "__PYVENV_LAUNCHER__", "PYTHONSTARTUP"),
)
"""Set by a kernel or launcher for its own process: a step must behave alike wherever the run was
submitted."""

_MAX_ARGUMENT = 131_071
"""Bytes of one argument on Linux (MAX_ARG_STRLEN in execve(2))."""


@dataclass(frozen=True)
class Launch:
    """A step's process as it was started."""

    pid: int
    """Also its process group and session."""
    cells: int
    """Read end of the pipe on which the step says which cell runs."""


@dataclass(frozen=True)
class Place:
    """Where and for which run steps are started."""

    home: Path
    record: RunRecord
    facts: RunFacts
    parent: int
    """Read end of the pipe that closes when the runner dies."""


def prepare_folder(folder: StepFolder, source: str | None) -> None:
    """Make the step's folder ready for an attempt; what a failed attempt wrote is removed.

    The log stays: attempts follow each other in it.
    """
    for path in (folder.work, folder.artifacts, folder.parameters):
        shutil.rmtree(path, ignore_errors=True)
    for path in (folder.executor_output, folder.termination_log):
        path.unlink(missing_ok=True)
    for path in (folder.artifacts, folder.parameters):
        path.mkdir(parents=True)
    fill_work_folder(folder.work, source)


def start(
    task: Task,
    folder: StepFolder,
    document: Mapping[str, Any],
    attempt: int,
    place: Place,
    seat: Seat,
) -> Launch:
    """Start a step in its prepared folder; `seat` is its part of the machine.

    Raises `OSError` where the command cannot be started.
    """
    # Not by `write_json`: only this step reads it, and a sync to disk costs more than the rest.
    folder.executor_input.write_text(json.dumps(document, ensure_ascii=False), encoding="utf-8")
    own = is_own(task)
    known = placeholders(task, document, place.facts)
    if own:
        known["$"] = f"@{folder.executor_input}"
    command = _command(task, known, place.record.python)
    reader, writer = os.pipe()
    os.set_blocking(reader, False)
    try:
        with open(folder.log, "ab") as log:
            process = subprocess.Popen(
                command,
                cwd=start_folder(folder.work, place.record.folder),
                env={**_environment(task, folder, place, attempt, writer, own), **seat.env},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                pass_fds=(place.parent, writer, *seat.descriptors),
            )
    except OSError:
        os.close(reader)
        raise
    finally:
        os.close(writer)
    # The runner waits for it with wait4, for its resource use; Popen must not.
    process.returncode = 0
    return Launch(process.pid, reader)


def is_own(task: Task) -> bool:
    """Return whether the command is `[CODE, TASK, SLICE_HASH, "{{$}}"]` to our bootstrap."""
    args = task.container.args if task.container else ()
    return len(args) == 4 and args[1] == task.name and args[3] == "{{$}}"


def _command(task: Task, known: Mapping[str, str], python: str) -> list[str]:
    container = task.container
    texts = (*container.command, *container.args) if container else ()
    words = [fill_in(each, known) for each in texts]
    if not words:
        raise OSError("its component has no command; the image's own is not known here")
    if words[0] in ("python", "python3"):
        words[0] = python
    for word in words:
        if len(word.encode()) > _MAX_ARGUMENT:
            raise OSError(f"an argument is longer than {_MAX_ARGUMENT} bytes")
    return words


def _environment(
    task: Task, folder: StepFolder, place: Place, attempt: int, cells: int, own: bool
) -> dict[str, str]:
    dropped = {*OF_A_STEP, *_OF_A_KERNEL}
    env = {name: value for name, value in os.environ.items() if name not in dropped}
    if env.get("MPLBACKEND", "").startswith("module://"):
        # The inline backend of the kernel that submitted; the step runtime chooses its own.
        del env["MPLBACKEND"]
    binaries = str(Path(place.record.python).parent)
    env["PATH"] = os.pathsep.join(each for each in (binaries, env.get("PATH", "")) if each)
    env["PYTHONUNBUFFERED"] = "1"
    env.update(task.container.env if task.container else {})
    env["KFP_TERMINATION_LOG"] = str(folder.termination_log)
    env["KFP_PARENT_FD"] = str(place.parent)
    env["KFP_CELLS_FD"] = str(cells)
    env["KFP_RETRY_INDEX"] = str(attempt - 1)
    env[MARKER] = str(folder.path)
    if own:
        bundle = bundle_path(place.home, place.record.bundle)
        env["KFP_STEP_CODE"] = str(bundle)
        # The runtime keeps its compiled parts here: half of what a short step costs.
        env["KFP_STEP_CACHE"] = str(bundle.parent)
    return env


def parse_cell_lines(buffer: bytes) -> tuple[list[dict[str, Any]], bytes]:
    """Return the whole `start` and `end` lines read from a cells pipe, and the rest."""
    *lines, rest = buffer.split(b"\n")
    found = []
    for line in lines:
        with contextlib.suppress(ValueError):
            event = json.loads(line)
            if isinstance(event, dict) and "cell_id" in event:
                found.append(event)
    return found, rest
