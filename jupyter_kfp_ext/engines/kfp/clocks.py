"""The cluster's clock beside this machine's: what runs there is timed there, and shown here."""

import contextlib
from collections.abc import Iterable
from dataclasses import replace
from email.utils import parsedate_to_datetime

from ..model import Iteration, StepStatus

_UNSURE = 5.0
"""Seconds by which clocks may differ without anybody seeing it: a `Date` has whole seconds."""


def seconds_ahead(said: str, sent: float, took: float, before: float) -> float:
    """Return by how many seconds a server's clock is ahead of ours.

    `said` is the `Date` of an answer (RFC 9110 6.6.1) to what was sent at `sent` by our clock and
    took `took` seconds; `before` is what was known, and stays where the answer does not tell more.
    """
    with contextlib.suppress(ValueError, TypeError):
        date = parsedate_to_datetime(said).timestamp()
        found = date - max(min(date, sent + took), sent)
        if abs(found - before) > _UNSURE + took:
            return found if abs(found) > _UNSURE else 0.0
    return before


def by_our_clock(steps: Iterable[StepStatus], ahead: float) -> tuple[StepStatus, ...]:
    """Return steps that ran by a clock that is ahead, with the times of ours."""
    return tuple(
        replace(
            step,
            started=ours(step.started, ahead),
            ended=ours(step.ended, ahead),
            iterations=tuple(_iteration(each, ahead) for each in step.iterations),
        )
        for step in steps
    )


def ours(time: float | None, ahead: float) -> float | None:
    """Return a time of that clock by ours."""
    return None if time is None else time - ahead


def _iteration(each: Iteration, ahead: float) -> Iteration:
    return replace(each, started=ours(each.started, ahead), ended=ours(each.ended, ahead))
