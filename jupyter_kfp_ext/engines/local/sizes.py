"""How many bytes go into a process and come out of it."""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from .dataflow import Artifact, Results
from .launch import is_own
from .spec import Task

_RECORD = "cells"
"""Output of our own steps that is no value: what their cells printed."""


class Sizes:
    """Sizes of artifacts; each is measured once."""

    def __init__(self) -> None:
        """Know nothing yet."""
        self._known: dict[str, int] = {}

    def given(self, document: Mapping[str, Any]) -> int:
        """Return the bytes of all artifacts of an executor input."""
        listed = document["inputs"]["artifacts"].values()
        return sum(self._size(artifact) for each in listed for artifact in each["artifacts"])

    def left(self, task: Task, results: Results) -> int:
        """Return the bytes of all artifacts that a task left."""
        return sum(
            self._size(artifact)
            for name, artifacts in results.artifacts.items()
            if not (name == _RECORD and is_own(task))
            for artifact in artifacts
        )

    def _size(self, artifact: Artifact) -> int:
        place = str(artifact["uri"])
        if place not in self._known:
            self._known[place] = sum(_files(place))
        return self._known[place]


def _files(place: str) -> Iterator[int]:
    try:
        with os.scandir(place) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    yield from _files(entry.path)
                else:
                    yield entry.stat(follow_symlinks=False).st_size
    except NotADirectoryError:
        yield Path(place).stat().st_size
    except OSError:
        return  # never written, or another place than this machine
