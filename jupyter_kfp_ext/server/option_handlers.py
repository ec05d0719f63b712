"""The options as data, and the edits that change what a notebook says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tornado.web import authenticated

from .handler import KfpHandler, in_thread, permitted, typed, usage
from .notebooks import load_notebook
from .pipeline_handlers import split_of

if TYPE_CHECKING:
    from ..notation.notebook import Notebook


class OptionsHandler(KfpHandler):
    """`GET options` and `POST options`."""

    @authenticated
    @permitted("read")
    async def get(self) -> None:
        """Answer with what a form needs to draw and check every option."""
        self.reply(await in_thread(_schema))

    @authenticated
    @permitted("read")
    async def post(self) -> None:
        """Answer with the fix that gives options their values; the notebook stays as it is."""
        body = self.json_body()
        notebook = await load_notebook(self, body)
        target = typed(body, "target", str, "")
        if target not in ("step", "defaults", "pipeline"):
            raise usage("'target' must be step, defaults or pipeline.")
        values = typed(body, "values", dict, {})
        if not values:
            raise usage("'values' is missing: the options that change, by name.")
        step = typed(body, "step", str, "")
        self.reply(await in_thread(_set, notebook, split_of(body), target, step, values))


class RenameHandler(KfpHandler):
    """`POST rename`."""

    @authenticated
    @permitted("read")
    async def post(self) -> None:
        """Answer with the fix that renames a step wherever it is named."""
        body = self.json_body()
        notebook = await load_notebook(self, body)
        step, name = typed(body, "step", str, ""), typed(body, "name", str, "")
        self.reply(await in_thread(_rename, notebook, split_of(body), step, name))


def _schema() -> dict[str, Any]:
    from ..checks.option_edits import default_options
    from ..notation.options import PipelineSettings, StepOptions
    from ..notation.schema import GROUPS, specs

    return {
        "groups": [{"name": name, "title": title} for name, title in GROUPS.items()],
        "step": [each.to_json() for each in specs(StepOptions).values()],
        "pipeline": [
            each.to_json() for each in specs(PipelineSettings).values() if each.name != "defaults"
        ],
        "defaults": list(default_options()),
    }


def _set(
    notebook: Notebook, split: str | None, target: str, step: str, values: dict[str, Any]
) -> dict[str, Any]:
    from ..checks.option_edits import set_settings, set_step_options
    from ..notation.marks import read_marks

    model = read_marks(notebook, split)
    if target == "step":
        return set_step_options(model, step, values).to_json()
    return set_settings(model, values, of_steps=target == "defaults").to_json()


def _rename(notebook: Notebook, split: str | None, step: str, name: str) -> dict[str, Any]:
    from ..checks.option_edits import rename_step
    from ..notation.marks import read_marks

    return rename_step(read_marks(notebook, split), step, name).to_json()
