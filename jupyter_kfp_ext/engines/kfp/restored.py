"""A claim that a run makes of a snapshot, as it is written down before the run starts."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Restored:
    """A claim that is to be made of a snapshot."""

    claim: str
    """As the notebook says it: in its place the new one is mounted."""
    name: str
    snapshot: str
