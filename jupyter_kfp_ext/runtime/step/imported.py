"""Modules of the user's own that functions imported in earlier steps, imported before the cells.

In a notebook the second import of a module does nothing. What the first one set has crossed as
values, which are put in place after this.
"""

from __future__ import annotations

import os
import sys


def import_again(names: list[str]) -> None:
    """Import modules by their dotted names without what they show: that was shown before."""
    import warnings

    shown = sys.stdout, sys.stderr
    try:
        with open(os.devnull, "w", encoding="utf-8") as nowhere, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            sys.stdout = sys.stderr = nowhere
            for each in names:
                _import(each)
    finally:
        sys.stdout, sys.stderr = shown


def _import(name: str) -> None:
    """Import a module; one that cannot be imported yet is left to the cells, which tell."""
    import importlib

    try:
        importlib.import_module(name)
    except (Exception, SystemExit):
        sys.modules.pop(name, None)
