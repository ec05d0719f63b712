"""Bringing the marks of other tools over: read, convert, write, and say what was done."""

from pathlib import Path

from ..errors import Code, KfpExtError, Problem
from ..notation.editing import notebook_text
from ..notation.from_kale import Converted, from_kale
from ..notation.reader import read_notebook
from ..storage import write_atomically
from .notebook_file import write_changed


def import_notebook(path: Path, tool: str, output: Path | None) -> tuple[Path, Converted]:
    """Convert a Kale notebook or an Elyra pipeline; return the file written and what was done.

    Of Kale the notebook itself is written unless `output` says another file; nothing is written
    where nothing changes. Elyra's pipeline becomes a notebook beside it. Raises `KfpExtError`:
    `usage` where the file is not one of that tool or `output` is there already,
    `storage-failed`, and what reading raises.
    """
    if tool == "elyra":
        return _elyra(path, output)
    notebook = read_notebook(path)
    original = path.read_bytes()
    converted = from_kale(notebook)
    target = output or path
    if output is not None:
        _refuse_to_replace(output)
    if converted.changes or output is not None:
        write_changed(converted.notebook, path, original, target)
    return target, converted


def _elyra(path: Path, output: Path | None) -> tuple[Path, Converted]:
    from ..notation.from_elyra import from_elyra

    if path.suffix == ".ipynb":
        message = f"{path.name} is a notebook: Elyra keeps its marks in a file `.pipeline`."
        raise KfpExtError(Problem(Code.USAGE, message, "Name that file."))
    target = output or path.with_suffix(".ipynb")
    converted = from_elyra(path)
    _refuse_to_replace(target)
    text = notebook_text(converted.notebook.raw, '{\n "cells": []\n}\n')
    write_atomically(target.absolute(), text, private=False)
    return target, converted


def _refuse_to_replace(target: Path) -> None:
    if target.exists():
        message = f"{target} is there already."
        raise KfpExtError(Problem(Code.USAGE, message, "Name another file with -o.", option="o"))
