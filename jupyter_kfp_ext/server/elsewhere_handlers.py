"""What there is on a cluster, whoever made it: its runs, schedules, experiments and pipelines."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tornado.web import authenticated

from .handler import KfpHandler, in_thread, permitted, typed, usage
from .hub import hub_of
from .notebooks import contents_path, load_notebook, root_folder
from .pipeline_handlers import split_of

if TYPE_CHECKING:
    from ..engines.kfp.schedules import Schedule, Wanted
    from ..notation.notebook import Notebook

_LISTED = 50
"""Runs of a cluster in one answer."""
_OF_SCHEDULE = 20
"""Runs of a schedule that are kept here at once."""


class PlaceHandler(KfpHandler):
    """Of a connection; the query `namespace` names another namespace than the connection's."""

    @property
    def namespace(self) -> str:
        """Where; empty: as the connection says."""
        return self.get_query_argument("namespace", "")


class NamesHandler(PlaceHandler):
    """`GET connections/<name>/names`."""

    @authenticated
    @permitted("read")
    async def get(self, name: str) -> None:
        """Answer with experiments and pipelines, to choose from."""
        self.reply(await in_thread(_names, name, self.namespace))


class VersionsHandler(KfpHandler):
    """`GET connections/<name>/pipelines/<id>/versions`."""

    @authenticated
    @permitted("read")
    async def get(self, name: str, key: str) -> None:
        """Answer with the versions of a pipeline."""
        self.reply(await in_thread(_versions, name, key))


class RunsThereHandler(PlaceHandler):
    """`GET connections/<name>/runs`."""

    @authenticated
    @permitted("read")
    async def get(self, name: str) -> None:
        """Answer with the newest runs."""
        self.reply(await in_thread(_runs, name, self.namespace))


class AttachHandler(KfpHandler):
    """`POST connections/<name>/runs/<KFP's id>/attach`."""

    @authenticated
    @permitted("execute")
    async def post(self, name: str, key: str) -> None:
        """Keep the run here, at the cells of a notebook where one is named."""
        body = self.json_body()
        notebook = await load_notebook(self, body) if body.get("path") else None
        await hub_of(self).start()
        self.reply({"run_id": await in_thread(_attach, name, key, notebook)}, 201)


class SchedulesHandler(PlaceHandler):
    """`GET` and `POST connections/<name>/schedules`."""

    @authenticated
    @permitted("read")
    async def get(self, name: str) -> None:
        """Answer with the schedules."""
        self.reply(await in_thread(_schedules, name, self.namespace, root_folder(self)))

    @authenticated
    @permitted("execute")
    async def post(self, name: str) -> None:
        """Have the cluster start runs of a notebook by the clock."""
        body = self.json_body()
        wanted = _wanted(body)
        notebook = await load_notebook(self, body)
        made = await in_thread(
            _make,
            name,
            notebook,
            split_of(body),
            wanted,
            typed(body, "parameters", dict, {}),
            typed(body, "experiment", str, ""),
            self.namespace,
        )
        self.reply(_told(made, root_folder(self)), 201)


class ScheduleHandler(PlaceHandler):
    """`DELETE connections/<name>/schedules/<id>`."""

    @authenticated
    @permitted("execute")
    async def delete(self, name: str, key: str) -> None:
        """Remove the schedule; its runs stay."""
        await in_thread(_remove, name, key, self.namespace)
        self.reply({})


class SwitchHandler(PlaceHandler):
    """`POST connections/<name>/schedules/<id>/pause` and `.../resume`."""

    @authenticated
    @permitted("execute")
    async def post(self, name: str, key: str, verb: str) -> None:
        """Have it start no more runs, or start them again."""
        switched = await in_thread(_switch, name, key, verb == "resume", self.namespace)
        self.reply(_told(switched, root_folder(self)))


class RunsOfScheduleHandler(PlaceHandler):
    """`POST connections/<name>/schedules/<id>/runs`."""

    @authenticated
    @permitted("execute")
    async def post(self, name: str, key: str) -> None:
        """Keep its newest runs here, and answer with them."""
        await hub_of(self).start()
        self.reply({"runs": await in_thread(_runs_of, name, key, self.namespace)})


def _wanted(body: dict[str, Any]) -> Wanted:
    from ..engines.kfp.schedules import Wanted
    from ..engines.kfp.triggers import cron_trigger, every_trigger

    cron, every = typed(body, "cron", str, ""), typed(body, "every", str, "")
    if bool(cron) == bool(every):
        raise usage("A cron expression or an interval must say when runs start, one of the two.")
    return Wanted(
        trigger=cron_trigger(cron) if cron else every_trigger(every),
        name=typed(body, "name", str, ""),
        catch_up=typed(body, "catch_up", bool, False),
        at_once=typed(body, "concurrency", int, 1),
        enabled=not typed(body, "paused", bool, False),
    )


def _told(schedule: Schedule, root: Path | None) -> dict[str, Any]:
    return {**schedule.to_json(), "notebook": contents_path(schedule.notebook, root)}


def _names(name: str, namespace: str) -> dict[str, Any]:
    from ..runs.elsewhere import names_there

    return dict(names_there(name, namespace))


def _versions(name: str, key: str) -> dict[str, Any]:
    from ..runs.elsewhere import versions_there

    return {"versions": versions_there(name, key)}


def _runs(name: str, namespace: str) -> dict[str, Any]:
    from ..runs.elsewhere import runs_there

    return {"runs": [asdict(each) for each in runs_there(name, _LISTED, namespace)]}


def _attach(name: str, key: str, notebook: Notebook | None) -> str:
    from ..runs.elsewhere import attach

    return attach(name, key, notebook)


def _schedules(name: str, namespace: str, root: Path | None) -> dict[str, Any]:
    from ..runs.elsewhere import list_schedules

    found = list_schedules(name, namespace=namespace)
    return {"schedules": [_told(each, root) for each in found]}


def _make(
    name: str,
    notebook: Notebook,
    split: str | None,
    wanted: Wanted,
    parameters: dict[str, Any],
    experiment: str,
    namespace: str,
) -> Schedule:
    from ..runs.chain import build
    from ..runs.elsewhere import schedule

    return schedule(build(notebook, split), wanted, name, parameters, experiment, namespace)


def _remove(name: str, key: str, namespace: str) -> None:
    from ..runs.elsewhere import unschedule

    unschedule(name, key, namespace)


def _switch(name: str, key: str, on: bool, namespace: str) -> Schedule:
    from ..runs.elsewhere import switch

    return switch(name, key, on, namespace)


def _runs_of(name: str, key: str, namespace: str) -> list[dict[str, Any]]:
    from ..runs.elsewhere import scheduled_runs

    return [asdict(each) for each in scheduled_runs(name, key, _OF_SCHEDULE, namespace)]
