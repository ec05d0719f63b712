"""Follow a run: its present state at once, then each change, until it has ended."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

from ..engines.local.layout import RunFolder, run_folder
from ..engines.local.lookup import existing_run, read_known
from ..engines.local.status import DamagedRunError, StatusReader
from ..engines.model import RunStatus, StepStatus
from ..storage import home as default_home
from .engines import keep_watched
from .notify import AVAILABLE, Listener

_LIVENESS = 2.0
"""Seconds between looks at whether a silent runner still lives."""
_POLL = 0.25
"""Seconds between looks where there are no sockets."""


@dataclass(frozen=True)
class Change:
    """What is new of a run."""

    status: RunStatus
    steps: tuple[StepStatus, ...]
    """The steps that changed; in the first change all."""
    first_seq: int
    """The first event folded into this change; `status.seq` is the last."""


class _Follower:
    """What both iterators share: reads the run and tells what changed since the last look."""

    def __init__(self, folder: RunFolder, since: int) -> None:
        self._folder = folder
        self._last: RunStatus | None = None
        self._seq = since
        self.ended = False
        try:
            self._reader: StatusReader | None = StatusReader(folder)
        except DamagedRunError:
            self._reader = None

    def look(self) -> Change | None:
        """Return the change since the last look; None where there is none."""
        status = self._reader.read() if self._reader else read_known(self._folder)
        self.ended = status.state.ended
        keep_watched(status, self._folder.home)
        before = self._last
        if status == before:
            return None
        old = before.steps if before else (None,) * len(status.steps)
        # Most are the very same object: comparing a thousand of them by their fields takes 2 ms.
        steps = tuple(
            now for was, now in zip(old, status.steps, strict=True) if was is not now and was != now
        )
        change = Change(status, steps, min(self._seq + 1, status.seq))
        self._last, self._seq = status, status.seq
        return change


def goes_on_again(run_id: str, home: Path | None = None) -> bool:
    """Whether a run that had ended has no end any more: what failed of it runs again."""
    folder = run_folder(home or default_home(), run_id)
    return folder.path.is_dir() and not folder.result.exists()


def follow_blocking(run_id: str, since: int = 0, home: Path | None = None) -> Iterator[Change]:
    """Yield the run's present state, then each change, until it has ended.

    `since` is the number of the last event that the caller knows. Raises `KfpExtError`
    (`run-missing`) at once.
    """
    place = home or default_home()
    follower = _Follower(existing_run(place, run_id), since)
    return _blocking(follower, place, run_id)


def _blocking(follower: _Follower, home: Path, run_id: str) -> Iterator[Change]:
    with contextlib.ExitStack() as stack:
        # Listening starts before the first look, so nothing falls between.
        listener = stack.enter_context(Listener(home)) if AVAILABLE else None
        while True:
            change = follower.look()
            if change is not None:
                yield change
            if follower.ended:
                return
            if listener is None:
                time.sleep(_POLL)
            else:
                listener.wait(_LIVENESS)


def follow(run_id: str, since: int = 0, home: Path | None = None) -> AsyncIterator[Change]:
    """Yield the run's present state, then each change, until it has ended (for asyncio).

    Files are read in a thread. `since` is the number of the last event that the caller knows.
    Raises `KfpExtError` (`run-missing`) at once.
    """
    place = home or default_home()
    follower = _Follower(existing_run(place, run_id), since)
    return _awaiting(follower, place)


async def _awaiting(follower: _Follower, home: Path) -> AsyncIterator[Change]:
    loop = asyncio.get_running_loop()
    news = asyncio.Event()
    listener = Listener(home) if AVAILABLE else None

    def hear() -> None:
        if listener is not None:
            listener.drain()
        news.set()

    try:
        if listener is not None:
            loop.add_reader(listener.fileno(), hear)
        while True:
            news.clear()
            change = await asyncio.to_thread(follower.look)
            if change is not None:
                yield change
            if follower.ended:
                return
            with contextlib.suppress(asyncio.TimeoutError):
                await asyncio.wait_for(news.wait(), _POLL if listener is None else _LIVENESS)
    finally:
        if listener is not None:
            loop.remove_reader(listener.fileno())
            listener.close()
