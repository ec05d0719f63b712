"""How a step's process ended, in the user's terms: its results, or why it failed."""

import contextlib
import errno
import json
import math
import shutil
import signal
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ...errors import Code
from ..model import StepError
from .crash import read_crash
from .dataflow import Results
from .executor_input import new_artifact
from .last_words import read_last_words
from .launch import is_own
from .layout import StepFolder
from .spec import Task
from .values import as_passed, from_text

_ROOM = 4096
"""Bytes that a termination log takes at most."""
_LOG_REMEDY = "Read the step's log."
_CRASH_REMEDY = (
    "Look at the line that called compiled code: its arguments, and the versions of its package."
)


class OutputMissingError(Exception):
    """A step ended well but did not leave what its component declares; the text says what."""


def read_results(
    task: Task, folder: StepFolder, output: Mapping[str, Any] | None = None
) -> Results:
    """Return what a step left, as KFP's launcher reads it.

    The executor output file (`output`, where it was read already) wins over a parameter's own
    file. An artifact that was never written exists without content, as on a cluster. Raises
    `OutputMissingError`.
    """
    if output is None:
        output = _executor_output(folder, is_own(task))
    said = output.get("parameterValues", {})
    parameters = {
        name: as_passed(said[name], kind) if name in said else _from_file(folder, name, kind)
        for name, kind in task.output_parameters.items()
    }
    artifacts = {
        name: (_artifact(name, kind, folder, output),)
        for name, kind in task.output_artifacts.items()
    }
    return Results(parameters, artifacts)


def _executor_output(folder: StepFolder, own: bool) -> dict[str, Any]:
    if own and not folder.executor_output.exists():
        raise OutputMissingError("its process was ended before its cells were done (`os._exit`)")
    try:
        output = json.loads(folder.executor_output.read_bytes())
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise OutputMissingError(f"its executor output cannot be read: {error}") from error
    if not isinstance(output, dict):
        raise OutputMissingError("its executor output is not a JSON object")
    return output


def _from_file(folder: StepFolder, name: str, kind: str) -> Any:
    try:
        return from_text((folder.parameters / name).read_text(), kind)
    except OSError:
        raise OutputMissingError(f"it did not write its output parameter {name!r}") from None
    except ValueError as error:
        raise OutputMissingError(
            f"its output parameter {name!r} is not a {kind}: {error}"
        ) from error


def _artifact(
    name: str, kind: Mapping[str, Any], folder: StepFolder, output: Mapping[str, Any]
) -> dict[str, Any]:
    artifact = new_artifact(name, kind, folder)
    listed = output.get("artifacts", {}).get(name, {}).get("artifacts", [])
    if listed:
        said = listed[0]
        artifact["uri"] = said.get("customPath") or said.get("uri") or artifact["uri"]
        artifact["metadata"] = dict(said.get("metadata", {}))
    return artifact


def read_metrics(task: Task, results: Results) -> dict[str, float]:
    """Return the numbers that a step logged: of its metrics artifacts, else of its parameters."""
    found: dict[str, float] = {}
    for name, kind in task.output_artifacts.items():
        if kind.get("schemaTitle") == "system.Metrics":
            found.update(_numbers(results.artifacts[name][0]["metadata"]))
    if found:
        return found
    prefix = "metric_"
    return _numbers(
        {
            name.removeprefix(prefix): value
            for name, value in results.parameters.items()
            if name.startswith(prefix)
        }
    )


def read_classification(task: Task, results: Results) -> dict[str, Any]:
    """Return the curves and matrices that a step logged, by the names that its cells give them."""
    return {
        name.removeprefix("classification_"): results.artifacts[name][0]["metadata"]
        for name, kind in task.output_artifacts.items()
        if kind.get("schemaTitle") == "system.ClassificationMetrics"
        and results.artifacts[name][0]["metadata"]
    }


def _numbers(values: Mapping[str, Any]) -> dict[str, float]:
    return {
        name: value
        for name, value in values.items()
        if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    }


def read_error(task: Task, folder: StepFolder, code: int, peak_memory_bytes: int) -> StepError:
    """Return why a step failed: its own words, else what its exit code (negative: signal) means."""
    words = _own_words(folder)
    if words is None and code > 0 and not is_own(task):
        words = read_last_words(folder.log)
    if words is not None:
        return words
    line, traceback = read_crash(folder.termination_log)
    if code > 0 and _disk_is_full(folder):
        return StepError(
            Code.STORAGE_FAILED.value,
            f"It ended with exit code {code} and could not write why: the disk is full.",
            remedy="Free space there, or set JUPYTER_KFP_HOME to a folder on another disk.",
        )
    return replace(_of_code(code, peak_memory_bytes), line=line, traceback=traceback)


def _disk_is_full(folder: StepFolder) -> bool:
    with contextlib.suppress(OSError):
        return shutil.disk_usage(folder.path).free < _ROOM
    return False


def _own_words(folder: StepFolder) -> StepError | None:
    try:
        return StepError.from_json(json.loads(folder.termination_log.read_bytes())["error"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


_SIGNALS = {
    signal.SIGSEGV: "It crashed (signal SIGSEGV): compiled code used memory that is not its own.",
    signal.SIGABRT: "It was aborted (signal SIGABRT), by compiled code as a rule.",
    signal.SIGBUS: "It crashed (signal SIGBUS): a mapped file was cut short or the disk is full.",
    signal.SIGILL: "It crashed (signal SIGILL): compiled code does not fit this processor.",
    signal.SIGFPE: "It crashed (signal SIGFPE): compiled code divided an integer by zero.",
}


def _of_code(code: int, peak_memory_bytes: int) -> StepError:
    if code >= 0:
        return StepError(
            Code.STEP_FAILED.value,
            f"It ended with exit code {code} and did not say why, as after `os._exit`.",
            remedy=_LOG_REMEDY,
        )
    if -code == signal.SIGKILL:
        return StepError(
            Code.STEP_KILLED.value,
            "It was killed from outside (signal SIGKILL), most likely because memory ran out; "
            f"its peak was {peak_memory_bytes / 2**20:.0f} MiB.",
            remedy="Use less memory in this step, or run fewer steps at once.",
        )
    try:
        number = signal.Signals(-code)
    except ValueError:
        return StepError(Code.STEP_KILLED.value, f"It was ended by signal {-code}.")
    if number in _SIGNALS:
        return StepError(Code.STEP_CRASHED.value, _SIGNALS[number], remedy=_CRASH_REMEDY)
    words = f"It was ended from outside (signal {number.name})."
    return StepError(Code.STEP_KILLED.value, words, remedy=_LOG_REMEDY)


_USED_UP = (errno.EMFILE, errno.ENFILE, errno.EAGAIN, errno.ENOMEM)
"""No more open files, processes or memory."""


def timed_out(seconds: float) -> StepError:
    """Return the error of a step that ran longer than it may."""
    return StepError(
        Code.STEP_TIMED_OUT.value,
        f"It ran longer than its timeout of {seconds:g} s and was stopped.",
        remedy="Give the step a longer `timeout`, or less to do.",
    )


def left_nothing(reason: OutputMissingError) -> StepError:
    """Return the error of a step that ended well without its outputs."""
    return StepError(
        Code.STEP_FAILED.value, f"It ended with exit code 0, but {reason}.", remedy=_LOG_REMEDY
    )


def cannot_start(error: OSError | ValueError) -> StepError:
    """Return the error of a step whose process could not be started."""
    remedy = "The local engine runs commands as processes: install what the command names."
    if isinstance(error, OSError) and error.errno in _USED_UP:
        remedy = "Close other programs, or raise the limit (`ulimit -n`, `ulimit -u`)."
    return StepError(
        Code.STEP_FAILED.value,
        f"It could not be started: {error}.",
        remedy=remedy,
    )


def at_cell(error: StepError, cell_id: str | None, number: int | None) -> StepError:
    """Return the error with the cell that ran, where it does not say one itself."""
    if error.cell_id is not None or cell_id is None:
        return error
    return replace(error, cell_id=cell_id, cell=number)
