"""The examples, for who opens JupyterLab and wants to see a pipeline before making one."""

from __future__ import annotations

from pathlib import Path

from tornado.web import authenticated

from .handler import KfpHandler, in_thread, permitted
from .notebooks import contents_path, new_folder, root_folder


class ExamplesHandler(KfpHandler):
    """`POST examples`."""

    @authenticated
    @permitted("execute")
    async def post(self) -> None:
        """Write the examples into a folder and answer with the notebook to begin with."""
        place = await new_folder(self)
        notebook, kept = await in_thread(_write, place)
        root = root_folder(self)
        self.reply(
            {
                "notebook": contents_path(str(notebook), root),
                "kept": [contents_path(str(each), root) for each in kept],
            },
            201,
        )


def _write(place: Path) -> tuple[Path, list[Path]]:
    from ..runs.examples import FIRST, examples_folder, write_examples

    return place / FIRST, write_examples(examples_folder(), place)
