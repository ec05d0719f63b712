import json
from dataclasses import replace

import pytest
from container_specs import Step

from jupyter_kfp_ext.engines.local.ids import created_by_id, new_run_id
from jupyter_kfp_ext.engines.local.lookup import notebook_index
from jupyter_kfp_ext.engines.model import State, StepStatus
from jupyter_kfp_ext.errors import KfpExtError
from jupyter_kfp_ext.runs.registry import Registry
from jupyter_kfp_ext.storage import write_json


def write_run(home, run_id, notebook="/n.ipynb"):
    folder = home / "runs" / run_id
    folder.mkdir(parents=True)
    record = {
        "id": run_id,
        "name": "p",
        "notebook": notebook,
        "created": created_by_id(run_id),
        "parameters": {},
        "python": "python",
        "folder": None,
        "bundle": "",
        "steps": [],
        "notes": [],
        "engine": "local",
    }
    (folder / "run.json").write_text(json.dumps(record))
    marker = notebook_index(home, notebook) / run_id
    marker.parent.mkdir(parents=True, exist_ok=True)
    marker.touch()
    return folder


def ids(found):
    return [run.id for run in found]


A, B, C = (f"2026010{day}-000000-aaaaaa" for day in (1, 2, 3))


@pytest.fixture(name="registry")
def three_runs(tmp_path):
    for run_id in (B, C, A):
        write_run(tmp_path, run_id, "/other.ipynb" if run_id == B else "/n.ipynb")
    return Registry(tmp_path)


def test_ids_sort_by_time():
    # Microseconds apart, across a second and a day.
    times = [0.000001, 0.000002, 0.999999, 1.0, 86399.9, 86400.0, 1.7e9]
    made = [new_run_id(time) for time in times]
    assert made == sorted(made)
    assert all(created_by_id(each) == int(time) for each, time in zip(made, times, strict=True))
    assert len({new_run_id(1.0) for _ in range(30)}) > 1


def test_newest_first_and_paged(registry):
    assert ids(registry.list()) == [C, B, A]
    assert ids(registry.list(limit=2)) == [C, B]
    assert ids(registry.list(limit=2, before=B)) == [A]
    assert ids(registry.list(before=A)) == []


def test_runs_of_a_notebook(registry, tmp_path):
    assert ids(registry.list(notebook="/n.ipynb")) == [C, A]
    assert ids(registry.list(notebook="/n.ipynb", before=C)) == [A]
    assert registry.list(notebook="/never.ipynb") == ()
    # A run that was deleted by hand is not shown, and does not use up a place.
    (tmp_path / "runs" / C / "run.json").unlink()
    (tmp_path / "runs" / C).rmdir()
    assert ids(registry.list(notebook="/n.ipynb", limit=1)) == [A]


def test_a_fresh_home_has_no_runs(tmp_path):
    assert Registry(tmp_path / "none").list() == ()


@pytest.mark.parametrize("text", ["", "{", "[]", '{"id": "x"}', '{"steps": 3}'])
def test_a_damaged_run_is_shown_as_such_and_hides_nothing(registry, tmp_path, text):
    (tmp_path / "runs" / B / "run.json").write_text(text)
    found = registry.list()
    assert ids(found) == [C, B, A]
    assert (found[1].state, found[1].created) == (State.FAILED, created_by_id(B))
    assert "damaged" in found[1].message
    assert registry.get(B) == found[1]


def test_a_damaged_result_is_no_result(registry, tmp_path):
    (tmp_path / "runs" / C / "result.json").write_text('{"id": ')
    assert "runner-lost" in registry.get(C).message


@pytest.mark.parametrize("count", [0, 3, 2000])
@pytest.mark.parametrize("message", ["", '\n "steps": [', "x" * 100_000])
def test_a_list_without_steps_says_all_else(registry, tmp_path, count, message):
    steps = tuple(StepStatus(f"s{n}", f"s{n}", f"s{n}", (), ()) for n in range(count))
    run = replace(registry.get(C), message=message, parameters={"steps": [1]}, steps=steps)
    write_json(tmp_path / "runs" / C / "result.json", run.to_json())
    assert registry.list(limit=1) == (run,)
    assert registry.list(limit=1, steps=False) == (replace(run, steps=()),)


@pytest.mark.parametrize(
    ("given", "means"), [("last", C), (A, A), ("20260102", B), ("20260101-000000-a", A)]
)
def test_a_run_is_named_by_id_beginning_or_last(registry, given, means):
    assert registry.get(given).id == means


def test_last_of_a_notebook(registry):
    assert registry.get("last", notebook="/other.ipynb").id == B


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ("", "run-missing"),
        ("x", "run-missing"),
        ("../runs", "run-missing"),
        (".", "run-missing"),
        ("202601", "usage"),
    ],
)
def test_what_names_no_run_is_refused(registry, given, code):
    with pytest.raises(KfpExtError) as caught:
        registry.get(given)
    assert caught.value.code == code


def test_last_of_nothing(tmp_path):
    with pytest.raises(KfpExtError) as caught:
        Registry(tmp_path).get("last")
    assert caught.value.code == "run-missing"


def test_a_real_run_is_found_by_its_notebook(runs):
    status = runs.run({"a": Step("")}, path="/work folder/n.ipynb")
    registry = Registry(runs.home)
    assert registry.list(notebook="/work folder/n.ipynb") == (status,)
    assert status.notebook == "/work folder/n.ipynb"
