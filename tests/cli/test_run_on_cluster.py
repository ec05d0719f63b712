"""A notebook on the stand-in for Kubeflow Pipelines, from the command line alone."""

import json

import pytest

from tests.support.notebooks import code_cell

CHAIN = (
    code_cell("lr = 0.5", role="parameters"),
    code_cell("values = []\nfor i in range(3):\n    values.append(i * lr)", step="make"),
    code_cell("print('sum', sum(values))", step="use"),
    code_cell("total = sum(values)", role="metrics"),
)
FAILING = (
    code_cell("x = {}", step="made"),
    code_cell("print('before')\nx['missing']", step="breaks"),
    code_cell("print(x)", step="later", after=["breaks"]),
)


def test_run_show_and_logs(kfp, standin, write_notebook):
    path = write_notebook("n.ipynb", *CHAIN)
    called = kfp("run", path.name, "--connection", "lab", "-p", "lr=2", "--json")
    assert called.code == 0, called.err
    report = called.json
    assert (report["state"], report["engine"]) == ("SUCCEEDED", "kfp")
    assert report["metrics"] == {"total": 6.0}
    assert report["parameters"] == {"lr": 2.0}
    assert [phase["state"] for phase in report["phases"]] == ["SUCCEEDED"] * 5
    assert report["remote"]["run_id"] in standin.store.runs
    assert kfp("logs", "last", "--json").json["logs"] == {"make": "", "use": "sum 6.0\n"}
    shown = kfp("show", "last", "--json").json
    assert shown["steps"] == report["steps"]
    assert kfp("runs", "--json").json[0]["run_id"] == report["run_id"]
    assert kfp("cancel", "last").code == 1  # it has ended


SHOWING = (
    code_cell("import sys\nprint('text')\nprint('warned', file=sys.stderr)", step="one"),
    code_cell("from IPython.display import HTML\nHTML('<b>bold</b>')", step="two"),
    code_cell("6 * 7", step="two"),
)


def test_outputs_of_cells_come_back(kfp, standin, write_notebook):
    path = write_notebook("n.ipynb", *SHOWING)
    called = kfp("run", path.name, "--connection", "lab", "--output-notebook", "out.ipynb")
    assert called.code == 0, called.err
    executed = json.loads((path.parent / "out.ipynb").read_text())
    first, second, third = (cell["outputs"] for cell in executed["cells"])
    assert [(each["name"], "".join(each["text"])) for each in first] == [
        ("stdout", "text\n"),
        ("stderr", "warned\n"),
    ]
    assert second[0]["data"]["text/html"] == "<b>bold</b>"
    assert third[0]["data"]["text/plain"] == "42"
    logs = kfp("logs", "last", "--json").json["logs"]
    assert sorted(logs["one"].splitlines()) == ["text", "warned"]
    assert "\x1e" not in logs["one"] + logs["two"]


def test_an_error_is_at_its_cell_also_without_kubernetes(kfp, standin, write_notebook):
    kfp("connections", "add", "lab", "--url", standin.url)
    path = write_notebook("n.ipynb", code_cell("print('before')\n1 / 0", step="breaks"))
    called = kfp("run", path.name, "--connection", "lab", "--json")
    assert called.code == 1
    error = called.json["steps"][0]["error"]
    assert (error["name"], error["cell"], error["line"]) == ("ZeroDivisionError", 1, 2)
    assert "before" in kfp("logs", "last").out


def test_an_error_is_at_its_cell(kfp, standin, write_notebook):
    path = write_notebook("n.ipynb", *FAILING)
    called = kfp("run", path.name, "--engine", "kfp", "--json")
    assert called.code == 1
    steps = {step["name"]: step for step in called.json["steps"]}
    assert {name: step["state"] for name, step in steps.items()} == {
        "made": "SUCCEEDED",
        "breaks": "FAILED",
        "later": "SKIPPED",
    }
    error = steps["breaks"]["error"]
    assert (error["name"], error["cell"], error["line"]) == ("KeyError", 2, 2)
    assert error["source"] == "x['missing']"
    assert steps["later"]["reason"] == "breaks failed"


def test_the_notebook_names_connection_and_experiment(kfp, standin, write_notebook):
    settings = {"engine": "lab", "experiment": "baseline"}
    path = write_notebook("n.ipynb", code_cell("print(1)", step="one"), kfp=settings)
    report = kfp("run", path.name, "--json").json
    assert (report["state"], report["engine"]) == ("SUCCEEDED", "kfp")
    assert report["remote"]["connection"] == "lab"
    experiments = standin.store.experiments
    assert experiments[report["remote"]["experiment_id"]]["display_name"] == "baseline"
    assert kfp("run", path.name, "--engine", "local", "--json").json["engine"] == "local"


SHARED = (
    code_cell("lr = 0.5", role="parameters"),
    code_cell("values = [lr, 2 * lr]\nprint('made', end='')", step="make"),
    code_cell("alias = values\nprint('used', len(alias))", step="use"),
    code_cell("values.append(4)\nsame = alias is values", step="grow"),
    code_cell("print(same, alias)", step="look"),
    code_cell("total = sum(values)", role="metrics"),
)


@pytest.mark.parametrize("kubernetes", [True, False])
def test_steps_that_share_a_pod_have_their_own_logs_and_times(
    kfp, standin, write_notebook, kubernetes
):
    if not kubernetes:
        kfp("connections", "add", "lab", "--url", standin.url)
    path = write_notebook("n.ipynb", *SHARED, kfp={"fuse": "auto", "helpers": "embed"})
    arguments = ("run", path.name, "--connection", "lab", "--json")
    called = kfp(*arguments, "--output-notebook", "o.ipynb")
    assert called.code == 0, called.err
    assert called.json["metrics"] == {"total": 5.5}
    assert [each["state"] for each in called.json["steps"]] == ["SUCCEEDED"] * 4
    assert all(0 < each["seconds"] < 60 for each in called.json["steps"])
    assert kfp("logs", "last", "--json").json["logs"] == {
        "make": "made",
        "use": "used 2\n",
        "grow": "",
        "look": "True [0.5, 1.0, 4]\n",
    }
    ran = [each for each in standin.workflows.all[0].nodes.values() if each["type"] == "Pod"]
    assert sum(each["displayName"].startswith("executor") for each in ran) == 1
    executed = json.loads((path.parent / "o.ipynb").read_text())
    assert "".join(executed["cells"][4]["outputs"][0]["text"]) == "True [0.5, 1.0, 4]\n"
    shown = kfp("show", "last", "--json").json
    assert [each["started"] for each in shown["steps"]] == sorted(
        each["started"] for each in shown["steps"]
    )
    if kubernetes:
        again = kfp(*arguments).json["steps"]
        assert [each["cached"] for each in again] == [True] * 4


@pytest.mark.parametrize(
    ("source", "error"),
    [
        ("x['missing']", ("KeyError", 2)),
        ("import os\nos.kill(os.getpid(), 9)", ("step-failed", None)),
    ],
)
def test_a_failure_in_a_shared_pod_is_at_its_step(kfp, standin, write_notebook, source, error):
    cells = (
        code_cell("x = {}\nprint('made')", step="made"),
        code_cell(f"print('before', x)\n{source}", step="breaks"),
        code_cell("print(x)", step="later", after=["breaks"]),
    )
    path = write_notebook("n.ipynb", *cells, kfp={"fuse": "auto"})
    called = kfp("run", path.name, "--connection", "lab", "--json")
    assert called.code == 1
    made, breaks, later = called.json["steps"]
    assert [each["state"] for each in (made, breaks, later)] == ["SUCCEEDED", "FAILED", "SKIPPED"]
    assert (breaks["error"]["name"], breaks["error"]["cell"]) == error
    assert later["reason"] == "breaks failed"
    assert kfp("logs", "last", "made").out == "made\n"
    refused = kfp("pull", "last", "made", "x", "-o", "x.json")
    assert (refused.code, "kept nothing" in refused.err) == (2, True)


FLOW = (
    code_cell("items = [0, 1, 2]", step="make"),
    code_cell("squares = item * item", step="square", for_each="item in items"),
    code_cell("print('all', squares)\nbig = sum(squares) > 100", step="gather"),
    code_cell("print('never')", step="skipped", when="big"),
    code_cell("print('always')", step="taken", when="not big"),
    code_cell("print('at the end', pipeline_status.state)", step="tidy", on_exit=True),
)


@pytest.mark.parametrize("kubernetes", [True, False])
def test_loops_conditions_and_the_exit(kfp, standin, write_notebook, kubernetes):
    if not kubernetes:
        kfp("connections", "add", "lab", "--url", standin.url)
    path = write_notebook("n.ipynb", *FLOW, kfp={"helpers": "embed"})
    called = kfp("run", path.name, "--connection", "lab", "--json")
    assert called.code == 0, called.err
    steps = {step["name"]: step for step in called.json["steps"]}
    assert {name: step["state"] for name, step in steps.items()} == {
        "make": "SUCCEEDED",
        "square": "SUCCEEDED",
        "gather": "SUCCEEDED",
        "skipped": "SKIPPED",
        "taken": "SUCCEEDED",
        "tidy": "SUCCEEDED",
    }
    assert [each["state"] for each in steps["square"]["iterations"]] == ["SUCCEEDED"] * 3
    if kubernetes:
        assert steps["skipped"]["reason"] == "`big` is not true"
    logs = kfp("logs", "last", "--json").json["logs"]
    assert (logs["gather"], logs["taken"]) == ("all [0, 1, 4]\n", "always\n")
    assert logs["tidy"] == "at the end SUCCEEDED\n"


def test_no_wait_and_cancel(kfp, standin, write_notebook):
    path = write_notebook("n.ipynb", code_cell("import signal\nsignal.pause()", step="waits"))
    started = kfp("run", path.name, "--connection", "lab", "--no-wait")
    assert started.code == 0
    standin.workflows.wait_for(
        lambda: any(
            pod["status"]["phase"] == "Running"
            for workflow in standin.workflows.all
            for pod in workflow.pods.values()
        )
    )
    assert kfp("cancel", started.out.strip()).code == 0
    assert kfp("logs", "last", "--follow").code == 0  # waits for the end
    assert kfp("show", "last", "--json").json["steps"][0]["state"] == "CANCELED"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--connection", "prod"), "no connection 'prod'"),
        (("--engine", "local", "--connection", "lab"), "no connections"),
        (("--engine", "kfpp"), "no engine"),
        (("--engine", "kfpp"), "Use one of: local, kfp, lab."),
    ],
)
def test_what_cannot_be_meant(kfp, standin, write_notebook, arguments, words):
    path = write_notebook("n.ipynb", *CHAIN)
    called = kfp("run", path.name, *arguments)
    assert called.code == 2
    assert words in called.err
    assert standin.store.runs == {}


def test_a_cluster_that_is_not_there(kfp, write_notebook):
    kfp("connections", "add", "gone", "--url", "http://127.0.0.1:9")
    path = write_notebook("n.ipynb", code_cell("print(1)", step="one"))
    called = kfp("run", path.name, "--connection", "gone")
    assert called.code == 1
    assert "connect FAILED" in called.out
    assert "connections test" in called.out


HELPED = (
    code_cell("import tools\nx = tools.double(21)", step="make"),
    code_cell("y = x + 1", step="more"),
    code_cell("print('got', y)", step="show"),
)


def helped(write_notebook, **settings):
    """Write a notebook of three steps with a helper module; more than commands alone hold."""
    path = write_notebook("n.ipynb", *HELPED, kfp=settings)
    (path.parent / "tools.py").write_text("def double(n):\n    return 2 * n\n")
    return path


@pytest.mark.parametrize("kubernetes", [True, False])
def test_code_within_the_specification(kfp, standin, write_notebook, kubernetes):
    if not kubernetes:
        kfp("connections", "add", "lab", "--url", standin.url)
    path = helped(write_notebook, **({"helpers": "embed"} if kubernetes else {}))
    called = kfp("run", path.name, "--connection", "lab", "--json")
    assert called.code == 0, called.err
    assert called.json["remote"]["way"] == "embed"
    said = "as the notebook says" if kubernetes else "not by configmap"
    assert said in called.json["remote"]["code"]
    assert "got 43" in kfp("logs", "last").out
    assert [step["name"] for step in called.json["steps"]] == ["make", "more", "show"]
    assert standin.count("POST", "/configmaps$") == 0


def test_code_on_a_claim_that_is_mounted_here(kfp, standin, write_notebook, tmp_path):
    claim = tmp_path / "claim"
    claim.mkdir()
    standin.workflows.claims["team"] = claim
    volume = {"claim": "team", "folder": "code", "mounted": str(claim)}
    path = helped(write_notebook, helpers="volume", helpers_volume=volume)
    first = kfp("run", path.name, "--connection", "lab", "--json")
    assert first.code == 0, first.err
    assert "got 43" in kfp("logs", "last").out
    (bundle,) = (each for each in (claim / "code").iterdir() if not each.name.startswith("."))
    assert "written" in first.json["remote"]["code"]
    again = kfp("run", path.name, "--connection", "lab", "--json")
    assert "present" in again.json["remote"]["code"]
    # A bundle that was changed is replaced before the next run.
    archive = bundle / "code.zip"
    archive.chmod(0o644)
    archive.write_bytes(b"damaged")
    mended = kfp("run", path.name, "--connection", "lab", "--json")
    assert (mended.code, "written" in mended.json["remote"]["code"]) == (0, True)
    del standin.workflows.claims["team"]
    refused = kfp("run", path.name, "--connection", "lab", "--json")
    assert refused.code == 1
    assert "no claim team" in refused.json["message"]
    assert "`configmap`" in refused.json["message"]
