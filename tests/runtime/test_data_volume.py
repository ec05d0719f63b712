"""Large values on a volume: the artifact holds their hash, the volume their bytes, once."""

import pytest
from step_process import make_slice, run_step, slots

VOLUME = {"name": "team/kfp-data", "above": 1000}
MAKE = "X = bytearray(b'x' * 5000)\nsmall = 'little'"
GIVEN = slots("X", "small", prefix="p__")
SHOW = "print(len(X), small)"


def make(tmp_path, place="1", source=MAKE, above=1000):
    slice_ = make_slice(source, outputs=slots("X", "small"), data_volume={**VOLUME, "above": above})
    step = run_step(tmp_path / place, slice_, env={"KFP_DATA_VOLUME": str(tmp_path / "volume")})
    assert step.code == 0, step.stderr
    return step


def read(tmp_path, first, source=SHOW, place="2", **more):
    inputs = {f"p__{name}": first.artifact(name) for name in ("X", "small")}
    slice_ = make_slice(source, inputs=GIVEN, outputs=slots("X"), data_volume=VOLUME)
    env = {"KFP_DATA_VOLUME": str(tmp_path / "volume"), **more}
    return run_step(tmp_path / place, slice_, inputs=inputs, env=env)


def on_volume(tmp_path):
    return {each.name for each in (tmp_path / "volume").iterdir() if each.name[0] != "."}


def test_what_is_large_goes_there(tmp_path):
    first = make(tmp_path)
    entry = first.index("X")["X"]
    assert entry["volume"] == VOLUME["name"]
    assert on_volume(tmp_path) == {entry["group"]}
    assert not (first.artifact("X") / "groups").exists()
    assert "volume" not in first.index("small")["small"]
    second = read(tmp_path, first)
    assert second.stdout == "5000 little\n"
    assert list((tmp_path / "volume" / ".aside").iterdir()) == []


def test_all_of_a_step_may_go_there(tmp_path):
    first = make(tmp_path, above=0)
    assert len(on_volume(tmp_path)) == 2
    assert read(tmp_path, first).stdout == "5000 little\n"


def test_the_same_value_is_there_once_and_another_one_beside_it(tmp_path):
    """By the hash, whoever wrote it: a reference never leads to changed bytes."""
    first = make(tmp_path)
    assert make(tmp_path, "again").index("X") == first.index("X")
    assert len(on_volume(tmp_path)) == 1
    handed_on = read(tmp_path, first)
    assert handed_on.index("X")["X"]["group"] == first.index("X")["X"]["group"]
    changed = read(tmp_path, first, "X[0] = 0", "3")
    assert changed.index("X")["X"]["group"] != first.index("X")["X"]["group"]
    assert len(on_volume(tmp_path)) == 2
    assert read(tmp_path, first, "print(X[0])", "4").stdout == f"{ord('x')}\n"


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda place: place.rename(place.with_name("gone")), "X is no longer on the volume team/"),
        (lambda place: (place / "pickle").write_bytes(b"other"), "their checksum is another"),
    ],
)
def test_what_is_gone_or_damaged_is_never_read(tmp_path, damage, words):
    first = make(tmp_path)
    damage(tmp_path / "volume" / first.index("X")["X"]["group"])
    second = read(tmp_path, first)
    assert (second.code, second.error["name"]) == (1, "storage-failed")
    assert words in second.error["message"]
    make(tmp_path, "mended")
    assert read(tmp_path, first, place="3").stdout == "5000 little\n"


def test_who_has_not_mounted_it_is_told_where_it_lies(tmp_path):
    first = make(tmp_path)
    second = read(tmp_path, first, KFP_DATA_VOLUME="")
    assert second.error["name"] == "storage-failed"
    assert "team/kfp-data, which is not mounted here" in second.error["message"]
