"""What people say of a run: kept beside it, and never in its way."""

import json

import pytest

from jupyter_kfp_ext.errors import KfpExtError
from jupyter_kfp_ext.runs.about import About, change_about, read_about

RUN = "20260101-000000-aaaaaa"


@pytest.fixture(name="home")
def home_with_a_run(tmp_path):
    (tmp_path / "runs" / RUN).mkdir(parents=True)
    return tmp_path


def test_what_was_not_said_is_empty_and_what_is_not_changed_stays(home):
    assert read_about(RUN, home) == About()
    change_about(RUN, {"name": "  best\n so far ", "tags": ["a"]}, home)
    change_about(RUN, {"note": " 3 % better\nthan before \n"}, home)
    assert read_about(RUN, home) == About("best so far", "3 % better\nthan before", ("a",))
    change_about(RUN, {"name": "", "tags": []}, home)
    assert read_about(RUN, home) == About(note="3 % better\nthan before")


def test_a_tag_is_there_once_however_it_is_written(home):
    said = ["größe", "gro\u0308ße", " two  words ", "two words", "", "  "]
    assert change_about(RUN, {"tags": said}, home).tags == ("größe", "two words")


@pytest.mark.parametrize(
    "said",
    [
        {"names": "x"},
        {"name": 3},
        {"note": ["x"]},
        {"tags": "x"},
        {"tags": [1]},
        {"name": "x" * 201},
        {"tags": ["x" * 61]},
        {"tags": [str(each) for each in range(51)]},
    ],
)
def test_what_cannot_be_said_changes_nothing(home, said):
    change_about(RUN, {"name": "kept"}, home)
    with pytest.raises(KfpExtError) as caught:
        change_about(RUN, said, home)
    assert caught.value.code == "usage"
    assert read_about(RUN, home) == About("kept")


@pytest.mark.parametrize("run", ["20260101-000000-bbbbbb", "", "../x", ".x"])
def test_only_runs_have_it(home, run):
    with pytest.raises(KfpExtError) as caught:
        change_about(run, {"name": "x"}, home)
    assert caught.value.code == "run-missing"


@pytest.mark.parametrize("text", ["", "[]", "{", json.dumps({"tags": 3}), "\x00"])
def test_a_damaged_file_says_nothing(home, text):
    (home / "runs" / RUN / "about.json").write_text(text)
    assert read_about(RUN, home) == About()
    change_about(RUN, {"name": "new"}, home)
    assert read_about(RUN, home).name == "new"
