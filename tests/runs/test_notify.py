import asyncio
import os
import socket
import stat
import subprocess
import sys

import pytest

from jupyter_kfp_ext.engines.announce import announce, host_prefix, listeners_folder
from jupyter_kfp_ext.runs.notify import Listener


def test_every_listener_hears(tmp_path):
    with Listener(tmp_path) as one, Listener(tmp_path) as two, Listener(tmp_path / "x") as other:
        announce(tmp_path, "r1", 1)
        announce(tmp_path, "r2", 1)
        announce(tmp_path, "r1", 2)
        assert one.wait(300) == {"r1", "r2"}
        assert two.drain() == {"r1", "r2"}
        assert one.drain() == other.drain() == frozenset()


def test_waiting_ends_without_an_announcement(tmp_path):
    with Listener(tmp_path) as listener:
        assert listener.wait(0) == frozenset()


def test_with_asyncio(tmp_path):
    async def hear():
        heard = asyncio.get_running_loop().create_future()
        with Listener(tmp_path) as listener:
            loop = asyncio.get_running_loop()
            loop.add_reader(listener.fileno(), lambda: heard.set_result(listener.drain()))
            announce(tmp_path, "r", 1)
            found = await asyncio.wait_for(heard, 300)
            loop.remove_reader(listener.fileno())
        return found

    assert asyncio.run(hear()) == {"r"}


def test_a_deep_home_is_no_hindrance(tmp_path):
    home = tmp_path / ("d" * 100) / ("e" * 100)
    with Listener(home) as listener:
        announce(home, "r", 1)
        assert listener.wait(300) == {"r"}


def test_nobody_listens(tmp_path):
    announce(tmp_path, "r", 1)
    assert not listeners_folder(tmp_path).exists()


def test_a_closed_listener_leaves_nothing(tmp_path):
    listener = Listener(tmp_path)
    (link,) = listeners_folder(tmp_path).iterdir()
    place = link.readlink().parent
    assert stat.S_IMODE(place.stat().st_mode) == 0o700
    listener.close()
    assert not place.exists()
    assert list(listeners_folder(tmp_path).iterdir()) == []


def test_a_killed_listener_is_forgotten_and_others_still_hear(tmp_path):
    script = f"""
import os, signal, sys
sys.path[:0] = {sys.path!r}
from pathlib import Path
from jupyter_kfp_ext.runs.notify import Listener
kept = Listener(Path({str(tmp_path)!r}))
os.kill(os.getpid(), signal.SIGKILL)
"""
    subprocess.run([sys.executable, "-c", script], check=False)
    assert len(list(listeners_folder(tmp_path).iterdir())) == 1
    with Listener(tmp_path) as listener:
        announce(tmp_path, "r", 1)
        assert listener.wait(300) == {"r"}
        assert len(list(listeners_folder(tmp_path).iterdir())) == 1


def test_listeners_of_another_machine_are_left_alone(tmp_path):
    folder = listeners_folder(tmp_path)
    folder.mkdir()
    other = folder / "another-machine-0123"
    other.symlink_to("/nowhere/s")
    assert not other.name.startswith(host_prefix())
    announce(tmp_path, "r", 1)
    assert os.path.lexists(other)


def test_a_listener_that_never_reads_does_not_hold_up_the_runner(tmp_path):
    with Listener(tmp_path) as deaf:
        # More than any queue of datagrams holds: a sender that waited would never come back.
        for number in range(2000):
            announce(tmp_path, "r", number)
        assert deaf.drain() == {"r"}


@pytest.mark.parametrize("message", [b"", b"{", b"[]", b'{"other": 1}', b"\xff" * 9000])
def test_strange_datagrams_are_passed_over(tmp_path, message):
    with Listener(tmp_path) as listener:
        (link,) = listeners_folder(tmp_path).iterdir()
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
            sender.sendto(message, str(link.readlink()))
        announce(tmp_path, "r", 1)
        assert listener.wait(300) == {"r"}
