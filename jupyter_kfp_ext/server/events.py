"""The event that tells every tab of a run's changes (schemas/run.v1.yaml)."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from .wire import summary_json

if TYPE_CHECKING:
    from jupyter_events import EventLogger

    from ..runs.follow import Change

SCHEMA_ID = "urn:jupyter-kfp-ext:run:v1"
_SCHEMA_FILE = Path(__file__).parent / "schemas" / "run.v1.yaml"


def register_schema(event_logger: EventLogger) -> None:
    """Make the server's event logger know our event."""
    if SCHEMA_ID not in event_logger.schemas:
        event_logger.register_event_schema(_SCHEMA_FILE)


def payload(change: Change, root: str | None) -> dict[str, Any]:
    """Return the event's data for a change."""
    run = summary_json(change.status, Path(root).absolute() if root else None)
    return {
        "run_id": change.status.id,
        "notebook": run["notebook"] or "",
        "seq": change.status.seq,
        "first_seq": change.first_seq,
        "run": run,
        "steps": [step.to_json() for step in change.steps],
    }
