"""What may be typed after `jupyter kfp`: the commands and their options, nothing else."""

import argparse

from .. import __version__
from ..runs.arguments import (
    SPLITS,
    add_data,
    add_engine,
    add_ignore_resources,
    add_namespace,
    add_parameters,
    add_run_options,
    add_start_options,
)
from .connection_arguments import add_connections
from .schedule_arguments import add_schedule

_RUN_HELP = "run id, a beginning of one that only it has, or `last`"


def make_parser() -> argparse.ArgumentParser:
    """Return the parser of the whole command line; `args.module` names the command's module."""
    parser = argparse.ArgumentParser(
        prog="jupyter kfp",
        description="Turn a notebook into a Kubeflow pipeline and run it.",
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=__version__)
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    _notebook_commands(commands)
    _run_commands(commands)
    add_schedule(_command(commands, "schedule", "have a cluster start runs by itself"))
    attach = _command(commands, "attach", "keep a run here that was started elsewhere")
    attach.add_argument("remote_id", metavar="ID", help="Kubeflow's id (`runs --connection`)")
    attach.add_argument("notebook", nargs="?", metavar="NB", help="show it at these cells")
    attach.add_argument("--connection", metavar="NAME", help="default: the one for all runs")
    _attended(attach)
    _json(attach)
    add_connections(_command(commands, "connections", "say where Kubeflow Pipelines is"))
    demo = _command(commands, "demo", "write the examples and run the first")
    demo.add_argument(
        "directory", nargs="?", default="kfp-demo", metavar="DIR", help="default: ./kfp-demo"
    )
    # For `make demo`: its environment, and so its `jupyter`, is on nobody's PATH.
    demo.add_argument("--open-with", metavar="COMMAND", help=argparse.SUPPRESS)
    return parser


def _notebook_commands(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    check = _command(commands, "check", "say what is wrong with a notebook, without running it")
    _notebook(check)
    check.add_argument(
        "--fix", action="store_true", help="mend in the file what has a fix, and say what is left"
    )
    check.add_argument(
        "--code", action="store_true", help="list your files that each step gets, and why"
    )
    _json(check)

    compile_ = _command(commands, "compile", "write the pipeline as KFP v2 YAML", "compile_")
    _notebook(compile_)
    compile_.add_argument("-o", "--output", metavar="FILE", help="default: standard output")

    export = _command(commands, "export", "write the pipeline as a plain project for the kfp SDK")
    _notebook(export)
    export.add_argument(
        "-o", "--output", required=True, metavar="DIR", help="a new or empty folder"
    )
    _json(export)

    import_ = _command(commands, "import", "convert what was marked for another tool", "import_")
    import_.add_argument(
        "notebook", metavar="NB", help="Kale's notebook, or Elyra's pipeline (.pipeline)"
    )
    import_.add_argument("--from", dest="source", choices=("kale", "elyra"), required=True)
    import_.add_argument(
        "-o", "--output", metavar="FILE", help="default: the notebook itself; for Elyra beside it"
    )
    _json(import_)

    verify = _command(commands, "verify", "run each step twice and say what differs")
    _notebook(verify)
    verify.add_argument("step", nargs="?", metavar="STEP", help="default: all steps")
    add_parameters(verify)
    add_ignore_resources(verify)
    _json(verify)

    run = _command(commands, "run", "run a notebook, or a compiled pipeline")
    _notebook(run, "path of the notebook, or of a pipeline file (.yaml, .json)")
    add_run_options(run)
    _attended(run)
    _json(run)


def _run_commands(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    runs = _command(commands, "runs", "list runs, newest first")
    runs.add_argument("--notebook", metavar="NB", help="only runs of this notebook")
    runs.add_argument(
        "--connection", metavar="NAME", help="the runs that are there, whoever started them"
    )
    add_namespace(runs)
    runs.add_argument("--archived", action="store_true", help="only archived runs")
    runs.add_argument("--limit", type=_count, default=20, metavar="N", help="default: 20")
    _json(runs)

    show = _command(commands, "show", "show a run and its steps")
    show.add_argument("run_id", metavar="RUN", help=_RUN_HELP)
    of_code = show.add_mutually_exclusive_group()
    of_code.add_argument("--code", action="store_true", help="the code that it ran, by step")
    of_code.add_argument(
        "--changed", action="store_true", help="what changed in cells and files since"
    )
    of_code.add_argument(
        "--restore", metavar="DIR", help="write its notebook and files into a new folder"
    )
    _json(show)

    compare = _command(commands, "compare", "put runs side by side and say what differs")
    compare.add_argument("run_id", metavar="RUN", help=_RUN_HELP)
    compare.add_argument("other_ids", nargs="+", metavar="RUN", help="up to 20 runs in all")
    compare.add_argument("--all", action="store_true", help="also what is the same in all runs")
    _json(compare)

    logs = _command(commands, "logs", "print what a run's steps wrote")
    logs.add_argument("run_id", metavar="RUN", help=_RUN_HELP)
    logs.add_argument("step", nargs="?", metavar="STEP", help="default: all steps")
    logs.add_argument(
        "--follow", action="store_true", help="go on until the run, or that step, ends"
    )
    logs.add_argument(
        "--container",
        choices=("main", "init", "driver", "all"),
        default="main",
        help="of a step on a cluster: also what prepared its pod (init), and KFP's driver",
    )
    _json(logs)

    resume = _command(
        commands,
        "resume",
        "let a paused run go on; start an ended one again, and take what it had done",
    )
    resume.add_argument("run_id", metavar="RUN", help=_RUN_HELP)
    add_data(
        resume,
        "of a run on a cluster: volumes as they were before the first step that runs again",
    )
    add_start_options(resume)
    _attended(resume)
    _json(resume)

    pause = _command(commands, "pause", "have a run of this machine stand still; resume goes on")
    pause.add_argument("run_id", metavar="RUN", help=_RUN_HELP)
    _json(pause)

    cancel = _command(commands, "cancel", "end a run")
    cancel.add_argument("run_id", metavar="RUN", help=_RUN_HELP)
    _json(cancel)

    retry = _command(commands, "retry", "run again what failed of a run on a cluster, in that run")
    retry.add_argument("run_id", metavar="RUN", help=_RUN_HELP)
    _attended(retry)
    _json(retry)

    clone = _command(commands, "clone", "start a run again, with the notebook and files as then")
    clone.add_argument("run_id", metavar="RUN", help=_RUN_HELP)
    add_engine(clone)
    add_parameters(clone)
    add_start_options(clone)
    _attended(clone)
    _json(clone)

    for name, text in (
        ("archive", "leave ended runs out of lists, on their cluster, too"),
        ("unarchive", "put archived runs back into the lists"),
    ):
        archive = _command(commands, name, text, "archive")
        archive.add_argument("run_ids", nargs="+", metavar="RUN", help=_RUN_HELP)
        _json(archive)

    delete = _command(commands, "delete", "remove ended runs, after showing what goes")
    delete.add_argument("run_ids", nargs="+", metavar="RUN", help=_RUN_HELP)
    delete.add_argument(
        "--cluster", action="store_true", help="also from Kubeflow Pipelines, with its Workflow"
    )
    delete.add_argument(
        "--artifacts",
        action="store_true",
        help="also what its steps left in the object store (with --cluster); its cached results "
        "are lost to later runs",
    )
    sure = delete.add_mutually_exclusive_group()
    sure.add_argument("--dry-run", action="store_true", help="only show what would go")
    sure.add_argument("--yes", action="store_true", help="do not ask")
    _json(delete)

    pull = _command(commands, "pull", "write what a step gave to a file")
    pull.add_argument("run_id", metavar="RUN", help=_RUN_HELP)
    pull.add_argument("step", metavar="STEP")
    pull.add_argument("name", metavar="NAME", help="a variable, an artifact or a metric")
    pull.add_argument(
        "-o",
        "--output",
        required=True,
        metavar="FILE",
        help=".json, .csv, .parquet, .npy, .txt; otherwise a pickle",
    )
    _json(pull)

    clean = _command(commands, "clean", "remove old runs, and what was kept of them")
    clean.add_argument(
        "--older-than",
        type=_age,
        default=30 * 86400.0,
        metavar="AGE",
        help="how long ago it was last used: 12h, 30d, 8w (default: 30d)",
    )
    clean.add_argument("--connection", metavar="NAME", help="also remove old code on this cluster")
    add_namespace(clean)
    clean.add_argument("--dry-run", action="store_true", help="only show what would go")
    clean.add_argument("--yes", action="store_true", help="do not ask on a terminal")
    _json(clean)


def _command(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]",
    name: str,
    text: str,
    module: str | None = None,
) -> argparse.ArgumentParser:
    parser = commands.add_parser(
        name, help=text, description=text[0].upper() + text[1:] + ".", allow_abbrev=False
    )
    parser.set_defaults(command=name, module=module or name, json=False)
    return parser


def _notebook(parser: argparse.ArgumentParser, text: str = "path of the notebook") -> None:
    parser.add_argument("notebook", metavar="NB", help=text)
    parser.add_argument(
        "--split", choices=SPLITS, help="how to cut a notebook that has no marked cells"
    )


def _attended(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--no-wait", action="store_true", help="start it and return at once")
    parser.add_argument(
        "--output-notebook", metavar="OUT", help="write the notebook with the outputs of the run"
    )


def _json(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print JSON on standard output")


def _age(text: str) -> float:
    seconds = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}.get(text[-1:])
    if seconds is None or not text[:-1].isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is no age, such as 12h, 30d or 8w")
    return float(int(text[:-1]) * seconds)


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number above 0")
    return int(text)
