"""What the extension is, and what a notebook means as a pipeline."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tornado.web import authenticated

from .. import __version__
from .handler import KfpHandler, in_thread, permitted, typed, usage
from .notebooks import load_notebook, root_folder
from .wire import with_places

if TYPE_CHECKING:
    from ..notation.notebook import Notebook


class InfoHandler(KfpHandler):
    """`GET info`: the frontend's first question, which must cost nothing."""

    @authenticated
    @permitted("read")
    def get(self) -> None:
        """Answer with the version and the engines."""
        from ..runs.engines import engine_names

        self.reply({"version": __version__, "engines": list(engine_names())})


class PipelineHandler(KfpHandler):
    """`POST pipeline`: a notebook's steps, parameters and problems; a POST because of its body."""

    @authenticated
    @permitted("read")
    async def post(self) -> None:
        """Answer with `Pipeline`; what is wrong with the notebook is in it, not an error."""
        body = self.json_body()
        notebook = await load_notebook(self, body)
        kernel = typed(body, "kernel", str, "")
        told = await in_thread(_describe, notebook, split_of(body), kernel)
        self.reply(with_places(told, root_folder(self)))


class ProbeHandler(KfpHandler):
    """`POST probe`: what a kernel has to evaluate to say what it has of a notebook.

    The server runs none of it: the frontend sends it to the kernel, where the user agreed.
    `reload` names modules that the kernel loads again before.
    """

    @authenticated
    @permitted("read")
    async def post(self) -> None:
        """Answer with `{"expression"}`, whose value goes into `kernel` of `POST pipeline`."""
        body = self.json_body()
        notebook = await load_notebook(self, body)
        reload = typed(body, "reload", list, [])
        expression = await in_thread(_probe, notebook, split_of(body), [str(x) for x in reload])
        self.reply({"expression": expression})


def split_of(body: dict[str, Any]) -> str | None:
    """Return the request's `split`; raises `KfpExtError` (`usage`) where it is none there is."""
    split = typed(body, "split", str, "")
    if split not in ("", "headings", "cells", "none"):
        raise usage(f"There is no split '{split}'.", "Use headings, cells or none.")
    return split or None


def _describe(notebook: Notebook, split: str | None, kernel: str) -> dict[str, Any]:
    from ..checks.kernel_look import parse_said
    from ..runs.chain import check, with_kernel
    from ..runs.describe import describe

    checked = check(notebook, split)
    return describe(with_kernel(checked, parse_said(kernel)) if kernel else checked)


def _probe(notebook: Notebook, split: str | None, reload: list[str]) -> str:
    from ..checks.kernel_look import probe_expression
    from ..runs.chain import find_code

    return probe_expression(*find_code(notebook, split), reload)
