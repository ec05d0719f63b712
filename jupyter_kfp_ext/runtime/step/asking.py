"""`input()` inside a step: nobody can answer, so the line that asks is refused."""

from __future__ import annotations


class StdinNotImplementedError(NotImplementedError):
    """Raised by `input()`, as a kernel does whose frontend cannot ask."""


def refuse_password(prompt: object = "", stream: object = None) -> str:
    """Stand in for `getpass.getpass`."""
    raise StdinNotImplementedError(
        "getpass was called, but this frontend does not support input requests."
    )


def refuse_input(prompt: object = "") -> str:
    """Stand in for `input`."""
    raise StdinNotImplementedError(
        "raw_input was called, but this frontend does not support input requests."
    )
