"""Which GPUs a process may use, read from trees that look like /proc, /dev and /sys."""

import pytest

from jupyter_kfp_ext.engines.local.gpus import find_gpus, vendor_of, visibility

A, B, C = (f"GPU-{letter * 8}-0000" for letter in "abc")


def nvidia(root, uuids, nodes=None):
    for minor, uuid in enumerate(uuids):
        folder = root / f"proc/driver/nvidia/gpus/0000:0{minor}:00.0"
        folder.mkdir(parents=True)
        text = f"Model: \t\t Tesla T4\nGPU UUID: \t {uuid}\nDevice Minor: \t {minor}\n"
        (folder / "information").write_text(text)
    (root / "dev").mkdir()
    for name in ("nvidiactl", *(f"nvidia{n}" for n in range(len(uuids)) if nodes is None)):
        (root / "dev" / name).touch()
    for number in nodes or ():
        (root / f"dev/nvidia{number}").touch()


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        (None, (A, B, C)),
        ("", ()),
        ("-1", ()),
        ("0", (A,)),
        ("2,0", (C, A)),
        (" 1 , 2 ", (B, C)),
        ("1,-1,2", (B,)),
        ("1,7,0", (B,)),
        ("1,1", (B,)),
        (f"{C},{A}", (C, A)),
        ("GPU-bbbb", (B,)),
        ("GPU-", ()),
        ("MIG-12,0", ("MIG-12", A)),
        ("void", ()),
    ],
)
def test_cuda_visible_devices_means_what_it_means_to_cuda(tmp_path, said, shown):
    nvidia(tmp_path, [A, B, C])
    env = {} if said is None else {"CUDA_VISIBLE_DEVICES": said}
    assert find_gpus("nvidia", env, tmp_path) == shown


def test_a_container_has_those_with_device_files(tmp_path):
    nvidia(tmp_path, [A, B, C], nodes=[1])
    assert find_gpus("nvidia", {}, tmp_path) == (B,)
    assert find_gpus("nvidia", {"CUDA_VISIBLE_DEVICES": "0"}, tmp_path) == (B,)


def test_a_driver_that_hides_its_names_is_counted(tmp_path):
    nvidia(tmp_path, [A, "GPU-????????-????"])
    assert find_gpus("nvidia", {}, tmp_path) == ("0", "1")


def test_device_files_alone_are_counted(tmp_path):
    nvidia(tmp_path, [], nodes=[0, 1])
    assert find_gpus("nvidia", {}, tmp_path) == ("0", "1")


def test_a_machine_without(tmp_path):
    for vendor in ("nvidia", "amd", "gpu.intel.com/i915"):
        assert find_gpus(vendor, {"CUDA_VISIBLE_DEVICES": "0"}, tmp_path) == ()


def test_gpus_of_amd_are_the_nodes_with_simd_units(tmp_path):
    for number, units in enumerate((0, 416, 416)):
        folder = tmp_path / f"sys/class/kfd/kfd/topology/nodes/{number}"
        folder.mkdir(parents=True)
        (folder / "properties").write_text(f"cpu_cores_count 8\nsimd_count {units}\n")
    assert find_gpus("amd", {}, tmp_path) == ("0", "1")
    assert find_gpus("amd", {"HIP_VISIBLE_DEVICES": "1"}, tmp_path) == ("1",)
    assert find_gpus("amd", {"CUDA_VISIBLE_DEVICES": "1"}, tmp_path) == ("1",)


@pytest.mark.parametrize(
    ("kind", "vendor"),
    [
        ("nvidia.com/gpu", "nvidia"),
        ("NVIDIA_TESLA_T4", "nvidia"),
        ("nvidia.com/mig-1g.5gb", "nvidia"),
        ("amd.com/gpu", "amd"),
        ("google.com/tpu", "google.com/tpu"),
    ],
)
def test_the_vendor_of_a_resource_type(kind, vendor):
    assert vendor_of(kind) == vendor


def test_a_step_is_shown_its_own():
    assert visibility("nvidia", (A, C)) == {"CUDA_VISIBLE_DEVICES": f"{A},{C}"}
    assert visibility("amd", ("1",)) == {"HIP_VISIBLE_DEVICES": "1"}
