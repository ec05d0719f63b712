"""Colours and signs of the terminal, or plain text where they would do harm.

Colours go with https://no-color.org: not where `NO_COLOR` is set, nor where no terminal reads.
"""

import os
from dataclasses import dataclass
from typing import TextIO

from ..engines.model import State

_SIGNS = {
    State.PENDING: ("○", "."),
    State.RUNNING: ("●", ">"),
    State.SUCCEEDED: ("✓", "+"),
    State.SKIPPED: ("–", "-"),
    State.FAILED: ("✗", "x"),
    State.PAUSED: ("◍", "="),
    State.CANCELING: ("◌", "~"),
    State.CANCELED: ("◌", "~"),
}
_COLOURS = {
    State.PENDING: "2",
    State.RUNNING: "36",
    State.SUCCEEDED: "32",
    State.SKIPPED: "2",
    State.FAILED: "31",
    State.PAUSED: "33",
    State.CANCELING: "33",
    State.CANCELED: "33",
}


@dataclass(frozen=True)
class Style:
    """What a stream can show."""

    terminal: bool
    """Whether the cursor can be moved."""
    colours: bool
    unicode: bool

    @staticmethod
    def of(stream: TextIO) -> "Style":
        """Return the style of a stream."""
        terminal = stream.isatty() and os.environ.get("TERM") != "dumb"
        encoding = (stream.encoding or "").lower().replace("-", "")
        return Style(terminal, terminal and not os.environ.get("NO_COLOR"), encoding == "utf8")

    def sign(self, state: State) -> str:
        """Return the coloured sign of a state, one column wide."""
        return self.paint(_SIGNS[state][0 if self.unicode else 1], _COLOURS[state])

    def paint(self, text: str, colour: str) -> str:
        """Return the text in a colour (an SGR parameter, ECMA-48)."""
        return f"\x1b[{colour}m{text}\x1b[0m" if self.colours else text
