"""`jupyter kfp run`: a notebook or a compiled pipeline, run and watched until it ends."""

import argparse
import contextlib
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TextIO

from ..analysis.plan import Plan
from ..engines.model import RunStatus, State
from ..errors import Code, KfpExtError, Problem
from ..runs.chain import Submitted
from .output import FAILED, MisuseError, explain, print_json, reader_may_leave
from .progress import View, make_view, print_notes, print_outcome
from .style import Style

INTERRUPTED = 130


def run(args: argparse.Namespace) -> int:
    """Start the run, show it, and write the executed notebook where one is asked for."""
    from ..runs.again import part_of
    from ..runs.chain import build_file, submit
    from ..runs.engines import DEFAULT_ENGINE, keep_runner_ready

    check_usage(args)
    if args.engine in (None, DEFAULT_ENGINE) and not args.connection:
        keep_runner_ready()  # it starts while the notebook is compiled
    compiled = build_file(Path(args.notebook), args.split)
    if args.output_notebook and not compiled.plan.steps:
        message = "--output-notebook needs a notebook, not a compiled pipeline."
        raise _usage(message, "Leave it out.", "output-notebook")
    started = submit(
        compiled,
        engine=args.engine,
        parameters=parameters_of(compiled.plan, args.parameters),
        cache=not args.no_cache,
        ignore_resources=args.ignore_resources,
        reuse=part_of(
            compiled,
            args.from_step,
            args.only_step,
            engine=args.engine,
            connection=args.connection,
            namespace=args.namespace,
            data=args.data,
        ),
        connection=args.connection,
        namespace=args.namespace,
        experiment=args.experiment,
    )
    return attend(args, compiled.plan.cell_numbers, started)


def attend(args: argparse.Namespace, numbers: Mapping[str, int], started: Submitted) -> int:
    """Show a run that was started until it ends, as the arguments say; return the exit code.

    `numbers` are those of its cells, by their ids.
    """
    from ..runs.registry import Registry

    explain(started.problems, args.notebook)
    if args.no_wait:
        return _leave(args, started.run_id)
    # With --json, standard output holds one JSON object; people still see what goes on.
    stream = sys.stderr if args.json else sys.stdout
    with reader_may_leave(stream):
        print(f"Run {started.run_id} of {args.notebook} ({started.engine})", file=stream)
        print_notes(Registry().get(started.run_id), stream)
        stream.flush()
    status, interrupted = wait_for(started.run_id, make_view(stream, numbers), stream)
    unwritten: tuple[Problem, ...] = ()
    if args.output_notebook and status.state.ended:
        unwritten = _write_notebook(Path(args.output_notebook), status.id)
    if args.json:
        print_json(_report(status, (*started.problems, *unwritten)))
    else:
        print_outcome(status, Style.of(stream), stream)
        print(_last_words(status), file=stream, flush=True)
    explain(unwritten, args.output_notebook)
    if interrupted:
        return INTERRUPTED
    return 0 if status.state is State.SUCCEEDED and not unwritten else FAILED


def parameters_of(plan: Plan, given: list[str]) -> Mapping[str, Any]:
    """Return the values of `-p name=value`, converted to the types that the notebook declares."""
    from ..runs.chain import parse_parameters

    texts = {}
    for each in given:
        name, equals, text = each.partition("=")
        if not equals or not name.strip():
            raise _usage(f"'{each}' is not NAME=VALUE.", "Write -p name=value.", "parameter")
        texts[name.strip()] = text
    try:
        return parse_parameters(plan, texts)
    except KfpExtError as error:
        raise MisuseError(error.problems) from error


def wait_for(run_id: str, view: View, stream: TextIO) -> tuple[RunStatus, bool]:
    """Show a run until it ends; returns its last status and whether Ctrl-C was pressed.

    The first Ctrl-C cancels the run, a second one leaves it alone.
    """
    from ..runs.chain import cancel
    from ..runs.registry import Registry

    try:
        return _until_ended(run_id, view, stream), False
    except KeyboardInterrupt:
        view.close()
    try:
        with contextlib.suppress(KfpExtError):  # it ended just now
            cancel(Registry().get(run_id))
        print("\nCancelling; press Ctrl-C again to leave.", file=stream, flush=True)
        return _until_ended(run_id, view, stream), True
    except KeyboardInterrupt:
        status = Registry().get(run_id)
        canceled = status.state in (State.CANCELING, State.CANCELED)
        words = "it ends by itself." if canceled else f"`jupyter kfp cancel {run_id}` ends it."
        print(f"\nLeft alone; {words}", file=stream, flush=True)
        return status, True


def _until_ended(run_id: str, view: View, stream: TextIO) -> RunStatus:
    from ..runs.watch import watch

    for status in watch(run_id):
        with reader_may_leave(stream):  # the exit code still tells how the run ended
            view.show(status)
    view.close()
    return status


def check_usage(args: argparse.Namespace) -> None:
    """Raise `MisuseError` where the executed notebook cannot be written as asked for."""
    if not args.output_notebook:
        return
    if args.no_wait:
        raise _usage(
            "--output-notebook needs the run's end, which --no-wait does not wait for.",
            "Leave one of them out.",
            "output-notebook",
        )
    output = Path(args.output_notebook).absolute()
    if not output.parent.is_dir():
        message = f"The folder {output.parent} does not exist."
        raise _usage(message, "Create it first.", "output-notebook")
    if output.is_dir():
        raise _usage(f"{output} is a folder.", "Name a file in it.", "output-notebook")
    if output.exists() and output.samefile(args.notebook):
        # It may be edited while the run goes on; that would be lost.
        message = "--output-notebook would overwrite the notebook itself."
        raise _usage(message, "Name another file.", "output-notebook")


def _usage(message: str, remedy: str, option: str) -> MisuseError:
    return MisuseError(Problem(Code.USAGE, message, remedy, option=option))


def _leave(args: argparse.Namespace, run_id: str) -> int:
    from ..runs.registry import Registry

    if args.json:
        print_json(_report(Registry().get(run_id), ()))
    else:
        print(run_id)
    return 0


def _report(status: RunStatus, problems: tuple[Problem, ...]) -> dict[str, Any]:
    from ..runs.report import run_report

    return {**run_report(status), "problems": [each.to_json() for each in problems]}


def _write_notebook(path: Path, run_id: str) -> tuple[Problem, ...]:
    """Write the executed notebook; returns why it could not be, for the run has its outcome."""
    import json

    from ..runs.outputs import executed_notebook
    from ..storage import write_atomically

    # As nbformat writes notebooks, so that a diff shows the outputs and nothing else.
    try:
        text = json.dumps(executed_notebook(run_id), indent=1, ensure_ascii=False, sort_keys=True)
        write_atomically(path.absolute(), text + "\n", private=False)
    except KfpExtError as error:
        return error.problems
    return ()


def _last_words(status: RunStatus) -> str:
    from ..runs.words import time_taken

    return f"{status.state.value} in {time_taken(status.started or status.created, status.ended)}"
