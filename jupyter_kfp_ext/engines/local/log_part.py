"""Which log is meant: that of a step, of one iteration of it (`train[2]`), or one attempt's part.

The attempts of a process follow each other in one log; a file beside it says where each begins.
What the containers of a cluster beside a step's own wrote (`train:driver`) has a file of its own.
"""

import contextlib
import re
from dataclasses import dataclass
from pathlib import Path

from .layout import RunFolder, StepFolder

_ITERATION = re.compile(r"(.+)\[([0-9.]+)\]")
_ATTEMPT = re.compile(r"(.+)@([0-9]{1,9})")
CONTAINERS = ("driver", "init")
"""What a cluster runs beside a step's own container: KFP's driver, and what prepares its pod."""
_CONTAINER = re.compile(rf"(.+):({'|'.join(CONTAINERS)})")


@dataclass(frozen=True)
class LogPart:
    """A log, or a part of it. Readers count bytes from its beginning."""

    path: Path
    begin: int = 0
    """Byte of the file at which it begins."""
    end: int | None = None
    """Byte of the file at which the next attempt begins; None: it goes to the file's end."""

    def size_in(self, file_size: int) -> int:
        """Return how many bytes of a file of this size belong to it."""
        return max(0, min(file_size, file_size if self.end is None else self.end) - self.begin)


def split_container(task: str) -> tuple[str, str]:
    """Return `train@2` and `init` of `train@2:init`; empty where no container is named."""
    found = _CONTAINER.fullmatch(task)
    return (found[1], found[2]) if found else (task, "")


def split_attempt(task: str) -> tuple[str, int | None]:
    """Return `train` and 2 of `train@2`; None where no attempt is named."""
    found = _ATTEMPT.fullmatch(task)
    return (found[1], int(found[2])) if found else (task, None)


def split_iteration(task: str) -> tuple[str, str]:
    """Return step and iteration of `train[2]`; the iteration of a whole step is empty."""
    found = _ITERATION.fullmatch(task)
    return (found[1], found[2]) if found else (task, "")


def log_part(folder: RunFolder, task: str) -> LogPart:
    """Return where the log of `train`, `train[2]`, `train@1`, `train[2]@1:init` ... is."""
    part, container = split_container(task)
    whole, number = split_attempt(part)
    name, key = split_iteration(whole)
    place = folder.step(name).part("", key)
    if container:
        return LogPart(place.container_log(container, number))
    if number is None:
        return LogPart(place.log)
    starts = _starts(place)
    if number > len(starts):
        # It is about to begin.
        return LogPart(place.log, 0, 0)
    end = starts[number] if number < len(starts) else None
    return LogPart(place.log, starts[number - 1], end)


def note_attempt(folder: StepFolder, number: int, at: int | None = None) -> None:
    """Note at which byte of the log an attempt begins, counted from 1; None: at its end by now.

    A step that is planned again begins with the first once more: those before it are forgotten.
    """
    if at is None:
        at = 0
        with contextlib.suppress(FileNotFoundError):
            at = folder.log.stat().st_size
    starts = [*_starts(folder)[: number - 1], at]
    folder.attempts.write_text("".join(f"{each}\n" for each in starts))


def _starts(folder: StepFolder) -> list[int]:
    """Return where each attempt begins, as far as more than one is known."""
    try:
        return [int(line) for line in folder.attempts.read_text().splitlines()]
    except (OSError, ValueError):
        return [0]
