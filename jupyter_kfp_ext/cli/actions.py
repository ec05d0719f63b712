"""The second words of commands that have several: `connections add`, `schedule pause`."""

import argparse


def add_action(
    actions: "argparse._SubParsersAction[argparse.ArgumentParser]", name: str, text: str
) -> argparse.ArgumentParser:
    """Add what a command does by a word of its own (`connections test`); returns its parser."""
    parser = actions.add_parser(
        name, help=text, description=text[0].upper() + text[1:] + ".", allow_abbrev=False
    )
    parser.set_defaults(action=name)
    # As a default it would undo a --json before the action.
    parser.add_argument("--json", action="store_true", default=argparse.SUPPRESS, help="print JSON")
    return parser
