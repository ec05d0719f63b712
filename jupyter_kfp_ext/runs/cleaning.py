"""Removing runs and what is old: the engines that keep it know what may go."""

from ..engines.kfp.cleaning import ClusterCleaned
from ..engines.local.cleaning import Cleaned, clean, remove_run
from ..engines.local.lookup import existing_run
from ..errors import Code, KfpExtError, Problem
from ..storage import home
from .registry import Registry


def clean_connection(name: str, age: float) -> ClusterCleaned:
    """Remove code on a cluster that no run used for `age` seconds; raises `KfpExtError`."""
    from ..engines.kfp.cleaning import clean_cluster
    from ..engines.kfp.connections import choose, known_connections

    return clean_cluster(home(), choose(name, known_connections()), age)


def clean_home(age: float) -> Cleaned:
    """Remove runs, results, code and environments not used for `age` seconds."""
    return clean(home(), age)


def delete_run(run_id: str) -> None:
    """Remove one ended run, with its logs, outputs and values; what the cache keeps of it stays.

    On a cluster, what is there stays, too: only what was brought here goes. Raises `KfpExtError`:
    `run-missing`, `run-active` for a run that goes on, or that one that goes on takes results from.
    """
    status = Registry().get(run_id)
    if not status.state.ended:
        remedy = f"`jupyter kfp cancel {run_id}` ends it."
        raise KfpExtError(Problem(Code.RUN_ACTIVE, f"The run {run_id} has not ended.", remedy))
    if not remove_run(home(), existing_run(home(), run_id)):
        message = f"The run {run_id} is still in use: a run that goes on takes results from it."
        raise KfpExtError(Problem(Code.RUN_ACTIVE, message, "Wait for that run to end."))
