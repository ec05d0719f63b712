import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jupyter_kfp_ext.engines.local.schedule import Schedule
from jupyter_kfp_ext.engines.local.spec import Container, Retry, Task


def task(name, after=()):
    return Task(
        name, name, Container("", (), (), {}), {}, {}, tuple(after), {}, {}, {}, Retry(), None
    )


def taken(schedule):
    found = []
    while (each := schedule.take()) is not None:
        found.append(each.name)
    return found


DIAMOND = [task("a"), task("b", "a"), task("c", "a"), task("d", "bc"), task("x")]


def test_what_is_free_starts_at_once_and_followers_when_all_before_them_succeeded():
    schedule = Schedule(DIAMOND, 9)
    assert taken(schedule) == ["a", "x"]
    schedule.succeed("a")
    assert taken(schedule) == ["b", "c"]
    schedule.succeed("b")
    assert taken(schedule) == []
    schedule.succeed("c")
    assert taken(schedule) == ["d"]
    schedule.succeed("x")
    assert not schedule.done
    schedule.succeed("d")
    assert schedule.done


@pytest.mark.parametrize(
    ("failing", "skipped", "left"),
    [("a", ("b", "c", "d"), ["x"]), ("x", (), ["a"])],
)
def test_a_failure_skips_its_followers_and_nothing_else(failing, skipped, left):
    schedule = Schedule(DIAMOND, 1)
    schedule.take()
    if failing == "x":
        schedule.pause("a")
        schedule.take()
    assert schedule.fail(failing) == skipped
    if failing == "x":
        schedule.resume("a")
    assert taken(schedule) == left


def test_no_more_than_the_slots_run_and_the_others_are_named():
    schedule = Schedule([task(name) for name in "abc"], 2)
    assert taken(schedule) == ["a", "b"]
    assert schedule.crowded_out() == ("c",)
    schedule.pause("a")
    assert taken(schedule) == ["c"]


def test_giving_up_leaves_what_runs():
    schedule = Schedule(DIAMOND, 1)
    schedule.take()
    assert schedule.abandon() == ("b", "c", "d", "x")
    assert not schedule.done
    schedule.fail("a")
    assert schedule.done
    assert schedule.take() is None


@settings(deadline=None)
@given(st.data())
def test_any_dag_ends_with_every_task_ended_once(data):
    size = data.draw(st.integers(1, 12))
    tasks = [
        task(str(i), [str(j) for j in range(i) if data.draw(st.booleans())]) for i in range(size)
    ]
    schedule = Schedule(tasks, data.draw(st.integers(1, 4)))
    ended, running = [], []
    while not schedule.done:
        running += taken(schedule)
        name = running.pop(data.draw(st.integers(0, len(running) - 1)))
        before = {each.name: each.after for each in tasks}[name]
        assert set(before) <= set(ended)
        ended.append(name)
        if data.draw(st.booleans()):
            schedule.succeed(name)
        else:
            ended += schedule.fail(name)
    assert sorted(ended) == sorted(each.name for each in tasks)
