"""What a step of a run has left: its values as they look, and its files."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import quote

from tornado.web import authenticated

from .handler import KfpHandler, in_thread, permitted, usage

_PIECE = 1 << 20


class ResultsHandler(KfpHandler):
    """`GET runs/<id>/steps/<task>/results`."""

    @authenticated
    @permitted("read")
    async def get(self, run_id: str, task: str) -> None:
        """Answer with the step's values, files, numbers and curves."""
        self.reply(await in_thread(_results, run_id, task))


class ResultLookHandler(KfpHandler):
    """`GET runs/<id>/steps/<task>/results/look?name=`."""

    @authenticated
    @permitted("read")
    async def get(self, run_id: str, task: str) -> None:
        """Answer with what one of its files looks like."""
        self.reply({"head": await in_thread(_look, run_id, task, _name(self))})


class ResultFileHandler(KfpHandler):
    """`GET runs/<id>/steps/<task>/results/file?name=`."""

    @authenticated
    @permitted("read")
    async def get(self, run_id: str, task: str) -> None:
        """Send one of its files to keep."""
        place = await in_thread(_place, run_id, task, _name(self))
        file = await in_thread(place.open, "rb")
        try:
            # A page of the server's own origin must not become of what a step wrote.
            self.set_header("Content-Type", "application/octet-stream")
            self.set_header("X-Content-Type-Options", "nosniff")
            name = quote(place.name, safe="")
            self.set_header("Content-Disposition", f"attachment; filename*=UTF-8''{name}")
            while piece := await in_thread(file.read, _PIECE):
                self.write(piece)
                await self.flush()
            self.finish()
        finally:
            file.close()


def _name(handler: KfpHandler) -> str:
    name: str = handler.get_query_argument("name", "", strip=False)
    if not name:
        raise usage("'name' is missing: one of the files of the step's results.")
    return name


def _results(run_id: str, task: str) -> dict[str, Any]:
    from ..runs.results import step_results

    return step_results(run_id, task).to_json()


def _place(run_id: str, task: str, name: str) -> Path:
    from ..runs.results import result_file

    return result_file(run_id, task, name)


def _look(run_id: str, task: str, name: str) -> dict[str, Any] | None:
    from ..runs.file_look import look_at

    return look_at(_place(run_id, task, name))
