"""The runs of a home, newest first, reading only what is shown.

Run ids sort by creation time, so the order comes from the names of the folders alone.
"""

import os
from pathlib import Path

from ..engines.local.layout import run_folder, runs_folder
from ..engines.local.lookup import existing_run, notebook_index, read_known, run_missing
from ..engines.model import RunStatus
from ..errors import Code, KfpExtError, Problem
from ..storage import home as default_home
from .engines import keep_watched


class Registry:
    """What is known of all runs of a home; kernel, server and command line share it."""

    def __init__(self, home: Path | None = None) -> None:
        """Read a home; None is the user's own."""
        self.home = home or default_home()

    def list(
        self,
        notebook: str | None = None,
        limit: int = 20,
        before: str | None = None,
        *,
        steps: bool = True,
        archived: bool | None = None,
    ) -> tuple[RunStatus, ...]:
        """Return up to `limit` runs, newest first.

        `notebook` (absolute path) keeps to that notebook's runs; `before` is the id of the last
        run of the page before; without `steps`, runs that ended have none. `archived`: only
        runs that were put aside, or only others; None: both. A run whose record is
        damaged is shown as FAILED and says so.
        """
        found: list[RunStatus] = []
        for run_id in self._ids(notebook):
            if len(found) >= limit:
                break
            if before is None or run_id < before:
                folder = run_folder(self.home, run_id)
                # A marker of a notebook may outlive its run.
                there = notebook is None or folder.path.is_dir()
                if there and (archived is None or archived == folder.archived.exists()):
                    found.append(keep_watched(read_known(folder, steps=steps), self.home))
        return tuple(found)

    def get(self, run: str, notebook: str | None = None) -> RunStatus:
        """Return a run by its id, a unique beginning of it, or `last`.

        Raises `KfpExtError`: `run-missing` where there is none, `usage` where several fit.
        """
        status = read_known(existing_run(self.home, self.resolve(run, notebook)))
        return keep_watched(status, self.home)

    def resolve(self, run: str, notebook: str | None = None) -> str:
        """Return the id that `get` means."""
        ids = self._ids(notebook)
        if run == "last":
            if not ids:
                raise run_missing(run)
            return ids[0]
        if run in ids:
            return run
        fitting = [each for each in ids if run and each.startswith(run)]
        if not fitting:
            raise run_missing(run)
        if len(fitting) > 1:
            raise KfpExtError(
                Problem(
                    Code.USAGE,
                    f"{len(fitting)} runs start with {run!r}: {', '.join(fitting[:3])}, ...",
                    "Give more of the run's id.",
                )
            )
        return fitting[0]

    def _ids(self, notebook: str | None) -> tuple[str, ...]:
        folder = runs_folder(self.home) if notebook is None else notebook_index(self.home, notebook)
        try:
            names = [entry.name for entry in os.scandir(folder)]
        except FileNotFoundError:
            return ()
        except OSError as error:
            message = f"The runs in {folder} cannot be read: {error.strerror}."
            remedy = "Mend the folder, or set JUPYTER_KFP_HOME to another one."
            raise KfpExtError(Problem(Code.STORAGE_FAILED, message, remedy)) from error
        return tuple(sorted((each for each in names if each[0] != "."), reverse=True))
