"""Logs of containers beside a step's own, which are brought only when somebody asks for them."""

from pathlib import Path

from ..engines.local.log_part import log_part, split_container
from ..engines.local.lookup import existing_run, read_known
from ..engines.protocol import Containers
from ..errors import Code, KfpExtError, Problem
from ..storage import home as default_home
from .engines import open_engine


def bring_container_log(
    run_id: str, task: str, home: Path | None = None, again: bool = True
) -> None:
    """Have the log of a container (`train:driver`) lie in the run's folder; nothing for a step's.

    One that was brought before is brought again while there may be more of it, and never without
    `again`. Raises `KfpExtError`: `run-missing`, `step-missing`, `usage` where steps are no pods.
    """
    folder = existing_run(home or default_home(), run_id)
    engine = check_container(run_id, task, home)
    if engine and (again or not log_part(folder, task).path.exists()):
        engine.bring_log(folder.path.name, task)


def check_container(run_id: str, task: str, home: Path | None = None) -> Containers | None:
    """Return the engine whose containers a log names (`train:driver`); None for a step's own.

    Raises `KfpExtError`: `run-missing`, `usage` where steps are no pods.
    """
    if not split_container(task)[1]:
        return None
    engine = open_engine(read_known(existing_run(home or default_home(), run_id)).engine, home)
    if isinstance(engine, Containers):
        return engine
    message = f"The steps of run {run_id} are processes of this machine."
    remedy = "Only runs of a cluster have containers beside a step's own."
    raise KfpExtError(Problem(Code.USAGE, message, remedy, option="container"))
