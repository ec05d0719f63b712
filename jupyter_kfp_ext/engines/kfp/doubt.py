"""What to do where it is not known whether the cluster did what it was asked.

A call that is not made again is looked for; while the cluster does not answer, it is asked on.
"""

import time
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from .http import ClusterError

Json = dict[str, Any]
Answer = TypeVar("Answer")
LOOKS = (0.5, 1.0, 2.0, 4.0)
"""Seconds between looks for what a call may have made although its answer was lost."""
_LONGEST_WAIT = 30.0
_FORBIDDEN = 403


def answered(
    ask: Callable[[], Answer],
    say: Callable[[str], None],
    pause: Callable[[float], None] = time.sleep,
) -> Answer:
    """Return an answer of the cluster, however long that takes; each error is told to `say`.

    Raises `ClusterError` where a right is missing: waiting would not help. An expired credential
    can be renewed meanwhile.
    """
    wait = LOOKS[0]
    while True:
        found = _or_error(ask)
        if not isinstance(found, ClusterError):
            return found
        if found.status == _FORBIDDEN:
            raise found
        say(found.problems[0].message)
        pause(wait)
        wait = min(wait * 2, _LONGEST_WAIT)


def comes_true(look: Callable[[], bool], pause: Callable[[float], None] = time.sleep) -> bool:
    """Return whether something is so, or becomes so in the time that a lost call may take."""
    for wait in LOOKS:
        if look():
            return True
        pause(wait)
    return look()


def ensure(
    look: Callable[[], Mapping[str, Any] | None],
    make: Callable[[], Json],
    pause: Callable[[float], None] = time.sleep,
) -> Mapping[str, Any]:
    """Return what is there, else make it; looks again where someone else made it meanwhile."""
    for wait in (*LOOKS, None):
        found = look()
        if found is not None:
            return found
        made = _made(make, last=wait is None)
        if made is not None:
            return made
        pause(wait or 0.0)
    raise AssertionError("the last try raises")


def _or_error(ask: Callable[[], Answer]) -> Answer | ClusterError:
    try:
        return ask()
    except ClusterError as error:
        return error


def _made(make: Callable[[], Json], last: bool) -> Json | None:
    try:
        return make()
    except ClusterError as error:
        if last or not (error.status == 409 or error.maybe_done):
            raise
        return None
