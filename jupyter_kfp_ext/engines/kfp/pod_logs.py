"""Logs of the kfp engine: of steps as they lie here, of other containers as they come."""

from collections.abc import AsyncIterator

from ..local.kept_runs import KeptRuns
from ..local.log_part import split_container
from ..local.logs import state_of
from ..local.lookup import existing_run, read_known
from .container_logs import bring_container_log, follow_container_log


class PodLogs(KeptRuns):
    """Logs of runs whose steps are pods: other containers than a step's own have some, too."""

    def bring_log(self, run_id: str, task: str) -> None:
        """Have the log of a container beside a step's own lie in the run's folder.

        Where there is none, the log says why. Raises `KfpExtError`: `run-missing`, `step-missing`.
        """
        bring_container_log(existing_run(self.home, run_id), task)

    def log(self, run_id: str, task: str, follow: bool = False) -> AsyncIterator[str]:
        """Yield the text of a log, and with `follow` what comes until the step ends.

        Raises `KfpExtError`: `run-missing`, `step-missing`.
        """
        if not follow or not split_container(task)[1]:
            return super().log(run_id, task, follow)
        return _added(self._followed(run_id, task))

    def log_growth(self, run_id: str, task: str) -> AsyncIterator[int]:
        """Yield the size of a log in bytes whenever it grew, until the step ends.

        Where a log of containers has become another one, 0 comes first. Raises `KfpExtError`:
        `run-missing`, `step-missing`.
        """
        if not split_container(task)[1]:
            return super().log_growth(run_id, task)
        return _sizes(self._followed(run_id, task))

    def _followed(self, run_id: str, task: str) -> AsyncIterator[str]:
        folder = existing_run(self.home, run_id)
        state_of(read_known(folder), task)
        return follow_container_log(folder, task)


async def _added(texts: AsyncIterator[str]) -> AsyncIterator[str]:
    """Yield what each text has more than the one before; all of it where it is another one.

    A further attempt gives the log of the first a title, and iterations write side by side.
    """
    shown = ""
    async for text in texts:
        yield text[len(shown) :] if text.startswith(shown) else text
        shown = text


async def _sizes(texts: AsyncIterator[str]) -> AsyncIterator[int]:
    shown = ""
    async for text in texts:
        if not text.startswith(shown):
            yield 0
        yield len(text.encode())
        shown = text
