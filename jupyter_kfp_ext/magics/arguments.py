"""What may be typed after `%kfp`: the command line's words, read without ending the kernel."""

import argparse
import re
from typing import Any, NoReturn

from ..runs.arguments import SPLITS, add_run_options

COMMANDS = (
    "run",
    "status",
    "logs",
    "cancel",
    "runs",
    "check",
    "compile",
    "graph",
    "pull",
    "compare",
)


class HelpShown(Exception):  # noqa: N818 - not an error: `-h` was asked for and answered
    """The parser has printed what was asked for; there is nothing more to do."""


class KernelParser(argparse.ArgumentParser):
    """A parser that raises where argparse would end the process."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(allow_abbrev=False, **kwargs)

    def error(self, message: str) -> NoReturn:
        """Raise IPython's `UsageError`, which is shown without a traceback."""
        from IPython.core.error import UsageError

        raise UsageError(f"{self.prog}: {message}\n{self.format_usage().strip()}")

    def exit(self, status: int = 0, message: str | None = None) -> NoReturn:
        """Raise `HelpShown`: only `-h` comes here."""
        raise HelpShown


def make_parser() -> KernelParser:
    """Return the parser of a `%kfp` line."""
    return _parsers()[0]


def options_of(command: str) -> list[str]:
    """Return the options that a command takes, for completion."""
    choices = _parsers()[1]
    return flags_in(choices[command]) if command in choices else []


def flags_in(parser: argparse.ArgumentParser) -> list[str]:
    """Return the long options that a parser knows, in their order."""
    return re.findall(r"--[a-z-]+", parser.format_usage())


def _parsers() -> tuple[KernelParser, dict[str, KernelParser]]:
    parser = KernelParser(prog="%kfp", description="Run this notebook as a pipeline.")
    commands = parser.add_subparsers(
        dest="command", metavar="COMMAND", required=True, parser_class=KernelParser
    )
    run = commands.add_parser("run", help="run this notebook as a pipeline")
    _notebook(run)
    add_run_options(run)
    run.add_argument("--wait", action="store_true", help="keep the kernel until the run ends")
    for name, text in (("check", "say what is wrong"), ("compile", "make KFP v2 YAML")):
        _notebook(commands.add_parser(name, help=text))
    commands.choices["compile"].add_argument("-o", "--output", metavar="FILE")
    graph = commands.add_parser("graph", help="draw the steps of this notebook, or of a run")
    graph.add_argument("run_id", nargs="?", metavar="RUN", help="default: the notebook as it is")
    _notebook(graph)
    for name, text in (
        ("status", "show a run"),
        ("logs", "print what a run's steps wrote"),
        ("cancel", "end a run"),
    ):
        commands.add_parser(name, help=text).add_argument(
            "run_id", nargs="?", metavar="RUN", help="default: the last run of this kernel"
        )
    commands.choices["logs"].add_argument("step", nargs="?", metavar="STEP")
    commands.add_parser("runs", help="list runs")
    compare = commands.add_parser("compare", help="parameters, metrics and steps of runs")
    compare.add_argument("run_ids", nargs="*", metavar="RUN", help="default: the last two")
    pull = commands.add_parser("pull", help="bring values of a step into this kernel")
    pull.add_argument("words", nargs="+", metavar="[RUN] STEP NAME...")
    return parser, commands.choices


def _notebook(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--notebook", metavar="PATH", help="default: this kernel's notebook")
    parser.add_argument(
        "--split", choices=SPLITS, help="how to cut a notebook that has no marked cells"
    )
