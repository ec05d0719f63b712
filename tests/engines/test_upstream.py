"""What the tasks of pipelines that others made wait for, as a graph of their run shows it."""

import json
from pathlib import Path

import pytest

from jupyter_kfp_ext.engines.local.spec_reader import read_pipeline
from jupyter_kfp_ext.engines.local.upstream import upstream

RECORDED = Path(__file__).parents[1] / "recordings" / "runs" / "loop_and_condition.json"


@pytest.fixture
def dag():
    return read_pipeline(json.loads(RECORDED.read_text())["spec"], {}).root


def test_who_waits_for_a_group_waits_for_its_last_tasks(dag):
    waits = upstream(dag, {})
    assert waits["gather-const"] == ("loop-const.cond-in-loop.say",)
    assert waits["gather-up"] == ("loop-up.work",)


def test_the_first_in_a_group_wait_for_what_the_group_waits_for(dag):
    waits = upstream(dag, {})
    assert waits["loop-up/work"] == ("lister",)
    assert waits["loop-const/work"] == ()
    assert waits["loop-const/cond-in-loop/say"] == ("loop-const.work",)


def test_steps_of_a_notebook_are_known_by_their_names(dag):
    waits = upstream(dag, {"loop-up": "the loop", "work": "the loop", "lister": "list"})
    assert waits["gather-up"] == ("the loop",)
    assert waits["loop-up/work"] == ("list",)
    assert waits["after-no"] == ("say-no",)
