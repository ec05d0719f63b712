"""What is done with runs once they are there: try again, start again, put aside, remove."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from tornado.web import authenticated

from .handler import KfpHandler, in_thread, permitted, typed, usage
from .hub import hub_of

if TYPE_CHECKING:
    from ..runs.chain import Submitted


class RetryHandler(KfpHandler):
    """`POST runs/<id>/retry`."""

    @authenticated
    @permitted("execute")
    async def post(self, run_id: str) -> None:
        """Have the run go on with what failed; that it does is pushed like any change."""
        await hub_of(self).start()
        await in_thread(_retry, run_id)
        self.reply({}, 202)


class CloneHandler(KfpHandler):
    """`POST runs/<id>/clone`."""

    @authenticated
    @permitted("execute")
    async def post(self, run_id: str) -> None:
        """Start the run once more as it was, with other parameters; answer with the new id."""
        body = self.json_body()
        await hub_of(self).start()
        started = await in_thread(
            _clone,
            run_id,
            typed(body, "parameters", dict, {}),
            typed(body, "cache", bool, True),
            typed(body, "ignore_resources", bool, False),
        )
        problems = [each.to_json() for each in started.problems]
        self.reply({"run_id": started.run_id, "problems": problems}, 201)


class ArchiveHandler(KfpHandler):
    """`POST runs/<id>/archive`."""

    @authenticated
    @permitted("execute")
    async def post(self, run_id: str) -> None:
        """Put the run aside, or take it back."""
        archived = typed(self.json_body(), "archived", bool, True)
        await in_thread(_archive, run_id, archived)
        self.reply({"archived": archived})


class LeftThereHandler(KfpHandler):
    """`GET runs/<id>/cluster`."""

    @authenticated
    @permitted("read")
    async def get(self, run_id: str) -> None:
        """Answer with what the run has left on its cluster, to be shown before it is removed."""
        self.reply(await in_thread(_left_there, run_id))


def flag(handler: KfpHandler, name: str) -> bool:
    """Return a flag of the query; raises `KfpExtError` (`usage`) for what is none."""
    text = handler.get_query_argument(name, "false")
    if text not in ("true", "false"):
        raise usage(f"'{name}' must be true or false.")
    return text == "true"


def _retry(run_id: str) -> None:
    from ..runs.chain import retry
    from ..runs.registry import Registry

    retry(Registry().get(run_id))


def _clone(
    run_id: str, parameters: dict[str, Any], cache: bool, ignore_resources: bool
) -> Submitted:
    from ..runs.again import cloned, start_again
    from ..runs.registry import Registry

    again = cloned(Registry().get(run_id))
    return start_again(again, parameters, cache=cache, ignore_resources=ignore_resources)


def _archive(run_id: str, archived: bool) -> None:
    from ..runs.cleaning import archive_run

    archive_run(run_id, archived)


def _left_there(run_id: str) -> dict[str, Any]:
    from ..runs.cleaning import left_there
    from ..runs.registry import Registry

    left = left_there(Registry().get(run_id))
    return {"cluster": asdict(left) if left else None}
