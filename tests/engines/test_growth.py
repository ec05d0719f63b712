"""Who follows a log is woken when it grows, and asks for nothing in between."""

import asyncio
import sys

import pytest
from container_specs import Step

from jupyter_kfp_ext.engines.local import growth
from jupyter_kfp_ext.engines.local.growth import Growth
from jupyter_kfp_ext.engines.local.logs import follow_log

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="inotify is of Linux")
NEVER = 3600.0


@pytest.fixture(name="patient")
def only_news_wake(monkeypatch):
    monkeypatch.setattr(growth, "_LIVENESS", NEVER)


def append(path, text):
    with open(path, "a") as file:
        file.write(text)


async def wait(watched):
    await asyncio.wait_for(watched.wait(), 300)


async def test_news_wake_also_where_they_came_before_the_waiting(tmp_path, patient):
    watched = Growth()
    watched.watch(tmp_path)
    append(tmp_path / "log", "made")
    await wait(watched)
    append(tmp_path / "log", "grown")
    await wait(watched)
    waiting = asyncio.create_task(wait(watched))
    await asyncio.sleep(0)
    append(tmp_path / "log", "while it waits")
    await waiting
    watched.close()


async def test_old_news_wake_nobody(tmp_path, monkeypatch):
    monkeypatch.setattr(growth, "_LIVENESS", 0.01)
    watched = Growth()
    watched.watch(tmp_path)
    append(tmp_path / "log", "x")
    await wait(watched)
    monkeypatch.setattr(growth, "_PAUSE", NEVER)  # whoever is woken would sleep for ever
    await wait(watched)
    watched.close()


async def test_a_folder_that_is_not_there_may_come(tmp_path, patient):
    watched = Growth()
    watched.watch(tmp_path / "later")
    (tmp_path / "later").mkdir()
    watched.watch(tmp_path / "later")
    append(tmp_path / "later" / "log", "x")
    await wait(watched)
    watched.close()
    watched.close()


async def test_without_it_the_follower_looks_now_and_then(monkeypatch, tmp_path):
    monkeypatch.setattr(growth, "_start", lambda: None)
    monkeypatch.setattr(growth, "_TICK", 0.0)
    watched = Growth()
    watched.watch(tmp_path)
    await wait(watched)
    watched.close()


async def test_a_log_is_followed_to_its_end_by_news_alone(runs, patient):
    for name in ("one", "two"):
        runs.fifo(name)
    code = "print('first', flush=True); meet('one', 'rb'); print('second', flush=True)"
    run_id = runs.start({"a": Step(f"{code}; meet('two', 'rb'); print('last')")})
    pieces = []
    async for text in follow_log(runs.folder(run_id), "a", True):
        pieces.append(text)
        if "first" in text:
            await asyncio.to_thread(lambda: (runs.shared / "one").open("wb").close())
        if "second" in text:
            await asyncio.to_thread(lambda: (runs.shared / "two").open("wb").close())
    assert "".join(pieces).split() == ["first", "second", "last"]
