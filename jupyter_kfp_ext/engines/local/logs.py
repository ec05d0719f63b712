"""A step's log, read in windows: it may have hundreds of megabytes."""

import asyncio
import codecs
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass

from ...errors import Code, KfpExtError, Problem
from ..model import RunStatus, State
from .growth import Growth
from .layout import RunFolder
from .log_limit import Gap, read_gap
from .log_part import LogPart, log_part, split_attempt, split_container, split_iteration
from .status import StatusReader

_WINDOW = 65536


@dataclass(frozen=True)
class LogWindow:
    """A stretch of a log. Offsets are bytes from the log's beginning."""

    offset: int
    text: str
    end: int
    """Where the next window starts."""
    complete: bool
    """Whether the window reaches the present end of the file."""


def state_of(status: RunStatus, task: str) -> State:
    """Return the state of a step, of one iteration (`train[2]`), or of an attempt (`train@1`).

    That of a container beside it (`train:driver`) is the same.

    Raises `KfpExtError` (`step-missing`).
    """
    whole, number = split_attempt(split_container(task)[0])
    name, key = split_iteration(whole)
    step = status.step(name)
    found = next((each for each in step.iterations if each.key == key), None)
    if key and found is None:
        raise _missing(
            f"Step {name} of run {status.id} has no iteration {key}.",
            f"It has {len(step.iterations)} iterations, counted from 0.",
        )
    state, attempts = (found.state, found.attempt) if found else (step.state, step.attempt)
    if number is None:
        return state
    # The log of a whole loop joins those of its iterations.
    attempts = 0 if step.iterations and not key else attempts
    if not 1 <= number <= attempts:
        raise _missing(
            f"{whole} of run {status.id} has no attempt {number} of its own.",
            f"It has {attempts} attempts, counted from 1.",
        )
    return state if number == attempts else State.FAILED


def _missing(message: str, remedy: str) -> KfpExtError:
    return KfpExtError(Problem(Code.STEP_MISSING, message, remedy))


def read_window(folder: RunFolder, task: str, offset: int = 0, limit: int = _WINDOW) -> LogWindow:
    """Return at most `limit` bytes of a step's log from an offset, cut between characters.

    Bytes that are not UTF-8 are shown as U+FFFD. A step that has not started has an empty log. A
    part that was left out (`log_limit`) is one window, which says so.
    """
    part = log_part(folder, task)
    at = part.begin + offset
    try:
        gap, data, size = _read(part, at, max(limit, 4))
        while gap != read_gap(part.path):
            # It was shortened while it was read.
            gap, data, size = _read(part, at, max(limit, 4))
    except FileNotFoundError:
        return LogWindow(offset, "", offset, True)
    last = part.begin + size
    if gap and gap.begin <= at < min(gap.end, last):
        end = min(gap.end, last)
        return LogWindow(offset, gap.words, end - part.begin, end >= last)
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    text = decoder.decode(data)
    # The first bytes of a character that is not whole yet wait for the next window.
    rest = len(decoder.getstate()[0])
    end = min(offset, size) + len(data) - rest
    return LogWindow(offset, text, end, end + rest >= size)


def _read(part: LogPart, at: int, limit: int) -> tuple[Gap | None, bytes, int]:
    """Return the gap of a log, bytes from a place of its file on, and the size of the part."""
    gap = read_gap(part.path)
    if gap and at < gap.begin:
        limit = min(limit, gap.begin - at)
    with open(part.path, "rb") as file:
        size = part.size_in(file.seek(0, 2))
        last = part.begin + size
        file.seek(min(at, last))
        return gap, file.read(max(0, min(limit, last - at))), size


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
    part = log_part(folder, task)
    try:
        return part.size_in(part.path.stat().st_size)
    except FileNotFoundError:
        return 0


async def _looks(folder: RunFolder, task: str, follow: bool) -> AsyncIterator[None]:
    """Say when to look at a log: now, and with `follow` at news, at last once the step ended."""
    reader = StatusReader(folder)
    with contextlib.closing(Growth()) as growth:
        while True:
            # Watched before it is read, so nothing falls between.
            for place in (folder.path, log_part(folder, task).path.parent):
                growth.watch(place)
            # The state is read first: what was printed before the step ended is then in the file.
            ended = not follow or state_of(await asyncio.to_thread(reader.read), task).ended
            yield
            if ended:
                return
            await growth.wait()
