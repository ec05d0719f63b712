"""The options of starting a run, said once for the command line and the magic."""

import argparse

SPLITS = ("headings", "cells", "none")
"""As `notation.split.SPLITS` (a test holds them equal), whose import would slow down `--help`."""


def add_run_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of a run to a parser; `-p NAME=VALUE` is in `parameters`."""
    parser.add_argument("--engine", help="what executes it (default: the notebook's, else local)")
    parser.add_argument(
        "-p",
        "--parameter",
        dest="parameters",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="value of a pipeline parameter; may be repeated",
    )
    parser.add_argument("--no-cache", action="store_true", help="run every step anew")
    parser.add_argument(
        "--ignore-resources",
        action="store_true",
        help="run here also what asks for more than this machine has",
    )
