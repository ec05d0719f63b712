"""What GPUs a cluster has and what is free of them, summed from its pods as the scheduler does."""

from decimal import Decimal

import pytest

from jupyter_kfp_ext.engines.kfp.devices import Size, devices, in_use, sizes
from jupyter_kfp_ext.engines.kfp.fitting import Ask, Room, will_wait

GPU = "nvidia.com/gpu"
MIG = "nvidia.com/mig-1g.5gb"
TAINT = {"key": GPU, "effect": "NoSchedule"}


def node(name, labels=None, taints=(), unschedulable=False, **more):
    spec = {"taints": list(taints), **({"unschedulable": True} if unschedulable else {})}
    return {
        "metadata": {"name": name, "labels": labels or {}},
        "spec": spec,
        "status": {"allocatable": {"cpu": "8", "memory": "16Gi", "hugepages-2Mi": "0", **more}},
    }


def holds(amount, resource=GPU, **more):
    return {"resources": {"requests": {resource: amount}}, **more}


def pod(on, *containers, before=(), **more):
    spec = {"containers": list(containers), "initContainers": list(before), **more}
    return {"spec": {**spec, **({"nodeName": on} if on else {})}}


@pytest.mark.parametrize(
    ("found", "used"),
    [
        (pod("a", holds("1"), holds("2")), 3),
        (pod("", holds("1")), 0),  # it waits, and holds nothing
        (pod("a", {}), 0),
        # Those that come before run one after the other, and are gone then.
        (pod("a", holds("1"), before=[holds("2"), holds("1")]), 2),
        (pod("a", holds("3"), before=[holds("2")]), 3),
        # One that stays is beside all that comes after it.
        (pod("a", holds("1"), before=[holds("2", restartPolicy="Always")]), 3),
        (pod("a", holds("1"), before=[holds("1", restartPolicy="Always"), holds("2")]), 3),
        (pod("a", holds("1"), before=[holds("4"), holds("1", restartPolicy="Always")]), 4),
        (pod("a", holds("1"), overhead={GPU: "1"}), 2),
    ],
)
def test_what_a_pod_holds(found, used):
    assert in_use([found]).get("a", {}).get(GPU, 0) == used


T4 = {"nvidia.com/gpu.product": "Tesla-T4"}
NODES = [
    node("a", T4, [TAINT], **{GPU: "4"}),
    node("b", T4, [TAINT, {"key": "b", "effect": "NoExecute"}], **{GPU: "2"}),
    node("c", {"cloud.google.com/gke-accelerator": "nvidia-l4"}, **{GPU: "1"}),
    node("d", **{MIG: "7", "amd.com/gpu": "0"}),
    node("e", T4, unschedulable=True, **{GPU: "8"}),
]


def test_kinds_models_and_counts():
    pods = [pod("a", holds("3")), pod("b", holds("1")), pod("d", holds("2", MIG))]
    found = {
        (each.kind, each.model): (each.nodes, each.count, each.largest, each.free)
        for each in devices(NODES, pods)
    }
    assert found == {
        (GPU, "Tesla-T4"): (2, 6, 4, 2),
        (GPU, "nvidia-l4"): (1, 1, 1, 1),
        (MIG, ""): (1, 7, 7, 5),
    }


def test_what_it_is_called_and_what_keeps_steps_away():
    t4, l4, _ = devices(NODES, [])
    assert (t4.label, t4.taints) == ("nvidia.com/gpu.product", (TAINT,))
    assert (l4.label, l4.taints) == ("cloud.google.com/gke-accelerator", ())


def test_without_the_pods_it_is_not_to_be_seen_what_is_free():
    [l4] = devices(NODES[2:3], None)
    assert (l4.free, l4.largest_free) == (None, None)
    assert l4.words == "1 nvidia.com/gpu (nvidia-l4) on 1 node, free: not to be seen"
    [l4] = devices(NODES[2:3], [pod("c", holds("1"))])
    assert l4.words == "1 nvidia.com/gpu (nvidia-l4) on 1 node, 0 free now"


def test_cpu_and_memory_of_the_nodes_that_are_open():
    nodes = [node("a"), {**node("b"), "status": {"allocatable": {"cpu": "500m", "memory": "1Gi"}}}]
    closed = node("c", unschedulable=True)
    assert sizes([*nodes, closed], [pod("a", holds("7800m", "cpu"))]) == {
        "cpu": Size(total=8.5, largest=8, largest_free=0.5),
        "memory": Size(total=17 * 2**30, largest=16 * 2**30, largest_free=16 * 2**30),
    }
    assert sizes(nodes, None)["cpu"].largest_free is None
    assert sizes([closed], []) == {}


SMALL, LARGE = node("small", **{GPU: "2"}), node("large", **{GPU: "4"})


@pytest.mark.parametrize(
    ("requests", "nodes", "pods", "words"),
    [
        ({GPU: 2}, [SMALL], [], None),
        (
            {GPU: 2},
            [SMALL],
            [pod("small", holds("1"))],
            "train asks 2 nvidia.com/gpu, the largest node has 2, 1 free now: it will wait",
        ),
        # Three are free, but on two nodes.
        (
            {GPU: 3},
            [SMALL, LARGE],
            [pod("large", holds("3"))],
            "train asks 3 nvidia.com/gpu, the largest node has 4, 1 free now: it will wait",
        ),
        ({GPU: 2}, [SMALL, LARGE], [pod("large", holds("4"))], None),
        # Each node has a part of it free, none has all.
        (
            {GPU: 2, "cpu": 4},
            [SMALL, LARGE],
            [pod("large", holds("4")), pod("small", holds("6", "cpu"))],
            "train asks 2 nvidia.com/gpu and 4 CPU, and no node has all of it free now: "
            "it will wait",
        ),
        # More is held than there is: a node was made smaller.
        (
            {GPU: 1},
            [SMALL],
            [pod("small", holds("3"))],
            "train asks 1 nvidia.com/gpu, the largest node has 2, 0 free now: it will wait",
        ),
        # What no node could hold is refused elsewhere.
        ({GPU: 5}, [SMALL, LARGE], [], None),
    ],
)
def test_what_will_wait(requests, nodes, pods, words):
    wanted = Ask("train", {key: Decimal(value) for key, value in requests.items()}, {})
    assert list(will_wait([wanted], Room(tuple(nodes), (), ()), pods)) == ([words] if words else [])
