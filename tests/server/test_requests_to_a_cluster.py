"""What open tabs cost a cluster: one poll a run however many look, and nothing once all ended."""

import asyncio
import fcntl
import time

import pytest

from jupyter_kfp_ext.engines.kfp.connection import Connection
from jupyter_kfp_ext.engines.kfp.connections import add_connection
from jupyter_kfp_ext.engines.kfp.following import QUICK
from jupyter_kfp_ext.engines.local.layout import run_folder
from tests.standin.server import stand_in
from tests.support.notebooks import code_cell

RUNS = 3
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

    async def told(run_id):
        return (await api("GET", "runs", run_id)).json

    def polls():
        return [bare.count("GET", f"/runs/{run}$") for run in there]

    there = []
    for run_id in started:
        run = await told(run_id)
        while run["state"] != "RUNNING":
            run = await told(run_id)
        there.append(run["remote"]["run_id"])
    before, since = polls(), time.monotonic()
    while min(now - then for now, then in zip(polls(), before, strict=True)) < POLLS:
        await asyncio.gather(*(look() for _ in range(TABS)))
    # One that was under way at the beginning, and one that came late.
    most = (time.monotonic() - since) / QUICK + 2
    assert max(now - then for now, then in zip(polls(), before, strict=True)) <= most

    for run_id in started:
        await api("POST", "runs", run_id, "cancel", body={})
    for run_id in started:
        assert (await ended(run_id)).state.value == "CANCELED"
        with run_folder(kfp_home, run_id).lock.open() as held:
            fcntl.flock(held, fcntl.LOCK_SH)  # until its keeper is gone
    calls = len(bare.calls)
    await asyncio.gather(*(look() for _ in range(TABS)))
    assert len(bare.calls) == calls
