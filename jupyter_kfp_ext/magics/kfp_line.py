"""`%kfp run`, `status`, `graph` and the like: the command line's verbs in a kernel."""

import os
import re
import shlex
import sys
from collections.abc import Callable
from typing import Any

from ..engines.model import RunStatus
from ..errors import Code, KfpExtError, Problem, Severity
from .arguments import HelpShown, make_parser
from .notebook_path import notebook_path

_RUN_ID = re.compile(r"\d{8}-")
_MAY_BE_RUN = re.compile(r"last|\d[\da-z-]*")
"""`last`, or a beginning of an id."""


def kfp_magic(shell: Any) -> Callable[[str], None]:
    """Return the magic function for a shell."""
    line_magic = KfpLine(shell)

    def kfp(line: str) -> Any:
        """Run this notebook as a pipeline, and look at its runs.

        %kfp run [-p NAME=VALUE] [--wait]   run this notebook, as it is saved
        %kfp status [RUN]                   show a run
        %kfp graph [RUN]                    draw the steps of this notebook, or of a run
        %kfp logs [RUN] [STEP]              print what its steps wrote
        %kfp cancel [RUN]                   end it
        %kfp runs                           list runs
        %kfp compare [RUN RUN...]           runs side by side, as a DataFrame
        %kfp check                          say what is wrong with this notebook
        %kfp pull [RUN] STEP NAME...        bring values of a step into this kernel
        %kfp compile [-o FILE]              make the KFP v2 YAML

        RUN is a run id, a beginning of one, or `last`; without it the last run that this kernel
        started, else the newest of this notebook. `%kfp run -h` lists the options of a call.
        """
        from IPython.core.error import UsageError

        if in_a_step():
            # A notebook that runs itself must not do so again in each of its steps.
            print("%kfp does nothing inside a step of a pipeline.", file=sys.stderr)
            return None
        try:
            return line_magic.call(shlex.split(line))
        except HelpShown:
            return None
        except KfpExtError as error:
            raise UsageError("\n".join(map(str, error.problems))) from None
        except ValueError as error:  # shlex: a quote that does not end
            raise UsageError(f"%kfp: {error}") from None

    return kfp


class KfpLine:
    """The verbs, and the run that they mean where none is named."""

    def __init__(self, shell: Any) -> None:
        self._shell = shell
        self._last: str | None = None

    def call(self, words: list[str]) -> Any:
        """Do what a line says; return its value. Raises `KfpExtError` or IPython's `UsageError`."""
        args = make_parser().parse_args(words)
        return getattr(self, f"_{args.command}")(args)

    def _run(self, args: Any) -> None:
        from ..notation.reader import read_notebook
        from ..runs.again import part_of
        from ..runs.chain import build, parse_parameters, submit
        from .view import show_run

        path = notebook_path(self._shell.user_ns, args.notebook)
        notebook = read_notebook(path)
        if not args.notebook:
            _warn_if_unsaved(self._shell, notebook)
        compiled = build(notebook, args.split)
        started = submit(
            compiled,
            engine=args.engine,
            parameters=parse_parameters(compiled.plan, _pairs(args.parameters)),
            cache=not args.no_cache,
            reuse=part_of(
                compiled,
                args.from_step,
                args.only_step,
                engine=args.engine,
                connection=args.connection,
                namespace=args.namespace,
                data=args.data,
            ),
            ignore_resources=args.ignore_resources,
            connection=args.connection,
            namespace=args.namespace,
            experiment=args.experiment,
            # The kernel of this notebook is the one that runs this line.
            python=None if args.notebook else sys.executable,
        )
        self._last = started.run_id
        _print_problems(started.problems)
        show_run(self._shell, started.run_id, compiled.plan.cell_numbers, wait=args.wait)

    def _status(self, args: Any) -> None:
        from .view import show_once

        show_once(self._shell, self._find(args.run_id))

    def _graph(self, args: Any) -> None:
        from IPython.display import display

        from ..notation.reader import read_notebook
        from ..runs.chain import check
        from ..runs.describe import describe
        from .graph import pipeline_graph, run_graph

        if args.run_id:
            display(run_graph(self._find(args.run_id)), raw=True)
            return
        checked = check(
            read_notebook(notebook_path(self._shell.user_ns, args.notebook)), args.split
        )
        display(pipeline_graph(describe(checked)), raw=True)

    def _logs(self, args: Any) -> None:
        from ..runs.outputs import read_log

        run, wanted = self._run_and_step(args.run_id, args.step)
        steps = [step for step in run.steps if wanted in (None, step.name, step.task)]
        if wanted and not steps:
            run.step(wanted)
        for step in steps:
            if len(steps) > 1:
                print(f"--- {step.name}")
            offset = 0
            while (window := read_log(run.id, step.task, offset)).text:
                sys.stdout.write(window.text)
                offset = window.end

    def _run_and_step(self, first: str | None, second: str | None) -> tuple[RunStatus, str | None]:
        """Return what `[RUN] [STEP]` names: one word alone may be either."""
        if first is None or second is not None or first == "last":
            return self._find(first), second
        if not _MAY_BE_RUN.fullmatch(first):
            return self._find(None), first
        try:
            meant = self._find(None)
        except KfpExtError:
            return self._find(first), None
        if any(first in (step.name, step.task) for step in meant.steps):
            return meant, first
        try:
            return self._find(first), None
        except KfpExtError as error:
            names = ", ".join(step.name for step in meant.steps)
            words = f"There is no run {first!r}, and run {meant.id} has no step of that name."
            problem = Problem(Code.STEP_MISSING, words, f"Its steps are: {names}.", step=first)
            raise KfpExtError(
                problem if error.problems[0].code is Code.RUN_MISSING else error.problems
            ) from None

    def _cancel(self, args: Any) -> None:
        from ..runs.chain import cancel

        run = self._find(args.run_id)
        cancel(run)
        print(f"Asked {run.id} to end.")

    def _runs(self, _args: Any) -> None:
        from ..runs.registry import Registry
        from ..runs.words import run_line

        runs = Registry().list(steps=False)
        if not runs:
            print("There are no runs yet. Start one with: %kfp run")
        for run in runs:
            print(run_line(run))

    def _compare(self, args: Any) -> Any:
        from ..runs.compare import compare_runs
        from .comparison import as_table

        return as_table(compare_runs(args.run_ids or self._last_two()))

    def _last_two(self) -> list[str]:
        from ..runs.registry import Registry

        try:
            notebook = str(notebook_path(self._shell.user_ns))
        except KfpExtError:
            notebook = None
        return [run.id for run in reversed(Registry().list(notebook=notebook, limit=2))]

    def _check(self, args: Any) -> None:
        from ..checks.kernel_look import look_here
        from ..notation.reader import read_notebook
        from ..runs.chain import check, code_of, with_kernel

        path = notebook_path(self._shell.user_ns, args.notebook)
        checked = check(read_notebook(path), args.split)
        if not args.notebook:
            # Whoever types it in a kernel wants to know of this kernel.
            said = look_here(self._shell.user_ns, checked.plan, code_of(checked))
            checked = with_kernel(checked, said)
        problems = checked.problems
        _print_problems(problems)
        if not problems:
            print("No problems.")

    def _compile(self, args: Any) -> None:
        from pathlib import Path

        from ..compiler.package import write_package
        from ..notation.reader import read_notebook
        from ..runs.chain import build, one_text

        path = notebook_path(self._shell.user_ns, args.notebook)
        compiled = build(read_notebook(path), args.split)
        if args.output is None:
            text, note = one_text(compiled)
            print(text, end="")
            if note:
                print(note, file=sys.stderr)
            return
        package = write_package(compiled, Path(args.output).absolute())
        _print_problems(package.problems)
        for written in package.files:
            print(f"Wrote {written}")

    def _pull(self, args: Any) -> None:
        from ..runs.pulling import pull_into

        words = list(args.words)
        named = len(words) > 2 and (words[0] == "last" or _RUN_ID.match(words[0]))
        run = self._find(words.pop(0) if named else None)
        if len(words) < 2:
            raise KfpExtError(Problem(Code.USAGE, "Say a step and what to bring from it."))
        step, *names = words
        pull_into(self._shell.user_ns, run.id, step, names)
        print(f"Bound {', '.join(names)} as step {step} of run {run.id} left them.")

    def _find(self, run_id: str | None) -> RunStatus:
        from ..runs.registry import Registry

        if run_id or self._last:
            return Registry().get(run_id or self._last or "last")
        try:
            notebook = str(notebook_path(self._shell.user_ns, None))
        except KfpExtError:
            return Registry().get("last")
        return Registry().get("last", notebook)


def in_a_step() -> bool:
    """Tell whether this process is a step of a pipeline."""
    # `%kfp pull` imports the parts of the runtime that read values, never this one.
    return "kfp_step.entry" in sys.modules or "KFP_STEP_CODE" in os.environ


def _pairs(given: list[str]) -> dict[str, str]:
    texts = {}
    for each in given:
        name, equals, text = each.partition("=")
        if not equals or not name.strip():
            raise KfpExtError(
                Problem(Code.USAGE, f"'{each}' is not NAME=VALUE.", "Write -p name=value.")
            )
        texts[name.strip()] = text
    return texts


def _warn_if_unsaved(shell: Any, notebook: Any) -> None:
    """Say so where the file lacks the very cell that runs: what is on disk is what is run."""
    raw = shell.history_manager.input_hist_raw[-1].strip()
    if raw and all(cell.source.strip() != raw for cell in notebook.cells):
        print(
            "The notebook has changes that are not saved; the run takes what is on disk. "
            "Save it first to run what you see.",
            file=sys.stderr,
        )


def _print_problems(problems: Any) -> None:
    from ..runs.words import problem_text

    for each in problems:
        # JupyterLab shows what goes to stderr as something that failed.
        failed = each.severity is Severity.ERROR
        print(problem_text(each), file=sys.stderr if failed else sys.stdout)
