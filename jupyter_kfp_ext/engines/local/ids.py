"""Run ids: they sort by creation time, so a list of runs needs nothing but names."""

import os
import time

_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
_PER_MICROSECOND = 36**6 // 1_000_000


def new_run_id(now: float | None = None) -> str:
    """Return an id that sorts by creation time: `YYYYMMDD-HHMMSS-xxxxxx` (UTC).

    The last part is the microseconds and a random rest in base 36, so that runs of one second
    sort by time too and two processes do not meet.
    """
    seconds, micros = divmod(int((time.time() if now is None else now) * 1_000_000), 1_000_000)
    number = micros * _PER_MICROSECOND + int.from_bytes(os.urandom(4), "big") % _PER_MICROSECOND
    digits = ""
    for _ in range(6):
        number, digit = divmod(number, 36)
        digits = _DIGITS[digit] + digits
    return f"{time.strftime('%Y%m%d-%H%M%S', time.gmtime(seconds))}-{digits}"


def next_run_id(newest: str, now: float) -> str:
    """Return an id that comes after the newest one there is, also where the clock went back."""
    found = new_run_id(now)
    if found > newest:
        return found
    number = 0
    for digit in newest[16:22]:
        number = number * 36 + max(_DIGITS.find(digit), 0)
    micros = number // _PER_MICROSECOND + 1
    return new_run_id((created_by_id(newest) * 1_000_000 + micros) / 1_000_000)


def created_by_id(run_id: str) -> float:
    """Return the time that a run id holds (whole seconds); 0 where it is not one of ours."""
    import calendar  # a runner starts without it

    try:
        return float(calendar.timegm(time.strptime(run_id[:15], "%Y%m%d-%H%M%S")))
    except ValueError:
        return 0.0
