"""When a recurring run starts: cron or interval, as people write it and as KFP wants it.

KFP's cron (robfig/cron 1) begins with seconds and takes five fields for seconds to month, so the
usual five, which begin with minutes, would mean something else: they get a `0` in front.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ...errors import Code, KfpExtError, Problem

_FIELDS = (
    ("second", 0, 59, ()),
    ("minute", 0, 59, ()),
    ("hour", 0, 23, ()),
    ("day of the month", 1, 31, ()),
    (
        "month",
        1,
        12,
        ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"),
    ),
    ("day of the week", 0, 6, ("sun", "mon", "tue", "wed", "thu", "fri", "sat")),
)
_NAMED = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@yearly": "0 0 1 1 *",
}
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
MOST_AT_ONCE = 10
"""Runs of one schedule that KFP lets go on at the same time."""


@dataclass(frozen=True)
class Trigger:
    """When runs start; one of the two is said."""

    cron: str = ""
    """Five fields (minute, hour, day of the month, month, day of the week) or six with seconds."""
    seconds: int = 0
    """Between two starts."""

    @staticmethod
    def from_kfp(said: Mapping[str, Any]) -> "Trigger":
        """Build it from KFP's form."""
        cron = str((said.get("cron_schedule") or {}).get("cron") or "")
        seconds = int((said.get("periodic_schedule") or {}).get("interval_second") or 0)
        return Trigger(cron.removeprefix("0 ") if len(cron.split()) == 6 else cron, seconds)

    def to_kfp(self) -> dict[str, Any]:
        """Return KFP's form."""
        if self.seconds:
            return {"periodic_schedule": {"interval_second": str(self.seconds)}}
        fields = self.cron.split()
        return {"cron_schedule": {"cron": " ".join(["0", *fields] if len(fields) == 5 else fields)}}

    def __str__(self) -> str:
        if not self.seconds:
            return f"cron {self.cron}"
        unit = next(u for u in reversed(_UNITS) if self.seconds % _UNITS[u] == 0)
        return f"every {self.seconds // _UNITS[unit]}{unit}"


def cron_trigger(text: str) -> Trigger:
    """Read a cron expression; raises `KfpExtError` (`usage`) saying what is wrong with it."""
    fields = _NAMED.get(text.strip().lower(), text).split()
    if len(fields) not in (5, 6):
        raise _wrong(text, f"it has {len(fields)} fields")
    found = []
    for field, (name, least, most, words) in zip(fields, _FIELDS[-len(fields) :], strict=True):
        numbers = _in_numbers(field.lower(), least, words)
        found.append(numbers)
        if not all(_fits(part, least, most) for part in numbers.split(",")):
            raise _wrong(text, f"{field!r} is no {name} ({least} to {most})")
    return Trigger(cron=" ".join(found))


def every_trigger(text: str) -> Trigger:
    """Read an interval (`90s`, `15m`, `6h`, `1d`, `1w`); raises `KfpExtError` (`usage`)."""
    found = re.fullmatch(r"([1-9][0-9]{0,8})([smhdw])", text.strip().lower())
    if found is None:
        message = f"{text!r} is no interval."
        raise KfpExtError(
            Problem(Code.USAGE, message, "Write 90s, 15m, 6h, 1d or 1w.", option="every")
        )
    return Trigger(seconds=int(found[1]) * _UNITS[found[2]])


def _in_numbers(field: str, least: int, words: tuple[str, ...]) -> str:
    for number, word in enumerate(words, least):
        field = re.sub(rf"\b{word}\b", str(number), field)
    return field


def _fits(part: str, least: int, most: int) -> bool:
    span, slash, step = part.partition("/")
    if slash and not (step.isdecimal() and int(step) > 0):
        return False
    if span in ("*", "?"):
        return True
    numbers = [int(each) if each.isdecimal() else -1 for each in span.split("-")]
    inside = all(least <= each <= most for each in numbers)
    return len(numbers) <= 2 and inside and numbers == sorted(numbers)


def _wrong(text: str, why: str) -> KfpExtError:
    message = f"The cron expression {text!r} cannot be read: {why}."
    remedy = "Write minute, hour, day of the month, month and day of the week: `0 9 * * 1-5`."
    return KfpExtError(Problem(Code.USAGE, message, remedy, option="cron"))
