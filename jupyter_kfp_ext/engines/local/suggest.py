"""What a step should ask for, judged by what it took."""

from collections.abc import Mapping

_SPARE = 1.25
"""Memory of another run of the same step is rarely more than this times as much."""
_MUCH = 512 << 20
"""Bytes from which memory is worth asking for."""
_LONG = 1.0
"""Seconds from which an average of processors means something."""
_BUSY = 1.2
"""Processors from which they are worth asking for."""
_TOO_MUCH = 1.3
"""A request of up to so many times what would do is left alone."""


def suggested_requests(
    requests: Mapping[str, str], peak: int, cores: float, seconds: float
) -> dict[str, str]:
    """Return better requests by option, as Kubernetes quantities; empty where none is better.

    `requests`: what was asked for (`cpu`, `memory`); `peak`: bytes of memory at most; `cores`:
    processors on average over `seconds`. Without a request, one is suggested to a step that takes
    at least 512 MiB, or keeps more than one processor busy.
    """
    found = {}
    memory = _asked(requests, "memory")
    if peak and (memory or peak >= _MUCH):
        enough = _round_up(peak * _SPARE / 2**20)
        if memory is None or memory < peak or memory > enough * 2**20 * _TOO_MUCH:
            found["memory"] = f"{enough / 1024:g}Gi" if enough >= 1024 else f"{enough}Mi"
    cpu = _asked(requests, "cpu")
    if seconds >= _LONG and (cpu or cores >= _BUSY):
        enough = _round_up(cores * 1000, (100, 250, 500, 1000))
        if cpu is None or cpu * 1000 < cores * 1000 * 0.9 or cpu * 1000 > enough * _TOO_MUCH:
            found["cpu"] = f"{enough / 1000:g}" if enough >= 1000 else f"{enough}m"
    return found


def _asked(requests: Mapping[str, str], option: str) -> float | None:
    """Return an amount that was asked for; None where none was, or a parameter says it."""
    if option not in requests:
        return None
    from ...compiler.resources import quantity

    try:
        return float(quantity(requests[option]))
    except (ArithmeticError, KeyError):
        return None


def _round_up(amount: float, first: tuple[int, ...] = (64,)) -> int:
    """Return the next of a few round amounts: those first, then each half and each whole again."""
    for each in first:
        if amount <= each:
            return each
    step = first[-1]
    while True:
        for each in (step * 3 // 2, step * 2):
            if amount <= each:
                return each
        step *= 2
