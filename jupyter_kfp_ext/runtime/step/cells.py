"""Runs cells as a kernel would: in the module `__main__`, showing the value of a last expression.

Cells run as plain Python until IPython is needed (see `needs_shell` and `watch`), because importing
IPython costs ten times a bare start, and not every image has it. Both ways give the same outputs.
"""

from __future__ import annotations

import builtins
import os
import sys

from .asking import refuse_input
from .cell_errors import CellError, error_output, has_ipython, remedy_of
from .cell_text import needs_shell
from .compiling import FIRST_FLAGS, Compiled, compile_cell, flags_after
from .display import mime_bundle, simple_text
from .failure import StepFailure
from .own_frames import clean
from .record import Cell, Record
from .streams import Streams
from .watch import NEED_SHELL, ONLY_LOOK, ImportWatch, ZMQInteractiveShell

TYPE_CHECKING = False  # importing `typing` costs more than a short cell
if TYPE_CHECKING:
    import types
    from typing import Any

_COROUTINE = 0x80
"""`inspect.CO_COROUTINE`"""
KERNEL_ENVIRONMENT = {
    "TERM": "xterm-color",
    "CLICOLOR": "1",
    "FORCE_COLOR": "1",
    "CLICOLOR_FORCE": "1",
    "PAGER": "cat",
    "GIT_PAGER": "cat",
}
"""What ipykernel sets (`ZMQInteractiveShell.init_environment`), so that programs act alike."""

_MOST_TURNS = 1000
"""Turns of the event loop after a cell, for tasks that never wait."""


class Runner:
    """Runs cells one after another in one namespace."""

    def __init__(
        self,
        record: Record,
        streams: Streams,
        own: Any = None,
        stopped: Any = lambda: False,
        compiled: str = "",
    ) -> None:
        """`own`: the user's modules in this step; `stopped` says whether the step is to end.

        `compiled`: file of the cells that the engine has compiled.
        """
        self.record = record
        self.streams = streams
        self.stopped = stopped
        self._own = own
        self.main = type(sys)("__main__")
        self.main.__dict__["__builtins__"] = builtins
        sys.modules["__main__"] = self.main
        self.namespace: dict[str, Any] = self.main.__dict__
        self.names: dict[str, int] = {}
        """File names of the cells run so far, and their numbers."""
        self.cell: Cell | None = None
        self.shell: Any = None
        self._figures: Any = None
        """What shows pyplot's figures in an image without IPython."""
        self.flags = FIRST_FLAGS
        self._compiled = Compiled(compiled)
        self.exited = False
        """Whether a cell called `exit` or `quit`, which end a kernel."""
        self.in_plain = False
        """Whether a cell runs now that was begun as plain Python."""
        self.loop: Any = None
        """The event loop of the cells, once one of them needs it."""
        self.inputs: dict[int, str] = {}
        """Sources of the cells that ran, by number (`In`)."""
        self.results: dict[int, Any] = {}
        """Values that were shown, by number (`Out`)."""
        self.last_result: Any = ""
        os.environ.update(KERNEL_ENVIRONMENT)
        sys.displayhook = self.show_result
        builtins.input = refuse_input
        self._watch = ImportWatch(NEED_SHELL, self.start_shell)
        self._sources: dict[str, str] = {}
        ImportWatch(frozenset({"linecache"}), self._tell_linecache)
        builtins.get_ipython = self._get_ipython  # type: ignore[attr-defined]
        builtins.display = self._display  # type: ignore[attr-defined]

    def run(self, cell: Cell) -> None:
        """Run one cell and record it; raises `StepFailure` where it fails."""
        self.cell = cell
        self.inputs[cell.number] = cell.text
        self.record.start(cell)
        try:
            self._run(cell)
            self._settle_tasks()
        except CellError as error:
            failure = self._failure(cell, error)
            self.streams.settle()
            if cell.may_fail and not self.stopped():
                self.record.end()
                return
            self.record.end(failure.to_json())
            raise failure from None
        self.streams.settle()
        self.record.end()

    def close(self) -> None:
        """End what still runs in the background of the cells' event loop."""
        if self.loop is not None:
            self.loop.close()

    def start_shell(self) -> Any:
        """Return the IPython shell, started on first call; None in an image without IPython."""
        self._watch.stop()
        if self.shell is None and has_ipython():
            from .shell import start_shell
            from .warned import get_shown, put_shown

            shown = get_shown()
            self.shell = start_shell(self)
            put_shown(shown)
        elif self.shell is None and self._figures is None:
            from . import figures

            self._figures = figures
            figures.prepare(self.publish)
        return self.shell

    def in_loop(self, function: Any) -> Any:
        """Call an async function in the step's one event loop and return its result.

        A task has a copy of the context variables (numpy's print options are such); what it sets
        holds for the cells after it, as in a kernel.
        """
        if self.loop is None:
            import asyncio

            self.loop = asyncio.new_event_loop()
            asyncio.set_event_loop(self.loop)
        import contextvars

        left = []

        async def run() -> Any:
            try:
                return await function()
            finally:
                left.append(contextvars.copy_context())

        try:
            return self.loop.run_until_complete(run())
        finally:
            before = contextvars.copy_context()
            for variable, value in left[0].items() if left else ():
                if variable not in before or before[variable] is not value:
                    variable.set(value)

    def _settle_tasks(self) -> None:
        """Let tasks go on until all of them wait, as the loop of a kernel does between cells."""
        if self.loop is None:
            return
        import asyncio

        async def settle() -> None:
            for _ in range(_MOST_TURNS):
                await asyncio.sleep(0)
                if not getattr(self.loop, "_ready", None):
                    break

        self.loop.run_until_complete(settle())

    def file_name(self, cell: Cell, source: str) -> str:
        """Return the name that compiled code of a cell has, as ipykernel forms it."""
        folder = os.environ.get("TMPDIR", "/tmp")  # noqa: S108 - only a name, nothing is there
        digest = self._compiled.murmur2(cell.text, self.flags)
        name = f"{folder.rstrip('/')}/ipykernel_{os.getpid()}/{digest}.py"
        self.names[name] = cell.number
        self._sources[name] = source
        if "linecache" in sys.modules:
            self._tell_linecache()
        return name

    def _tell_linecache(self) -> None:
        """Give the cells' sources to whoever shows tracebacks (importing it here takes 2 ms)."""
        import linecache

        if self._own:
            self._own.tell_linecache()
        for name, source in self._sources.items():
            lines = [line + "\n" for line in source.splitlines()]
            linecache.cache[name] = (len(source), None, lines, name)
        self._sources.clear()

    def show_result(self, value: Any) -> None:
        """Show the value of a cell's last expression (`sys.displayhook`)."""
        if value is None:
            return
        text = simple_text(value) if self.shell is None else None
        if text is None and self.start_shell() is not None:
            self.shell.show_result(value)
            return
        data, metadata = ({"text/plain": text}, {}) if text is not None else mime_bundle(value)
        number = self.cell.number if self.cell else 0
        self._remember(value, number)
        output = {"output_type": "execute_result", "data": data, "metadata": metadata}
        self.publish({**output, "execution_count": number})

    def publish(
        self, output: dict[str, Any], display_id: str | None = None, update: bool = False
    ) -> None:
        """Record an output that is shown, and put its text into the log."""
        self.streams.settle()
        if update and display_id:
            self.record.update(output, display_id)
        else:
            self.record.show(output, display_id)
        text = output.get("data", {}).get("text/plain")
        if isinstance(text, str):
            self.streams.log(text + "\n")

    def _run(self, cell: Cell) -> None:
        plain = None if self.shell else self._compile(cell)
        if plain is None and self.start_shell() is None:
            plain = self._compile(cell, must=True)
        if plain is None:
            self.shell.run(cell)
        elif "asyncio" in sys.modules or "asyncio" in cell.source or _is_async(plain):
            self.in_loop(lambda: self._run_plain_async(cell, plain))
        else:
            self._run_plain(cell, plain)

    def _compile(self, cell: Cell, must: bool = False) -> list[types.CodeType] | None:
        """Return a cell's code (statements, last expression), or None where it needs IPython."""
        if not must and needs_shell(cell.source, self.namespace):
            return None
        name = self.file_name(cell, cell.text)
        codes = self._compiled.codes(cell.source, name, self.flags)
        try:
            # IPython compiles a cell more than once, and warns as often: it is to begin with it.
            codes = codes or compile_cell(cell.source, name, self.flags, strict=not must)
        except (SyntaxError, ValueError, OverflowError) as error:
            if must:
                raise self._syntax_failure(error) from None
            return None
        self.flags = flags_after(self.flags, codes)
        return codes

    def _syntax_failure(self, error: Exception) -> CellError:
        import traceback

        lines = traceback.format_exception_only(type(error), error)
        output = error_output(error, ["".join(lines)])
        self.record.show(output)
        return CellError(error, output)

    def _run_plain(self, cell: Cell, codes: list[types.CodeType]) -> None:
        self._begin_plain()
        try:
            exec(codes[0], self.namespace)
            if len(codes) > 1:
                sys.displayhook(eval(codes[1], self.namespace))
        except CellError:
            raise
        except BaseException as error:
            raise self._show_error(error) from None
        finally:
            self._finish_plain()

    async def _run_plain_async(self, cell: Cell, codes: list[types.CodeType]) -> None:
        self._begin_plain()
        try:
            for number, code in enumerate(codes):
                value = eval(code, self.namespace)
                if code.co_flags & _COROUTINE:
                    value = await value
                if number:
                    sys.displayhook(value)
        except CellError:
            raise
        except BaseException as error:
            raise self._show_error(error) from None
        finally:
            self._finish_plain()

    def _begin_plain(self) -> None:
        self.in_plain = True
        # A warning of each cell shows, as IPython has it.
        self.namespace.pop("__warningregistry__", None)
        # A cell that replaces it does so for itself alone, as IPython sets its own at each.
        sys.displayhook = self.show_result

    def _finish_plain(self) -> None:
        self.in_plain = False
        if self.shell is not None:
            self.shell.after_plain_cell()
        elif self._figures is not None:
            self._figures.show()

    def _show_error(self, error: BaseException) -> CellError:
        self.clean(error)
        if self.start_shell() is not None:
            output = self.shell.show_error(error)
        else:
            from .traces import plain_traceback

            output = error_output(error, plain_traceback(error, self.names))
            self.publish(output)
        return CellError(error, output)

    def clean(self, error: BaseException) -> None:
        """Leave of an error's traceback what begins with a cell, and nothing of this runtime."""
        found = error.__traceback__
        while found is not None and found.tb_frame.f_code.co_filename not in self.names:
            found = found.tb_next
        error.__traceback__ = found
        clean(error)

    def _failure(self, cell: Cell, error: CellError) -> StepFailure:
        output = error.output
        line = None
        message = output["evalue"]
        if isinstance(error.cause, MemoryError):
            message = message or "Memory ran out."
        trace = error.cause.__traceback__
        while trace is not None:
            if self.names.get(trace.tb_frame.f_code.co_filename) == cell.number:
                line = trace.tb_lineno
            trace = trace.tb_next
        if line is None and isinstance(error.cause, SyntaxError):
            line = error.cause.lineno
            message = error.cause.msg  # its text would name the file of the compiled cell
        lines: list[str] = cell.source.splitlines()
        return StepFailure(
            output["ename"],
            message,
            remedy_of(error.cause),
            cell=cell,
            line=line,
            source=lines[line - 1].strip() if line and line <= len(lines) else "",
            traceback=output["traceback"],
        )

    def _remember(self, value: Any, number: int) -> None:
        """Set `_`, `__`, `___` and `_<n>` as IPython does, unless the user set `_`."""
        space = self.namespace
        if space.get("_", self.last_result) is self.last_result:
            space["___"], space["__"], space["_"] = space.get("__", ""), self.last_result, value
            self.last_result = value
        space[f"_{number}"] = self.results[number] = value

    def last_shown(self) -> Any:
        """Return the value that a cell showed last, of this step or of the one before."""
        return self.last_result if self.shell is None else self.shell.displayhook._

    def follow_on(self, value: Any) -> None:
        """Take a value as the one that was shown last, in an earlier step."""
        self.last_result = value
        if self.shell is not None:
            self.shell.displayhook._ = value

    def remember_shown(self, values: dict[str, Any]) -> None:
        """Take values that cells of earlier steps showed (`_3`) into `Out`."""
        shown = {int(name[1:]): each for name, each in values.items() if name[1:].isdecimal()}
        self.results.update({n: each for n, each in shown.items() if f"_{n}" in values})
        if self.shell is not None:
            self.namespace["_oh"].update(self.results)

    def _display(self, *values: Any, **options: Any) -> Any:
        if self.start_shell() is not None:
            from IPython.display import display  # type: ignore[import-not-found,unused-ignore]

            return display(*values, **options)
        for value in values:
            data, metadata = mime_bundle(value)
            self.publish({"output_type": "display_data", "data": data, "metadata": metadata})
        return None

    def _get_ipython(self) -> Any:
        """Start IPython when code asks for the shell, as libraries do to tell a notebook.

        Not for those that only look what kind it is, at their import.
        """
        caller = sys._getframe(1).f_globals.get("__name__")
        if self.shell is None and caller in ONLY_LOOK and has_ipython():
            return ZMQInteractiveShell()
        if self.start_shell() is None:
            raise NameError("name 'get_ipython' is not defined")
        return self.shell


def _is_async(codes: list[types.CodeType]) -> bool:
    return any(code.co_flags & _COROUTINE for code in codes)
