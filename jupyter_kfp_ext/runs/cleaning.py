"""Removing what is old: the engine that runs here knows what may go."""

from ..engines.local.cleaning import Cleaned, clean
from ..storage import home


def clean_home(age: float) -> Cleaned:
    """Remove runs, results, code and environments not used for `age` seconds."""
    return clean(home(), age)
