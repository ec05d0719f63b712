"""Parts of the machine are held by processes, and free once these are gone, however they went."""

import os
import subprocess
import sys
import threading

import pytest

from jupyter_kfp_ext.engines.local.claims import (
    Claim,
    Shortage,
    claim,
    claims_folder,
    wait_until_free,
)
from jupyter_kfp_ext.engines.local.machine import Machine
from jupyter_kfp_ext.engines.local.needs import Need

GI = 2**30
MACHINE = Machine(4, 8 * GI, {"nvidia": ("A", "B")})
GPU = Need(gpus=1, gpu_type="nvidia.com/gpu")


def test_each_gets_gpus_of_its_own_until_none_is_left(tmp_path):
    first, second = (claim(tmp_path, MACHINE, GPU, f"run {n}") for n in "xy")
    assert (first.gpus, second.gpus) == (("A",), ("B",))
    short = claim(tmp_path, MACHINE, GPU, "run z")
    assert isinstance(short, Shortage)
    assert short.words == "waits for 1 GPU: 0 of 2 are free (run x, run y have the rest)"
    assert set(short.holders) == {first.path, second.path}
    first.release()
    assert claim(tmp_path, MACHINE, GPU, "run z").gpus == ("A",)


@pytest.mark.parametrize(
    ("held", "need", "words"),
    [
        (Need(cpu=3), Need(cpu=1), None),
        (Need(cpu=3), Need(cpu=1.5), "waits for 1.5 CPUs: 1 of 4 are free (run x has the rest)"),
        (Need(cpu=3), Need(memory=8 * GI), None),
        (Need(memory=6 * GI), Need(memory=2 * GI), None),
        (
            Need(memory=6 * GI),
            Need(memory=3 * GI),
            "waits for 3 GiB of memory: 2 GiB of 8 GiB are free (run x has the rest)",
        ),
        (
            Need(1, GI, 2, "nvidia.com/gpu"),
            GPU,
            "waits for 1 GPU: 0 of 2 are free (run x has the rest)",
        ),
    ],
)
def test_what_fits_beside_another(tmp_path, held, need, words):
    claim(tmp_path, MACHINE, held, "run x")
    got = claim(tmp_path, MACHINE, need, "run y")
    assert (got.words if isinstance(got, Shortage) else None) == words


def test_tenths_of_a_core_add_up(tmp_path):
    machine = Machine(1, GI, {})
    for _ in range(10):
        assert isinstance(claim(tmp_path, machine, Need(cpu=0.1), "run x"), Claim)
    assert isinstance(claim(tmp_path, machine, Need(cpu=0.1), "run x"), Shortage)


def test_it_is_held_while_a_process_that_inherited_it_lives_and_no_longer(tmp_path):
    whole = Need(gpus=2, gpu_type="nvidia.com/gpu")
    mine = claim(tmp_path, MACHINE, whole, "run x")
    heir = subprocess.Popen(
        [sys.executable, "-c", "input()"], stdin=subprocess.PIPE, pass_fds=(mine.descriptor,)
    )
    mine.release()
    short = claim(tmp_path, MACHINE, whole, "run y")
    assert isinstance(short, Shortage)
    waits = threading.Thread(target=wait_until_free, args=short.holders)
    waits.start()
    heir.kill()
    waits.join(300)
    assert not waits.is_alive()
    heir.communicate()
    got = claim(tmp_path, MACHINE, whole, "run y")
    assert isinstance(got, Claim)
    assert [each.name for each in claims_folder(tmp_path).glob("*.json")] == [got.path.name]


def test_many_processes_at_once_never_share(tmp_path):
    machine = Machine(64, GI, {"nvidia": tuple(map(str, range(16)))})
    code = f"""
import sys
from pathlib import Path
from jupyter_kfp_ext.engines.local.claims import claim
from jupyter_kfp_ext.engines.local.machine import Machine
from jupyter_kfp_ext.engines.local.needs import Need
for _ in range(4):
    print(claim(Path({str(tmp_path)!r}), {machine!r}, {GPU!r}, "run").gpus[0], flush=True)
input()
"""
    takers = [
        subprocess.Popen(
            [sys.executable, "-c", code],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        )
        for _ in range(4)
    ]
    got = [taker.stdout.readline().strip() for taker in takers for _ in range(4)]
    for taker in takers:
        taker.communicate("\n")
    assert sorted(got) == sorted(machine.gpus["nvidia"])


def test_waiting_for_what_is_gone_ends_at_once(tmp_path):
    wait_until_free(tmp_path / "gone.json")
