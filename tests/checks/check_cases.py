"""Small notebooks for the tests of the checks, and what is said of them."""

import json

from jupyter_kfp_ext.notation.reader import parse_notebook
from jupyter_kfp_ext.runs.chain import check

KERNEL = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}


def notebook_of(*cells, counts=None, **settings):
    """Return a notebook: each cell is a source (a step of its own) or `(mark, source)`.

    A mark is the cell's `kfp` metadata; None leaves the cell unmarked.
    """
    entries = []
    for index, each in enumerate(cells):
        mark, source = each if isinstance(each, tuple) else ({"step": f"s{index + 1}"}, each)
        entries.append(
            {
                "cell_type": "code",
                "id": f"c{index + 1}",
                "metadata": {} if mark is None else {"kfp": mark},
                "source": source.splitlines(keepends=True),
                "outputs": [],
                "execution_count": counts[index] if counts else None,
            }
        )
    metadata = {**KERNEL, **({"kfp": settings} if settings else {})}
    return {"nbformat": 4, "nbformat_minor": 5, "metadata": metadata, "cells": entries}


def problems_of(*cells, path=None, **more):
    return check(read(notebook_of(*cells, **more), path)).problems


def read(raw, path=None):
    return parse_notebook(json.dumps(raw), name="nb.ipynb", path=str(path) if path else None)


def said(*cells, **more):
    """Return `code severity cell.line` of each problem, as the tables write them."""
    return [
        f"{each.code.value} {each.severity.value} {each.cell}.{each.line}"
        for each in problems_of(*cells, **more)
    ]
