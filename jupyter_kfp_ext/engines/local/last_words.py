"""Why a process of another tool's component failed: the traceback at the end of its log."""

import re
from pathlib import Path

from ..model import StepError

_TAIL = 64 * 1024
"""Bytes at the end of a log that are looked at."""
_BEGIN = b"Traceback (most recent call last):"
_ERROR = re.compile(r"(?P<name>([A-Za-z_]\w*\.)*[A-Za-z_]\w*)(: (?P<message>.*))?", re.DOTALL)


def read_last_words(log: Path) -> StepError | None:
    """Return the error that ends a log, as Python prints it; None where it ends otherwise."""
    try:
        with open(log, "rb") as file:
            file.seek(max(0, file.seek(0, 2) - _TAIL))
            tail = file.read()
    except OSError:
        return None
    begin = tail.rfind(_BEGIN)
    if begin < 0 or tail[:begin].rpartition(b"\n")[2].strip():
        return None
    lines = tail[begin:].decode("utf-8", "replace").rstrip().splitlines()
    said = next((n for n, line in enumerate(lines[1:], 1) if not line.startswith(" ")), None)
    found = _ERROR.fullmatch("\n".join(lines[said:])) if said else None
    if found is None:
        return None
    return StepError(
        name=found["name"].rpartition(".")[2],
        message=found["message"] or "",
        traceback=tuple(lines),
    )
