"""Which tasks may go on: a DAG alone, and the DAGs within DAGs of a whole run."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jupyter_kfp_ext.engines.local.condition import parse_condition
from jupyter_kfp_ext.engines.local.dataflow import Results
from jupyter_kfp_ext.engines.local.needs import Need
from jupyter_kfp_ext.engines.local.schedule import Schedule
from jupyter_kfp_ext.engines.local.spec import (
    Constant,
    Container,
    Dag,
    FinalStatus,
    Loop,
    Pipeline,
    PipelineInput,
    Retry,
    Task,
    TaskOutput,
)
from jupyter_kfp_ext.engines.local.tree import Tree
from jupyter_kfp_ext.engines.model import State

OK, BAD, SKIPPED, CANCELED = State.SUCCEEDED, State.FAILED, State.SKIPPED, State.CANCELED


def task(name, after=(), **more):
    fields = {"parameters": {}, "path": name, **more}
    parameters = fields.pop("parameters")
    container = None if "dag" in fields else Container("", (), (), {})
    return Task(
        name, name, container, parameters, {}, tuple(after), {}, {}, {}, Retry(), None, **fields
    )


def taken(schedule):
    found = []
    while (each := schedule.take()) is not None:
        found.append(each.name)
    return found


def names(tasks):
    return [each.name for each in tasks]


DIAMOND = [task("a"), task("b", "a"), task("c", "a"), task("d", "bc"), task("x")]


def test_what_is_free_starts_at_once_and_followers_when_all_before_them_succeeded():
    schedule = Schedule(DIAMOND)
    assert taken(schedule) == ["a", "x"]
    schedule.end("a", OK)
    assert taken(schedule) == ["b", "c"]
    schedule.end("b", OK)
    assert taken(schedule) == []
    schedule.end("c", OK)
    assert taken(schedule) == ["d"]
    schedule.end("x", OK)
    assert not schedule.done
    schedule.end("d", OK)
    assert schedule.done


@pytest.mark.parametrize("state", [BAD, SKIPPED, CANCELED])
def test_what_did_not_succeed_skips_its_followers_and_nothing_else(state):
    schedule = Schedule(DIAMOND)
    assert taken(schedule) == ["a", "x"]
    assert names(schedule.end("a", state)) == ["b", "c", "d"]
    schedule.end("x", OK)
    assert schedule.done


def test_a_task_that_runs_whatever_happens_waits_for_all_before_it():
    schedule = Schedule([task("a"), task("b"), task("c", "ab", whatever=True)])
    taken(schedule)
    assert schedule.end("a", BAD) == ()
    assert taken(schedule) == []
    schedule.end("b", OK)
    assert taken(schedule) == ["c"]


def test_giving_up_leaves_what_runs_and_what_runs_at_the_exit():
    at_exit = {"whatever": True, "parameters": {"s": FinalStatus("d")}}
    schedule = Schedule([*DIAMOND, task("e", "d", **at_exit)])
    schedule.take()
    assert names(schedule.abandon()) == ["b", "c", "d", "x"]
    assert taken(schedule) == ["e"]
    schedule.end("a", CANCELED)
    schedule.end("e", OK)
    assert schedule.done


@settings(deadline=None)
@given(st.data())
def test_any_dag_ends_with_every_task_ended_once(data):
    size = data.draw(st.integers(1, 12))
    tasks = [
        task(
            str(i),
            [str(j) for j in range(i) if data.draw(st.booleans())],
            whatever=data.draw(st.booleans()),
        )
        for i in range(size)
    ]
    schedule = Schedule(tasks)
    ended, running = [], []
    while not schedule.done:
        running += taken(schedule)
        name = running.pop(data.draw(st.integers(0, len(running) - 1)))
        before = {each.name: each.after for each in tasks}[name]
        assert set(before) <= set(ended)
        ended.append(name)
        ended += names(schedule.end(name, data.draw(st.sampled_from([OK, BAD, SKIPPED]))))
    assert sorted(ended) == sorted(each.name for each in tasks)


class Seen:
    """An observer that remembers."""

    def __init__(self):
        self.ends = {}
        self.items = {}
        self.errors = {}

    def opened(self, task, key, items):
        self.items[task.path, key] = items

    def ended(self, task, key, state, reason):
        assert (task.path, key) not in self.ends
        self.ends[task.path, key] = state

    def broke(self, task, key, reason):
        self.errors[task.path, key] = reason


def tree(*tasks, given=None, **more):
    seen = Seen()
    return Tree(Pipeline("p", {}, Dag(tasks)), given or {}, seen, "run", **more), seen


def started(running, room=99):
    """Start what there is room for; each process fills as much of it as it has cores."""
    left = [room]

    def enter(need):
        left[0] -= max(need.cpu, 1)
        if left[0] < 0:
            left[0] += max(need.cpu, 1)
            return None
        return need

    found = []
    while (each := running.take(enter)) is not None:
        assert each[1] == each[0].need
        found.append(each[0])
    return found


def named(instances):
    return [str(each) for each in instances]


def test_no_more_than_there_is_room_for_run_and_the_others_are_named_once():
    running, _ = tree(*map(task, "abcd"))
    one, two = started(running, 2)
    assert named(running.crowded_out()) == ["c", "d"]
    running.pause(one)
    assert named(started(running, 1)) == ["c"]
    running.resume(one)
    assert started(running, 0) == []
    assert named(running.crowded_out()) == ["a"]
    running.succeed(two, Results())
    assert named(started(running)) == ["d", "a"]


def test_what_is_known_already_waits_for_no_room():
    running, _ = tree(task("a"), task("b", after=["a"]), task("c"))
    asked = []

    def known(instance):
        asked.append(str(instance))
        if str(instance) != "c":
            running.succeed(instance, Results())
        return str(instance) != "c"

    assert running.take(lambda need: None, known) is None
    assert running.take(lambda need: None, known) is None
    assert asked == ["a", "c", "b"]
    assert named(running.crowded_out()) == ["c"]


def test_one_that_needs_less_overtakes_and_the_first_is_asked_first():
    wants = {"a": 1, "big": 8, "b": 1, "bigger": 9, "huge": 8}
    running, _ = tree(*map(task, wants), need=lambda task, _: Need(cpu=wants[task.name]))
    assert named(started(running, 2)) == ["a", "b"]
    assert sorted(named(running.crowded_out())) == ["big", "bigger", "huge"]
    assert named(started(running, 17)) == ["big", "bigger"]
    assert list(running.crowded_out()) == []


def test_what_can_never_run_fails_and_says_why():
    def need(task, values):
        raise ValueError(f"too much: {values}")

    running, seen = tree(task("a", parameters={"x": Constant(1)}), task("b", "a"), need=need)
    assert started(running) == []
    assert seen.errors["a", ""] == "too much: {'x': 1}"
    assert (seen.ends["a", ""], seen.ends["b", ""]) == (BAD, SKIPPED)


def loop(name, values, inner, limit=0, after=(), **outputs):
    return task(
        name, after, dag=Dag(tuple(inner), **outputs), loop=Loop("item", values, "all", limit)
    )


def test_a_loop_runs_its_tasks_for_each_item_and_gathers_in_the_order_of_items():
    body = task("body", path="l/body", parameters={"x": PipelineInput("item")})
    running, seen = tree(
        loop("l", ("p", "q", "r"), [body], 2, parameters={"o": (TaskOutput("body", "o"),)}),
        task("after", ["l"], parameters={"list": TaskOutput("l", "o")}),
    )
    first = started(running)
    assert [each.key for each in first] == ["0", "1"]
    for instance in reversed(first):
        running.succeed(instance, Results({"o": instance.scope.inputs.parameters["item"]}))
    (third,) = started(running)
    running.succeed(third, Results({"o": "r"}))
    (after,) = started(running)
    assert after.scope.results["l"].parameters == {"o": ["p", "q", "r"]}
    running.succeed(after, Results())
    assert running.done
    assert running.state is OK
    assert seen.items == {("l", ""): ["p", "q", "r"]}


def test_a_failed_iteration_fails_the_loop_after_the_others():
    running, seen = tree(loop("l", (1, 2), [task("b", path="l/b")]), task("after", ["l"]))
    one, two = started(running)
    running.fail(one, BAD, "ValueError: no")
    assert ("l", "") not in seen.ends
    running.succeed(two, Results())
    assert started(running) == []
    assert seen.ends["l", ""] is BAD
    assert seen.ends["after", ""] is SKIPPED
    assert running.done
    assert running.state is BAD
    assert running.errors["l"] == "ValueError: no"


@pytest.mark.parametrize("values", [(), None])
def test_a_loop_over_nothing_ends_at_once(values):
    running, seen = tree(
        loop("l", values, [task("b", path="l/b")]), task("after", ["l"]), given={"all": []}
    )
    if values is None:  # the list is an input that the loop does not take: there is no list
        assert started(running) == []
        assert seen.ends["l", ""] is BAD
        assert "no list" in seen.errors["l", ""]
    else:
        assert [str(each) for each in started(running)] == ["after"]


def test_a_false_condition_skips_and_the_rest_goes_on():
    no = parse_condition("inputs.parameter_values['x'] == 2")
    running, seen = tree(
        task("a", parameters={"x": Constant(1)}, condition=no), task("b", "a"), task("c")
    )
    (c,) = started(running)
    running.succeed(c, Results())
    assert (seen.ends["a", ""], seen.ends["b", ""]) == (SKIPPED, SKIPPED)
    assert running.state is OK


def test_an_output_with_several_sources_is_that_of_the_one_that_ran():
    inner = [
        task("yes", path="g/yes", condition=parse_condition("false")),
        task("no", path="g/no", condition=parse_condition("true")),
    ]
    sources = {"o": (TaskOutput("yes", "o"), TaskOutput("no", "o"))}
    running, _ = tree(task("g", dag=Dag(tuple(inner), sources)), task("after", "g"))
    (no,) = started(running)
    running.succeed(no, Results({"o": "from no"}))
    (after,) = started(running)
    assert after.scope.results["g"].parameters == {"o": "from no"}


def test_cancelling_ends_everything_but_the_exit_and_a_second_time_that_too():
    def running_tree():
        return tree(
            task("g", dag=Dag((loop("l", (1, 2, 3), [task("b", path="g/l/b")], 1),))),
            task("e", "g", whatever=True, parameters={"s": FinalStatus("g")}),
        )

    running, seen = running_tree()
    (one,) = started(running)
    running.cancel()
    running.fail(one, CANCELED)
    (at_exit,) = started(running)
    assert at_exit.task.name == "e"
    assert at_exit.scope.final["g"]["state"] == "CANCELED"
    running.succeed(at_exit, Results())
    assert running.done
    assert seen.ends["g", ""] is CANCELED

    running, seen = running_tree()
    (one,) = started(running)
    running.cancel()
    running.cancel()
    running.fail(one, CANCELED)
    assert started(running) == []
    assert running.done
    assert seen.ends["e", ""] is CANCELED


@settings(deadline=None, max_examples=200)
@given(st.data())
def test_any_tree_ends_with_every_task_ended_once_also_when_it_is_cancelled(data):
    def dag(prefix, depth):
        tasks = []
        for i in range(data.draw(st.integers(0 if depth else 1, 3))):
            after = [each.name for each in tasks if data.draw(st.booleans())]
            path = f"{prefix}{i}"
            more = {"path": path, "whatever": data.draw(st.booleans())}
            if data.draw(st.booleans()):
                more["condition"] = parse_condition(data.draw(st.sampled_from(["true", "false"])))
            if depth < 2 and data.draw(st.booleans()):
                more["dag"] = dag(f"{path}/", depth + 1)
                if data.draw(st.booleans()):
                    items = tuple(range(data.draw(st.integers(0, 3))))
                    more["loop"] = Loop("item", items, "", data.draw(st.integers(0, 2)))
            tasks.append(task(str(i), after, **more))
        return Dag(tuple(tasks))

    seen = Seen()
    running = Tree(Pipeline("p", {}, dag("", 0)), {}, seen, "run")
    room = data.draw(st.integers(1, 4))
    alive = []
    cancel = data.draw(st.integers(0, 12))
    for turn in range(1000):
        alive += started(running, room - len(alive))
        if running.done:
            break
        if turn == cancel:
            running.cancel()
        if not alive:
            assert running.done
            continue
        instance = alive.pop(data.draw(st.integers(0, len(alive) - 1)))
        if turn >= cancel:
            running.fail(instance, CANCELED)
        elif data.draw(st.booleans()):
            running.succeed(instance, Results())
        else:
            running.fail(instance, BAD, "no")
    assert running.done
    assert all((each.path, "") in seen.ends for each in running._root.dag.tasks)
