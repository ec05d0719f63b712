"""The options of starting a run, said once for the command line and the magic."""

import argparse

SPLITS = ("headings", "cells", "none")
"""As `notation.split.SPLITS` (a test holds them equal), whose import would slow down `--help`."""


def add_run_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of a run to a parser; `-p NAME=VALUE` is in `parameters`."""
    add_engine(parser)
    add_parameters(parser)
    part = parser.add_mutually_exclusive_group()
    part.add_argument(
        "--from",
        dest="from_step",
        metavar="STEP",
        help="run this step and all after it; take the steps before from the last run",
    )
    part.add_argument(
        "--only",
        dest="only_step",
        metavar="STEP",
        help="run this step alone, with what the steps before gave in the last run",
    )
    add_data(parser, "with --from, on a cluster: volumes as they were before that step")
    add_start_options(parser)


def add_data(parser: argparse.ArgumentParser, text: str) -> None:
    """Add the choice of the state of volumes; `text` says when it may be made."""
    parser.add_argument(
        "--data",
        choices=("snapshot",),
        default="",
        help=f"{text} (`snapshot` of the option `volumes`); default: as they are now",
    )


def add_engine(parser: argparse.ArgumentParser) -> None:
    """Add where to run."""
    parser.add_argument("--engine", help="what executes it (default: the notebook's, else local)")
    parser.add_argument(
        "--connection", metavar="NAME", help="run on this cluster (`jupyter kfp connections`)"
    )
    add_namespace(parser)
    add_experiment(parser)


def add_namespace(parser: argparse.ArgumentParser) -> None:
    """Add where on a cluster something is."""
    parser.add_argument(
        "--namespace",
        default="",
        metavar="NAME",
        help="where it is, on a cluster with several users (default: the connection's)",
    )


def add_experiment(parser: argparse.ArgumentParser) -> None:
    """Add the group of runs on a cluster."""
    parser.add_argument(
        "--experiment",
        default="",
        metavar="NAME",
        help="group of the run on its cluster (default: the notebook's, else its name)",
    )


def add_start_options(parser: argparse.ArgumentParser) -> None:
    """Add what starting and resuming a run have in common."""
    parser.add_argument("--no-cache", action="store_true", help="run every step anew")
    add_ignore_resources(parser)


def add_ignore_resources(parser: argparse.ArgumentParser) -> None:
    """Add the switch that runs what asks for more than there is."""
    parser.add_argument(
        "--ignore-resources",
        action="store_true",
        help="run also what asks for more than this machine, or the cluster, has",
    )


def add_parameters(parser: argparse.ArgumentParser) -> None:
    """Add `-p NAME=VALUE` to a parser, as `parameters`."""
    parser.add_argument(
        "-p",
        "--parameter",
        dest="parameters",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="value of a pipeline parameter; may be repeated",
    )
