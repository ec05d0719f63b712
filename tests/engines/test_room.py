"""Who finds no room is refused until something was given back, by whomever."""

import select

import pytest

from jupyter_kfp_ext.engines.local import room as module
from jupyter_kfp_ext.engines.local.claims import claim
from jupyter_kfp_ext.engines.local.machine import Machine
from jupyter_kfp_ext.engines.local.needs import Need
from jupyter_kfp_ext.engines.local.room import Room

GI = 2**30
MACHINE = Machine(2, 4 * GI, {})
HALF, MOST = Need(memory=2 * GI), Need(memory=3 * GI)


class FakeWaiter:
    """Remembers what is watched; a test looks at it in place of the runner's loop."""

    def watch(self, descriptor, callback):
        self.descriptor, self.callback = descriptor, callback

    def ring(self):
        """Call back once the descriptor has something."""
        assert select.select([self.descriptor], [], [], 300)[0]
        self.callback()


@pytest.fixture(name="room")
def room_of_a_run(tmp_path):
    return Room(tmp_path, "mine", MACHINE, FakeWaiter())


def test_a_seat_that_is_left_makes_room(room):
    first, second = room.enter(HALF), room.enter(HALF)
    assert first and second
    assert room.enter(MOST) is None
    assert room.why(MOST).startswith("waits for 3 GiB of memory: 0 MiB of 4 GiB are free")
    first.leave()
    assert room.why(MOST) == ""
    assert room.enter(MOST) is None
    second.leave()
    assert room.enter(MOST)


def test_steps_that_say_nothing_are_bounded_by_their_number(room):
    seats = [room.enter(Need()) for _ in range(8)]
    assert all(seats)
    assert room.enter(Need()) is None
    assert room.why(Need()) == "8 steps run already"
    assert room.enter(Need(cpu=1)), "one that says how many cores it needs is counted by these"
    seats[0].leave()
    assert room.enter(Need())


def test_what_another_run_gives_up_is_heard(room, tmp_path):
    theirs = claim(tmp_path, MACHINE, MOST, "run theirs")
    assert room.enter(HALF) is None
    assert "run theirs has the rest" in room.why(HALF)
    theirs.release()
    room._waiter.ring()
    assert room.enter(HALF)


def test_a_claim_that_cannot_be_waited_for_is_looked_at_again(room, tmp_path, monkeypatch):
    def no_locks(path):
        raise OSError("no locks available")

    monkeypatch.setattr(module, "wait_until_free", no_locks)
    monkeypatch.setattr(module, "_AGAIN", 0.0)
    theirs = claim(tmp_path, MACHINE, MOST, "run theirs")
    assert room.enter(HALF) is None
    room._waiter.ring()
    assert room.enter(HALF) is None
    theirs.release()
    room._waiter.ring()
    assert room.enter(HALF)
