"""What code a notebook sends, what code a run ran, and that code in a folder again."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tornado.web import authenticated

from .handler import KfpHandler, in_thread, permitted
from .notebooks import contents_path, load_notebook, new_folder, root_folder
from .pipeline_handlers import split_of
from .wire import with_places

if TYPE_CHECKING:
    from ..notation.notebook import Notebook


class CodeHandler(KfpHandler):
    """`POST code`: apart from `POST pipeline`, because it asks git."""

    @authenticated
    @permitted("read")
    async def post(self) -> None:
        """Answer with the code that a run of the notebook would have now."""
        body = self.json_body()
        notebook = await load_notebook(self, body)
        code = await in_thread(_now, notebook, split_of(body))
        self.reply(with_places(code, root_folder(self)))


class RunCodeHandler(KfpHandler):
    """`GET runs/<id>/code`."""

    @authenticated
    @permitted("read")
    async def get(self, run_id: str) -> None:
        """Answer with the code that the run ran."""
        self.reply(with_places(await in_thread(_of_run, run_id), root_folder(self)))


class CodeChangesHandler(KfpHandler):
    """`GET runs/<id>/code/changes`."""

    @authenticated
    @permitted("read")
    async def get(self, run_id: str) -> None:
        """Answer with how the saved notebook and its files differ now from what the run ran."""
        self.reply({"changes": await in_thread(_changes, run_id)})


class RestoreHandler(KfpHandler):
    """`POST runs/<id>/code/restore`."""

    @authenticated
    @permitted("execute")
    async def post(self, run_id: str) -> None:
        """Write the run's code into a new folder and answer with the files."""
        place = await new_folder(self)
        root = root_folder(self)
        written = await in_thread(_restore, run_id, place)
        self.reply({"files": [contents_path(str(each), root) for each in written]}, 201)


def _now(notebook: Notebook, split: str | None) -> dict[str, Any]:
    from ..runs.code import code_now

    return code_now(notebook, split)


def _of_run(run_id: str) -> dict[str, Any]:
    from ..runs.code import code_of_run

    return code_of_run(run_id)


def _changes(run_id: str) -> list[dict[str, Any]]:
    from ..runs.code import changes_since

    return [asdict(each) for each in changes_since(run_id)]


def _restore(run_id: str, place: Path) -> tuple[Path, ...]:
    from ..runs.code import restore

    return restore(run_id, place)
