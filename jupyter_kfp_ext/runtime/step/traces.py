"""A traceback like IPython's, for images without IPython."""

from __future__ import annotations

import linecache

TYPE_CHECKING = False  # importing `typing` costs more than a short cell
if TYPE_CHECKING:
    from typing import Any

_AROUND = 2
"""Lines shown before and after the one that failed."""
_ENDS = 10
"""Frames shown at each end of a long traceback, as that of an endless recursion is."""


def plain_traceback(error: BaseException, names: dict[str, int]) -> list[str]:
    """Return the lines of a traceback; `names` are the cells' file names with their numbers.

    An exception that this one was raised from, or during, comes first, as Python shows them.
    """
    parts: list[str] = []
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if cause is not None:
        parts += plain_traceback(cause, names)
        parts.append(
            "The above exception was the direct cause of the following exception:"
            if error.__cause__
            else "During handling of the above exception, another exception occurred:"
        )
    title = type(error).__name__
    parts.append("-" * 75)
    parts.append(f"{title}{'Traceback (most recent call last)':>{75 - len(title)}}")
    frames = []
    trace = error.__traceback__
    while trace is not None:
        frames.append(trace)
        trace = trace.tb_next
    left_out = len(frames) - 2 * _ENDS
    for number, each in enumerate(frames):
        if left_out <= 0 or number < _ENDS or number >= len(frames) - _ENDS:
            parts.append(_frame(each, names))
        elif number == _ENDS:
            parts.append(f"[... {left_out} frames more ...]")
    parts.append(f"{title}: {error}")
    parts += [str(note) for note in getattr(error, "__notes__", ())]
    for number, member in enumerate(_members(error), 1):
        lines = "\n".join(plain_traceback(member, names)).split("\n")
        parts += [f"+---------------- {number} ----------------", *(f"| {each}" for each in lines)]
    return parts


def _members(error: BaseException) -> list[BaseException]:
    found = getattr(error, "exceptions", ())
    members = found if isinstance(found, tuple) else ()
    return [each for each in members if isinstance(each, BaseException)]


def _frame(trace: Any, names: dict[str, int]) -> str:
    code = trace.tb_frame.f_code
    number = names.get(code.co_filename)
    place = f"Cell In[{number}], line" if number else f"File {code.co_filename}:"
    head = f"{place}{' ' if number else ''}{trace.tb_lineno}"
    if code.co_name != "<module>":
        head += f", in {code.co_name}()"
    lines = linecache.getlines(code.co_filename, trace.tb_frame.f_globals)
    first = max(trace.tb_lineno - _AROUND, 1)
    shown = []
    for line in range(first, min(trace.tb_lineno + _AROUND, len(lines)) + 1):
        arrow = "---->" if line == trace.tb_lineno else "     "
        shown.append(f"{arrow} {line} {lines[line - 1].rstrip()}")
    return "\n".join([head, *shown])
