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
    _, container = split_container(task)
    if not container:
        return
    folder = existing_run(home or default_home(), run_id)
    if not again and log_part(folder, task).path.exists():
        return
    engine = open_engine(read_known(folder).engine, home)
    if not isinstance(engine, Containers):
        message = f"The steps of run {run_id} are processes of this machine."
        remedy = "Only runs of a cluster have containers beside a step's own."
        raise KfpExtError(Problem(Code.USAGE, message, remedy, option="container"))
    engine.bring_log(folder.path.name, task)
