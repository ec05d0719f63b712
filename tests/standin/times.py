"""The time as Kubeflow's API and Kubernetes write it."""

import time
from datetime import datetime, timezone

EPOCH = "1970-01-01T00:00:00Z"
"""What stands for a time that has not come."""


class Clock:
    """The clock of the stand-in, which may differ from that of whoever calls."""

    ahead = 0.0
    """By how many seconds it is ahead."""


def now() -> str:
    """Return the present: whole seconds."""
    when = datetime.fromtimestamp(time.time() + Clock.ahead, timezone.utc)
    return when.strftime("%Y-%m-%dT%H:%M:%SZ")
