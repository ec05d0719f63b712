"""Bodies that ran already with all that they would find now: to run them again adds nothing.

Code that a call gets may be called by it, in any order and any number of times, and may hand on
what lets the same code run again. Within a statement what is known only grows, so a run in a state
that has not grown since an earlier run began, with no more than that had, finds nothing new.
"""

from dataclasses import dataclass, field

from .facts import Body
from .heap import Value


@dataclass(frozen=True)
class Run:
    """What a body was run with; less is cut off where there is less under way."""

    value: Value
    definite: frozenset[str]
    """Names that were bound for sure: reads of others are noted."""
    under_way: frozenset[Body]
    """Bodies that it does not begin again."""

    def covers(self, other: "Run") -> bool:
        """Tell whether the other run can add nothing, in the same state."""
        return (
            other.value.is_in(self.value)
            and self.definite <= other.definite
            and self.under_way <= other.under_way
        )


@dataclass
class Repeated:
    """The runs that began in the present state of a statement."""

    _state: object = None
    _runs: dict[object, list[Run]] = field(default_factory=dict)

    def is_known(self, key: object, run: Run, state: object) -> bool:
        """Tell whether a run adds nothing; note it otherwise, as it begins now.

        `key` says what runs, and in which context: objects that it makes are told apart by that.
        """
        if state != self._state:
            self._state = state
            self._runs = {}
        runs = self._runs.setdefault(key, [])
        if any(each.covers(run) for each in runs):
            return True
        runs.append(run)
        return False
