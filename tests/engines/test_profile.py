"""What steps take of the machine, compared with what others measure."""

import ctypes
import json
import os
import shutil
import subprocess
import sys

import pytest
from container_specs import Step

from jupyter_kfp_ext.engines.local import gpu_memory
from jupyter_kfp_ext.engines.local.sampler import FIRST, Peak, look_at
from jupyter_kfp_ext.engines.local.suggest import suggested_requests
from jupyter_kfp_ext.engines.local.used import Used
from jupyter_kfp_ext.engines.model import State

MI, GI = 2**20, 2**30

FAMILY = """
import os, sys
held = bytearray(os.urandom(40 << 20))
readers = []
for mine in (30, 50):
    reader, writer = os.pipe()
    if os.fork() == 0:
        more = bytearray(os.urandom(mine << 20))
        os.write(writer, b'x')
        sys.stdin.read()
        os._exit(0)
    os.close(writer)
    os.read(reader, 1)
print('ready', flush=True)
sys.stdin.read()
"""


@pytest.fixture(name="family")
def a_process_with_children():
    """A process of 40 MiB and two forks of it that hold 30 and 50 MiB of their own."""
    process = subprocess.Popen(
        [sys.executable, "-c", FAMILY], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout.readline() == "ready\n"
    yield process.pid
    process.communicate()


@pytest.mark.skipif(sys.platform != "linux", reason="trees are looked at in /proc")
def test_the_memory_of_a_tree_is_what_psutil_says(family):
    psutil = pytest.importorskip("psutil")
    root = psutil.Process(family)
    tree = [root, *root.children(recursive=True)]
    assert len(tree) == 3
    peak = Peak()
    assert look_at([(peak, family, ())]) >= FIRST
    there = sum(each.memory_full_info().pss for each in tree)
    assert peak.memory == pytest.approx(there, rel=0.05)
    # What the forks share counts once: not three times the 40 MiB.
    assert 120 * MI < peak.memory < 160 * MI
    times = [each.cpu_times() for each in tree]
    assert peak.cpu == pytest.approx(sum(each.user + each.system for each in times), abs=0.1)


def test_a_process_that_is_gone_is_nothing():
    gone = subprocess.Popen([sys.executable, "-c", "pass"])
    gone.wait()
    peak = Peak()
    look_at([(peak, gone.pid, ())])
    assert peak == Peak()


def test_processor_time_is_what_the_step_says_of_itself(runs):
    code = """
import resource
for _ in range(3_000_000): pass
subprocess.run([sys.executable, "-c", "for _ in range(3_000_000): pass"])
both = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
print(sum(each.ru_utime + each.ru_stime for each in both))
"""
    status = runs.run({"a": Step(code)})
    said = float(runs.folder(status.id).step("a").log.read_text())
    assert said <= status.step("a").cpu_seconds <= said + 0.5


def test_bytes_in_and_out_are_those_of_the_artifacts(runs):
    folder = "pathlib.Path(inp['outputs']['artifacts']['f']['artifacts'][0]['uri'])"
    code = f"p = {folder}; p.mkdir(); (p / 'x').mkdir(); (p / 'x/a').write_bytes(bytes(3000))"
    status = runs.run(
        {
            "a": Step(
                f"{code}\n(p / 'b').write_bytes(bytes(1000))", leaves={"f": "system.Dataset"}
            ),
            "b": Step(
                "leave(artifacts={'g': 'x' * 70})",
                artifacts={"f": ("a", "f")},
                leaves={"g": "system.Dataset", "never": "system.Dataset"},
            ),
            "c": Step("", artifacts={"f": ("a", "f"), "g": ("b", "g")}),
        }
    )
    assert status.state is State.SUCCEEDED
    sizes = [(each.bytes_in, each.bytes_out) for each in status.steps]
    assert sizes == [(0, 4000), (4000, 70), (4070, 0)]


def test_a_step_is_told_what_would_do_and_what_it_asked_for(runs):
    memory = {"resourceMemoryRequest": "1Gi"}
    status = runs.run({"a": Step("x = b'x' * (50 << 20)", resources=memory), "b": Step("")})
    step = status.step("a")
    assert step.requests == {"memory": "1Gi"}
    assert step.suggested["memory"] in ("96Mi", "128Mi", "192Mi")
    assert (status.step("b").requests, status.step("b").suggested) == ({}, {})
    assert json.loads(runs.folder(status.id).result.read_text())["steps"][0]["suggested"]


@pytest.mark.parametrize(
    ("requests", "peak", "cores", "seconds", "better"),
    [
        ({"memory": "8Gi"}, int(1.1 * GI), 0.5, 60, {"memory": "1.5Gi"}),
        ({"memory": "1.5Gi"}, int(1.1 * GI), 0.5, 60, {}),
        ({"memory": "2G"}, int(1.1 * GI), 0.5, 60, {}),
        ({"memory": "1Gi"}, int(1.1 * GI), 0.5, 60, {"memory": "1.5Gi"}),
        ({"memory": "256Mi"}, 20 * MI, 0.5, 60, {"memory": "64Mi"}),
        ({}, 500 * MI, 1, 60, {}),
        ({}, 700 * MI, 1, 60, {"memory": "1Gi"}),
        ({}, 5 * GI, 1, 60, {"memory": "8Gi"}),
        ({}, 0, 3.7, 60, {"cpu": "4"}),
        ({}, 0, 3.7, 0.5, {}),
        ({"cpu": "4"}, 0, 0.9, 60, {"cpu": "1"}),
        ({"cpu": "4"}, 0, 0.03, 60, {"cpu": "100m"}),
        ({"cpu": "1"}, 0, 0.9, 60, {}),
        ({"cpu": "1"}, 0, 1.05, 60, {}),
        ({"cpu": "1"}, 0, 2.5, 60, {"cpu": "3"}),
        ({"memory": "{{$.inputs.parameters['m']}}"}, 700 * MI, 1, 60, {"memory": "1Gi"}),
    ],
)
def test_suggestions(requests, peak, cores, seconds, better):
    assert suggested_requests(requests, peak, cores, seconds) == better


def test_a_suggestion_is_no_reason_for_another():
    for peak in range(MI, 70 * GI, 97 * MI):
        for option, text in suggested_requests({"memory": "900Gi"}, peak, 0, 0).items():
            assert suggested_requests({option: text}, peak, 0, 0) == {}, (peak, text)


def test_processes_of_one_step_add_up():
    one = Used(1, 100, 2, 4, 0.5, None, 10, 20)
    two = Used(2, 50, 3, 2, 1.5, 7, 1, 2)
    assert one.beside(two) == Used(2, 100, 5, 4, 1.5, 7, 11, 22)


FAKE_NVML = """
#include <string.h>
int nvmlInit_v2(void) { return 0; }
int nvmlDeviceGetHandleByUUID(const char *uuid, void **device) {
    *device = (void *)(strcmp(uuid, "GPU-a") ? 2L : 1L);
    return strcmp(uuid, "GPU-none") == 0;
}
int nvmlDeviceGetHandleByIndex_v2(unsigned index, void **device) {
    *device = (void *)(index + 1L);
    return 0;
}
int nvmlDeviceGetMemoryInfo(void *device, unsigned long long *memory) {
    memory[0] = 1000; memory[1] = 1000 - 100 * (long)device; memory[2] = 100 * (long)device;
    return 0;
}
"""


@pytest.mark.skipif(shutil.which("cc") is None, reason="needs a C compiler")
def test_memory_of_gpus_is_asked_of_their_library(tmp_path, monkeypatch):
    (tmp_path / "nvml.c").write_text(FAKE_NVML)
    library = tmp_path / "nvml.so"
    subprocess.run(["cc", "-shared", "-fPIC", "-o", library, tmp_path / "nvml.c"], check=True)
    monkeypatch.setattr(gpu_memory, "_LIBRARY", os.fspath(library))
    gpu_memory._library.cache_clear()
    try:
        assert gpu_memory.memory_in_use(["GPU-a", "GPU-b"]) == 300
        assert gpu_memory.memory_in_use(["1"]) == 200
        assert gpu_memory.memory_in_use(["GPU-none"]) is None
        assert gpu_memory.memory_in_use([]) is None
        peak = Peak()
        look_at([(peak, os.getpid(), ("GPU-a",))])
        assert peak.gpu == 100
    finally:
        gpu_memory._library.cache_clear()


def test_without_that_library_nobody_knows(monkeypatch):
    monkeypatch.setattr(gpu_memory, "_LIBRARY", "no-such-library.so")
    gpu_memory._library.cache_clear()
    assert gpu_memory.memory_in_use(["GPU-a"]) is None
    gpu_memory._library.cache_clear()
    assert ctypes.sizeof(gpu_memory._Memory) == 24
