"""Whole runs with real processes: order, data, failures and their words."""

import json
import sys

import pytest
from container_specs import Step, states

from jupyter_kfp_ext.engines.local.logs import read_window, state_of
from jupyter_kfp_ext.engines.model import State
from jupyter_kfp_ext.errors import Code, KfpExtError


def test_values_and_files_travel_from_step_to_step(runs):
    status = runs.run(
        {
            "a": Step(
                "leave(artifacts={'f': 'text'}, x=7, d={'n': [1, None]})",
                out={"x": "NUMBER_INTEGER", "d": "STRUCT"},
                leaves={"f": "system.Dataset"},
            ),
            "b": Step(
                "print(json.dumps([given, read('f')])); leave()",
                parameters={"x": "<a.x", "d": "<a.d", "lr": "@lr", "who": "@who"},
                types={"x": "NUMBER_INTEGER", "d": "STRUCT", "lr": "NUMBER_DOUBLE"},
                artifacts={"f": ("a", "f")},
            ),
        },
        inputs={
            "lr": {"parameterType": "NUMBER_DOUBLE", "defaultValue": 0.1},
            "who": {"parameterType": "STRING", "defaultValue": "nobody"},
        },
        parameters={"who": "she"},
    )
    assert status.state is State.SUCCEEDED
    assert status.parameters == {"lr": 0.1, "who": "she"}
    log = runs.folder(status.id).step("b").log.read_text()
    assert json.loads(log) == [{"x": 7, "d": {"n": [1, None]}, "lr": 0.1, "who": "she"}, "text"]


def test_an_output_parameter_may_be_a_file_of_its_own(runs):
    path = "inp['outputs']['parameters']['n']['outputFile']"
    status = runs.run(
        {
            "a": Step(f"pathlib.Path({path}).write_text('41')", out={"n": "NUMBER_INTEGER"}),
            "b": Step(
                "print(given['n'] + 1)", parameters={"n": "<a.n"}, types={"n": "NUMBER_INTEGER"}
            ),
        }
    )
    assert runs.folder(status.id).step("b").log.read_text() == "42\n"


def test_independent_steps_run_at_the_same_time(runs):
    runs.fifo("ab"), runs.fifo("bc")
    status = runs.run(
        {
            "a": Step("meet('ab', 'rb')"),
            "b": Step("meet('ab', 'wb'); meet('bc', 'rb')"),
            "c": Step("meet('bc', 'wb')"),
        }
    )
    assert states(status) == dict.fromkeys("abc", "SUCCEEDED")


def test_order_without_data_is_kept(runs):
    path = runs.shared / "made"
    status = runs.run(
        {
            "b": Step("(shared / 'made').rename(shared / 'moved')", after=["a"]),
            "a": Step("(shared / 'made').touch()"),
        }
    )
    assert status.state is State.SUCCEEDED
    assert not path.exists()


def test_a_failed_branch_skips_what_follows_and_nothing_else(runs):
    status = runs.run(
        {
            "bad": Step("sys.exit(3)"),
            "next": Step("", after=["bad"]),
            "last": Step("", after=["next", "good"]),
            "good": Step(""),
            "better": Step("", after=["good"]),
        }
    )
    assert status.state is State.FAILED
    assert states(status) == {
        "bad": "FAILED",
        "next": "SKIPPED",
        "last": "SKIPPED",
        "good": "SUCCEEDED",
        "better": "SUCCEEDED",
    }
    assert status.step("last").reason == "bad failed"


FAILURES = [
    ("sys.exit(3)", {}, "step-failed", "exit code 3"),
    ("os.kill(os.getpid(), signal.SIGKILL)", {}, "step-killed", "memory"),
    ("os.kill(os.getpid(), signal.SIGSEGV)", {}, "step-crashed", "SIGSEGV"),
    ("os.kill(os.getpid(), signal.SIGUSR1)", {}, "step-killed", "SIGUSR1"),
    ("fail(name='ValueError', message='no', cell=4)", {}, "ValueError", "no"),
    ("", {"out": {"n": "NUMBER_INTEGER"}}, "step-failed", "output parameter 'n'"),
    (
        "leave(n='x')\npathlib.Path(inp['outputs']['outputFile']).write_text('{')",
        {},
        "step-failed",
        "executor output",
    ),
    ("", {"command": ["./no-such-program"]}, "step-failed", "no-such-program"),
    ("signal.pause()", {"timeout": 1}, "step-timed-out", "timeout of 1 s"),
    (
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\nwhile True: signal.pause()",
        {"timeout": 1},
        "step-timed-out",
        "timeout of 1 s",
    ),
]


@pytest.mark.parametrize(("code", "more", "name", "words"), FAILURES)
def test_a_failure_says_why(runs, code, more, name, words):
    step = runs.run({"a": Step(code, **more)}).step("a")
    assert step.state is State.FAILED
    assert step.error.name == name
    assert words in step.error.message
    assert step.ended >= step.started


def test_the_cell_that_ran_is_part_of_a_crash(runs):
    code = "cell('start', 'c1'); cell('end', 'c1'); cell('start', 'c2', 5); os.abort()"
    status = runs.run({"a": Step(code)})
    assert (status.step("a").error.cell_id, status.step("a").error.cell) == ("c2", 5)
    assert status.step("a").cell is None


def test_which_cell_runs_is_known_while_it_runs(runs):
    # One FIFO for each cell: a writer that is still open would let the next reader through.
    for cell in ("c1", "c2"):
        runs.fifo(cell)
    run_id = runs.start(
        {"a": Step("for id in ('c1', 'c2'):\n    cell('start', id)\n    meet(id, 'rb')")}
    )
    for cell in ("c1", "c2"):
        assert runs.until(run_id, lambda now, cell=cell: now.step("a").cell == cell)
        (runs.shared / cell).open("wb").close()
    assert runs.end(run_id).step("a").cell is None


def test_retries_until_it_works_with_a_clean_folder_each_time(runs):
    code = """
assert not list(pathlib.Path().iterdir()), "left over"
pathlib.Path("rubbish").touch()
index = int(os.environ["KFP_RETRY_INDEX"])
print("try", index)
if index < 2:
    fail(name="E", message="again")
leave(n=index)
"""
    status = runs.run(
        {
            "a": Step(
                code,
                out={"n": "NUMBER_INTEGER"},
                retry={"maxRetryCount": 3, "backoffDuration": "0s"},
            )
        }
    )
    step = status.step("a")
    assert (step.state, step.attempt, step.error) == (State.SUCCEEDED, 3, None)
    log = runs.folder(status.id).step("a").log.read_text()
    assert [line for line in log.splitlines() if line] == [
        "try 0",
        "[attempt 2 of 4]",
        "try 1",
        "[attempt 3 of 4]",
        "try 2",
    ]
    told = runs.folder(status.id)
    second = read_window(told, "a@2").text
    assert [line for line in second.splitlines() if line] == ["[attempt 2 of 4]", "try 1"]
    states = [state_of(status, task) for task in ("a", "a@1", "a@2", "a@3")]
    assert states == [State.SUCCEEDED, State.FAILED, State.FAILED, State.SUCCEEDED]
    for task in ("a@0", "a@4"):
        with pytest.raises(KfpExtError) as caught:
            state_of(status, task)
        assert caught.value.problems[0].code is Code.STEP_MISSING
    waits = [each["reason"] for each in runs.events(status.id) if each.get("state") == "PENDING"]
    assert waits == ["attempt 1 of 4 failed; next in 0 s", "attempt 2 of 4 failed; next in 0 s"]


def test_retries_come_to_an_end(runs):
    status = runs.run(
        {"a": Step("sys.exit(1)", retry={"maxRetryCount": 1}), "b": Step("", after=["a"])}
    )
    assert (status.step("a").attempt, states(status)) == (2, {"a": "FAILED", "b": "SKIPPED"})


def test_relative_files_are_read_as_in_the_kernel_and_new_ones_stay_in_the_step(runs, tmp_path):
    project = tmp_path / "project"
    source = project / "notebooks"
    (source / "data").mkdir(parents=True)
    (source / "data" / "in.csv").write_text("1,2")
    (source / ".hidden").touch()
    (project / "shared.csv").write_text("3")
    (tmp_path / "outside.csv").touch()
    code = """
print(open("data/in.csv").read(), sorted(os.listdir()), os.path.basename(os.getcwd()))
print(open("../shared.csv").read(), sorted(os.listdir("..")), sorted(os.listdir("../..")))
open("new.csv", "w").write("x")
"""
    status = runs.run({"a": Step(code)}, folder=source)
    folder = runs.folder(status.id).step("a")
    assert folder.log.read_text().splitlines() == [
        "1,2 ['.hidden', 'data'] notebooks",
        "3 ['notebooks', 'shared.csv'] ['project']",
    ]
    assert (folder.work / "project" / "notebooks" / "new.csv").exists()
    assert sorted(each.name for each in source.iterdir()) == [".hidden", "data"]


def test_parent_folders_are_found_up_to_the_repository(runs, tmp_path):
    source = tmp_path / "repository" / "a" / "b"
    source.mkdir(parents=True)
    (tmp_path / "repository" / ".git").touch()
    (tmp_path / "repository" / "top.txt").write_text("top")
    status = runs.run({"a": Step("print(open('../../top.txt').read())")}, folder=source)
    assert runs.folder(status.id).step("a").log.read_text() == "top\n"


def test_the_environment_of_a_step(runs, monkeypatch):
    monkeypatch.setenv("JPY_PARENT_PID", "1")
    monkeypatch.setenv("MINE", "kept")
    monkeypatch.setenv("KFP_STEP_CODE", "of another step")
    code = """
assert "JPY_PARENT_PID" not in os.environ and "KFP_STEP_CODE" not in os.environ
print(os.environ["MINE"], os.environ["SAID"], sys.executable, subprocess.run(
    ["python3", "-c", "import sys; print(sys.prefix)"], capture_output=True, text=True).stdout)
assert sys.stdin.read() == ""
"""
    status = runs.run({"a": Step(code, env={"SAID": "in the spec"})})
    log = runs.folder(status.id).step("a").log.read_text()
    assert log.split("\n")[0] == f"kept in the spec {sys.executable} {sys.prefix}"


def test_a_foreign_container_gets_its_placeholders(runs):
    shell = Step(
        "",
        command=["sh", "-c"],
        args=["echo {{$.inputs.parameters['who']}} > {{$.outputs.parameters['o'].output_file}}"],
        parameters={"who": "world"},
        out={"o": "STRING"},
    )
    status = runs.run(
        {"a": shell, "b": Step("print(given['x'], end='')", parameters={"x": "<a.o"})}
    )
    assert runs.folder(status.id).step("b").log.read_text() == "world\n"


def test_metrics_of_all_steps_are_those_of_the_run(runs):
    status = runs.run(
        {
            "a": Step("leave(metric_loss=0.5)", out={"metric_loss": "NUMBER_DOUBLE"}),
            "b": Step(
                "leave(metadata={'metrics': {'größe': 3, 'text': 'x', 'flag': True}}, metric_g=3)",
                leaves={"metrics": "system.Metrics"},
                out={"metric_g": "NUMBER_DOUBLE"},
            ),
        }
    )
    assert status.metrics == {"loss": 0.5, "größe": 3}


def test_the_use_of_resources_is_told(runs):
    status = runs.run({"a": Step("x = bytearray(80_000_000)\nfor i in range(300_000): x[i] = 1")})
    step = status.step("a")
    assert 80_000_000 < step.peak_memory_bytes < 400_000_000
    assert 0 < step.cpu_seconds < step.ended - step.started + 1


def test_events_have_no_gaps_and_the_result_is_their_sum(runs):
    status = runs.run({"a": Step(""), "b": Step("sys.exit(1)", after=["a"])})
    events = runs.events(status.id)
    assert [each["seq"] for each in events] == list(range(1, len(events) + 1))
    assert json.loads(runs.folder(status.id).result.read_text())["state"] == "FAILED"
    assert status == runs.engine.status(status.id)
    assert status.seq == len(events)


@pytest.mark.parametrize(
    "change",
    [
        {"triggerPolicy": {"condition": "size(x) > 1"}},
        {"artifactIterator": {"itemInput": "x", "items": {"inputArtifact": "y"}}},  # and no DAG
        {"parameterIterator": {"itemInput": "x", "items": {"raw": "[1]"}}},
    ],
)
def test_what_cannot_run_here_is_refused_by_name_before_anything_starts(runs, change):
    from container_specs import pipeline, submission

    spec, platform = pipeline({"a": Step("")})
    spec["root"]["dag"]["tasks"]["a"].update(change)
    with pytest.raises(KfpExtError) as caught:
        runs.engine.submit(submission(spec, platform))
    assert caught.value.code == "option-unsupported"
    assert caught.value.problems[0].step == "a"
    assert not (runs.home / "runs").exists()
