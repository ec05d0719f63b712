"""Start the process of one step: folder, links, command, environment, pipes."""

import contextlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from ...compiler.names import VOLUME_VARIABLE
from ...runtime.bootstrap import BOOTSTRAP
from ...runtime.step.data_volume import PLACE as DATA_PLACE
from .bundles import runtime_folder
from .environments import PACKAGES_READY, Environment, find_environment, use
from .executor_input import RunFacts, fill_in, placeholders
from .installed import look_into
from .layout import RunFolder, StepFolder, bundle_path, run_folder
from .long_arguments import shortened
from .processes import MARKER
from .record import RunRecord
from .room import Seat
from .spec import Task
from .step_code import HANDED, handed_over, started_by
from .warm import WarmParent
from .work_folder import fill_work_folder, start_folder

OWN_FOLDERS = "KFP_OWN_FOLDERS"
"""Folders of the user's own modules, the notebook's first: a step imports none from there."""
OF_A_STEP = (
    *("KFP_STEP_CODE", "KFP_STEP_CACHE", "KFP_CELLS_FD", "KFP_PARENT_FD", "KFP_TERMINATION_LOG"),
    *("KFP_SEEN", "KFP_TWICE", "KFP_TWICE_FIRST", HANDED, PACKAGES_READY, OWN_FOLDERS, MARKER),
)
"""Given to each step anew: a run that was submitted from a step must not inherit them."""
_OF_A_KERNEL = (
    *("JPY_PARENT_PID", "JPY_SESSION_NAME", "JPY_INTERRUPT_EVENT", "JPY_API_TOKEN"),
    *("PYDEVD_USE_FRAME_EVAL", "PYTHONHOME", "__PYVENV_LAUNCHER__", "PYTHONSTARTUP"),
)
"""Set by a kernel or launcher for its own process: a step must behave alike wherever the run was
submitted."""
NOT_PASSED_ON = frozenset({*OF_A_STEP, *_OF_A_KERNEL})
"""Variables of the submitter that no step inherits."""

_PACKAGE_ROOT = Path(__file__).resolve().parents[3]


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


def begin_warm(warm: WarmParent, run: RunFolder, place: Place) -> str:
    """Start the process that steps are forked from; return what they wait for, if they do."""
    record = place.record
    bundle = bundle_path(place.home, record.bundle)
    shared = surroundings(place, record.python)
    warm.begin(run.path, bundle, record.python, shared, run.runner_log)
    return warm.reason


def prepare_folder(folder: StepFolder, source: str | None, walks: bool = False) -> None:
    """Make the step's folder ready for an attempt; what a failed attempt wrote is removed.

    The log stays: attempts follow each other in it.
    """
    for path in (
        folder.work,
        folder.artifacts,
        folder.parameters,
        folder.environment,
        folder.twice,
    ):
        shutil.rmtree(path, ignore_errors=True)
    for path in (folder.executor_output, folder.termination_log, folder.seen, folder.kept):
        path.unlink(missing_ok=True)
    for path in (folder.artifacts, folder.parameters):
        path.mkdir(parents=True)
    fill_work_folder(folder.work, source, walks)


def start(
    task: Task,
    folder: StepFolder,
    document: Mapping[str, Any],
    attempt: int,
    place: Place,
    seat: Seat,
    warm: WarmParent | None = None,
) -> Launch:
    """Start a step in its prepared folder; `seat` is its part of the machine.

    `warm`: forks it, if it can. Raises `OSError` where the command cannot be started.
    """
    # Not by `write_json`: only this step reads it, and a sync to disk costs more than the rest.
    folder.executor_input.write_text(json.dumps(document, ensure_ascii=False), encoding="utf-8")
    own = is_own(task)
    known = placeholders(task, document, place.facts)
    if own:
        known["$"] = f"@{folder.executor_input}"
    environment = _environment_of(task, folder, place, own)
    python = str(environment.python) if environment else place.record.python
    words = _command(task, known, python)
    command, more = shortened(words, folder.path / "arguments")
    cwd = start_folder(folder.work, place.record.folder)
    variables = _variables(task, folder, place, attempt, own, python)
    reader, writer = os.pipe()
    os.set_blocking(reader, False)
    variables["KFP_CELLS_FD"] = str(writer)
    try:
        with _held(environment) as held, open(folder.log, "ab") as log:
            if environment is not None and not held:
                # It becomes the step once the environment is there.
                module = [sys.executable, "-m", f"{__package__}.provide"]
                command = [*module, str(cwd), environment.to_text(), *command]
                cwd = _PACKAGE_ROOT
            pid = None
            if warm is not None and environment is None:
                named = {"KFP_PARENT_FD": place.parent, "KFP_CELLS_FD": writer}
                pid = warm.fork(command, cwd, {**variables, **more}, named, seat.descriptors, log)
            if pid is None:
                if own and environment is None:
                    command = _at_once(command, bundle_path(place.home, place.record.bundle))
                descriptors = (place.parent, writer, *held, *seat.descriptors)
                pid = _spawn(command, cwd, {**variables, **more, **seat.env}, log, descriptors)
    except OSError:
        os.close(reader)
        raise
    finally:
        os.close(writer)
    return Launch(pid, reader)


def _at_once(command: list[str], bundle: Path) -> list[str]:
    """Return a command of ours with what starts the same step sooner, where there is that."""
    text = started_by(bundle, command[0])
    return [text if text and word == BOOTSTRAP else word for word in command]


def _spawn(
    command: list[str],
    cwd: Path,
    env: Mapping[str, str],
    log: IO[bytes],
    descriptors: tuple[int, ...],
) -> int:
    process = subprocess.Popen(
        command,
        cwd=cwd,
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=subprocess.STDOUT,
        start_new_session=True,
        pass_fds=descriptors,
    )
    # The runner waits for it with wait4, for its resource use; Popen must not.
    process.returncode = 0
    return process.pid


def _environment_of(task: Task, folder: StepFolder, place: Place, own: bool) -> Environment | None:
    """Return the environment that a step runs in, built or not; None: the kernel's own.

    A component of others that calls pip gets one of its own, as it would in its container: it
    must not install into the user's.
    """
    python = place.record.python
    if own:
        return find_environment(place.home, python, place.record.packages.get(task.path, ()))
    container = task.container
    if container and "pip install" in " ".join((*container.command, *container.args)):
        return Environment(folder.environment, look_into(python), ())
    return None


def _held(
    environment: Environment | None,
) -> contextlib.AbstractContextManager[tuple[int, ...]]:
    return use(environment) if environment else contextlib.nullcontext(())


def is_own(task: Task) -> bool:
    """Return whether the command is `[CODE, TASK, SLICE_HASH, "{{$}}"]` to our bootstrap."""
    args = task.container.args if task.container else ()
    return len(args) == 4 and args[1] == task.name and args[3] == "{{$}}"


def _command(task: Task, known: Mapping[str, str], python: str) -> list[str]:
    container = task.container
    texts = (*container.command, *container.args) if container else ()
    words = [fill_in(each, known) for each in texts]
    if words[0] in ("python", "python3"):
        words[0] = python
    return words


def surroundings(place: Place, python: str) -> dict[str, str]:
    """Return the environment that all steps of an interpreter share."""
    env = {name: value for name, value in os.environ.items() if name not in NOT_PASSED_ON}
    if env.get("MPLBACKEND", "").startswith("module://"):
        # The inline backend of the kernel that submitted; the step runtime chooses its own.
        del env["MPLBACKEND"]
    env.update(place.record.environment)
    folders = dict.fromkeys(str(Path(each).parent) for each in (python, place.record.python))
    env["PATH"] = os.pathsep.join(each for each in (*folders, env.get("PATH", "")) if each)
    env["PYTHONUNBUFFERED"] = "1"
    return env


def _variables(
    task: Task, folder: StepFolder, place: Place, attempt: int, own: bool, python: str
) -> dict[str, str]:
    env = surroundings(place, python)
    env.update(task.container.env if task.container else {})
    env.pop(DATA_PLACE, None)  # what a step leaves lies on this machine anyway
    env["KFP_TERMINATION_LOG"] = str(folder.termination_log)
    env["KFP_PARENT_FD"] = str(place.parent)
    env["KFP_RETRY_INDEX"] = str(attempt - 1)
    env[MARKER] = str(folder.path)
    if own:
        bundle = bundle_path(place.home, place.record.bundle)
        env["KFP_STEP_CODE"] = str(bundle)
        kept = runtime_folder(bundle)
        if kept is not None:
            env["KFP_STEP_CACHE"] = str(kept)
            args = task.container.args if task.container else ()
            env[HANDED] = handed_over(bundle, task.name, args[2], folder.slice, python)
        env[PACKAGES_READY] = "1"
        env[OWN_FOLDERS] = os.pathsep.join(place.record.own_folders)
        env["KFP_SEEN"] = str(folder.seen)
        env.update(_volumes(task, place))
        env.update(_compared(folder, place.record.reuse.twice))
    return env


def _volumes(task: Task, place: Place) -> dict[str, str]:
    """Return where the claims are that a run makes on a cluster: folders of the run here."""
    folder = run_folder(place.home, place.record.id).volumes
    found = {}
    for name in task.container.env if task.container else ():
        if name.startswith(VOLUME_VARIABLE):
            own = folder / name.removeprefix(VOLUME_VARIABLE).lower()
            own.mkdir(parents=True, exist_ok=True)
            found[name] = str(own)
    return found


def _compared(folder: StepFolder, twice: str) -> dict[str, str]:
    """Return what has a step keep its values (`first`), or compare them with those of a run."""
    if not twice:
        return {}
    env = {"KFP_TWICE": str(folder.twice)}
    if twice != "first":
        steps = next(each for each in folder.path.parents if each.name == "steps")
        runs = steps.parent.parent
        place = runs / twice / folder.path.relative_to(steps.parent)
        env["KFP_TWICE_FIRST"] = str(StepFolder(place).twice)
    return env


def parse_cell_lines(buffer: bytes) -> tuple[list[dict[str, Any]], bytes]:
    """Return the whole lines (`start`, `end`, `reason`) read from a cells pipe, and the rest."""
    *lines, rest = buffer.split(b"\n")
    found = []
    for line in lines:
        with contextlib.suppress(ValueError):
            event = json.loads(line)
            if isinstance(event, dict):
                found.append(event)
    return found, rest
