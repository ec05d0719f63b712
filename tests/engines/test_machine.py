"""What a machine has and what steps ask of it, as numbers."""

import pytest

from jupyter_kfp_ext.engines.local.machine import (
    Machine,
    cpu_limits,
    memory_limits,
    read_machine,
)
from jupyter_kfp_ext.engines.local.needs import (
    Need,
    asked_for,
    filled,
    gibibytes,
    need_of,
    needs_known,
)
from jupyter_kfp_ext.engines.local.spec import Container

GI = 2**30


def gpu(kind, count):
    return {"accelerator": {"resourceType": kind, "resourceCount": count}}


@pytest.mark.parametrize(
    ("resources", "need"),
    [
        ({}, Need()),
        ({"resourceCpuRequest": "500m"}, Need(cpu=0.5)),
        ({"resourceCpuRequest": "2", "resourceCpuLimit": "4"}, Need(cpu=2)),
        ({"resourceCpuLimit": "4"}, Need(cpu=4)),
        ({"resourceMemoryRequest": "8Gi"}, Need(memory=8 * GI)),
        ({"resourceMemoryLimit": "1.5G"}, Need(memory=1_500_000_000)),
        ({"cpuRequest": 0.1, "memoryRequest": 2.0}, Need(cpu=0.1, memory=2 * 10**9)),
        ({"cpuLimit": 3.0}, Need(cpu=3)),
        (gpu("nvidia.com/gpu", "2"), Need(gpus=2, gpu_type="nvidia.com/gpu")),
        ({"accelerator": {"type": "NVIDIA_X", "count": "1"}}, Need(gpus=1, gpu_type="NVIDIA_X")),
        (gpu("amd.com/gpu", "0"), Need()),
    ],
)
def test_what_a_container_asks_for(resources, need):
    assert need_of(resources) == need


@pytest.mark.parametrize("text", ["lots", "8Gb", "{{$.inputs.parameters['x']}}"])
def test_an_amount_that_cannot_be_read(text):
    with pytest.raises(ValueError, match="no amount of memory"):
        need_of({"resourceMemoryRequest": text})


def test_amounts_may_be_parameters():
    place = "{{$.inputs.parameters['%s']}}"
    resources = {
        "resourceMemoryRequest": place % "m",
        "resourceCpuRequest": "2",
        "accelerator": {"resourceType": "nvidia.com/gpu", "resourceCount": place % "n"},
    }
    assert needs_known(Container("", (), (), {}, resources)) == Need(cpu=2)
    known = filled(resources, {"m": "3Gi", "n": 2})
    assert need_of(known) == Need(2, 3 * GI, 2, "nvidia.com/gpu")


def test_requests_are_told_as_they_were_written():
    resources = {"resourceCpuLimit": "2", "resourceMemoryRequest": "8Gi", "resourceMemoryLimit": ""}
    asked = asked_for({**resources, **gpu("nvidia.com/gpu", "1")})
    assert asked == {"cpu": "2", "memory": "8Gi", "gpu": "1"}


SMALL = Machine(4, 16 * GI, {"nvidia": ("0", "1")})


@pytest.mark.parametrize(
    ("need", "lacks"),
    [
        (Need(4, 16 * GI, 2, "nvidia.com/gpu"), {}),
        (Need(cpu=4.5), {"cpu": "4.5 CPUs, and this machine has 4"}),
        (
            Need(memory=64 * GI),
            {"memory": "64 GiB of memory, and this machine has 16 GiB"},
        ),
        (
            Need(gpus=3, gpu_type="nvidia.com/gpu"),
            {"gpu": "3 GPUs (nvidia.com/gpu), and this machine has 2 that it may use"},
        ),
        (
            Need(gpus=1, gpu_type="amd.com/gpu"),
            {"gpu": "1 GPU (amd.com/gpu), and this machine has none that it may use"},
        ),
    ],
)
def test_what_a_machine_can_never_give(need, lacks):
    assert SMALL.lacks(need) == lacks
    assert SMALL.lacks(SMALL.at_most(need)) == {}


def test_limits_of_control_groups_count_at_every_level(tmp_path):
    (tmp_path / "proc/self").mkdir(parents=True)
    (tmp_path / "proc/self/cgroup").write_text("0::/user/me\n")
    inner = tmp_path / "sys/fs/cgroup/user/me"
    inner.mkdir(parents=True)
    (inner / "cpu.max").write_text("max 100000\n")
    (inner / "memory.max").write_text("max\n")
    (inner.parent / "cpu.max").write_text("150000 100000\n")
    (inner.parent / "memory.max").write_text("1073741824\n")
    assert list(cpu_limits(tmp_path)) == [1.5]
    assert list(memory_limits(tmp_path)) == [GI]


def test_limits_of_the_older_control_groups(tmp_path):
    (tmp_path / "proc/self").mkdir(parents=True)
    lines = "4:memory:/docker/abc\n3:cpu,cpuacct:/docker/abc\n1:name=systemd:/docker/abc\n"
    (tmp_path / "proc/self/cgroup").write_text(lines)
    for controller in ("memory", "cpu"):
        (tmp_path / "sys/fs/cgroup" / controller).mkdir(parents=True)
    (tmp_path / "sys/fs/cgroup/memory/memory.limit_in_bytes").write_text("2147483648\n")
    (tmp_path / "sys/fs/cgroup/cpu/cpu.cfs_quota_us").write_text("50000\n")
    (tmp_path / "sys/fs/cgroup/cpu/cpu.cfs_period_us").write_text("100000\n")
    assert list(cpu_limits(tmp_path)) == [0.5]
    assert list(memory_limits(tmp_path)) == [2 * GI]
    (tmp_path / "sys/fs/cgroup/cpu/cpu.cfs_quota_us").write_text("-1\n")
    assert list(cpu_limits(tmp_path)) == []


def test_this_machine_has_something():
    machine = read_machine(frozenset({"nvidia.com/gpu"}))
    assert machine.cpu > 0
    assert machine.memory > 10**8
    assert set(machine.gpus) == {"nvidia"}


@pytest.mark.parametrize(
    ("size", "text"),
    [(8 * GI, "8 GiB"), (15.62 * GI, "15.6 GiB"), (2000 * GI, "2000 GiB"), (3e8, "286 MiB")],
)
def test_sizes_for_people(size, text):
    assert gibibytes(size) == text
