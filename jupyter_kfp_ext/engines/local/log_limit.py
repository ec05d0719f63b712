"""Keeps a log that grows without end below a limit: its beginning and its tail stay.

Processes write to the file themselves, so nothing may move in it. The blocks in its middle are
given back to the disk instead (`fallocate(2)`, Linux), and a file beside it says which part has
gone; offsets stay what they were.
"""

import contextlib
import json
import os
import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

LIMIT = "JUPYTER_KFP_LOG_LIMIT"
"""Environment variable: most of a step's log that is kept, as `64Mi` or `100000`; `0`: all."""
_DEFAULT = 64 << 20
_UNITS = {"": 1, "Ki": 1 << 10, "Mi": 1 << 20, "Gi": 1 << 30}
_SLACK = 8
"""A log is shortened once it is longer by one part in this many: not for each line."""
_HEAD = 4
"""One part in this many of what is kept is the beginning."""
_LINE = 4096
"""Bytes in which the end of a line is looked for."""
_CHUNK = 1 << 20
_FAR = 1 << 40
_KEEP_SIZE, _PUNCH_HOLE = 1, 2


@dataclass(frozen=True)
class Gap:
    """The part of a log that is left out, in bytes of the file."""

    begin: int
    end: int

    @property
    def words(self) -> str:
        """What a reader is told in its place."""
        return f"\n[{self.end - self.begin} bytes of this log were left out ({LIMIT})]\n"


def log_limit() -> int:
    """Return how many bytes of a log are kept; 0 for all. Nonsense counts as not said."""
    found = re.fullmatch(r"(\d+)(|Ki|Mi|Gi)", os.environ.get(LIMIT, "").strip())
    return int(found[1]) * _UNITS[found[2]] if found else _DEFAULT


def read_gap(log: Path) -> Gap | None:
    """Return what is left out of a log; None where it is whole."""
    try:
        data = json.loads(_gap_file(log).read_bytes())
        return Gap(int(data["begin"]), int(data["end"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def shorten(log: Path, limit: int) -> None:
    """Take the middle out of a log that is clearly longer than the limit (bytes; 0: none)."""
    with contextlib.suppress(FileNotFoundError), open(log, "r+b", buffering=0) as file:
        size = file.seek(0, os.SEEK_END)
        before = read_gap(log)
        kept = size - (before.end - before.begin if before else 0)
        if not limit or kept <= limit + limit // _SLACK:
            return
        head = limit // _HEAD
        begin = before.begin if before else _line_start(file.fileno(), head)
        gap = Gap(begin, _line_start(file.fileno(), size - (limit - head)))
        if gap.end <= gap.begin or not _can_punch(file.fileno(), size):
            return
        # Said before it is done: no reader may take the zeros of the gap for text.
        aside = _gap_file(log).with_suffix(".aside")
        aside.write_text(json.dumps(asdict(gap)))
        aside.replace(_gap_file(log))
        _punch(file.fileno(), gap.begin, gap.end - gap.begin)


def pieces(log: Path, begin: int = 0, end: int | None = None) -> Iterator[bytes]:
    """Yield a log between two bytes as it is shown: without the gap, but with a word about it."""
    gap = read_gap(log)
    with open(log, "rb") as file:
        if gap is None or begin >= gap.end or (end is not None and end <= gap.begin):
            yield from _chunks(file.fileno(), begin, end)
            return
        yield from _chunks(file.fileno(), begin, gap.begin)
        yield gap.words.encode()
        yield from _chunks(file.fileno(), gap.end, end)


def _chunks(descriptor: int, begin: int, end: int | None) -> Iterator[bytes]:
    while end is None or begin < end:
        most = _CHUNK if end is None else min(_CHUNK, end - begin)
        data = os.pread(descriptor, most, begin)
        if not data:
            return
        begin += len(data)
        yield data


def _gap_file(log: Path) -> Path:
    return log.with_name(f"{log.name}.gap")


def _line_start(descriptor: int, offset: int) -> int:
    """Return the first beginning of a line from an offset on, where there is one near."""
    found = os.pread(descriptor, _LINE, offset).find(b"\n")
    return offset + found + 1


def _can_punch(descriptor: int, size: int) -> bool:
    """Tell whether this system can give back blocks of a file; tried where none are.

    Far behind the end, since the step goes on writing.
    """
    return _punch(descriptor, size + _FAR, 1)


def _punch(descriptor: int, begin: int, length: int) -> bool:
    import ctypes  # a runner starts without it

    call = getattr(ctypes.CDLL(None), "fallocate64", None)
    if call is None:
        return False
    call.argtypes = (ctypes.c_int, ctypes.c_int, ctypes.c_int64, ctypes.c_int64)
    return bool(call(descriptor, _KEEP_SIZE | _PUNCH_HOLE, begin, length) == 0)
