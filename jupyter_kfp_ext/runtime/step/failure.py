"""Why a step failed, and how that reaches whoever started it (docs/architecture.md)."""

from __future__ import annotations

import os

from .jsontext import dumps

TYPE_CHECKING = False  # importing `typing` costs more than a short cell
if TYPE_CHECKING:
    from typing import Any

LIMIT = 4096
"""Bytes that Kubernetes keeps of a termination message."""


class StepFailure(Exception):  # noqa: N818 - it is a report, most often of another error
    """A step cannot go on. `name` is the exception's class, or a problem code of ours."""

    def __init__(
        self,
        name: str,
        message: str,
        remedy: str = "",
        cell: Any = None,
        line: int | None = None,
        source: str = "",
        traceback: list[str] | None = None,
        broken: list[dict[str, Any]] | None = None,
    ) -> None:
        super().__init__(message)
        self.name = name
        self.message = message
        self.remedy = remedy
        self.cell = cell
        self.line = line
        self.source = source
        self.traceback = traceback or []
        self.broken = broken or []
        """The assumptions of the plan that did not hold, as `engines.model.Broken`."""

    def to_json(self) -> dict[str, Any]:
        """Return the fields of `engines.model.StepError`."""
        return {
            "name": self.name,
            "message": self.message,
            "cell": self.cell.number if self.cell else None,
            "cell_id": self.cell.cell_id if self.cell else None,
            "line": self.line,
            "source": self.source,
            "traceback": self.traceback,
            "remedy": self.remedy,
            **({"broken": self.broken} if self.broken else {}),
        }


def termination_message(error: dict[str, Any], limit: int = LIMIT) -> bytes:
    """Return the error as ASCII JSON of at most `limit` bytes.

    What does not fit goes in this order: lines in the middle of the traceback (first and last say
    most), the rest of the traceback, the end of message, source line and remedy.
    """
    error = dict(error)
    lines = list(error["traceback"])
    while len(_encode(error)) > limit and lines:
        middle = len(lines) // 2
        del lines[middle]
        error["traceback"] = [*lines[:middle], "...", *lines[middle:]] if lines else []
    room = limit
    while len(_encode(error)) > limit and room > 1:
        room //= 2
        for key in ("message", "source", "remedy", "name"):
            error[key] = error[key][:room]
    return _encode(error)


def _encode(error: dict[str, Any]) -> bytes:
    # Not by `json`: cells may have replaced what is in it.
    return dumps({"v": 1, "error": error}).encode("ascii")


def termination_place() -> str:
    """Return the file of which the kubelet (or the local engine) takes why a step failed."""
    return os.environ.get("KFP_TERMINATION_LOG") or "/dev/termination-log"


def write_termination_message(error: dict[str, Any]) -> None:
    """Write the error where the kubelet (or the local engine) reads it; without one, nowhere."""
    try:
        with open(termination_place(), "wb") as file:
            file.write(termination_message(error))
    except OSError:
        return  # outside a pod there is no such file; the same error is on stderr


def error_text(error: dict[str, Any]) -> str:
    """Return the error as plain text for the log: the traceback, then what to do."""
    import re

    text = "\n".join(error["traceback"]) or f"{error['name']}: {error['message']}"
    if error["remedy"]:
        text += "\n" + error["remedy"]
    return re.sub(r"\x1b\[[0-9;]*m", "", text) + "\n"
