"""What no cluster could ever run is said before it starts, and nothing else."""

from decimal import Decimal

import pytest

from jupyter_kfp_ext.engines.kfp.fitting import Ask, Room, asks, never_fitting

GPU = "nvidia.com/gpu"
TAINT = {"key": GPU, "effect": "NoSchedule"}


def node(labels=None, taints=(), unschedulable=False, **more):
    allocatable = {"cpu": "8", "memory": "16Gi", "pods": "110", **more}
    spec = {"taints": list(taints), **({"unschedulable": True} if unschedulable else {})}
    return {
        "metadata": {"name": "n", "labels": labels or {}},
        "spec": spec,
        "status": {"allocatable": allocatable},
    }


def ask(selector=None, tolerations=(), limits=None, affinity=(), **requests):
    wanted = {key.replace("gpu", GPU): Decimal(value) for key, value in requests.items()}
    return Ask("train", wanted, limits or {}, selector or {}, tuple(tolerations), tuple(affinity))


def near(key, operator, *values):
    return ask(affinity=[{"key": key, "operator": operator, "values": list(values)}])


def quota(**hard):
    named = {key.replace("_", "."): value for key, value in hard.items()}
    return {"metadata": {"name": "small"}, "spec": {"hard": named}}


def limit_range(**limit):
    said = {"type": "Container", **limit}
    return {"metadata": {"name": "modest"}, "spec": {"limits": [said]}}


SMALL, LARGE = node(**{GPU: "2"}), node(**{GPU: "4"})
GPU_QUOTA = {"metadata": {"name": "few"}, "spec": {"hard": {f"requests.{GPU}": "1"}}}
TOLERANT = {"key": GPU, "operator": "Exists"}

# ask, nodes, quotas, limit ranges, words of the problem and of what to do (none: it fits)
CASES = [
    (ask(), [node()], [], [], ""),
    (ask(gpu=2), [node(), SMALL], [], [], ""),
    (ask(gpu=4), [SMALL, node()], [], [], "asks 4 nvidia.com/gpu, the largest node has 2"),
    (ask(gpu=4), [SMALL, LARGE], [], [], ""),
    (ask(gpu=1), [node()], [], [], "no node has any"),
    (ask(gpu=1), [node(**{"amd.com/gpu": "1"})], [], [], "Nodes have amd.com/gpu: set `gpu_type`"),
    (ask(cpu=9), [node()], [], [], "asks 9 CPU, the largest node has 8"),
    (ask(memory=2**35), [node()], [], [], "asks 32 GiB of memory, the largest node has 16 GiB"),
    # Each node has a part of it, none has all.
    (ask(gpu=1, cpu=16), [SMALL, node(cpu="32")], [], [], "no node has all of it"),
    (ask({"disk": "ssd"}), [node()], [], [], "nodes with disk=ssd, and there are none"),
    (ask({"disk": "ssd"}), [node({"disk": "ssd"})], [], [], ""),
    (ask({"disk": "ssd"}, gpu=1), [node({"disk": "ssd"}), SMALL], [], [], "no node has any"),
    (near("zone", "In", "a", "b"), [node({"zone": "b"})], [], [], ""),
    (near("zone", "In", "a", "b"), [node({"zone": "c"})], [], [], "with zone In a b, and there"),
    (near("zone", "In", "a"), [node()], [], [], "with zone In a, and there are none"),
    (near("zone", "NotIn", "a"), [node(), node({"zone": "a"})], [], [], ""),
    (near("zone", "NotIn", "a"), [node({"zone": "a"})], [], [], "zone NotIn a"),
    (near("ssd", "Exists"), [node({"ssd": ""})], [], [], ""),
    (near("ssd", "Exists"), [node()], [], [], "ssd Exists"),
    (near("old", "DoesNotExist"), [node()], [], [], ""),
    (near("old", "DoesNotExist"), [node({"old": ""})], [], [], "old DoesNotExist"),
    (near("cores", "Gt", "8"), [node({"cores": "16"})], [], [], ""),
    (near("cores", "Gt", "8"), [node({"cores": "8"})], [], [], "cores Gt 8"),
    (near("cores", "Lt", "8"), [node({"cores": "4"})], [], [], ""),
    (near("cores", "Lt", "8"), [node({"cores": "many"}), node()], [], [], "cores Lt 8"),
    # Together with what it asks for: the node with the label has none.
    (
        ask(affinity=[{"key": "a", "operator": "Exists"}], gpu=1),
        [node({"a": ""}), SMALL],
        [],
        [],
        "no node has any",
    ),
    (ask(gpu=1), [node(**{GPU: "1"}, unschedulable=True), node()], [], [], "no node has any"),
    (
        ask(gpu=1),
        [node(taints=[TAINT], **{GPU: "1"})],
        [],
        [],
        '[{"key": "nvidia.com/gpu", "operator": "Exists", "effect": "NoSchedule"}]',
    ),
    (ask(tolerations=[TOLERANT], gpu=1), [node(taints=[TAINT], **{GPU: "1"})], [], [], ""),
    (ask(), [node(taints=[{**TAINT, "effect": "PreferNoSchedule"}])], [], [], ""),
    (ask(), [node(taints=[{**TAINT, "value": "a"}])], [], [], '"value": "a"'),
    (ask(gpu=2), [LARGE], [GPU_QUOTA], [], "the quota few of the namespace allows 1"),
    (ask(gpu=1), [LARGE], [GPU_QUOTA], [], ""),
    (ask(cpu=1), [node()], [quota(requests_memory="1Gi")], [], "Give the step `memory`"),
    (ask(cpu=1), [node()], [quota(limits_cpu="1")], [], "Give the step `cpu_limit`"),
    (ask(), [node()], [quota(pods="5", count_pods="5")], [], ""),
    (
        ask(cpu=1),
        [node()],
        [quota(requests_memory="1Gi")],
        [limit_range(defaultRequest={"memory": "1Gi"})],
        "",
    ),
    (ask(cpu=4), [node()], [], [limit_range(max={"cpu": "2"})], "limit range modest"),
    (ask(cpu=2), [node()], [], [limit_range(max={"cpu": "2"})], ""),
    # What may not be read refuses nothing.
    (ask(gpu=9), None, None, None, ""),
]


@pytest.mark.parametrize(("wanted", "nodes", "quotas", "ranges", "words"), CASES)
def test_what_can_never_run_is_told(wanted, nodes, quotas, ranges, words):
    parts = (None if each is None else tuple(each) for each in (nodes, quotas, ranges))
    problems = never_fitting([wanted], Room(*parts))
    assert len(problems) == bool(words)
    for problem in problems:
        assert problem.step == "train"
        assert words in f"{problem.message} {problem.remedy}"


def test_asks_are_read_from_the_specification():
    resources = {
        "resourceCpuRequest": "500m",
        "resourceMemoryLimit": "1Gi",
        "accelerator": {"resourceType": GPU, "resourceCount": "2"},
    }
    later = {"resourceCpuRequest": "{{$.inputs.parameters['cpu']}}"}
    spec = {
        "components": {
            "comp-train": {"executorLabel": "exec-train"},
            "comp-later": {"executorLabel": "exec-later"},
        },
        "deploymentSpec": {
            "executors": {
                "exec-train": {"container": {"resources": resources}},
                "exec-later": {"container": {"resources": later}},
                "exec-imported": {"importer": {}},
            }
        },
    }
    zone = {"key": "zone", "operator": "Exists"}
    wish = {"matchExpressions": [{"key": "new", "operator": "Exists"}], "weight": 3}
    near = [{"matchExpressions": [zone]}, wish]
    settings = {"exec-train": {"nodeSelector": {"labels": {"disk": "ssd"}}, "nodeAffinity": near}}
    train, after = asks(spec, settings)
    assert train.step == "train"
    assert train.requests == {"cpu": Decimal("0.5"), "memory": 2**30, GPU: 2}
    assert train.limits == {"memory": 2**30, GPU: 2}
    assert (train.selector, train.affinity) == ({"disk": "ssd"}, (zone,))
    assert (after.requests, after.selector) == ({}, {})
