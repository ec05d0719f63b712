"""Brings what a step has left from KFP's object store into the folder of its run, when asked."""

import json
import shutil
import tempfile
from pathlib import Path, PurePosixPath

from ..local.layout import StepFolder
from .connection import Connection
from .stores import Store, open_store

_KEPT_HERE = ("cells", "metrics")
"""Artifacts that came with the log."""


def bring_outputs(step: StepFolder, connection: Connection) -> None:
    """Have the artifacts of a step lie in its folder; those that do are not read again.

    Where its artifacts lie is what the launcher printed of the step (`executor_output.json`).
    Raises `KfpExtError`: `usage` where the connection does not say how the store is reached,
    `cluster-unreachable`, `cluster-denied`, `cluster-failed`.
    """
    try:
        said = json.loads(step.executor_output.read_bytes())
    except (OSError, ValueError):
        return
    for key, listed in (said.get("artifacts") or {}).items():
        if key in _KEPT_HERE or (step.artifacts / key).exists():
            continue
        for artifact in listed.get("artifacts") or ():
            store = open_store(connection, str(artifact.get("uri") or ""))
            _bring(store, step.artifacts / key)


def _bring(store: Store, target: Path) -> None:
    """Write what lies at a place to a file or folder; nothing where nothing lies there."""
    target.parent.mkdir(parents=True, exist_ok=True)
    place = Path(tempfile.mkdtemp(prefix=".bringing-", dir=target.parent))
    try:
        whole = place / "whole"
        for name in store.names():
            if ".." in PurePosixPath(name).parts:
                continue  # a key that leads out of the folder is nothing that a step wrote
            path = whole / name if name else whole
            path.parent.mkdir(parents=True, exist_ok=True)
            store.fetch(name, path)
        if whole.exists() and not target.exists():
            whole.rename(target)
    finally:
        shutil.rmtree(place, ignore_errors=True)
