"""Where the lines of a long log are, and what is in them: a reader loads only what it shows.

A log is cut into blocks of whole lines. Where they end depends only on what stands before, so the
blocks of a log that grows stay, but for the last.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from .layout import RunFolder
from .log_limit import Gap, read_gap
from .log_part import log_part
from .logs import log_size, read_window

BLOCK = 16384
"""Bytes of a block at most."""
MOST_FOUND = 10_000
"""Lines that a search gives at most."""

_ESCAPES = re.compile(r"\x1b\[[\d;?]*[A-Za-z]")


@dataclass(frozen=True)
class LogBlock:
    """A part of a log; it begins where the one before ends."""

    end: int
    """Bytes of the file before the next one."""
    lines: int
    """How many lines it shows; a line that is longer than a block counts in each."""


@dataclass(frozen=True)
class LogIndex:
    """The blocks of a log from an offset on."""

    offset: int
    blocks: tuple[LogBlock, ...]
    size: int
    """Bytes of the log as it was looked at."""


@dataclass(frozen=True)
class Found:
    """Lines with a text in them."""

    places: tuple[tuple[int, int], ...]
    """Offset of the block, and the line in it from 0."""
    complete: bool
    """Whether these are all."""


def index_log(folder: RunFolder, task: str, offset: int = 0) -> LogIndex:
    """Return the blocks of a log from the beginning of one of them on.

    A step that has not started has none. Reading 100 MB takes a tenth of a second.
    """
    part = log_part(folder, task)
    size = log_size(folder, task)
    if size <= offset:
        return LogIndex(offset, (), size)
    found = _blocks(part.path, part.begin + offset, part.begin + size, read_gap(part.path))
    blocks = tuple(LogBlock(each.end - part.begin, each.lines) for each in found)
    return LogIndex(offset, blocks, size)


def find_in_log(folder: RunFolder, task: str, text: str) -> Found:
    """Return the lines of a log that have a text in them, in any case; colours are no text."""
    wanted = text.casefold()
    places: list[tuple[int, int]] = []
    begin = 0
    for block in index_log(folder, task).blocks if wanted else ():
        shown = read_window(folder, task, begin, block.end - begin).text
        plain = _ESCAPES.sub("", shown).casefold()
        if wanted in plain:
            for number, line in enumerate(plain.split("\n")):
                if wanted in line:
                    places.append((begin, number))
            if len(places) > MOST_FOUND:
                return Found(tuple(places[:MOST_FOUND]), False)
        begin = block.end
    return Found(tuple(places), True)


def _blocks(log: Path, offset: int, size: int, gap: Gap | None) -> Iterator[LogBlock]:
    """Yield the blocks between two bytes of a file, with where they end in it."""
    with open(log, "rb") as file:
        while offset < size:
            if gap and gap.begin <= offset < gap.end:
                offset = min(gap.end, size)
                yield LogBlock(offset, gap.words.count("\n"))
                continue
            limit = min(BLOCK, size - offset)
            if gap and offset < gap.begin:
                limit = min(limit, gap.begin - offset)
            file.seek(offset)
            data = file.read(limit)
            length = _cut(data) if offset + len(data) < size else len(data)
            lines = data.count(b"\n", 0, length) + (data[length - 1 : length] != b"\n")
            offset += length
            yield LogBlock(offset, lines)


def _cut(data: bytes) -> int:
    """Return where a block ends: after its last whole line, else before a character that is cut."""
    newline = data.rfind(b"\n") + 1
    if newline:
        return newline
    end = len(data)
    # A character of UTF-8 has at most three bytes after its first.
    for back in range(1, min(4, end)):
        if data[end - back] & 0xC0 == 0xC0:
            return end - back
    return end
