"""`input()` inside a step: nobody can answer, so the line that asks is refused."""

from __future__ import annotations

TYPE_CHECKING = False  # importing `typing` costs more than a short cell
if TYPE_CHECKING:
    from typing import Any


class StdinNotImplementedError(NotImplementedError):
    """Raised by `input()`, as a kernel does whose frontend cannot ask."""


def refuse_input(prompt: object = "") -> str:
    """Stand in for `input`."""
    raise StdinNotImplementedError(
        "raw_input was called, but this frontend does not support input requests."
    )


def drop_refusal(trace: Any) -> Any:
    """Take the frame of `refuse_input` off the end of a traceback."""
    last = trace
    while last is not None and last.tb_next is not None:
        if last.tb_next.tb_frame.f_code is refuse_input.__code__:
            last.tb_next = None
        last = last.tb_next
    return trace
