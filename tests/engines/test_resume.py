"""Running a part of a notebook again: what runs, what is taken, and from where."""

import json

import pytest
from notebook_runs import Workshop, taken

from jupyter_kfp_ext.errors import KfpExtError
from jupyter_kfp_ext.notation.reader import read_notebook
from jupyter_kfp_ext.runs.again import part_of, resumed
from jupyter_kfp_ext.runs.chain import build
from jupyter_kfp_ext.runs.outputs import executed_notebook
from tests.support.notebooks import code_cell


@pytest.fixture(name="shop")
def workshop(kfp_home, tmp_path):
    return Workshop(kfp_home, tmp_path / "project")


def chain(**changes):
    """Four steps without caching, each of which says once more that it ran."""
    text = {
        "a": "import uuid\na = uuid.uuid4().hex\nprint(a)",
        "b": "b = a + 'b'",
        "c": "c = b + 'c'\nprint(c)",
        "aside": "aside = a + uuid.uuid4().hex",
        **changes,
    }
    cells = [code_cell(text[name], step=name, cell_id=name) for name in text]
    return [
        {**each, "metadata": {"kfp": {**each["metadata"]["kfp"], "cache": False}}} for each in cells
    ]


def run_part(shop, **part):
    return shop.run(reuse=part_of(build(read_notebook(shop.notebook)), **part))


def states(status):
    return {step.name: step.state.value for step in status.steps}


PARTS = {
    "from the first": ({"from_step": "a"}, {}, [], {}),
    "from the second": ({"from_step": "b"}, {}, ["a", "aside"], {}),
    "from the last": ({"from_step": "c"}, {}, ["a", "b", "aside"], {}),
    "from one, another edited before": (
        {"from_step": "c"},
        {"b": "b = a + 'B'"},
        ["a", "aside"],
        {},
    ),
    "only the last": ({"only_step": "c"}, {}, ["a", "b"], {"aside": "SKIPPED"}),
    "only one in the middle": (
        {"only_step": "b"},
        {},
        ["a"],
        {"c": "SKIPPED", "aside": "SKIPPED"},
    ),
    "only the last, one before edited": (
        {"only_step": "c"},
        {"b": "b = a + 'never run'"},
        ["a", "b"],
        {"aside": "SKIPPED"},
    ),
}


@pytest.mark.parametrize(("part", "edit", "same", "others"), PARTS.values(), ids=PARTS)
def test_steps_before_are_taken_from_the_last_run(shop, part, edit, same, others):
    shop.write(*chain())
    first = shop.run()
    shop.write(*chain(**edit))
    again = run_part(shop, **part)
    assert again.state.value == "SUCCEEDED", again
    assert taken(again) == same
    assert states(again) == {**dict.fromkeys(states(first), "SUCCEEDED"), **others}
    assert {each.cached_from for each in again.steps if each.cached} <= {first.id}
    if "only_step" in part and edit:
        assert any("b has changed" in note for note in again.notes)


def test_what_a_step_gives_is_that_of_the_run_it_is_taken_from(shop):
    shop.write(*chain())
    first = shop.run()
    again = run_part(shop, only_step="c")
    outputs = [
        {cell["id"]: cell["outputs"] for cell in executed_notebook(run.id)["cells"]}
        for run in (first, again)
    ]
    assert outputs[0]["a"] == outputs[1]["a"]
    assert outputs[0]["c"] == outputs[1]["c"]
    assert outputs[1]["aside"] == []
    logs = [shop.step(run, "a").log.read_text() for run in (first, again)]
    assert logs[0] == logs[1] != ""


@pytest.mark.parametrize(
    ("part", "code"),
    [
        ({"from_step": "b"}, "run-missing"),
        ({"only_step": "c"}, "run-missing"),
        ({"only_step": "z"}, "step-missing"),
        ({"only_step": "c", "from_step": "b"}, "usage"),
    ],
)
def test_what_cannot_be_run_says_why(shop, part, code):
    shop.write(*chain())
    with pytest.raises(KfpExtError) as raised:
        run_part(shop, **part)
    assert raised.value.code.value == code


def test_a_run_that_lacks_a_value_of_now_is_named(shop):
    shop.write(*chain())
    first = shop.run()
    shop.write(*chain(b="b = a\nd = 1", c="c = (b, d)"))
    again = run_part(shop, only_step="c")
    assert again.state.value == "FAILED"
    error = again.step("b").error
    assert error.name == "run-missing"
    assert first.id in error.message


def test_resuming_goes_on_with_the_mended_notebook(shop):
    parameters = code_cell("n = 1", role="parameters", cell_id="p")
    shop.write(parameters, *chain(c="c = b\nraise ValueError(n)"))
    failed = shop.run(parameters={"n": 5})
    assert failed.state.value == "FAILED"
    shop.write(parameters, *chain(c="c = b\nprint('n is', n)"))
    again = resumed(failed)
    status = shop.run(reuse=again.reuse, parameters=again.parameters)
    assert status.state.value == "SUCCEEDED"
    assert taken(status) == ["a", "b", "aside"]
    assert "n is 5" in shop.step(status, "c").log.read_text()
    # What was taken can be taken again, also by a run of a run.
    third = shop.run(reuse=resumed(status).reuse, parameters=again.parameters)
    assert taken(third) == ["a", "b", "c", "aside"]
    assert third.step("a").cached_from == failed.id


def test_the_command_line_resumes_and_runs_parts(kfp, write_notebook):
    path = write_notebook("nb.ipynb", *chain())
    assert kfp("run", path, "--only", "c", "--json").code == 2
    first = kfp("run", path, "--json").json
    part = kfp("run", path, "--from", "c", "--json")
    assert part.code == 0, part.err
    assert [each["cached_from"] for each in part.json["steps"]] == [
        first["run_id"],
        first["run_id"],
        None,
        first["run_id"],
    ]
    again = kfp("resume", first["run_id"], "--json")
    assert again.code == 0, again.err
    assert all(each["cached"] for each in json.loads(again.out)["steps"])
    assert kfp("run", path, "--from", "a", "--only", "b").code == 2
    assert kfp("resume", "nothing").code == 2


def test_a_claim_of_the_run_is_a_folder_that_a_part_of_it_begins_with(shop):
    work = {"volumes": [{"claim": "my-work", "path": "/work", "size": "1Gi"}]}
    place = "import os\nplace = os.environ['KFP_VOLUME_MY_WORK']\n"
    shop.write(
        code_cell(place + "open(place + '/a', 'w').write('here')", step="writes", **work),
        code_cell(place + "print(open(place + '/a').read())", step="reads", **work),
    )
    whole = shop.run()
    assert [step.cached for step in whole.steps] == [False, False]
    assert [step.cached for step in shop.run().steps] == [False, False]  # in no cache
    part = run_part(shop, from_step="reads")
    assert [step.cached for step in part.steps] == [True, False]
    assert part.state.value == "SUCCEEDED"
    assert any("KFP_VOLUME_MY_WORK" in note for note in part.notes)
