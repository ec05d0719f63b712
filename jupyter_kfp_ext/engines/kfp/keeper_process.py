"""Starts the process that submits a run of a cluster and watches it (`keeper.py`)."""

import signal

from ..local.create import start_process
from ..local.layout import RunFolder

_KEEPER = f"{__package__}.keeper"
WAKE = signal.SIGUSR1
"""Has a keeper look at once at what is asked of it on disk."""


def start_keeper(folder: RunFolder, descriptor: int) -> None:
    """Start the keeper of a run, which inherits the run's held lock; raises `KfpExtError`."""
    start_process(folder, _KEEPER, descriptor)
