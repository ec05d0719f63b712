"""What open tabs cost a cluster: one poll a run however many look, and nothing once all ended."""

import asyncio
import re

import pytest

from jupyter_kfp_ext.engines.kfp.connection import Connection
from jupyter_kfp_ext.engines.kfp.connections import add_connection
from jupyter_kfp_ext.engines.local.layout import run_folder
from jupyter_kfp_ext.runs.follow import follow
from tests.standin.server import stand_in
from tests.support.notebooks import code_cell
from tests.support.processes import until_left

RUNS = 20
TABS = 10
POLLS = 3
"""Of each run, seen while the tabs look."""


@pytest.fixture
def bare(kfp_home):
    """A cluster of which only KFP's API is known, so that a poll is one call."""
    with stand_in() as server:
        add_connection(Connection("lab", server.url), default=True)
        yield server


async def test_ten_tabs_are_one_poll_a_run(api, put_notebook, ended, bare, kfp_home):
    path = put_notebook("n.ipynb", code_cell("import signal\nsignal.pause()", step="waits"))
    body = {"path": path, "connection": "lab"}
    started = [(await api("POST", "runs", body=body)).json["run_id"] for _ in range(RUNS)]

    async def look():
        """Have each tab read the list and each of its runs, as a reload does."""
        for parts in (("runs",), *(("runs", run) for run in started)):
            assert (await api("GET", *parts)).status == 200

    async def running(run_id):
        async for change in follow(run_id):
            if change.status.state.value == "RUNNING":
                return change.status.remote["run_id"]
        raise AssertionError(f"{run_id} never ran")

    def polls(remote):
        """Return the connections by which a run was asked for, once for each time."""
        calls = list(bare.calls)
        return [each.caller for each in calls if re.search(f"/runs/{remote}$", each.path)]

    there = [await running(run_id) for run_id in started]
    before = {each: len(polls(each)) for each in there}
    looks = 0
    seen = dict.fromkeys(there, 0)
    while min(seen.values()) < POLLS:
        await asyncio.gather(*(look() for _ in range(TABS)))
        looks += TABS
        seen = {each: len(polls(each)) - before[each] for each in there}
    # Each look of a tab read each run. Whose polls are as many as that, is polled by looking.
    assert max(seen.values()) < looks
    # One process asks for a run, by one connection, and no other one does.
    callers = [set(polls(each)) for each in there]
    assert [len(each) for each in callers] == [1] * RUNS
    assert len(set.union(*callers)) == RUNS

    for run_id in started:
        await api("POST", "runs", run_id, "cancel", body={})
    for run_id in started:
        assert (await ended(run_id)).state.value == "CANCELED"
        until_left(run_folder(kfp_home, run_id))
    calls = len(bare.calls)
    await asyncio.gather(*(look() for _ in range(TABS)))
    assert len(bare.calls) == calls
