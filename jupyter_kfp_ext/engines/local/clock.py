"""The time of events: it never goes back, whatever happens to the machine's clock.

A clock that is set while a run goes on (time service, suspended machine, hand) would give steps
that end before they start.
"""

import time


def _since_start() -> float:
    # It goes on while the machine sleeps, unlike the monotonic clock (clock_gettime(2)).
    clock = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
    return time.clock_gettime(clock)


_offset = time.time() - _since_start()


def look_again() -> None:
    """Go by the clock as it is now: what this process tells of begins only now."""
    global _offset
    _offset = time.time() - _since_start()


def now() -> float:
    """Return seconds since the epoch, by the clock as it was when this process began its work."""
    return _since_start() + _offset
