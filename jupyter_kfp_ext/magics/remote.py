"""`%%kfp remote [NAME] [--option value ...]`: this one cell on an engine, with the kernel's values.

The cell shows what it shows there, and its results are variables here, as if it had run here.
"""

import argparse
import shlex
import sys
from collections.abc import Callable
from typing import Any

from ..engines.model import RunStatus, State
from ..errors import Code, KfpExtError, Problem
from ..runs.arguments import add_engine, add_start_options
from ..runs.remote import Cell, RemoteCell, prepare, take_results
from .arguments import HelpShown, KernelParser, flags_in
from .notebook_path import notebook_path

_BROKEN = Code.ASSUMPTION_BROKEN.value


def remote_magic(shell: Any) -> Callable[[str, str], None]:
    """Return the magic function for a shell."""

    def kfp(line: str, cell: str) -> None:
        """Run this cell as a step on an engine: `%%kfp remote [NAME] [--gpu 1 ...]`.

        The values that the cell needs go there, and what it binds or changes comes back. Options
        are those of a step (docs/options.md), and of a run: `--engine`, `--connection`,
        `--no-cache`, `--ignore-resources`.
        """
        from IPython.core.error import UsageError

        from .kfp_line import in_a_step

        if in_a_step():
            shell.run_cell(cell)  # the notebook is a pipeline: this cell is a part of a step
            return
        try:
            _remote(shell, shlex.split(line), cell)
        except HelpShown:
            return
        except KfpExtError as error:
            raise UsageError("\n".join(map(str, error.problems))) from None
        except ValueError as error:  # shlex: a quote that does not end
            raise UsageError(f"%%kfp: {error}") from None

    from IPython.core.magic import no_var_expand

    magic: Callable[[str, str], None] = no_var_expand(kfp)
    return magic


def _remote(shell: Any, words: list[str], body: str) -> None:
    args, cell = _read(shell, words, body)
    run, remote = _run(shell, args, cell, everything=False)
    if run.state is State.FAILED and _assumed_wrongly(run):
        # The plan took a value for unchanged that the cell changed: now all come back.
        run, remote = _run(shell, args, cell, everything=True)
    if run.state is not State.SUCCEEDED:
        _fail(run)
    results = take_results(remote, run.id, shell.user_ns)
    if results.holders:
        print(
            f"What the cell changed is in {', '.join(results.holders)} of this kernel, too, as it "
            "was before.",
            file=sys.stderr,
        )


def _read(shell: Any, words: list[str], body: str) -> tuple[argparse.Namespace, Cell]:
    from ..notation.magic import parse_component_line

    args, others = _parser().parse_known_args(words)
    named = bool(others) and not others[0].startswith("-")
    said = parse_component_line(shlex.join(others if named else ["remote", *others]))
    if said.problems:
        raise KfpExtError(said.problems)
    parent = shell.get_parent() if hasattr(shell, "get_parent") else {}
    cell_id = str((parent or {}).get("metadata", {}).get("cellId") or "remote")
    number = len(shell.history_manager.input_hist_parsed) - 1  # of the cell that runs now
    # The magic's own line counts: line numbers are those that the user sees.
    return args, Cell(f"\n{body}", cell_id, number, said.name, said.options)


def remote_options() -> list[str]:
    """Return the options of `%%kfp remote`: those of a run, and of a step that stands alone."""
    from ..notation.magic import option_flags

    # Nothing is before or after the one cell.
    unfit = {"--after", "--for-each", "--when", "--on-exit", "--no-on-exit"}
    both = [*flags_in(_parser()), *option_flags()]
    return [each for each in dict.fromkeys(both) if each not in unfit]


def _parser() -> KernelParser:
    parser = KernelParser(prog="%%kfp remote")
    parser.add_argument("command", choices=["remote"])
    add_engine(parser)
    add_start_options(parser)
    return parser


def _run(
    shell: Any, args: argparse.Namespace, cell: Cell, everything: bool
) -> tuple[RunStatus, RemoteCell]:
    from ..runs.chain import submit

    history = shell.history_manager.input_hist_parsed[:-1]
    notebook = _notebook(shell)
    remote = prepare(cell, shell.user_ns, history, notebook, everything)
    started = submit(
        remote.compiled,
        engine=args.engine,
        connection=args.connection,
        namespace=args.namespace,
        experiment=args.experiment,
        cache=not args.no_cache,
        ignore_resources=args.ignore_resources,
        python=sys.executable,
        replan=False,
    )
    return _follow(started.run_id, remote.task, cell.id), remote


def _notebook(shell: Any) -> Any:
    """Return the notebook of the kernel as it is saved; None where none is known."""
    from ..notation.reader import read_notebook

    try:
        return read_notebook(notebook_path(shell.user_ns))
    except KfpExtError:
        return None


def _follow(run_id: str, task: str, cell_id: str) -> RunStatus:
    """Show what the cell puts out while it runs; an interrupt ends the run."""
    from ..runs.chain import cancel
    from ..runs.engines import keep_runner_ready
    from ..runs.outputs import cell_outputs
    from ..runs.registry import Registry
    from ..runs.watch import watch

    shown = _Shown()
    try:
        for _ in watch(run_id):
            cells = cell_outputs(run_id, task)
            shown.show(cells[cell_id]["outputs"] if cell_id in cells else [])
    except KeyboardInterrupt:
        cancel(Registry().get(run_id))
        raise
    keep_runner_ready()
    return Registry().get(run_id)


class _Shown:
    """What of a cell's outputs is in the kernel's own output already."""

    def __init__(self) -> None:
        self._count = 0
        self._characters = 0
        """Of the last one, where it is text."""

    def show(self, outputs: list[dict[str, Any]]) -> None:
        from IPython.display import display

        for number, output in enumerate(outputs[self._count :], self._count):
            kind = output["output_type"]
            last = number == len(outputs) - 1
            if kind == "stream":
                stream = sys.stderr if output["name"] == "stderr" else sys.stdout
                stream.write(output["text"][self._characters :])
                stream.flush()
                self._characters = len(output["text"]) if last else 0
                self._count = number if last else number + 1
                continue
            if kind == "error":
                print("\n".join(output["traceback"]), file=sys.stderr)
            else:
                display(output["data"], metadata=output["metadata"], raw=True)
            self._count, self._characters = number + 1, 0


def _assumed_wrongly(run: RunStatus) -> bool:
    return any(step.error and step.error.name == _BROKEN for step in run.steps)


def _fail(run: RunStatus) -> None:
    from ..runs.words import error_headline, failures

    said = "; ".join(error_headline(step) for step in failures(run))
    message = f"The cell ended as {run.state.value} on {run.engine}" + (f": {said}" if said else "")
    remedy = f"`%kfp logs {run.id}` shows its log; nothing was changed in this kernel."
    raise KfpExtError(Problem(Code.STEP_FAILED, f"{message}.", remedy))
