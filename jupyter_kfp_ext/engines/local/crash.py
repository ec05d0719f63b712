"""What a crashed step left in its termination log: Python's frames, the newest first."""

import re
from pathlib import Path

_FATAL = re.compile(r"^Fatal Python error: .*$", re.MULTILINE)
_FRAME = re.compile(r'^  File "(.*)", line (\d+) in (.*)$', re.MULTILINE)
_CELL = re.compile(r".*/ipykernel_\d+/\d+\.py")


def read_crash(place: Path) -> tuple[int | None, tuple[str, ...]]:
    """Return the line in the cell that ran, and a traceback of the user's frames, oldest first.

    Without a note of a crash: None and nothing.
    """
    try:
        text = place.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None, ()
    return parse_crash(text)


def parse_crash(text: str) -> tuple[int | None, tuple[str, ...]]:
    """Return what `read_crash` does, of the log's text."""
    fatal = _FATAL.search(text)
    if fatal is None:
        return None, ()
    frames: list[tuple[str, int, str]] = []
    for path, line, name in _FRAME.findall(text):
        if path.startswith("kfp_step/"):
            break
        frames.append((path, int(line), name))
    while frames and not _CELL.fullmatch(frames[-1][0]):
        frames.pop()  # IPython's own, which ran the cell
    shown = [
        f"  {'Cell' if _CELL.fullmatch(path) else f'File {path}'}, line {line}, in {name}"
        for path, line, name in reversed(frames)
    ]
    return (frames[-1][1] if frames else None), (*shown, fatal[0])
