"""The IPython way of running cells: a real shell whose outputs go to the record."""

from __future__ import annotations

import contextlib
import os
import sys
import warnings

from . import kernel_magics
from .asking import refuse_password
from .cell_errors import CellError, error_lines, error_output
from .display import clean_json
from .own_frames import clean, without_own
from .record import Cell

TYPE_CHECKING = False  # importing `typing` costs more than a short cell
if TYPE_CHECKING:
    from typing import Any

    from .cells import Runner


_AGAIN = "<raised again>"
"""File name of the code that raises an error again for IPython; its frame is taken out."""


def start_shell(runner: Runner) -> Any:
    """Return the process's IPython shell, on the runner's `__main__`, outputs to its record."""
    from importlib.util import find_spec

    if find_spec("matplotlib_inline") is not None:
        os.environ.setdefault("MPLBACKEND", "module://matplotlib_inline.backend_inline")
    from traitlets.config import Config

    config = Config()
    config.HistoryManager.enabled = False
    config.IPKernelApp.connection_file = ""  # tqdm and others know a notebook by this section
    stdout, stderr = sys.stdout, sys.stderr
    # A shell begins with empty ones.
    shown = {name: runner.namespace.get(name, "") for name in ("_", "__", "___")}
    with warnings.catch_warnings():
        # That a home cannot be written, for one, is nothing that a cell said.
        warnings.simplefilter("ignore")
        shell = _shell_class(runner).instance(
            config=config, user_module=runner.main, user_ns=runner.namespace
        )
        shell.extension_manager.load_extension("storemagic")
    sys.stdout, sys.stderr = stdout, stderr
    import getpass

    getpass.getpass = refuse_password
    _pretend_kernel()
    _tell_pandas()
    shell.compile.flags |= runner.flags & ~_await_flag()
    shell.compile._filename_map.update(runner.names)
    runner.namespace.update(shown)
    shell.displayhook._ = runner.last_result
    runner.namespace["_oh"].update(runner.results)
    if runner.in_plain:
        shell.begin(runner.cell)
    return shell


def _pretend_kernel() -> None:
    """Put ipykernel among the imported modules, where programs look for it to tell a notebook.

    It is not loaded before someone uses it: that takes longer than the shell itself. What looks
    through all modules for their files or names does not load it (as with `LazyLoader` it would).
    """
    from importlib.util import find_spec, module_from_spec

    spec = None if "ipykernel" in sys.modules else find_spec("ipykernel")
    loader: Any = spec and spec.loader
    if spec is None or loader is None:
        return
    module = module_from_spec(spec)

    def load(name: str) -> Any:
        if name.startswith("__") and name not in ("__version__", "__all__"):
            raise AttributeError(f"module 'ipykernel' has no attribute {name!r}")
        if vars(module).pop("__getattr__", None) is not None:
            loader.exec_module(module)
        return getattr(module, name)

    vars(module)["__getattr__"] = load
    sys.modules["ipykernel"] = module


def _tell_pandas() -> None:
    """Have the shell show tables by their schema, if pandas was told so before the shell began."""
    pandas: Any = sys.modules.get("pandas")
    printing: Any = sys.modules.get("pandas.io.formats.printing")
    if printing is not None and pandas.get_option("display.html.table_schema"):
        printing.enable_data_resource_formatter(True)


def _await_flag() -> int:
    import ast

    return ast.PyCF_ALLOW_TOP_LEVEL_AWAIT


def _shell_class(runner: Runner) -> Any:
    """Return the shell class. Its name is ipykernel's: programs tell a notebook by it."""
    from IPython.core.displayhook import DisplayHook
    from IPython.core.displaypub import DisplayPublisher
    from IPython.core.interactiveshell import InteractiveShell
    from traitlets import Any as AnyTrait
    from traitlets import Type

    class StepDisplayHook(DisplayHook):  # type: ignore[misc]
        def quiet(self) -> bool:
            return not runner.in_plain and super().quiet()

        def write_output_prompt(self) -> None:
            """Do nothing: the output says its number."""

        def write_format_data(self, format_dict: Any, md_dict: Any = None) -> None:
            runner.publish(
                {
                    "output_type": "execute_result",
                    "data": clean_json(format_dict),
                    "metadata": clean_json(md_dict or {}),
                    "execution_count": self.prompt_count,
                }
            )

        def finish_displayhook(self) -> None:
            self._is_active = False

    class StepDisplayPublisher(DisplayPublisher):  # type: ignore[misc]
        def publish(
            self,
            data: Any,
            metadata: Any = None,
            *arguments: Any,
            transient: Any = None,
            update: bool = False,
            **options: Any,
        ) -> None:
            self._validate_data(data, metadata)
            output = {
                "output_type": "display_data",
                "data": clean_json(data),
                "metadata": clean_json(metadata or {}),
            }
            runner.publish(output, (transient or {}).get("display_id"), update)

        def clear_output(self, wait: bool = False) -> None:
            runner.streams.settle()
            runner.record.clear(wait)

    class ZMQInteractiveShell(InteractiveShell):  # type: ignore[misc]
        displayhook_class = Type(StepDisplayHook)
        display_pub_class = Type(StepDisplayPublisher)
        compiler_class = Type(_compiler_class(runner))
        kernel = AnyTrait()
        """pandas and others take a shell with a `kernel` for a notebook."""
        shown_error: Any = None
        """The last error that was shown, as output."""
        result_error: Any = None
        """An error in showing the cell's value, as its `__repr__` raised."""

        def init_hooks(self) -> None:
            super().init_hooks()
            # `name?` goes to a pager, which an executed notebook does not show.
            self.set_hook("show_in_pager", lambda *_, **__: None, 99)

        def init_magics(self) -> None:
            super().init_magics()
            kernel_magics.register(self)

        def init_alias(self) -> None:
            super().init_alias()
            # What lies beside the notebook is linked into the step's folder, and is not a link.
            for name, command in self.alias_manager.aliases:
                if command.startswith("ls ") and name != "lk":
                    self.alias_manager.define_alias(name, f"ls -L {command[3:]}")

        def enable_gui(self, gui: Any = None) -> None:
            """Do nothing: a step has no screen."""

        def ask_exit(self) -> None:
            """Note that the cells end here: a kernel goes on to the end of the cell, too."""
            runner.exited = True

        def begin(self, cell: Cell) -> None:
            """Note a cell that runs as plain Python, as `run_cell` would."""
            self.align(cell.number)
            self.history_manager.store_inputs(cell.number, cell.text, cell.text)
            self.execution_count = cell.number + 1
            self.events.trigger("pre_execute")

        def align(self, number: int) -> None:
            """Make the next cell `In[number]`: cells of other steps count, as empty ones."""
            self.execution_count = number
            history = self.history_manager
            for past in range(len(history.input_hist_parsed), number):
                source = runner.inputs.get(past, "")
                history.input_hist_parsed.append(source)
                history.input_hist_raw.append(source)
                history._iii, history._ii, history._i = history._ii, history._i, history._i00
                history._i00 = source
                if source:
                    self.user_ns[f"_i{past}"] = source

        def after_plain_cell(self) -> None:
            """Do what `run_cell` does after a cell (matplotlib draws its figures here)."""
            self.events.trigger("post_execute")
            if self.last_execution_result is not None:
                self.events.trigger("post_run_cell", self.last_execution_result)

        def show_result(self, value: Any) -> None:
            """Show the value of a plain cell; raises `CellError` where showing it failed."""
            self.result_error = None
            self.displayhook(value)
            if self.result_error is not None:
                raise CellError(self.result_error, self.shown_error)

        def run(self, cell: Cell) -> None:
            """Run a cell in the step's event loop; raises `CellError`."""
            self.align(cell.number)
            self.shown_error = self.result_error = None
            result = runner.in_loop(lambda: self._run_like_kernel(cell))
            error = result.error_before_exec or result.error_in_exec or self.result_error
            if error is not None:
                runner.clean(error)
                shown = self.shown_error or error_output(error, error_lines(error))
                raise CellError(error, shown)

        async def _run_like_kernel(self, cell: Cell) -> Any:
            """Follow `IPythonKernel.do_execute` of ipykernel."""
            problem = None
            source = cell.source
            if source != cell.text and source.startswith("\n"):
                source = "#" + source  # IPython takes empty lines off, and the others would move
            try:
                code = self.transform_cell(source)
            except Exception:
                code = source
                problem = sys.exc_info()
            options = {"transformed_cell": code, "preprocessing_exc_tuple": problem}
            if not self.should_run_async(source, **options):
                return self.run_cell(source, store_history=True)
            result = None
            try:
                result = await self.run_cell_async(source, store_history=True, **options)
            finally:
                self.events.trigger("post_execute")
                self.events.trigger("post_run_cell", result)
            return result

        def show_error(self, error: BaseException) -> Any:
            """Show an error of a plain cell and return its output.

            It is raised again where IPython runs cells, so that IPython does with it what it does
            with any: its own frame above it, handlers of the user's, what it says of `SystemExit`.
            """
            self.shown_error = None
            code = compile("raise 'error'", _AGAIN, "exec")
            constants = tuple(error if each == "error" else each for each in code.co_consts)
            with contextlib.suppress(StopIteration):  # it awaits nothing, so this is its end
                self.run_code(code.replace(co_consts=constants)).send(None)
            runner.clean(error)
            return self.shown_error or error_output(error, error_lines(error))

        def _get_exc_info(self, exc_tuple: Any = None) -> Any:
            etype, value, trace = super()._get_exc_info(exc_tuple)
            following = trace.tb_next if trace is not None else None
            if following is not None and following.tb_frame.f_code.co_filename == _AGAIN:
                trace.tb_next = following.tb_next
            clean(value)
            return etype, value, without_own(trace)

        def _showtraceback(self, etype: Any, evalue: Any, stb: Any) -> None:
            self.shown_error = error_output(evalue, list(stb))
            if self.displayhook.is_active:
                self.result_error = evalue
            runner.publish(self.shown_error)

    ZMQInteractiveShell.__module__ = "ipykernel.zmqshell"
    ZMQInteractiveShell.__qualname__ = "ZMQInteractiveShell"
    return ZMQInteractiveShell


def _compiler_class(runner: Runner) -> Any:
    from IPython.core.compilerop import CachingCompiler

    class StepCompiler(CachingCompiler):  # type: ignore[misc]
        def get_code_name(self, raw_code: str, transformed_code: str, number: int) -> str:
            cell = runner.cell
            assert cell is not None  # noqa: S101 - the shell runs code only while a cell runs
            return runner.file_name(cell, transformed_code)

        def cache(self, transformed_code: str, number: int = 0, raw_code: Any = None) -> Any:
            cell = runner.cell
            if cell is not None and cell.text != cell.source:  # tracebacks show the whole cell
                transformed_code = raw_code = runner.shell.transform_cell(cell.text)
            return super().cache(transformed_code, number, raw_code)

    return StepCompiler
