"""Options that say when a step runs, how long, how often, and how it is shown."""

import math
from collections.abc import Sequence
from typing import Any

from ..errors import Code
from ..notation.options import Retries
from .names import ascii_text
from .parts import StepParts

ALL_ATTEMPTS = "2592000s"
"""Thirty days: the time for all attempts of a step together."""
_DOUBLINGS = 64
"""Enough for any growing wait to pass any limit, and few enough to compute."""
_SECONDS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400}


def seconds(duration: str) -> float:
    """Return the seconds of a length of time: `90` and `90s` are 90, `10m` is 600."""
    number = duration.rstrip("smhd")
    return float(number) * _SECONDS[duration[len(number) :]]


def after(parts: StepParts, value: Sequence[str]) -> None:
    """Note the steps that must end first; they become `dependentTasks`."""
    parts.after.update(value)


def timeout(parts: StepParts, value: str) -> None:
    """Write the longest time that an attempt may take, in whole seconds."""
    limit = math.ceil(seconds(value))
    if limit == 0:
        parts.refuse("timeout", "no time at all is given", "Give `10m`, or leave it out.")
    else:
        parts.kubernetes["activeDeadlineSeconds"] = str(limit)


def retries(parts: StepParts, value: Retries) -> None:
    """Write how often a failed step is tried again; 0 times means not at all.

    KFP hands these on to Argo (workflow/controller/operator.go, `processNodeRetries`), which reads
    the factor as a whole number, knows no longest wait, and takes `backoffMaxDuration` as the time
    that all attempts have together, from the start of the first: a step that ran longer would not
    be tried again at all. So that time is set far off, and a longest wait that would count is
    refused.
    """
    if value.count == 0:
        return
    if not value.backoff_factor.is_integer():
        parts.refuse(
            "retries",
            f"KFP takes whole factors only, not {value.backoff_factor}",
            "Give `backoff_factor` 1, 2 or more.",
        )
        return
    growth = min(value.backoff_factor, 1000.0) ** min(value.count - 1, _DOUBLINGS)
    longest = seconds(value.backoff) * growth
    if longest > seconds(value.backoff_max):
        parts.refuse(
            "retries",
            f"the last wait would pass `backoff_max` ({value.backoff_max}), and KFP has no limit "
            "for a wait",
            "Lower `count`, `backoff` or `backoff_factor`, or raise `backoff_max`.",
            Code.OPTION_UNSUPPORTED,
        )
    parts.task["retryPolicy"] = {
        "maxRetryCount": value.count,
        "backoffDuration": f"{math.ceil(seconds(value.backoff))}s",
        "backoffFactor": value.backoff_factor,
        "backoffMaxDuration": ALL_ATTEMPTS,
    }


def cache(parts: StepParts, value: bool) -> None:
    """Write whether an earlier result may be used."""
    parts.task["cachingOptions"] = {"enableCache": True} if value else {}


def display_name(parts: StepParts, value: str) -> None:
    """Write the step's title in KFP's interface, in ASCII."""
    if title := ascii_text(value):
        parts.task["taskInfo"] = {"name": title}


def planned(parts: StepParts, value: Any) -> None:
    """Write nothing: loops, conditions, the exit and shared pods are made of the plan."""
