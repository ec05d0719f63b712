"""Removing what is old: the engine that runs here knows what may go."""

from ..engines.kfp.cleaning import ClusterCleaned
from ..engines.local.cleaning import Cleaned, clean
from ..storage import home


def clean_connection(name: str, age: float) -> ClusterCleaned:
    """Remove code on a cluster that no run used for `age` seconds; raises `KfpExtError`."""
    from ..engines.kfp.cleaning import clean_cluster
    from ..engines.kfp.connections import choose, known_connections

    return clean_cluster(home(), choose(name, known_connections()), age)


def clean_home(age: float) -> Cleaned:
    """Remove runs, results, code and environments not used for `age` seconds."""
    return clean(home(), age)
