"""What is done with runs that are there, on real pods: tried again, resumed, scheduled, removed."""

from tests.support.notebooks import code_cell

FLAKY = (
    code_cell("values = [1, 2]", step="make"),
    code_cell(
        "import pathlib\nmark = pathlib.Path('/data/mark')\nif not mark.exists():\n"
        "    mark.touch()\n    raise RuntimeError('first')\ntotal = sum(values)",
        step="flaky",
    ),
    code_cell("print('total', total)", step="show"),
)


def states(report):
    return {step["name"]: step["state"] for step in report["steps"]}


def test_a_run_from_its_failure_to_its_removal(kfp, lab, real, write_notebook):
    said = {"volumes": [{"claim": real.claim("data"), "path": "/data"}]}
    path = write_notebook("n.ipynb", *FLAKY, kfp={"defaults": said})
    failed = kfp("run", path.name, "--connection", "lab", "--experiment", "tries", "--json")
    assert failed.code == 1
    assert states(failed.json) == {"make": "SUCCEEDED", "flaky": "FAILED", "show": "SKIPPED"}
    remote = failed.json["remote"]
    assert remote["experiment"] == "tries"
    before = pods_of(real, remote)
    mended = kfp("retry", "last", "--json")
    assert mended.code == 0, mended.err
    assert (mended.json["run_id"], set(states(mended.json).values())) == (
        failed.json["run_id"],
        {"SUCCEEDED"},
    )
    # `make` was not run again; what failed has a new pod of the old name.
    after = pods_of(real, remote)
    assert (len(before), len(after)) == (2, 3)
    assert len(before.items() & after.items()) == 1

    part = kfp("run", path.name, "--connection", "lab", "--from", "show", "--json")
    assert part.code == 0, part.err
    taken = {step["name"]: step["cached_from"] for step in part.json["steps"]}
    run_id = failed.json["run_id"]
    assert taken == {"make": run_id, "flaky": run_id, "show": None}
    assert len(pods_of(real, part.json["remote"])) == 1
    assert kfp("logs", "last", "show").out.endswith("total 3\n")

    assert kfp("archive", run_id).code == 0
    assert lab.store.runs[remote["run_id"]]["storage_state"] == "ARCHIVED"
    gone = kfp("delete", run_id, "--cluster", "--artifacts", "--yes", "--json")
    assert gone.code == 0, gone.err
    assert gone.json["runs"][0]["cluster"]["artifacts"] > 0
    assert real.cluster.workflows(remote["run_id"]) == []
    assert list(lab.store.runs) == [part.json["remote"]["run_id"]]


def test_an_ended_run_is_resumed(kfp, lab, real, write_notebook):
    said = {"volumes": [{"claim": real.claim("data"), "path": "/data"}]}
    path = write_notebook("n.ipynb", *FLAKY, kfp={"defaults": said})
    failed = kfp("run", path.name, "--connection", "lab", "--experiment", "tries", "--json")
    assert states(failed.json) == {"make": "SUCCEEDED", "flaky": "FAILED", "show": "SKIPPED"}
    resumed = kfp("resume", failed.json["run_id"], "--json")
    assert resumed.code == 0, resumed.err
    # Another run, of the same experiment, which has its first step from the one before.
    assert resumed.json["run_id"] != failed.json["run_id"]
    assert resumed.json["remote"]["experiment"] == "tries"
    assert set(states(resumed.json).values()) == {"SUCCEEDED"}
    taken = {step["name"]: step["cached_from"] for step in resumed.json["steps"]}
    assert taken == {"make": failed.json["run_id"], "flaky": None, "show": None}
    assert len(pods_of(real, resumed.json["remote"])) == 2
    assert kfp("logs", "last", "show").out.endswith("total 3\n")


def test_a_schedule_starts_runs(kfp, lab, real, write_notebook):
    path = write_notebook("n.ipynb", code_cell("print('by the clock')", step="tick"))
    made = kfp("schedule", "add", path.name, "--every", "1h", "--json")
    assert made.code == 0, made.err
    started = lab.recurring.fire(made.json["id"])
    [run] = kfp("schedule", "runs", "n", "--json").json
    assert run["remote_id"] == started["run_id"]
    assert kfp("logs", run["run_id"], "--follow").code == 0  # waits for the end
    shown = kfp("show", run["run_id"], "--json").json
    assert (shown["state"], shown["notebook"]) == ("SUCCEEDED", str(path))
    assert kfp("logs", run["run_id"]).out.endswith("by the clock\n")
    assert len(pods_of(real, shown["remote"])) == 1
    assert kfp("schedule", "remove", "n").code == 0


def pods_of(real, remote):
    """Return the uids of a run's pods by their names."""
    found = [pod["metadata"] for pod in real.cluster.pods(remote["run_id"])]
    return {each["name"]: each["uid"] for each in found}


def test_a_run_is_cloned_with_other_parameters(kfp, lab, real, write_notebook):
    volume = {"claim": real.claim("one", "ReadWriteOnce"), "path": "/data"}
    path = write_notebook(
        "n.ipynb",
        code_cell("lr = 1", role="parameters"),
        code_cell("base = 10", step="make"),
        code_cell("left = base * lr\nprint('left', left)", step="left", volumes=[volume]),
        code_cell("print('right', base)", step="right", volumes=[volume]),
    )
    first = kfp("run", path.name, "--connection", "lab", "--json")
    assert first.code == 0, first.err
    # Both steps mount what one node alone can have.
    [note] = first.json["notes"]
    assert "left and right may run at once" in note
    path.unlink()  # what it ran is kept
    cloned = kfp("clone", first.json["run_id"], "-p", "lr=3", "--json")
    assert cloned.code == 0, cloned.err
    assert kfp("logs", "last", "left").out == "left 30\n"
    assert kfp("logs", first.json["run_id"], "left").out == "left 10\n"
    ran = {step["name"]: step["cached"] for step in cloned.json["steps"]}
    assert ran == {"make": True, "left": False, "right": True}
