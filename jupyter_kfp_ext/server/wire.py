"""A run as the frontend gets it (docs/api.md, `Run`): paths are contents paths."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from .notebooks import contents_path

if TYPE_CHECKING:
    from ..engines.model import RunStatus


def run_json(run: RunStatus, root: Path | None) -> dict[str, Any]:
    """Return the wire form; `notebook` is None where it lies outside the server's root."""
    return {**run.to_json(), "notebook": contents_path(run.notebook, root)}


def without_steps(run: dict[str, Any]) -> dict[str, Any]:
    """Return a run's wire form for lists and messages, where steps are told apart."""
    return {key: value for key, value in run.items() if key != "steps"}
