"""Starting, listing, reading and cancelling runs."""

from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tornado.web import authenticated

from .control_handlers import flag
from .handler import KfpHandler, in_thread, permitted, typed, usage
from .hub import hub_of
from .notebooks import load_notebook, os_path, root_folder
from .pipeline_handlers import split_of
from .presses import once
from .wire import run_json, summary_json, with_places

if TYPE_CHECKING:
    from ..engines.model import RunStatus
    from ..notation.notebook import Notebook
    from ..runs.chain import Submitted

LONGEST_LIST = 1000
_ARCHIVED = {"no": False, "only": True, "all": None}
"""Which runs are listed, by what the query says."""


class RunsHandler(KfpHandler):
    """`GET runs` and `POST runs`."""

    @authenticated
    @permitted("read")
    async def get(self) -> None:
        """Answer with a page of runs, newest first."""
        root = root_folder(self)
        notebook = self.get_query_argument("notebook", "")
        place = await in_thread(os_path, notebook, root) if notebook else None
        limit = self._limit()
        before = self.get_query_argument("before", "") or None
        await hub_of(self).start()
        # One more than asked for tells whether there is a next page.
        archived = self._archived()
        found = str(place) if place else None
        runs = await in_thread(_list, root, found, limit + 1, before, archived)
        page = runs[:limit]
        self.reply({"runs": page, "next": page[-1]["id"] if len(runs) > limit else None})

    @authenticated
    @permitted("execute")
    async def post(self) -> None:
        """Start a run and answer with its id."""
        body = self.json_body()
        notebook = await load_notebook(self, body)
        await hub_of(self).start()
        press = typed(body, "press", str, "")
        asked = (
            notebook,
            split_of(body),
            typed(body, "engine", str, "") or None,
            typed(body, "parameters", dict, {}),
            typed(body, "cache", bool, True),
            typed(body, "ignore_resources", bool, False),
            typed(body, "from", str, "") or None,
            _data(body),
            typed(body, "only", str, "") or None,
            typed(body, "resume", str, "") or None,
            typed(body, "connection", str, "") or None,
            typed(body, "namespace", str, ""),
            typed(body, "experiment", str, ""),
            typed(body, "shown", dict, None),
            press,
        )
        started = await once(self, press, lambda: in_thread(_submit, *asked))
        problems = [each.to_json() for each in started.problems]
        self.reply({"run_id": started.run_id, "problems": problems}, 201)

    def _archived(self) -> bool | None:
        text = self.get_query_argument("archived", "no")
        if text not in _ARCHIVED:
            raise usage(f"'archived' must be {' or '.join(_ARCHIVED)}.")
        return _ARCHIVED[text]

    def _limit(self) -> int:
        text = self.get_query_argument("limit", "20")
        if not text.isdecimal() or not 1 <= int(text) <= LONGEST_LIST:
            raise usage(f"'limit' must be a number from 1 to {LONGEST_LIST}.")
        return int(text)


class RunHandler(KfpHandler):
    """`GET runs/<id>` and `DELETE runs/<id>`."""

    @authenticated
    @permitted("read")
    async def get(self, run_id: str) -> None:
        """Answer with the run as it is now."""
        await hub_of(self).start()
        run = await in_thread(_get, run_id)
        self.reply(await in_thread(run_json, run, root_folder(self)))

    @authenticated
    @permitted("execute")
    async def delete(self, run_id: str) -> None:
        """Remove an ended run, where that is said also from its cluster."""
        gone = await in_thread(_delete, run_id, flag(self, "cluster"), flag(self, "artifacts"))
        self.reply({"cluster": gone})


class CancelHandler(KfpHandler):
    """`POST runs/<id>/cancel`."""

    @authenticated
    @permitted("execute")
    async def post(self, run_id: str) -> None:
        """Ask the run to end; its end is pushed like any change."""
        await in_thread(_cancel, run_id)
        self.reply({}, 202)


class PauseHandler(KfpHandler):
    """`POST runs/<id>/pause`."""

    @authenticated
    @permitted("execute")
    async def post(self, run_id: str) -> None:
        """Ask the run to stand still; that it does is pushed like any change."""
        await in_thread(_pause, run_id)
        self.reply({}, 202)


class ResumeHandler(KfpHandler):
    """`POST runs/<id>/resume`."""

    @authenticated
    @permitted("execute")
    async def post(self, run_id: str) -> None:
        """Let a paused run go on, or start an ended one again; answer with the run's id."""
        data = _data(self.json_body())
        await hub_of(self).start()
        started = await in_thread(_resume, run_id, data)
        problems = [each.to_json() for each in started.problems]
        self.reply({"run_id": started.run_id, "problems": problems}, 201)


class OutputsHandler(KfpHandler):
    """`GET runs/<id>/outputs?step=<task>`."""

    @authenticated
    @permitted("read")
    async def get(self, run_id: str) -> None:
        """Answer with what the cells of a step have printed and shown so far."""
        task = self.get_query_argument("step", "")
        if not task:
            raise usage("'step' is missing: the task name of a step of the run.")
        self.reply({"cells": await in_thread(_outputs, run_id, task)})


class RunPipelineHandler(KfpHandler):
    """`GET runs/<id>/pipeline`."""

    @authenticated
    @permitted("read")
    async def get(self, run_id: str) -> None:
        """Answer with the notebook that the run was started with, as `Pipeline`."""
        self.reply(with_places(await in_thread(_pipeline, run_id), root_folder(self)))


class ExecutedNotebookHandler(KfpHandler):
    """`GET runs/<id>/notebook`."""

    @authenticated
    @permitted("read")
    async def get(self, run_id: str) -> None:
        """Answer with the submitted notebook and the outputs that the run made."""
        self.reply(await in_thread(_executed, run_id))


def _list(
    root: Path | None,
    notebook: str | None,
    limit: int,
    before: str | None,
    archived: bool | None,
) -> list[dict[str, Any]]:
    from ..runs.registry import Registry

    runs = Registry().list(
        notebook=notebook, limit=limit, before=before, steps=False, archived=archived
    )
    return [summary_json(each, root) for each in runs]


def _data(body: dict[str, Any]) -> str:
    said: str = typed(body, "data", str, "")
    if said not in ("", "snapshot"):
        raise usage("'data' is `snapshot`, or left out.")
    return said


def _submit(
    notebook: Notebook,
    split: str | None,
    engine: str | None,
    parameters: dict[str, Any],
    cache: bool,
    ignore_resources: bool,
    from_step: str | None,
    data: str,
    only_step: str | None,
    resume: str | None,
    connection: str | None,
    namespace: str,
    experiment: str,
    shown: dict[str, Any] | None,
    press: str,
) -> Submitted:
    from ..compiler.code_record import refuse_what_was_not_shown
    from ..runs.again import part_of, resumed, start_again
    from ..runs.chain import build, started_by, submit

    if found := started_by(notebook, press):
        return found
    compiled = build(notebook, split)
    if shown is not None:
        refuse_what_was_not_shown(compiled.code, shown)
    if resume is not None:
        if from_step or only_step or engine or connection or namespace:
            raise usage("A run that is resumed says itself where it runs and what is taken.")
        again = resumed(_get(resume), compiled, data)
        return start_again(
            replace(again, experiment=experiment or again.experiment),
            parameters,
            cache=cache,
            ignore_resources=ignore_resources,
            press=press,
        )
    return submit(
        compiled,
        engine=engine,
        parameters=parameters,
        cache=cache,
        ignore_resources=ignore_resources,
        reuse=part_of(
            compiled,
            from_step,
            only_step,
            engine=engine,
            connection=connection,
            namespace=namespace,
            data=data,
        ),
        connection=connection,
        namespace=namespace,
        experiment=experiment,
        press=press,
    )


def _resume(run_id: str, data: str) -> Submitted:
    from ..engines.model import State
    from ..runs.again import resumed, start_again
    from ..runs.chain import Submitted, go_on

    run = _get(run_id)
    if run.state is State.PAUSED:
        if data:
            raise usage("A paused run goes on as it is: leave 'data' out.")
        go_on(run)
        return Submitted(run.id, run.engine, ())
    return start_again(resumed(run, data=data))


def _get(run_id: str) -> RunStatus:
    from ..runs.registry import Registry

    return Registry().get(run_id)


def _delete(run_id: str, cluster: bool, artifacts: bool) -> dict[str, Any] | None:
    from ..runs.cleaning import delete_run

    gone = delete_run(run_id, cluster, artifacts)
    return asdict(gone) if gone else None


def _cancel(run_id: str) -> None:
    from ..runs.chain import cancel

    cancel(_get(run_id))


def _pause(run_id: str) -> None:
    from ..runs.chain import pause

    pause(_get(run_id))


def _outputs(run_id: str, task: str) -> dict[str, Any]:
    from ..runs.outputs import cell_outputs

    return cell_outputs(run_id, task)


def _pipeline(run_id: str) -> dict[str, Any]:
    from ..runs.again import submitted_notebook
    from ..runs.chain import check
    from ..runs.describe import describe

    return describe(check(*submitted_notebook(run_id)))


def _executed(run_id: str) -> dict[str, Any]:
    from ..runs.outputs import executed_notebook

    return executed_notebook(run_id)
