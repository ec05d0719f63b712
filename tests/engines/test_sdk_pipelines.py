"""Loops, conditions and exit handlers of the kfp SDK's own components run on this machine."""

import pytest
from container_specs import states, submission

from jupyter_kfp_ext.engines.model import State


@pytest.fixture(name="run_sdk")
def sdk(runs, tmp_path):
    pytest.importorskip("kfp")
    import sdk_pipelines

    def run(name, **parameters):
        spec = sdk_pipelines.spec_of(getattr(sdk_pipelines, name), tmp_path)
        run_id = runs.engine.submit(submission(spec, {}, parameters))
        return runs.end(run_id)

    return run


def log(runs, status, task):
    return runs.folder(status.id).step(task).log.read_text()


def test_a_loop_over_a_computed_list_is_gathered_in_order(runs, run_sdk):
    status = run_sdk("loops", n=4)
    assert status.state is State.SUCCEEDED, status
    assert "said [0, 2, 4, 6] ['file 0', 'file 1', 'file 2', 'file 3']" in log(runs, status, "say")
    loop = status.step("for-loop-1.double")
    assert [(each.key, each.item, each.state.value) for each in loop.iterations] == [
        (str(n), str(n), "SUCCEEDED") for n in range(4)
    ]
    struct = status.step("for-loop-3.say-2")
    assert [each.item for each in struct.iterations] == ['{"a":"x","b":"x"}', '{"a":"z","b":"y"}']
    said = log(runs, status, "for-loop-3.say-2")
    assert said.index("said x") < said.index("said y")


@pytest.mark.parametrize(
    ("side", "said"),
    [("heads", "it was heads"), ("tails", "it was tails"), ("it's", "it was neither")],
)
def test_one_branch_of_a_condition_runs_and_its_output_is_taken(runs, run_sdk, side, said):
    status = run_sdk("conditions", side=side)
    assert status.state is State.SUCCEEDED, status
    assert f"said {said}" in log(runs, status, "say")
    assert sorted(states(status).values()) == ["SKIPPED"] * 2 + ["SUCCEEDED"] * 3


@pytest.mark.parametrize(("works", "state"), [(True, "SUCCEEDED"), (False, "FAILED")])
def test_the_exit_task_runs_whatever_happened_and_is_told(runs, run_sdk, works, state):
    status = run_sdk("handled", works=works)
    assert status.state.value == state, status
    assert f"exit of me exit-handler-1 {state}" in log(runs, status, "at-exit")
    assert states(status)["at-exit"] == "SUCCEEDED"
    assert "said inside" in log(runs, status, "exit-handler-1.say")
