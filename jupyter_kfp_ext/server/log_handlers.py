"""Parts of a step's log, so that a tab never holds all of a long one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from tornado.web import authenticated

from .handler import KfpHandler, in_thread, permitted, usage

LONGEST_WINDOW = 1 << 20
"""Bytes of a log that one answer has at most."""


class LogWindowHandler(KfpHandler):
    """`GET runs/<id>/steps/<task>/log/window`."""

    @authenticated
    @permitted("read")
    async def get(self, run_id: str, task: str) -> None:
        """Answer with the text from an offset on."""
        offset = whole(self, "offset", 0)
        limit = whole(self, "limit", 65536)
        if not 1 <= limit <= LONGEST_WINDOW:
            raise usage(f"'limit' must be a number from 1 to {LONGEST_WINDOW}.")
        self.reply(await in_thread(_window, run_id, task, offset, limit))


class LogIndexHandler(KfpHandler):
    """`GET runs/<id>/steps/<task>/log/index`."""

    @authenticated
    @permitted("read")
    async def get(self, run_id: str, task: str) -> None:
        """Answer with where the blocks of the log end, from an offset on."""
        self.reply(await in_thread(_index, run_id, task, whole(self, "offset", 0)))


class LogSearchHandler(KfpHandler):
    """`GET runs/<id>/steps/<task>/log/search`."""

    @authenticated
    @permitted("read")
    async def get(self, run_id: str, task: str) -> None:
        """Answer with the lines that have a text in them."""
        text = self.get_query_argument("text", "", strip=False)
        if not text:
            raise usage("'text' is missing: what to look for.")
        self.reply(await in_thread(_search, run_id, task, text))


class LogFileHandler(KfpHandler):
    """`GET runs/<id>/steps/<task>/log/file`."""

    @authenticated
    @permitted("read")
    async def get(self, run_id: str, task: str) -> None:
        """Send the whole log as a file to keep."""
        pieces = await in_thread(_pieces, run_id, task)
        # A page of the server's own origin must not become of what a step printed.
        self.set_header("Content-Type", "text/plain; charset=utf-8")
        self.set_header("X-Content-Type-Options", "nosniff")
        self.set_header("Content-Disposition", f'attachment; filename="{run_id}-{task}.log"')
        while piece := await in_thread(next, pieces, b""):
            self.write(piece)
            await self.flush()
        self.finish()


def whole(handler: KfpHandler, name: str, default: int) -> int:
    """Return a whole number from 0 of the query; raises `KfpExtError` (`usage`) for others."""
    text = handler.get_query_argument(name, str(default))
    if not (text.isascii() and text.isdecimal()):
        raise usage(f"'{name}' must be a whole number from 0.")
    return int(text)


def _window(run_id: str, task: str, offset: int, limit: int) -> dict[str, Any]:
    from ..runs.outputs import read_log

    return asdict(read_log(run_id, task, offset, limit))


def _index(run_id: str, task: str, offset: int) -> dict[str, Any]:
    from ..runs.outputs import read_log_index

    index = read_log_index(run_id, task, offset)
    blocks = [[block.end, block.lines] for block in index.blocks]
    return {"offset": index.offset, "size": index.size, "blocks": blocks}


def _search(run_id: str, task: str, text: str) -> dict[str, Any]:
    from ..runs.outputs import search_log

    return asdict(search_log(run_id, task, text))


def _pieces(run_id: str, task: str) -> Iterator[bytes]:
    from ..runs.outputs import log_bytes

    return log_bytes(run_id, task)
