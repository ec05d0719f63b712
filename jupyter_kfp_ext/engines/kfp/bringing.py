"""Brings what a step has left from KFP's object store into the folder of its run, when asked."""

import json
import shutil
import tempfile
from pathlib import Path, PurePosixPath
from typing import Any

from ...errors import Code, KfpExtError, Problem
from ..local.layout import StepFolder
from .connection import Connection
from .object_store import ObjectStore

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
            _bring(_store(connection, artifact), step.artifacts / key)


def _store(connection: Connection, artifact: dict[str, Any]) -> ObjectStore:
    uri = str(artifact.get("uri") or "")
    if not connection.store_url:
        raise KfpExtError(
            Problem(
                Code.USAGE,
                f"Values lie in Kubeflow's object store ({uri}), and the connection "
                f"{connection.name} does not say how it is reached.",
                "Add it again with --store, --store-url and --store-key.",
                option="connection",
            )
        )
    if not uri.startswith(("minio://", "s3://")):
        raise KfpExtError(
            Problem(Code.USAGE, f"{uri} is not in a store that is read by S3.", "Fetch it by hand.")
        )
    return ObjectStore(connection, uri)


def _bring(store: ObjectStore, target: Path) -> None:
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
