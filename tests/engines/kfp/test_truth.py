"""The join of rows, Workflow and pods, on recordings of real runs."""

import base64
import copy
import gzip
import json

import pytest
from recordings import NAMES, observed, pipeline_of, record_of, recording, seen_of

from jupyter_kfp_ext.engines.kfp.argo import Part, Place, node_id, read_name, task_paths
from jupyter_kfp_ext.engines.kfp.nodes import driver_pod
from jupyter_kfp_ext.engines.kfp.truth import Seen, look, observe
from jupyter_kfp_ext.engines.model import State

DONE, FAIL, STOP, SKIP = "SUCCEEDED", "FAILED", "CANCELED", "SKIPPED"
ENDS = {
    "bad_image": (STOP, {"step": STOP}),
    "cached": (DONE, {"make": DONE, "use": DONE}),
    "deleted_pod": (FAIL, {"step": FAIL}),
    "exception": (FAIL, {"step": FAIL}),
    "exit_handler": (
        FAIL,
        {"body.ok": DONE, "body.boom": FAIL, "body.never": SKIP, "final": DONE},
    ),
    # Of three exit tasks KFP ran the last one only, and says nothing of the others.
    "exit_handler_flat": (
        FAIL,
        {"boom": FAIL, "ok": DONE, "final": STOP, "plain": STOP, "plain-noin": DONE},
    ),
    "failing": (FAIL, {"step": FAIL}),
    "importer_cached": (DONE, {"imp": DONE, "use-a": DONE, "use-b": DONE}),
    "logs": (DONE, {"step": DONE}),
    "loop_and_condition": (
        DONE,
        {
            "loop-const.work": DONE,
            "loop-const.cond-in-loop.say": DONE,
            "lister": DONE,
            "says-root": DONE,
            "optional": DONE,
            "gather-const": DONE,
            "loop-up.work": DONE,
            "say-yes": DONE,
            "say-no": SKIP,
            "says-quote": DONE,
            "gather-up": DONE,
            "after-no": SKIP,
        },
    ),
    "nested": (DONE, {"outer.inner.leaf": DONE, "outer-again.inner.leaf": DONE, "end": DONE}),
    "no_claim": (STOP, {"step": STOP}),
    "no_configmap": (STOP, {"step": STOP}),
    "no_node": (STOP, {"step": STOP}),
    "oom": (FAIL, {"step": FAIL}),
    "pending_gpu": (DONE, {"step": DONE}),
    "platform": (DONE, {"step": DONE, "other": DONE, "other2": DONE}),
    # Terminated as well, and the one run whose history does not tell.
    "quota": (FAIL, {"step": STOP}),
    "quota_heals": (DONE, {"step": DONE}),
    "rerun": (DONE, {"first": DONE, "second": DONE, "third": DONE}),
    "retried": (DONE, {"flaky": DONE, "after": DONE}),
    "terminated": (STOP, {"done": DONE, "step": STOP, "later": SKIP}),
    "termination_message": (FAIL, {"step": FAIL}),
    "timeout": (FAIL, {"step": FAIL}),
    "too_much_memory": (STOP, {"step": STOP}),
    "two_step": (DONE, {"make": DONE, "read": DONE}),
    "unbound_claim": (STOP, {"step": STOP}),
}


def test_each_recording_is_in_the_table():
    assert sorted(ENDS) == NAMES


def ends(status):
    return status.state.value, {step.task: step.state.value for step in status.steps}


@pytest.mark.parametrize("name", NAMES)
def test_how_it_ended(name):
    assert ends(observed(name)) == ENDS[name]


@pytest.mark.parametrize("name", sorted(set(NAMES) - {"quota"}))
@pytest.mark.parametrize("pods", [True, False])
def test_the_api_alone_tells_the_same_ends(name, pods):
    assert ends(observed(name, workflow=False, pods=pods)) == ENDS[name]


@pytest.mark.parametrize("name", NAMES)
def test_each_node_has_the_id_and_each_pod_the_name_that_the_rule_says(name):
    record = recording(name)
    workflow = record["workflow"]["metadata"]["name"]
    nodes = record["workflow"]["status"]["nodes"]
    assert nodes
    assert all(node_id(workflow, node["name"]) == key for key, node in nodes.items())
    picture = look(seen_of(name), pipeline_of(name))
    for node_name, pod in picture.pods.items():
        node = next((each for each in picture.nodes.values() if each.name == node_name), None)
        assert node is not None or name == "exit_handler_flat"
        assert node is None or node.pod == pod["metadata"]["name"]


@pytest.mark.parametrize("name", NAMES)
def test_pods_are_named_without_kubernetes(name):
    record = recording(name)
    picture = look(seen_of(name, workflow=False, pods=False), pipeline_of(name))
    named = {node.pod for node in picture.nodes.values() if node.pod}
    assert {pod["metadata"]["name"] for pod in record["pods"]} >= named or name in NO_PODS_LEFT


NO_PODS_LEFT = {"platform", "quota", "importer_cached", "exit_handler_flat", "loop_and_condition"}
"""Recordings that do not have the pods of all steps."""


@pytest.mark.parametrize("name", NAMES)
def test_every_node_of_a_recording_has_a_place_of_its_own(name):
    record = recording(name)
    workflow = record["workflow"]["metadata"]["name"]
    known = frozenset(task_paths(pipeline_of(name).root))
    nodes = [n["name"] for n in record["workflow"]["status"]["nodes"].values()]
    places = [read_name(each, workflow, known) for each in nodes if each != workflow]
    told = [each for each in places if each.part not in (Part.OTHER, Part.ITERATION)]
    # An exit task of two upstream tasks runs twice in KFP, at one place.
    twice = 3 if name == "exit_handler_flat" else 0
    assert len(told) == len(set(told)) + twice
    assert all(each.path in known or not each.path for each in places)


def test_tasks_that_are_named_like_parts_of_kfp():
    known = {"executor", "x", "x-driver", "group", "group/executor", "iteration-item"}
    for name, place in {
        "w.root.executor": Place("executor"),
        "w.root.executor.executor": Place("executor", part=Part.EXECUTOR),
        "w.root.x-driver": Place("x-driver"),
        "w.root.x-driver-driver": Place("x-driver", part=Part.DRIVER),
        "w.root.group.executor": Place("group/executor"),
        "w.root.group.executor.executor(2)": Place("group/executor", "", Part.EXECUTOR, 2),
        "w.root.iteration-item": Place("iteration-item"),
    }.items():
        assert read_name(name, "w", known) == place


def test_packed_nodes_tell_what_plain_ones_do():
    seen = seen_of("loop_and_condition")
    packed = copy.deepcopy(dict(seen.workflow))
    nodes = json.dumps(packed["status"].pop("nodes")).encode()
    packed["status"]["compressedNodes"] = base64.b64encode(gzip.compress(nodes)).decode()
    pipeline = pipeline_of("loop_and_condition")
    record = record_of(pipeline)
    stale = {**seen.run, "run_details": {}}
    status = observe(record.first_status(), record.steps, pipeline, Seen(stale, packed, seen.pods))
    assert status == observed("loop_and_condition")


def test_rows_that_are_left_behind_are_not_believed_after_the_end():
    seen = seen_of("two_step", workflow=False, pods=False)
    rows = copy.deepcopy(seen.run["run_details"]["task_details"])
    for row in rows:
        if row["display_name"] in ("read", "executor"):
            row["state"], row["end_time"] = "RUNNING", "0001-01-01T00:00:00Z"
    run = {**seen.run, "run_details": {"task_details": rows}}
    pipeline = pipeline_of("two_step")
    record = record_of(pipeline)
    status = observe(record.first_status(), record.steps, pipeline, Seen(run))
    assert ends(status) == (DONE, {"make": DONE, "read": DONE})
    assert status.step("read").reason


def test_loops_have_their_iterations():
    for workflow in (True, False):
        status = observed("loop_and_condition", workflow=workflow)
        work = status.step("loop-const.work").iterations
        assert [(each.key, each.state) for each in work] == [
            ("0", State.SUCCEEDED),
            ("1", State.SUCCEEDED),
        ]
        assert status.step("lister").iterations == ()


def test_retries_cache_and_times():
    for workflow in (True, False):
        flaky = observed("retried", workflow=workflow).step("flaky")
        assert (flaky.attempt, flaky.error, flaky.cached) == (3, None, False)
        cached = observed("cached", workflow=workflow)
        assert all(step.cached and step.attempt == 0 for step in cached.steps)
    run = observed("two_step")
    make, read = run.steps
    assert run.created == 0.0
    assert run.started < make.started < make.ended < read.started < read.ended <= run.ended


def test_a_condition_that_was_not_met_and_what_comes_after_it():
    for workflow in (True, False):
        status = observed("loop_and_condition", workflow=workflow)
        assert status.step("say-no").reason == "its condition is false"
        assert status.step("after-no").reason == "say-no was skipped"


def test_a_run_that_we_ended_is_canceled_although_nothing_else_tells():
    assert observed("quota", asked=True).state is State.CANCELED
    assert observed("quota").message
    assert observed("deleted_pod").state is State.FAILED


@pytest.mark.parametrize("state", [None, "PENDING", "STATE_FROM_THE_FUTURE"])
def test_a_run_that_has_only_begun(state):
    pipeline = pipeline_of("two_step")
    record = record_of(pipeline)
    run = {"run_id": "r", "finished_at": "1970-01-01T00:00:00Z"}
    if state:
        run["state"] = state
    status = observe(record.first_status(), record.steps, pipeline, Seen(run))
    assert status.state is State.PENDING
    assert {step.state for step in status.steps} == {State.PENDING}
    assert status.ended is None


@pytest.mark.parametrize("name", NAMES)
def test_the_pod_of_a_driver_is_named_as_kubernetes_had_it(name):
    workflow = recording(name)["workflow"]
    own = workflow["metadata"]["name"]
    drivers = [
        node
        for node in workflow["status"].get("nodes", {}).values()
        if node.get("templateName") == "system-container-driver"
    ]
    for node in drivers:
        number = node["id"].rpartition("-")[2]
        expected = f"{own}-system-container-driver-{number}"
        assert driver_pod(own, node["name"].removesuffix("-driver")) == expected
