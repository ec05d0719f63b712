"""What is shown of a step that waits for a snapshot of its data, by the task that takes it."""

import pytest

from jupyter_kfp_ext.compiler.snapshot_option import snapshot_name
from jupyter_kfp_ext.engines.kfp.facts import Fact
from jupyter_kfp_ext.engines.kfp.snapshots import noted, with_snapshot
from jupyter_kfp_ext.engines.local.record import StepRecord
from jupyter_kfp_ext.engines.model import State, StepError, StepStatus

DENIED = StepError("cluster-denied", "no rights.", remedy="Give them.")
RECORD = StepRecord("t", "train", "t", (), (), snapshot="train-snapshot", snapshot_of=("a", "b"))
STATUS = StepStatus("t", "train", "t", (), ())


@pytest.mark.parametrize(
    ("step", "snapshot", "state", "reason"),
    [
        (Fact(State.PENDING), Fact(State.PENDING), "PENDING", ""),
        (Fact(State.PENDING), Fact(State.PENDING, reason="no memory"), "PENDING", "no memory"),
        (Fact(State.PENDING), Fact(State.RUNNING), "PENDING", "is being taken"),
        (Fact(State.PENDING), Fact(State.SUCCEEDED), "PENDING", ""),
        (Fact(State.PENDING), Fact(State.FAILED, error=DENIED), "FAILED", ""),
        (Fact(State.SKIPPED), Fact(State.FAILED, error=DENIED), "FAILED", ""),
        (Fact(State.SKIPPED), Fact(State.SKIPPED), "SKIPPED", ""),
        (Fact(State.SKIPPED), Fact(State.CANCELED), "CANCELED", ""),
        (Fact(State.SKIPPED, reason="false"), Fact(State.SUCCEEDED), "SKIPPED", "false"),
        (Fact(State.RUNNING), Fact(State.SUCCEEDED), "RUNNING", ""),
        (Fact(State.SUCCEEDED), Fact(State.SUCCEEDED), "SUCCEEDED", ""),
    ],
)
def test_states(step, snapshot, state, reason):
    found = with_snapshot(step, snapshot)
    assert found.state.value == state
    assert reason in found.reason
    assert bool(reason) == bool(found.reason)
    if snapshot.error:
        assert (found.error.name, found.error.remedy) == (DENIED.name, DENIED.remedy)
        assert found.error.message.endswith("no rights.")


def test_names_and_time_of_what_was_taken():
    run = "0a1b2c3d-4e5f"
    found = noted(STATUS, RECORD, Fact(State.SUCCEEDED, 5.0, 8.0), run)
    assert found.snapshots == (snapshot_name("a", run, "train"), snapshot_name("b", run, "train"))
    assert found.snapshots[0] == "a-0a1b2c3d-train"
    assert found.snapshot_seconds == 3.0
    assert noted(STATUS, RECORD, Fact(State.RUNNING, 5.0), run) == STATUS
