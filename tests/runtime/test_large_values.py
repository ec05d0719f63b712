"""Large values are written once, linked where they did not change, and never read when damaged."""

import shutil

import pytest
from step_process import make_slice, run_step, slots

MAKE = "import numpy as np; X = np.ones(1_000_000)"
GIVEN = slots("X", prefix="p__")


def buffers_of(step):
    return step.artifact("X") / "groups" / step.index("X")["X"]["group"] / "buffers"


def test_a_value_that_stays_as_it_was_is_linked_and_a_changed_one_is_not(tmp_path):
    first = run_step(tmp_path / "1", make_slice(MAKE, outputs=slots("X")))
    inputs = {"p__X": first.artifact("X")}
    for source, linked in (("X.sum()", True), ("X[5] = 1", True), ("X[5] = 2", False)):
        slice_ = make_slice(source, inputs=GIVEN, outputs=slots("X"))
        step = run_step(tmp_path / source[:4] / str(linked), slice_, inputs=inputs)
        assert buffers_of(step).samefile(buffers_of(first)) is linked


def test_a_value_that_was_never_written_to_is_not_read_to_tell_so(tmp_path):
    first = run_step(tmp_path / "1", make_slice(MAKE, outputs=slots("X")))
    small = (
        "import os; p = os.pread; os.pread = lambda f, n, at: p(f, n, at) if n < 10**6 else 1 / 0"
    )
    slice_ = make_slice(f"{small}\nX.sum()", inputs=GIVEN, outputs=slots("X"))
    step = run_step(tmp_path / "2", slice_, inputs={"p__X": first.artifact("X")})
    assert buffers_of(step).samefile(buffers_of(first))


def test_a_value_in_two_slots_is_on_the_disk_once(tmp_path):
    outputs = [{"artifact": name, "names": ["X"]} for name in ("a", "b")]
    step = run_step(tmp_path, make_slice(MAKE, outputs=outputs))
    places = [step.artifact(n) / "groups" / step.index(n)["X"]["group"] / "buffers" for n in "ab"]
    assert places[0].samefile(places[1])


@pytest.mark.parametrize("where", ["buffers", "pickle", "layout.json"])
@pytest.mark.parametrize("how", ["cut", "changed", "copied and changed"])
def test_damage_is_never_read(where, how, tmp_path):
    first = run_step(tmp_path / "1", make_slice(MAKE, outputs=slots("X")))
    artifact = first.artifact("X")
    if how == "copied and changed":
        artifact = tmp_path / "copy"
        shutil.copytree(first.artifact("X"), artifact)
    place = artifact / "groups" / first.index("X")["X"]["group"] / where
    data = place.read_bytes()
    place.write_bytes(data[:-1] + (b"" if how == "cut" else bytes([data[-1] ^ 1])))
    second = run_step(tmp_path / "2", make_slice("X", inputs=GIVEN), inputs={"p__X": artifact})
    assert second.code == 1
    assert second.error["name"] in ("storage-failed", "value-cannot-cross")


def test_a_disk_that_is_full_is_told_with_name_size_and_place(tmp_path):
    limit = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (10**6, 10**6))"
    step = run_step(tmp_path, make_slice(f"{MAKE}\n{limit}", outputs=slots("X")))
    assert step.error["name"] == "storage-failed"
    assert step.error["message"].startswith("X (8 MB) cannot be written to ")
    assert not (tmp_path / "artifacts" / "X" / "index.json").exists()
    assert list((tmp_path / "artifacts" / "X" / "groups").iterdir()) == []
