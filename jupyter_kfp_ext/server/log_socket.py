"""`WS runs/<id>/steps/<task>/log`: tells how long a step's log is whenever it has grown."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from typing import Any

from jupyter_core.utils import ensure_async
from jupyter_server.auth.decorator import ws_authenticated
from jupyter_server.base.handlers import JupyterHandler
from jupyter_server.base.websocket import WebSocketMixin
from tornado.web import HTTPError
from tornado.websocket import WebSocketClosedError, WebSocketHandler

from ..errors import KfpExtError
from .handler import AUTH_RESOURCE, in_thread
from .statuses import http_status


class LogSocket(WebSocketMixin, WebSocketHandler, JupyterHandler):
    """Sends `{"size"}` in bytes whenever the log grew, and `{"end": true}` once the step ended."""

    auth_resource = AUTH_RESOURCE
    _sizes: AsyncIterator[int]
    _pump: asyncio.Task[None] | None = None

    @ws_authenticated
    async def get(self, *args: Any, **kwargs: Any) -> None:
        """Check what a socket cannot answer later, then open it."""
        user = self.current_user
        if not await ensure_async(
            self.authorizer.is_authorized(self, user, "read", self.auth_resource)
        ):
            raise HTTPError(403)
        try:
            self._sizes = await in_thread(_open_growth, kwargs["run_id"], kwargs["task"])
        except KfpExtError as error:
            raise HTTPError(http_status(error), str(error)) from error
        opening = super().get(*args, **kwargs)
        if opening is not None:
            await opening

    def open(self, *_args: str, **_kwargs: str) -> None:
        """Begin to send."""
        super().open()
        self._pump = asyncio.get_running_loop().create_task(self._send_sizes())

    def on_message(self, message: str | bytes) -> None:
        """Ignore it: a reader has nothing to say."""

    def on_close(self) -> None:
        """Stop sending."""
        if self._pump is not None:
            self._pump.cancel()
        super().on_close()

    async def _send_sizes(self) -> None:
        with contextlib.suppress(WebSocketClosedError):
            async for size in self._sizes:
                # Waits until it is written: a slow reader slows looking, not the server.
                await self.write_message(json.dumps({"size": size}))
            await self.write_message(json.dumps({"end": True}))


def _open_growth(run_id: str, task: str) -> AsyncIterator[int]:
    from ..runs.container_logs import check_container
    from ..runs.engines import open_engine
    from ..runs.registry import Registry

    run = Registry().get(run_id)
    check_container(run.id, task)
    return open_engine(run.engine).log_growth(run.id, task)
