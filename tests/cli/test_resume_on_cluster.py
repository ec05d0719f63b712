"""Resuming and running a part on the stand-in: earlier results by reference."""

from tests.support.notebooks import code_cell


def cells(last="print('got', y, lr)"):
    return (
        code_cell("lr = 0.5", role="parameters"),
        code_cell("import random\nx = random.random()\nprint('drawn')", step="draw"),
        code_cell("y = x * lr\nprint('y', y)", step="scale"),
        code_cell(last, step="show"),
        code_cell("double = 2 * y", role="metrics"),
    )


def steps_of(called):
    return {each["name"]: (each["state"], each["cached_from"]) for each in called.json["steps"]}


def test_resume_takes_what_is_the_same_by_reference(kfp, standin, write_notebook):
    path = write_notebook("n.ipynb", *cells("y / 0"))
    first = kfp("run", path.name, "--connection", "lab", "--json")
    assert first.code == 1, first.err
    made = first.json["run_id"]
    drawn = kfp("logs", made, "scale").out
    write_notebook("n.ipynb", *cells())
    again = kfp("resume", made, "--json")
    assert again.code == 0, (again.err, again.out)
    taken = ("SUCCEEDED", made)
    assert steps_of(again) == {"draw": taken, "scale": taken, "show": ("SUCCEEDED", None)}
    assert kfp("logs", "last", "scale").out == drawn
    shown = kfp("logs", "last", "show").out.split()[-3:]
    assert shown == ["got", drawn.split()[-1], "0.5"]
    assert [each.phase for each in standin.workflows.all] == ["Failed", "Succeeded"]
    assert len(standin.workflows.all[1].pods) == 1  # of `show` alone

    # What changed runs, and what depends on it; a resumed run can be resumed itself.
    third = kfp("clone", "last", "-p", "lr=2", "--json")
    assert third.code == 0, third.err
    only = kfp("run", path.name, "--connection", "lab", "--only", "show", "-p", "lr=7", "--json")
    assert only.code == 0, (only.err, only.out)
    state = steps_of(only)
    assert (state["draw"][0], state["scale"][0]) == ("SUCCEEDED", "SUCCEEDED")
    after = kfp("run", path.name, "--connection", "lab", "--from", "scale", "--json")
    assert after.code == 0, (after.err, after.out)
    assert steps_of(after)["scale"] == ("SUCCEEDED", None)
    assert not after.json["steps"][1]["cached"]


def test_what_the_cache_answers_is_known_from_the_run_that_made_it(kfp, standin, write_notebook):
    path = write_notebook("n.ipynb", *cells())
    first, without, again = (
        kfp("run", path.name, "--connection", "lab", "--json", *more)
        for more in ((), ("--no-cache",), ())
    )
    made = first.json["run_id"]
    assert set(steps_of(again).values()) == {("SUCCEEDED", made)}
    assert again.json["metrics"] == first.json["metrics"] != without.json["metrics"]
    logs = [kfp("logs", each, "--json").json["logs"] for each in (made, "last")]
    assert logs[0] == logs[1]
    # Once it is here, it can be taken from there.
    write_notebook("n.ipynb", *cells("print('other', y)"))
    resumed = kfp("resume", "last", "--json")
    assert steps_of(resumed)["scale"] == ("SUCCEEDED", made)
    assert kfp("logs", "last", "show").out.split()[-1] == logs[0]["scale"].split()[-1]
    # Whoever does not have that run here knows no more than that they were cached.
    assert kfp("delete", made, again.json["run_id"], "--yes").code == 0
    last = kfp("run", path.name, "--connection", "lab", "--json")
    assert steps_of(last)["scale"] == ("SUCCEEDED", None)
    assert last.json["steps"][1]["cached"]


def test_a_part_without_results_is_refused(kfp, standin, write_notebook):
    path = write_notebook("n.ipynb", *cells())
    refused = kfp("run", path.name, "--connection", "lab", "--only", "show")
    assert refused.code == 2
    assert standin.store.runs == {}
    only = kfp("run", path.name, "--connection", "lab", "--only", "draw", "--json")
    assert only.code == 0, (only.err, only.out)
    assert {name: state for name, (state, _) in steps_of(only).items()} == {
        "draw": "SUCCEEDED",
        "scale": "SKIPPED",
        "show": "SKIPPED",
    }
