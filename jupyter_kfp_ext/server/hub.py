"""Watches each active run once and tells every tab: one listener, one follower a run.

Nothing happens before the first request, and nothing while no run is active but for one open
socket. Runs that a kernel or a terminal starts are announced like the server's own.
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Any

from ..errors import KfpExtError
from .events import SCHEMA_ID, payload

if TYPE_CHECKING:
    from ..runs.follow import Change
    from ..runs.notify import Listener
    from .handler import KfpHandler

SETTING = "jupyter_kfp_ext_hub"
"""Where the web application's settings hold the hub."""

_LOOKED_AT = 100
"""Runs looked at when the hub starts, to find those that are active."""


class Hub:
    """Turns announcements of the runs' journals into events of the server."""

    def __init__(self, server_app: Any) -> None:
        self._app = server_app
        self._listener: Listener | None = None
        self._starting: asyncio.Lock | None = None
        self._followers: dict[str, asyncio.Task[None]] = {}
        self._ended: set[str] = set()
        self._closed = False

    async def start(self) -> None:
        """Begin to listen, and follow what is active already; does nothing the second time."""
        if self._starting is None:
            self._starting = asyncio.Lock()
        async with self._starting:
            if self._listener is not None or self._closed:
                return
            loop = asyncio.get_running_loop()
            # Listening comes first: what starts while we look is announced.
            listener = await loop.run_in_executor(None, _listen)
            loop.add_reader(listener.fileno(), self._heard)
            self._listener = listener
            for run_id in await loop.run_in_executor(None, _active_runs):
                self._follow(run_id)

    def close(self) -> None:
        """Stop listening and following."""
        self._closed = True
        for task in self._followers.values():
            task.cancel()
        if self._listener is not None:
            with contextlib.suppress(RuntimeError):  # a loop that is closed has let go of it
                asyncio.get_running_loop().remove_reader(self._listener.fileno())
            self._listener.close()
            self._listener = None

    def _heard(self) -> None:
        if self._listener is None:
            return
        for run_id in self._listener.drain():
            if run_id in self._ended and _goes_on_again(run_id):
                self._ended.discard(run_id)
            self._follow(run_id)

    def _follow(self, run_id: str) -> None:
        if self._closed or run_id in self._followers or run_id in self._ended:
            return
        task = asyncio.get_running_loop().create_task(self._pass_on(run_id))
        self._followers[run_id] = task
        task.add_done_callback(lambda _: self._followers.pop(run_id, None))

    async def _pass_on(self, run_id: str) -> None:
        from ..runs.engines import DEFAULT_ENGINE, keep_runner_ready
        from ..runs.follow import follow

        loop = asyncio.get_running_loop()
        try:
            # Making a follower reads the run's record; the following itself does not block.
            changes = await loop.run_in_executor(None, follow, run_id)
            async for change in changes:
                self._tell(change)
            if change.status.engine == DEFAULT_ENGINE:
                # Who ran one runs another, which then need not wait for its runner.
                await loop.run_in_executor(None, keep_runner_ready)
        except KfpExtError as error:
            self._app.log.warning("jupyter_kfp_ext: following run %s: %s", run_id, error)
        except Exception:
            self._app.log.exception("jupyter_kfp_ext: following run %s failed", run_id)

    def _tell(self, change: Change) -> None:
        if change.status.state.ended:
            self._ended.add(change.status.id)
        root = getattr(self._app.contents_manager, "root_dir", None)
        self._app.event_logger.emit(schema_id=SCHEMA_ID, data=payload(change, root))


def hub_of(handler: KfpHandler) -> Hub:
    """Return the server's hub."""
    hub: Hub = handler.settings[SETTING]
    return hub


def _listen() -> Listener:
    from ..runs.notify import Listener

    return Listener()


def _goes_on_again(run_id: str) -> bool:
    from ..runs.follow import goes_on_again

    return goes_on_again(run_id)


def _active_runs() -> list[str]:
    from ..runs.registry import Registry

    return [
        each.id for each in Registry().list(limit=_LOOKED_AT, steps=False) if not each.state.ended
    ]
