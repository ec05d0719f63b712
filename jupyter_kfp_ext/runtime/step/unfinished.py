"""What cells left running: threads, timers and tasks, which end with their step.

In a kernel they go on while later cells run. Where one of them may change what a later step takes,
or read what that changes, no later step would see it, so the step fails.
"""

from __future__ import annotations

import gc
import sys
import types

from .cannot_cross import cannot_cross
from .held import Held

TYPE_CHECKING = False  # importing `typing` costs more than a short cell
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from .record import Cell

_MOST = 20_000
"""Objects of one thread or task that are looked at."""


def check_unfinished(
    values: dict[str, Any], cells: list[Cell], loop: Any, before: set[int | None]
) -> None:
    """Raise `StepFailure` where what still runs has to do with values that later steps take.

    `loop`: the event loop of the cells, if there is one; `before`: threads that were there first.
    """
    main = vars(sys.modules["__main__"])
    held = None
    for what, roots in (*_threads(before), *_tasks(loop)):
        held = held or Held(values)
        name = _Search(main, values, held).run(roots)
        if name:
            raise cannot_cross(
                name,
                values[name],
                cells,
                f"{what} still runs and may use or change it, which no later step would see",
                "Wait for it in the cell that starts it (`join`, `await`, `shutdown`), or put the"
                f" cells that use {name} into one step.",
            )


def _threads(before: set[int | None]) -> Iterator[tuple[str, list[Any]]]:
    threading: Any = sys.modules.get("threading")
    if threading is None or threading.active_count() == 1:
        return
    frames = sys._current_frames()
    here = {threading.get_ident(), threading.main_thread().ident, *before}
    for each in threading.enumerate():
        draws = type(each).__module__ == "tqdm._monitor"  # bars again that stand still, no more
        if each.ident not in here and each.ident in frames and not draws:
            yield f"the thread {each.name}", [each, frames[each.ident]]


def _tasks(loop: Any) -> Iterator[tuple[str, list[Any]]]:
    asyncio: Any = sys.modules.get("asyncio")
    if loop is None or loop.is_closed():
        return
    for each in asyncio.all_tasks(loop):
        yield f"the task {each.get_coro().__qualname__}()", [each.get_coro()]
    for each in getattr(loop, "_scheduled", ()):
        if not each.cancelled():
            yield "a call that is due later", [each._callback, each._args]


class _Search:
    """Finds a value that running code may use: in its variables, or by a name in its text."""

    def __init__(self, main: dict[str, Any], values: dict[str, Any], held: Held) -> None:
        self._main = main
        self._values = values
        self._held = held
        self._pending: list[Any] = []
        self._seen: set[int] = set()
        self._names: set[str] = set()

    def run(self, roots: list[Any]) -> str:
        """Return the name of the value; empty where there is none."""
        self._pending = list(roots)
        while self._pending and len(self._seen) < _MOST:
            value = self._pending.pop()
            if id(value) in self._seen or type(value).__module__.startswith(__package__ or ""):
                continue
            self._seen.add(id(value))
            found = self._held.name_of_one(value) or self._look_into(value)
            if found:
                return found
        return ""

    def _look_into(self, value: Any) -> str:
        if isinstance(value, types.FrameType):
            self._pending += [*value.f_locals.values(), value.f_back]
            return self._names_in(value.f_code, value.f_globals)
        if isinstance(value, types.FunctionType):
            self._pending += [*(value.__closure__ or ()), value.__defaults__, value.__kwdefaults__]
            return self._names_in(value.__code__, value.__globals__)
        if isinstance(value, (types.CoroutineType, types.GeneratorType)):
            awaits = isinstance(value, types.CoroutineType)
            self._pending.append(value.cr_frame if awaits else value.gi_frame)  # type: ignore[union-attr]
            self._pending.append(value.cr_await if awaits else value.gi_yieldfrom)  # type: ignore[union-attr]
            return ""
        if isinstance(value, type):
            self._pending += vars(value).values() if value.__module__ == "__main__" else ()
            return ""
        if isinstance(value, types.BuiltinFunctionType):
            self._pending.append(value.__self__)  # a bound one: `log.append`
        elif not isinstance(value, types.ModuleType):
            self._pending += gc.get_referents(value)
        return ""

    def _names_in(self, code: types.CodeType, space: dict[str, Any]) -> str:
        """Follow the global names of code of the notebook, also within functions in it."""
        if space is not self._main:
            return ""
        inner = [code]
        while inner:
            each = inner.pop()
            inner += [part for part in each.co_consts if isinstance(part, types.CodeType)]
            for name in each.co_names:
                if name in self._values and not isinstance(self._values[name], types.ModuleType):
                    return name
                if name in self._main and name not in self._names:
                    self._names.add(name)
                    self._pending.append(self._main[name])
        return ""
