"""The content key of a step: equal keys mean that running it again would be the same work.

It covers what the step runs (its command, which names the hash of its slice and so its code and
helpers), the values of its parameters and the content of its inputs; not where they lie, which run
it is, or what else is in the notebook.
"""

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from hashlib import sha256
from pathlib import Path
from typing import Any

from .spec import Task

_CHUNK = 1 << 20


def content_key(task: Task, document: Mapping[str, Any]) -> str:
    """Return the key of a task with this executor input (64 hexadecimal digits).

    Reads the input artifacts: call it before a step that made one runs again.
    """
    inputs = document["inputs"]
    said = {
        "task": task.name,
        "container": asdict(task.container) if task.container else None,
        "parameters": inputs["parameterValues"],
        "artifacts": {
            name: [artifact_content(each) for each in listed["artifacts"]]
            for name, listed in inputs["artifacts"].items()
        },
        "outputs": [dict(task.output_parameters), dict(task.output_artifacts)],
    }
    return sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()


def artifact_content(artifact: Mapping[str, Any]) -> str:
    """Return the digest of an artifact: its metadata, and the file or folder that it is.

    A folder of values is known by its index, which names each group by its hash.
    """
    digest = sha256(json.dumps(artifact.get("metadata", {}), sort_keys=True).encode())
    place = Path(artifact["uri"])
    if (place / "index.json").is_file():
        _add(digest, place / "index.json")
        place = place / "files"
    for path in _files(place):
        digest.update(f"{path.relative_to(place)}\0{path.stat().st_size}\0".encode())
        _add(digest, path)
    return digest.hexdigest()


def _files(place: Path) -> Iterator[Path]:
    if place.is_file():
        yield place
    for folder, folders, names in os.walk(place):
        folders.sort()
        for name in sorted(names):
            yield Path(folder, name)


def _add(digest: Any, path: Path) -> None:
    with open(path, "rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
