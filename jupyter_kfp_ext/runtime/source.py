"""Joins the modules of the step runtime into the one file that a bundle carries."""

from functools import cache
from pathlib import Path

from .strip import strip_source

_FOLDER = Path(__file__).parent / "step"
_FUTURE = "from __future__ import annotations\n"
"""A flag says it when the sections are compiled: importing `__future__` takes a while."""


@cache
def runtime_source() -> bytes:
    """Return the text of `kfp_step.py`: the same bytes on every machine.

    It is `step/__init__.py` followed by the other modules of `step` in alphabetical order, each as
    a quoted section, all without comments and docstrings.
    """
    parts = [_text(_FOLDER / "__init__.py")]
    for path in sorted(_FOLDER.glob("[!_]*.py")):
        text = _text(path).replace(_FUTURE, "\n", 1)
        if "'''" in text or text.endswith("\\\n"):
            raise ValueError(f"{path.name} cannot be quoted: it holds ''' or ends with a backslash")
        parts.append(f"\n\nSECTIONS[\"{path.stem}\"] = r'''{text}'''\n")
    return "".join(parts).encode()


def _text(path: Path) -> str:
    return strip_source(path.read_text(encoding="utf-8"))
