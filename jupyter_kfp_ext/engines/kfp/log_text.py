"""The text of a pod's log without what Argo and KFP's launcher add to it."""

import base64
import json
import re
import zlib
from collections.abc import Callable, Iterable, Iterator
from typing import Any

_ADDED = re.compile(
    rb"time=\S+ level=\w+ msg=.* argo=true"
    rb"|[IWEF]\d{4} \d\d:\d\d:\d\d\.\d+ +\d+ [\w.]+\.go:\d+\] "
)
_OUTPUT = re.compile(rb"^[IWEF]\d{4} .*launcher\S*\.go:\d+\] ExecutorOutput: \{", re.MULTILINE)


def own_text(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Yield what the program wrote, as it comes: a line that may be added waits for its end.

    The launcher's print of the executor output, over several lines, is left out, too.
    """
    rest, depth = b"", 0
    fresh = True
    for piece in pieces:
        rest += piece
        *lines, rest = rest.split(b"\n")
        kept = []
        for line in lines:
            line += b"\n"
            if depth:
                depth = 0 if line.startswith(b"}") else depth
            elif fresh and _ADDED.match(line):
                depth = int(b"ExecutorOutput: {" in line and not line.rstrip().endswith(b"}"))
            else:
                kept.append(line)
            fresh = True
        # A progress bar's line has no end for long: it is shown once it cannot be an added one.
        if rest and not depth and not (fresh and _may_be_added(rest)):
            kept.append(rest)
            rest, fresh = b"", False
        if kept:
            yield b"".join(kept)
    if rest and not depth and not (fresh and _ADDED.match(rest)):
        yield rest


def _may_be_added(start: bytes) -> bool:
    if len(start) >= 80:
        return bool(_ADDED.match(start))
    return start.startswith(b"time="[: len(start)]) or bool(re.match(rb"[IWEF]\d{0,4}( |$)", start))


def without_events(pieces: Iterable[bytes], take: Callable[[bytes], None]) -> Iterator[bytes]:
    """Yield a log without the events of cells that the step runtime put into it.

    `take` is called with each event, as a line of the record (docs/architecture.md, `cells`).
    """
    rest, packed = b"", b""
    for piece in pieces:
        rest += piece
        while (at := rest.find(_EVENT)) >= 0:
            end = rest.find(_EVENT_END, at)
            if end < 0 and len(rest) - at < _LONGEST:
                break
            if at:
                yield rest[:at]
            if end < 0:
                # A beginning without an end is the program's own.
                yield rest[at : at + len(_EVENT)]
                rest = rest[at + len(_EVENT) :]
                continue
            packed += rest[at + len(_EVENT) + 1 : end]
            if rest[at + len(_EVENT) : at + len(_EVENT) + 1] == b".":
                take(_unpacked(packed))
                packed = b""
            rest = rest[end + len(_EVENT_END) :]
        ready = at if at >= 0 else len(rest) - _begun(rest)
        if ready:
            yield rest[:ready]
            rest = rest[ready:]
    if rest:
        yield rest


_EVENT, _EVENT_END = b"\x1ekfp", b"\x1f\n"
_LONGEST = 8192


def _begun(text: bytes) -> int:
    """Return how many bytes at the end may be the beginning of an event."""
    return next((n for n in (3, 2, 1) if text.endswith(_EVENT[:n])), 0)


def _unpacked(packed: bytes) -> bytes:
    """Return an event; a damaged one as nothing, for its text is in the log all the same."""
    try:
        return zlib.decompress(base64.b64decode(packed))
    except (ValueError, zlib.error):
        return b""


def executor_output(text: bytes) -> dict[str, Any]:
    """Return the executor output that the launcher printed last; empty where there is none."""
    found = list(_OUTPUT.finditer(text))
    if not found:
        return {}
    said = text[found[-1].end() - 1 :].decode("utf-8", "replace")
    try:
        output, _ = json.JSONDecoder().raw_decode(said)
    except ValueError:
        return {}
    return output if isinstance(output, dict) else {}
