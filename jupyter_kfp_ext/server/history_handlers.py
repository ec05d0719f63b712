"""What people do with runs after them: name and tag them, and put them side by side."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tornado.web import authenticated

from .handler import KfpHandler, in_thread, permitted, usage
from .notebooks import contents_path, root_folder


class AboutHandler(KfpHandler):
    """`POST runs/<id>/about`."""

    @authenticated
    @permitted("execute")
    async def post(self, run_id: str) -> None:
        """Change name, note or tags of a run and answer with all of them."""
        self.reply(await in_thread(_change, run_id, self.json_body()))


class CompareHandler(KfpHandler):
    """`GET compare?runs=<id>,<id>`."""

    @authenticated
    @permitted("read")
    async def get(self) -> None:
        """Answer with what the runs have in common and what differs."""
        names = [each for each in self.get_query_argument("runs", "").split(",") if each]
        if not names:
            raise usage("'runs' is missing: the ids of the runs, with commas between.")
        self.reply(await in_thread(_compare, names, root_folder(self)))


def _change(run_id: str, said: dict[str, Any]) -> dict[str, Any]:
    from ..runs.about import change_about

    return change_about(run_id, said).to_json()


def _compare(names: list[str], root: Path | None) -> dict[str, Any]:
    from ..runs.compare import compare_runs

    told = compare_runs(names)
    runs = [{**each, "notebook": contents_path(each["notebook"], root)} for each in told["runs"]]
    return {**told, "runs": runs}
