"""Why steps wait and fail: each row of the table of findings, from its recording."""

import copy
import json

import pytest
from recordings import NAMES, observed, pipeline_of, record_of, recording, seen_of

from jupyter_kfp_ext.engines.kfp.failing import step_error
from jupyter_kfp_ext.engines.kfp.pending import (
    EVENTS,
    is_being_made,
    pod_waits,
    told_by_events,
    waiting_words,
)
from jupyter_kfp_ext.engines.kfp.truth import Seen, observe
from jupyter_kfp_ext.engines.model import State
from jupyter_kfp_ext.errors import Code

WAITS = {
    "pending_gpu": ("nvidia.com/gpu", "gpu_type"),
    "quota": ("no-gpu", "requests.nvidia.com/gpu=1", "larger quota"),
    "bad_image": ("image.invalid/none:1", "connection refused", "image_pull_secrets"),
    "unbound_claim": ("not bound", "Check the claim"),
    "no_claim": ("no-such-claim", "volumes"),
    "too_much_memory": ("memory", "ask for less"),
    "no_node": ("node_selector", "labels"),
    "no_configmap": ("ConfigMap nope", "Make it"),
}
NO_POD = {"quota"}


@pytest.mark.parametrize("name", sorted(WAITS))
@pytest.mark.parametrize("workflow", [True, False])
def test_why_a_step_waits(name, workflow):
    if name in NO_POD and not workflow:
        pytest.skip("a quota lets no pod be made, so only the Workflow tells")
    step = observed(name, "waiting", workflow=workflow).step("step")
    assert step.state is State.PENDING
    assert all(word in step.reason for word in WAITS[name]), step.reason
    assert step.started is None


def test_every_recorded_wait_is_in_the_table():
    waiting = [name for name in NAMES if "waiting" in recording(name)]
    pending = [
        name for name in waiting if observed(name, "waiting").step("step").state is State.PENDING
    ]
    assert pending == sorted(WAITS)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("0/3 nodes are available: 3 node(s) had untolerated taint {gpu: yes}.", "toleration"),
        (
            "0/9 nodes are available: 4 Insufficient cpu, 5 node(s) were busy.",
            "No node has enough CPU free",
        ),
        ('CreateContainerConfigError: secret "token" not found', "no Secret token"),
        ("CreateContainerConfigError: couldn't find key pw in Secret ada/db", "no key pw"),
        ("ImagePullBackOff", "cannot be pulled"),
        ('ErrImagePull: pull access denied for image "a/b:1"', "a/b:1"),
        ("0/1 nodes are available: 1 node(s) had volume node affinity conflict.", "another zone"),
        ("what nobody has seen before", "what nobody has seen before"),
        ("", ""),
    ],
)
def test_words(text, words):
    assert words in waiting_words(text)


MOUNT = 'MountVolume.SetUp failed for volume "x" : '


@pytest.mark.parametrize(
    ("events", "words"),
    [
        ([], "is being made"),
        ([("FailedMount", f'{MOUNT}configmap "x" not found')], "no ConfigMap x"),
        ([("FailedMount", f"{MOUNT}rpc error: no such host")], "no such host. Check `volumes`"),
        ([("FailedAttachVolume", 'Multi-Attach error for volume "x"')], "on another node"),
        # The last one counts.
        ([("FailedMount", "old"), ("FailedMount", f'{MOUNT}secret "y" not found')], "no Secret y"),
    ],
)
def test_what_keeps_a_pod_that_has_its_node_stands_in_events(events, words):
    waiting = {"state": {"waiting": {"reason": "ContainerCreating"}}}
    told = [
        {"reason": reason, "message": message, "lastTimestamp": f"2026-01-01T00:00:0{second}Z"}
        for second, (reason, message) in enumerate(events)
    ]
    pod = {"status": {"containerStatuses": [waiting]}, EVENTS: told[::-1]}
    assert is_being_made(pod)
    assert words in waiting_words(told_by_events(pod) or pod_waits(pod))


ERRORS = {
    "oom": (Code.STEP_KILLED, "128Mi"),
    "exception": (Code.STEP_FAILED, "exit code 1"),
    "failing": (Code.STEP_FAILED, "exit code 1"),
    "timeout": (Code.STEP_TIMED_OUT, "15 s"),
    "deleted_pod": (Code.STEP_KILLED, "deleted"),
    "termination_message": (Code.STEP_FAILED, "exit code 1"),
}


@pytest.mark.parametrize("name", sorted(ERRORS))
@pytest.mark.parametrize("pods", [True, False])
def test_why_a_step_failed(name, pods):
    code, words = ERRORS[name]
    error = observed(name, pods=pods).step("step").error
    assert error.name == code.value
    assert error.remedy
    if pods or name not in ("oom", "timeout"):
        assert words in error.message


OWN = {
    "name": "ValueError",
    "message": "no é",
    "cell": 4,
    "cell_id": "c7",
    "line": 2,
    "source": "int('x')",
    "traceback": ["ValueError: no"],
    "remedy": "",
}


@pytest.mark.parametrize("place", ["node", "pod"])
def test_the_runtimes_own_words_reach_the_cell(place):
    seen = seen_of("termination_message")
    workflow, pods = copy.deepcopy(dict(seen.workflow)), copy.deepcopy(list(seen.pods))
    text = json.dumps({"v": 1, "error": OWN})
    for node in workflow["status"]["nodes"].values():
        if node["displayName"] == "executor":
            node["message"] = f"main: Error (exit code 1): {text}"
    if place == "pod":
        for status in pods[0]["status"]["containerStatuses"]:
            if status["name"] == "main":
                status["state"]["terminated"]["message"] = text
    pipeline = pipeline_of("termination_message")
    record = record_of(pipeline)
    seen = Seen(seen.run, workflow, tuple(pods) if place == "pod" else ())
    error = observe(record.first_status(), record.steps, pipeline, seen).step("step").error
    assert (error.name, error.message, error.cell_id, error.line) == ("ValueError", "no é", "c7", 2)


@pytest.mark.parametrize(
    "text",
    ['{"v": 1, "error": {"na', '{"v": 1}', '{"v": 1, "error": []}', '{"v": 1, "error": {}}', "{"],
)
def test_a_termination_message_that_is_not_whole(text):
    error = step_error(f"main: Error (exit code 1): {text}", None)
    assert error.name == Code.STEP_FAILED.value


def test_a_crash_has_its_line():
    note = (
        "Fatal Python error: Segmentation fault\n\nCurrent thread 0x1 (most recent call first):\n"
        '  File "/tmp/ipykernel_7/123.py", line 3 in <module>\n  File "kfp_step/cells.py", line 9\n'
    )
    error = step_error(f"main: Error (exit code 1): {note}", None)
    assert (error.name, error.line) == (Code.STEP_CRASHED.value, 3)


@pytest.mark.parametrize("reason", ["Evicted", "NodeLost", "Preempting"])
def test_pods_that_lost_their_node(reason):
    pod = {"status": {"phase": "Failed", "reason": reason, "message": "The node was low on disk"}}
    error = step_error("", pod)
    assert error.name == Code.STEP_KILLED.value
    assert "low on disk" in error.message
