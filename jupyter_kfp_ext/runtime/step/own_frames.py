"""Takes the frames of the step runtime out of tracebacks: the user's code is what they tell of."""

from __future__ import annotations

TYPE_CHECKING = False  # importing `typing` costs more than a short cell
if TYPE_CHECKING:
    from typing import Any


def without_own(trace: Any) -> Any:
    """Return a traceback without the frames of this package, wherever they stand in it."""
    while trace is not None and _is_own(trace):
        trace = trace.tb_next
    last = trace
    while last is not None:
        following = last.tb_next
        while following is not None and _is_own(following):
            following = following.tb_next
        if following is not last.tb_next:
            last.tb_next = following
        last = following
    return trace


def clean(error: BaseException) -> None:
    """Do so for an error, those that it was raised from or during, and those of a group."""
    pending: list[Any] = [error]
    seen: set[int] = set()
    while pending:
        each = pending.pop()
        if each is None or id(each) in seen:
            continue
        seen.add(id(each))
        each.__traceback__ = without_own(each.__traceback__)
        pending += [each.__cause__, each.__context__]
        members = getattr(each, "exceptions", ())
        if isinstance(members, tuple):
            pending += [one for one in members if isinstance(one, BaseException)]


def _is_own(trace: Any) -> bool:
    name: str = trace.tb_frame.f_code.co_filename
    return name.startswith(_FOLDER)


_FOLDER = _is_own.__code__.co_filename.rpartition("/")[0] + "/"
