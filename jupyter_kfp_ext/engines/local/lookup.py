"""Find a run of a home by its id or its notebook, as everyone but the runner does."""

import hashlib
import os
from pathlib import Path

from ...errors import Code, KfpExtError, Problem
from ..model import RunStatus, State
from .ids import created_by_id
from .layout import RunFolder, run_folder, runs_folder
from .status import DamagedRunError, read_status


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


def run_missing(run: str) -> KfpExtError:
    """Return the error for a run that does not exist."""
    return KfpExtError(
        Problem(Code.RUN_MISSING, f"There is no run {run!r}.", "`jupyter kfp runs` lists them.")
    )


def notebook_index(home: Path, notebook: str) -> Path:
    """Return the folder with one empty file for each run of a notebook (absolute path)."""
    return home / "notebooks" / hashlib.sha256(os.fsencode(notebook)).hexdigest()[:32]
