"""GPUs as a cluster offers them: what there is, what is free, and what a step has to wait for."""

import pytest

from jupyter_kfp_ext.engines.kfp.engine import KfpEngine
from jupyter_kfp_ext.runs.follow import follow_blocking
from tests.support.notebooks import code_cell

GPU = "nvidia.com/gpu"


@pytest.fixture
def taken(real):
    """Somebody else's pod, which holds one of the GPUs until the test removes it."""
    container = {
        "name": "main",
        "image": "ktest.local/pause:1",
        "resources": {"limits": {GPU: "1"}},
    }
    real.make("pods", {"metadata": {"name": "other"}, "spec": {"containers": [container]}})
    real.until("pods", "other", lambda pod: pod["spec"].get("nodeName"))
    yield
    real.cluster.delete_pod("other")


def test_a_step_waits_until_gpus_are_free(kfp, kfp_home, lab, real, taken, write_notebook):
    tried = kfp("connections", "test", "lab", "--json")
    assert tried.json["steps"][-1]["detail"] == f"2 {GPU} on 1 node, 1 free now"
    path = write_notebook("n.ipynb", code_cell("print('done')", step="train", gpu=2))
    started = kfp("run", path.name, "--connection", "lab", "--no-wait", "--json")
    assert started.code == 0, started.err
    run_id = started.json["run_id"]
    changes = follow_blocking(run_id)
    waiting = next(change.status for change in changes if change.status.steps[0].reason)
    assert f"train asks 2 {GPU}, the largest node has 2, 1 free now: it will wait" in (
        waiting.phases[0].message
    )
    while GPU not in waiting.steps[0].reason:
        waiting = next(changes).status
    real.cluster.delete_pod("other")
    for change in changes:
        ended = change.status
    assert ended.state.value == "SUCCEEDED"
    assert KfpEngine(kfp_home).status(run_id).steps[0].reason == ""
