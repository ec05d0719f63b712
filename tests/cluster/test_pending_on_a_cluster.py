"""Why a step waits: each reason provoked on a real Kubernetes, and told in words."""

import pytest

from jupyter_kfp_ext.engines.kfp.engine import KfpEngine
from jupyter_kfp_ext.runs.follow import follow_blocking
from tests.support.notebooks import code_cell


def nothing(_real):
    pass


def few_gpus(real):
    hard = {"requests.nvidia.com/gpu": "1"}
    real.make("resourcequotas", {"metadata": {"name": "few-gpus"}, "spec": {"hard": hard}})
    real.until("resourcequotas", "few-gpus", lambda found: "used" in found.get("status", {}))


def unbound(real):
    spec = {
        "accessModes": ["ReadWriteOnce"],
        "storageClassName": "there-is-none",
        "resources": {"requests": {"storage": "1Gi"}},
    }
    real.make("persistentvolumeclaims", {"metadata": {"name": "lost"}, "spec": spec})


# what the step asks for, what is made before, and words of why it waits
WAITING = {
    "no gpu": ({"gpu": 4}, nothing, ("nvidia.com/gpu",)),
    "quota": ({"gpu": 2}, few_gpus, ("few-gpus", "nvidia.com/gpu")),
    "bad image": (
        {"image": "registry.invalid/none:1"},
        nothing,
        ("image registry.invalid/none:1 cannot be pulled", "Check its name"),
    ),
    "unbound claim": (
        {"volumes": [{"claim": "lost", "path": "/lost"}]},
        unbound,
        ("not bound to a volume", "Check the claim"),
    ),
    "no claim": (
        {"volumes": [{"claim": "nowhere", "path": "/lost"}]},
        nothing,
        ("no volume claim nowhere",),
    ),
    "too much memory": ({"memory": "900Gi"}, nothing, ("memory",)),
    "no node": ({"node_selector": {"disk": "none"}}, nothing, ("`node_selector`",)),
    "no config map": (
        {"config_map_env": [{"name": "MODE", "config_map": "nope", "key": "mode"}]},
        nothing,
        ("no ConfigMap nope",),
    ),
    "no config map to mount": (
        {"config_map_volume": [{"config_map": "nope", "path": "/settings"}]},
        nothing,
        ("no ConfigMap nope",),
    ),
}


@pytest.mark.parametrize("reason", WAITING)
def test_a_reason_is_told(kfp, kfp_home, lab, real, write_notebook, reason):
    options, make, words = WAITING[reason]
    make(real)
    path = write_notebook("n.ipynb", code_cell("print(1)", step="waits", **options))
    started = kfp("run", path.name, "--connection", "lab", "--no-wait", "--ignore-resources")
    assert started.code == 0, started.err
    run_id = started.out.strip()
    told = ""
    for change in follow_blocking(run_id, home=kfp_home):
        told = change.status.step("waits").reason
        if all(word in told for word in words):
            break
    assert all(word in told for word in words)
    KfpEngine(kfp_home).cancel(run_id)
    *_, last = follow_blocking(run_id, home=kfp_home)
    assert last.status.step("waits").state.value == "CANCELED"


# what the step asks for, what is made before, and words of why it is not started at all
REFUSED = {
    "no gpu": ({"gpu": 4}, nothing, ("asks 4 nvidia.com/gpu, the largest node has 2",)),
    "quota": ({"gpu": 2}, few_gpus, ("the quota few-gpus", "allows 1 nvidia.com/gpu")),
    "too much memory": ({"memory": "900Gi"}, nothing, ("asks 900 GiB of memory, the largest",)),
    "no node": ({"node_selector": {"disk": "none"}}, nothing, ("nodes with disk=none",)),
    "no zone": (
        {"affinity": [{"key": "zone", "values": ["a"]}]},
        nothing,
        ("nodes with zone In a, and there are none",),
    ),
}


@pytest.mark.parametrize("reason", REFUSED)
def test_what_can_never_run_is_not_started(kfp, lab, real, write_notebook, reason):
    options, make, words = REFUSED[reason]
    make(real)
    path = write_notebook("n.ipynb", code_cell("print(1)", step="waits", **options))
    called = kfp("run", path.name, "--connection", "lab", "--json")
    assert called.code == 1
    assert all(word in called.json["message"] for word in words), called.json["message"]
    assert lab.store.runs == {}
