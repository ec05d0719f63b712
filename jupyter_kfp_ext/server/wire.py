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
    from ..runs.about import is_archived, read_about

    return {
        **run.to_json(),
        "notebook": contents_path(run.notebook, root),
        "about": read_about(run.id).to_json(),
        "archived": is_archived(run.id),
    }


def summary_json(run: RunStatus, root: Path | None) -> dict[str, Any]:
    """Return the wire form for lists and messages, where steps are told apart."""
    # Left out before, not after: a list of hundreds of runs has thousands of steps.
    told = run_json(replace(run, steps=()), root)
    del told["steps"]
    return told


def with_places(told: dict[str, Any], root: Path | None) -> dict[str, Any]:
    """Return an answer with `files` whose places are contents paths, not places on this machine.

    Null where a file lies outside the server's root: the interface cannot open it.
    """
    files = [
        {
            **{name: value for name, value in each.items() if name != "source"},
            "place": contents_path(each["source"] or None, root),
        }
        for each in told["files"]
    ]
    return {**told, "files": files}
