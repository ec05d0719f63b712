"""The time as Kubeflow's API and Kubernetes write it."""

from datetime import datetime, timezone

EPOCH = "1970-01-01T00:00:00Z"
"""What stands for a time that has not come."""


def now() -> str:
    """Return the present: whole seconds."""
    return datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
