"""Puts a pod's log where it belongs: its text and what its cells showed, into folders of steps.

Where steps share a pod, its log tells where each begins and ends (docs/architecture.md, `cells`).
"""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from itertools import groupby
from pathlib import Path
from typing import IO, Any

from ..local.layout import StepFolder
from ..local.log_part import note_attempt
from .log_text import own_text, without_events
from .shared_pods import Told, told_of

_MARK = b'"event": "step"'


class StepLog:
    """A step's log that is added to; what an earlier keeper wrote of it is not written again."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._path = path
        self._there = path.stat().st_size if path.exists() else 0
        self.size = 0
        """Bytes that were added, those that were there already among them."""

    def add(self, text: bytes) -> None:
        """Append text that is not there yet."""
        known, self._there = self._there, max(0, self._there - len(text))
        self.size += len(text)
        if len(text) > known:
            with open(self._path, "ab") as file:
                file.write(text[known:])


def write_log(
    pieces: Iterator[bytes],
    folders: Mapping[str, StepFolder],
    log_of: Callable[[Path], StepLog],
    told: dict[str, Told],
    attempt: int | None = None,
) -> None:
    """Write a pod's log, as it comes, into the folders of its steps (by task, in their order).

    What cells showed replaces what an earlier attempt showed. `told` gets what the log says of
    steps that share the pod. `attempt`: which one the pod is, from 0, of a task with retries.
    """
    if attempt is not None:
        for folder in folders.values():
            note_attempt(folder, attempt + 1, log_of(folder.log).size)
    current = next(iter(folders))
    records: dict[str, IO[bytes]] = {}
    with ExitStack() as opened:

        def begin(task: str) -> None:
            cells = folders[task].cells
            cells.parent.mkdir(parents=True, exist_ok=True)
            records[task] = opened.enter_context(open(cells, "wb", buffering=0))

        def take(event: bytes) -> None:
            nonlocal current
            said = _of_shared_pod(event)
            if said.get("task") not in folders:
                records[current].write(event)
                return
            task = str(said["task"])
            if said["status"] == "start":
                if current != task:
                    begin(task)
                if task == next(iter(folders)):  # of a new attempt nothing is done
                    for each in folders:
                        told.pop(each, None)
                current = task
            told[task] = told_of(said, told.get(task))

        begin(current)
        for task, texts in groupby(without_events(pieces, take), key=lambda _: current):
            log = log_of(folders[task].log)
            for text in own_text(texts):
                log.add(text)
    for task in records:
        if not folders[task].cells.stat().st_size:
            folders[task].cells.unlink()


def _of_shared_pod(event: bytes) -> dict[str, Any]:
    """Return what an event says of steps that share a pod; empty where it is one of a cell."""
    if _MARK not in event[:64]:
        return {}
    said: dict[str, Any] = json.loads(event)
    return said
