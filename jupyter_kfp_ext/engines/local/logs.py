"""A step's log, read in windows: it may have hundreds of megabytes."""

import asyncio
import codecs
from collections.abc import AsyncIterator
from dataclasses import dataclass

from .layout import RunFolder
from .status import StatusReader

_WINDOW = 65536
_TICK = 0.2
"""Seconds between looks at a growing log: nothing announces that a process has printed."""


@dataclass(frozen=True)
class LogWindow:
    """A part of a log. Offsets are bytes of the file."""

    offset: int
    text: str
    end: int
    """Where the next window starts."""
    complete: bool
    """Whether the window reaches the present end of the file."""


def read_window(folder: RunFolder, task: str, offset: int = 0, limit: int = _WINDOW) -> LogWindow:
    """Return at most `limit` bytes of a step's log from an offset, cut between characters.

    Bytes that are not UTF-8 are shown as U+FFFD. A step that has not started has an empty log.
    """
    try:
        with open(folder.step(task).log, "rb") as file:
            size = file.seek(0, 2)
            file.seek(min(offset, size))
            data = file.read(max(limit, 4))
    except FileNotFoundError:
        return LogWindow(offset, "", offset, True)
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    text = decoder.decode(data)
    # The first bytes of a character that is not whole yet wait for the next window.
    end = min(offset, size) + len(data) - len(decoder.getstate()[0])
    return LogWindow(offset, text, end, end + len(decoder.getstate()[0]) >= size)


async def follow_log(folder: RunFolder, task: str, follow: bool) -> AsyncIterator[str]:
    """Yield a log from its beginning; with `follow` until the step has ended."""
    reader = StatusReader(folder)
    offset = 0
    while True:
        # The state is read first: what was printed before the step ended is then in the file.
        ended = not follow or (await asyncio.to_thread(reader.read)).step(task).state.ended
        while True:
            window = await asyncio.to_thread(read_window, folder, task, offset)
            offset = window.end
            if window.text:
                yield window.text
            if window.complete:
                break
        if ended:
            return
        await asyncio.sleep(_TICK)
