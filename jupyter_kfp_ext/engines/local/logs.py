"""A step's log, read in windows: it may have hundreds of megabytes."""

import asyncio
import codecs
import contextlib
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

from ...errors import Code, KfpExtError, Problem
from ..model import RunStatus, State
from .growth import Growth
from .layout import RunFolder
from .log_limit import Gap, read_gap
from .status import StatusReader

_ITERATION = re.compile(r"(.+)\[([0-9.]+)\]")
_WINDOW = 65536


@dataclass(frozen=True)
class LogWindow:
    """A part of a log. Offsets are bytes of the file."""

    offset: int
    text: str
    end: int
    """Where the next window starts."""
    complete: bool
    """Whether the window reaches the present end of the file."""


def split_iteration(task: str) -> tuple[str, str]:
    """Return step and iteration of `train[2]`; the iteration of a whole step is empty."""
    found = _ITERATION.fullmatch(task)
    return (found[1], found[2]) if found else (task, "")


def state_of(status: RunStatus, task: str) -> State:
    """Return the state of a step, or of one iteration (`train[2]`).

    Raises `KfpExtError` (`step-missing`).
    """
    name, key = split_iteration(task)
    step = status.step(name)
    for iteration in step.iterations:
        if iteration.key == key:
            return iteration.state
    if not key:
        return step.state
    raise KfpExtError(
        Problem(
            Code.STEP_MISSING,
            f"Step {name} of run {status.id} has no iteration {key}.",
            f"It has {len(step.iterations)} iterations, counted from 0.",
        )
    )


def log_path(folder: RunFolder, task: str) -> Path:
    """Return the file of a step's log, or of that of one iteration."""
    name, key = split_iteration(task)
    return folder.step(name).part("", key).log


def read_window(folder: RunFolder, task: str, offset: int = 0, limit: int = _WINDOW) -> LogWindow:
    """Return at most `limit` bytes of a step's log from an offset, cut between characters.

    Bytes that are not UTF-8 are shown as U+FFFD. A step that has not started has an empty log. A
    part that was left out (`log_limit`) is one window, which says so.
    """
    log = log_path(folder, task)
    try:
        gap, data, size = _read(log, offset, max(limit, 4))
        while gap != read_gap(log):
            # It was shortened while it was read.
            gap, data, size = _read(log, offset, max(limit, 4))
    except FileNotFoundError:
        return LogWindow(offset, "", offset, True)
    if gap and gap.begin <= offset < gap.end:
        return LogWindow(offset, gap.words, gap.end, gap.end >= size)
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    text = decoder.decode(data)
    # The first bytes of a character that is not whole yet wait for the next window.
    end = min(offset, size) + len(data) - len(decoder.getstate()[0])
    return LogWindow(offset, text, end, end + len(decoder.getstate()[0]) >= size)


def _read(log: Path, offset: int, limit: int) -> tuple[Gap | None, bytes, int]:
    gap = read_gap(log)
    if gap and offset < gap.begin:
        limit = min(limit, gap.begin - offset)
    with open(log, "rb") as file:
        size = file.seek(0, 2)
        file.seek(min(offset, size))
        return gap, file.read(limit), size


async def follow_log(folder: RunFolder, task: str, follow: bool) -> AsyncIterator[str]:
    """Yield a log from its beginning; with `follow` until the step has ended."""
    offset = 0
    async for _ in _looks(folder, task, follow):
        while True:
            window = await asyncio.to_thread(read_window, folder, task, offset)
            offset = window.end
            if window.text:
                yield window.text
            if window.complete:
                break


async def follow_size(folder: RunFolder, task: str) -> AsyncIterator[int]:
    """Yield how long a log is, in bytes, now and whenever it has grown, until the step has ended.

    A reader that shows a part of a long log asks for the windows that it needs.
    """
    known = -1
    async for _ in _looks(folder, task, follow=True):
        size = await asyncio.to_thread(log_size, folder, task)
        if size != known:
            known = size
            yield size


def log_size(folder: RunFolder, task: str) -> int:
    """Return how long a log is, in bytes; a step that has not started has an empty one."""
    try:
        return log_path(folder, task).stat().st_size
    except FileNotFoundError:
        return 0


async def _looks(folder: RunFolder, task: str, follow: bool) -> AsyncIterator[None]:
    """Say when to look at a log: now, and with `follow` at news, at last once the step ended."""
    reader = StatusReader(folder)
    with contextlib.closing(Growth()) as growth:
        while True:
            # Watched before it is read, so nothing falls between.
            for place in (folder.path, log_path(folder, task).parent):
                growth.watch(place)
            # The state is read first: what was printed before the step ended is then in the file.
            ended = not follow or state_of(await asyncio.to_thread(reader.read), task).ended
            yield
            if ended:
                return
            await growth.wait()
