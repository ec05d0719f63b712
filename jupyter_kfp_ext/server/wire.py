"""A run as the frontend gets it (docs/api.md, `Run`): paths are contents paths."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .notebooks import contents_path

if TYPE_CHECKING:
    from ..engines.model import RunStatus


def run_json(run: RunStatus, root: Path | None) -> dict[str, Any]:
    """Return the wire form; `notebook` is None where it lies outside the server's root."""
    from ..runs.about import read_about

    return {
        **run.to_json(),
        "notebook": contents_path(run.notebook, root),
        "about": read_about(run.id).to_json(),
    }


def summary_json(run: RunStatus, root: Path | None) -> dict[str, Any]:
    """Return the wire form for lists and messages, where steps are told apart."""
    # Left out before, not after: a list of hundreds of runs has thousands of steps.
    told = run_json(replace(run, steps=()), root)
    del told["steps"]
    return told
