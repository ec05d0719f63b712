"""Find a run of a home by its id or its notebook, as everyone but the runner does."""

import contextlib
import hashlib
import os
import time
from pathlib import Path

from ...errors import Code, KfpExtError, Problem
from ..model import RunStatus, State
from .ids import created_by_id
from .layout import RunFolder, run_folder, runs_folder
from .status import DamagedRunError, read_status

_REMEMBERED = 3600.0
"""Seconds for which a press that is repeated starts no second run."""


def read_known(folder: RunFolder, *, steps: bool = True) -> RunStatus:
    """Return the run as it is now; a damaged one as FAILED, with what is known of it.

    Without `steps`, an ended run has none: a list of thousands of runs is read three times faster.
    """
    try:
        return read_status(folder, steps=steps)
    except DamagedRunError as error:
        return RunStatus(
            id=folder.path.name,
            name=folder.path.name,
            notebook=None,
            engine="local",
            state=State.FAILED,
            created=created_by_id(folder.path.name),
            seq=0,
            message=f"The record of this run is damaged: {error}",
        )


def existing_run(home: Path, run_id: str) -> RunFolder:
    """Return the folder of a run; `KfpExtError` (`run-missing`) where there is none."""
    folder = run_folder(home, run_id)
    # An id that is a path ("../x") must not leave the folder of runs; a name with a dot in front
    # is a run that is still being written.
    if not run_id or run_id[0] == "." or {"/", "\0"} & set(run_id) or not folder.path.is_dir():
        raise run_missing(run_id)
    return folder


def newest_run(home: Path) -> str:
    """Return the id of the newest run; empty where there is none."""
    try:
        names = [entry.name for entry in os.scandir(runs_folder(home))]
    except OSError:
        return ""
    return max((each for each in names if each[0] != "."), default="")


def run_active(run_id: str) -> KfpExtError:
    """Return the error for a run that has not ended."""
    remedy = f"`jupyter kfp cancel {run_id}` ends it."
    return KfpExtError(Problem(Code.RUN_ACTIVE, f"The run {run_id} has not ended.", remedy))


def run_missing(run: str) -> KfpExtError:
    """Return the error for a run that does not exist."""
    return KfpExtError(
        Problem(Code.RUN_MISSING, f"There is no run {run!r}.", "`jupyter kfp runs` lists them.")
    )


def notebook_index(home: Path, notebook: str) -> Path:
    """Return the folder with one file for each run of a notebook (absolute path): its press."""
    return home / "notebooks" / hashlib.sha256(os.fsencode(notebook)).hexdigest()[:32]


def run_of_press(home: Path, notebook: str, press: str) -> str | None:
    """Return the run of a notebook that this press has started already, within the last hour."""
    folder, oldest = notebook_index(home, notebook), time.time() - _REMEMBERED
    with contextlib.suppress(OSError):
        for marker in folder.iterdir():
            # A run may be removed meanwhile, or never have become one.
            with contextlib.suppress(OSError):
                if (
                    created_by_id(marker.name) > oldest
                    and marker.read_text(encoding="utf-8") == press
                    and run_folder(home, marker.name).path.is_dir()
                ):
                    return marker.name
    return None
