"""Fixes of names that are not there: the near name, the import that everyone means, the order."""

import ast
import builtins
import difflib
from collections.abc import Iterator

from ..analysis.cell import analyse_cell
from ..edits import Fix, Move, Replace, SetMetadata
from ..errors import Problem
from ..notation.model import MarkedCell, MarkSource, Role
from .reading import ReadCell, Reading

IMPORTS = {
    "np": "import numpy as np",
    "pd": "import pandas as pd",
    "plt": "import matplotlib.pyplot as plt",
    "mpl": "import matplotlib as mpl",
    "sns": "import seaborn as sns",
    "tf": "import tensorflow as tf",
    "nn": "from torch import nn",
    "F": "import torch.nn.functional as F",
    "Path": "from pathlib import Path",
    "datetime": "from datetime import datetime",
    "timedelta": "from datetime import timedelta",
    "defaultdict": "from collections import defaultdict",
    "Counter": "from collections import Counter",
    "partial": "from functools import partial",
    "dataclass": "from dataclasses import dataclass",
    "tqdm": "from tqdm.auto import tqdm",
    "train_test_split": "from sklearn.model_selection import train_test_split",
    **{
        name: f"import {name}"
        for name in ("collections", "copy", "csv", "functools", "glob", "io", "itertools", "json",
                     "logging", "math", "numpy", "os", "pandas", "pickle", "random", "re",
                     "shutil", "sklearn", "statistics", "string", "subprocess", "sys", "tempfile",
                     "time", "torch", "uuid", "warnings")
    },
}  # fmt: skip
"""What people mean by a name that nothing defines."""


def undefined_name(reading: Reading, problem: Problem) -> Iterator[Fix]:
    """Propose the import, or the name above that is spelt nearly so."""
    cell = reading.cell(problem.cell_id)
    name = named(problem, cell)
    if cell is None or name is None:
        return
    if name in IMPORTS:
        line = IMPORTS[name]
        yield Fix(f"Add `{line}`", (_at_top(cell, line),))
    skipped = _skipped(reading, cell, name)
    if skipped is not None:
        yield Fix(
            f"Take the skip mark from cell {skipped.cell.number}",
            (SetMetadata(skipped.cell.id, "kfp", None),),
        )
    for near in near_names(reading, cell, name):
        edits = rename(cell, name, near)
        if edits:
            yield Fix(f"Write {near} for {name}", edits)


def used_too_early(reading: Reading, problem: Problem) -> Iterator[Fix]:
    """Propose to move the cell that defines a name above the one that uses it."""
    cell = reading.cell(problem.cell_id)
    name = named(problem, cell)
    if cell is None or name is None:
        return
    for later in _after(reading, cell):
        if name in analyse_cell(later.marked.body).binds:
            yield Fix(
                f"Move cell {later.marked.cell.number} above cell {cell.marked.cell.number}",
                (Move(later.id, cell.id),),
            )
            return


def named(problem: Problem, cell: ReadCell | None) -> str | None:
    """Return the name that a problem marks in its cell; None where it marks none."""
    if cell is None or problem.line is None or problem.column is None:
        return None
    line = cell.marked.body.split("\n")[problem.line - 1]
    text = line[problem.column : problem.end_column]
    return text if text.isidentifier() else None


def near_names(reading: Reading, cell: ReadCell, name: str) -> list[str]:
    """Return names that cells above (or this one) bind, or builtins, that are spelt nearly so."""
    known = set(dir(builtins))
    for each in reading.cells:
        known |= analyse_cell(each.marked.body).binds
        if each is cell:
            break
    known -= {name, "_"}
    return difflib.get_close_matches(name, sorted(known), n=2, cutoff=0.75)


def rename(cell: ReadCell, name: str, to: str) -> tuple[Replace, ...]:
    """Return edits that write another name wherever a cell reads one.

    Empty where a place is not known: in IPython's syntax, and in f-strings before Python 3.12.
    """
    edits: list[Replace] = []
    lines = cell.marked.body.split("\n")
    for node in ast.walk(cell.tree):
        if not isinstance(node, ast.Name) or node.id != name:
            continue
        column = len(lines[node.lineno - 1].encode()[: node.col_offset].decode(errors="replace"))
        if lines[node.lineno - 1][column : column + len(name)] != name:
            return ()
        edits.append(Replace(cell.id, node.lineno, column, name, to))
    # From the end, so that no edit moves the place of another one.
    return tuple(sorted(edits, key=lambda each: (each.line, each.column), reverse=True))


def _at_top(cell: ReadCell, line: str) -> Replace:
    """Return the edit that adds a line to a cell: below its magics, above its code."""
    source = cell.marked.cell.source.split("\n")
    at = next((n for n, each in enumerate(source) if each.strip() and not each.startswith("%%")), 0)
    return Replace(cell.id, at + 1, 0, "", f"{line}\n")


def _after(reading: Reading, cell: ReadCell) -> Iterator[ReadCell]:
    cells = iter(reading.cells)
    for each in cells:
        if each is cell:
            break
    yield from cells


def _skipped(reading: Reading, cell: ReadCell, name: str) -> MarkedCell | None:
    """Return a skipped cell above that defines a name, and whose mark can be taken away."""
    for each in reading.plan.model.cells:
        if each.cell.id == cell.id:
            return None
        marked = each.role is Role.SKIP and each.source is MarkSource.METADATA
        if marked and name in analyse_cell(each.body).binds:
            return each
    return None
