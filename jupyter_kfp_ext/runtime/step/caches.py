"""What `functools.lru_cache` remembers, read and put back.

The cache itself is out of reach of Python code. But the garbage collector knows what it holds, and
calls fill it again: while they last, the function that is cached gives the remembered results.
"""

from __future__ import annotations

import gc
import types

from .failure import StepFailure

TYPE_CHECKING = False  # importing `typing` costs more than a short cell
if TYPE_CHECKING:
    from typing import Any


class Remembered:
    """Calls with their results, from the one that is forgotten first; hits and misses so far."""

    def __init__(self, calls: list[tuple[Any, Any, Any]], hits: int, misses: int) -> None:
        self.calls = calls
        self.hits = hits
        self.misses = misses


def is_cache(value: Any) -> bool:
    """Tell a function that `lru_cache` or `cache` has made."""
    return type(value).__name__ == "_lru_cache_wrapper"


def read_cache(function: Any) -> Remembered:
    """Return what a cached function remembers.

    Raises `StepFailure` (`value-cannot-cross`) in a Python whose collector does not show it.
    """
    info = function.cache_info()
    held = gc.get_referents(function)
    if held[:1] == [type(function)]:
        held = held[1:]
    if info.maxsize is None:
        entries = list(held[0].items()) if type(held[0]) is dict else []
    else:
        triples = [held[start : start + 3] for start in range(0, 3 * info.currsize, 3)]
        entries = [(key, result) for key, result, link in triples if _is_link(link)]
    if len(entries) != info.currsize or not isinstance(function.__wrapped__, types.FunctionType):
        raise _unreadable(function)
    typed = function.cache_parameters()["typed"]
    calls = [(*_arguments(key, typed), result) for key, result in entries]
    return Remembered(calls, info.hits, info.misses)


def write_cache(function: Any, remembered: Remembered) -> None:
    """Let a cached function remember these calls, and nothing else."""
    function.cache_clear()
    wrapped = function.__wrapped__
    own = wrapped.__code__, wrapped.__kwdefaults__
    results = iter([result for _, _, result in remembered.calls])
    wrapped.__code__ = _stand_in.__code__.replace(co_freevars=own[0].co_freevars)
    try:
        wrapped.__kwdefaults__ = {"_result": _no_result}
        for _ in range(remembered.misses - len(remembered.calls)):
            _fail(function)  # a call that failed, or was forgotten again, counts as a miss
        wrapped.__kwdefaults__ = {"_result": results.__next__}
        for positional, keywords, _ in remembered.calls:
            function(*positional, **keywords)
        if remembered.calls:
            positional, keywords, _ = remembered.calls[-1]
            for _ in range(remembered.hits):
                function(*positional, **keywords)
    finally:
        wrapped.__code__, wrapped.__kwdefaults__ = own


def _stand_in(*positional: Any, _result: Any, **keywords: Any) -> Any:
    return _result()


def _fail(function: Any) -> None:
    try:
        function()
    except LookupError:
        return


def _no_result() -> Any:
    raise LookupError


def _is_link(value: Any) -> bool:
    return isinstance(value, type) and value.__name__ == "_lru_list_elem"


def _arguments(key: Any, typed: bool) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Return the arguments that a key of the cache was made of (as `functools._make_key` does)."""
    if type(key) in (int, str):
        return (key,), {}
    parts = list(key)
    mark = next((i for i, each in enumerate(parts) if type(each) is object), None)
    if mark is None:
        return tuple(parts[: len(parts) // 2] if typed else parts), {}
    rest = parts[mark + 1 :]
    if typed:
        rest = rest[: 2 * (len(rest) - mark) // 3]
    return tuple(parts[:mark]), dict(zip(rest[::2], rest[1::2]))


def _unreadable(function: Any) -> StepFailure:
    return StepFailure(
        "value-cannot-cross",
        f"What the cache of {function.__qualname__} holds cannot be read in this Python.",
        "Keep the results in a dict of your own instead of in lru_cache.",
    )
