"""Each row of what `kfp.local` 2.17 gets wrong or cannot do, run here as the SDK compiles it."""

import json
import re

import pytest
from container_specs import states, submission

from jupyter_kfp_ext.engines.model import State
from jupyter_kfp_ext.errors import KfpExtError


@pytest.fixture(name="sdk")
def compiled_by_the_sdk(tmp_path):
    pytest.importorskip("kfp")
    import kfp_local_pipelines
    from kfp import compiler

    def compile_(name):
        """Return pipeline spec and platform spec of a pipeline of the table."""
        import yaml

        path = tmp_path / f"{name}.yaml"
        compiler.Compiler().compile(getattr(kfp_local_pipelines, name), str(path))
        documents = json.loads(json.dumps(list(yaml.safe_load_all(path.read_text()))))
        return documents[0], documents[1] if len(documents) > 1 else {}

    return compile_


@pytest.fixture(name="said")
def run_and_read(runs, sdk):
    def run(name, expected=State.SUCCEEDED, change=lambda spec, platform: None, **parameters):
        """Run a pipeline; return what its `say` components printed, and its status."""
        spec, platform = sdk(name)
        change(spec, platform)
        status = runs.end(runs.engine.submit(submission(spec, platform, parameters)))
        assert status.state is expected, [(s.name, s.state, s.error) for s in status.steps]
        steps = runs.folder(status.id).path / "steps"
        logs = [path.read_text() for path in sorted(steps.glob("*/log"))]
        return re.findall(r"^said (.*)$", "\n".join(logs), re.MULTILINE), status

    return run


def test_whole_numbers_stay_whole_in_lists_loops_and_structs(said):
    lines, _ = said("ints_in_lists")
    assert sorted(lines) == sorted(["9", "6", "64", "{'n': 1, 'deep': [{'x': 2, 'y': 2.5}]}"])


@pytest.mark.parametrize("side", ["left", "right"])
def test_one_of_several_artifacts(said, side):
    assert said("one_of_artifacts", side=side)[0] == [f"from {side} from {side}"]


@pytest.mark.parametrize(
    ("text", "branch"),
    [
        ('say "it"', "equal"),
        ("it's", "other"),
        ("' or 1==1 or '", "other"),
        ('" or 1==1 or "', "other"),
        ('say \\"it\\"', "other"),
        ("{{$.pipeline_job_name}}", "other"),
    ],
)
def test_a_condition_compares_texts_and_never_runs_them(said, text, branch):
    assert said("quotes", text=text)[0] == [branch]


def test_a_failure_stops_what_depends_on_it_and_nothing_else(said):
    lines, status = said("branches", State.FAILED)
    assert sorted(lines) == ["goes on", "whatever"]
    assert sorted(states(status).values()) == ["FAILED"] * 2 + ["SUCCEEDED"] * 3


def test_a_workspace_is_shared_and_stays(said, runs):
    lines, status = said("workspace")
    assert lines == ["xx"]
    assert (runs.folder(status.id).path / "workspace" / "left").read_text() == "xx"
    assert said("workspace")[0] == ["xx"]


def test_a_timeout_ends_the_step(said):
    def limit(spec, platform):
        executor = next(iter(spec["deploymentSpec"]["executors"]))
        settings = {executor: {"activeDeadlineSeconds": "1"}}
        platform["platforms"] = {"kubernetes": {"deploymentSpec": {"executors": settings}}}

    _, status = said("in_time", State.FAILED, limit)
    assert status.steps[0].error.name == "step-timed-out"


def test_settings_of_kubernetes_are_named_where_they_mean_nothing(said):
    def mount(spec, platform):
        executor = next(iter(spec["deploymentSpec"]["executors"]))
        settings = {executor: {"pvcMount": [{}], "secretAsEnv": [{}], "nodeSelector": {}}}
        platform["platforms"] = {"kubernetes": {"deploymentSpec": {"executors": settings}}}

    _, status = said("with_metrics", change=mount)
    notes = "\n".join(status.notes)
    for name in ("pvcMount", "secretAsEnv", "nodeSelector", "image"):
        assert f"Not applied on this machine: {name} (log-metric)." in notes
    assert status.metrics == {"accuracy": 0.5}


def test_a_request_that_never_fits_is_refused(runs, sdk):
    with pytest.raises(KfpExtError) as caught:
        runs.engine.submit(submission(*sdk("much_too_large")))
    assert caught.value.code == "resources-missing"


def test_a_container_component_runs_as_a_process(said):
    assert said("set_by_environment")[0] == ["shell hello"]


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("needs_its_image", "has no command; that of its image (alpine) is not known here"),
        ("needs_a_program", "/opt/tool/bin/only-in-the-image"),
    ],
)
def test_what_needs_its_image_is_refused_by_name_before_anything_starts(runs, sdk, name, words):
    with pytest.raises(KfpExtError) as caught:
        runs.engine.submit(submission(*sdk(name)))
    (problem,) = caught.value.problems
    assert problem.code.value == "option-unsupported"
    assert words in problem.message
    assert problem.step in ("entrypoint-of-the-image", "other-program")
    assert not (runs.home / "runs").exists()


def test_placeholders_of_the_run(said):
    lines, status = said("placeholders")
    (run,) = [line for line in lines if line.startswith("placeholders")]
    assert re.fullmatch(rf"placeholders {status.id} \d{{4}}-\d\d-\d\dT\d\d:\d\d:\d\dZ", run)
    (task,) = [line for line in lines if line.startswith("say")]
    assert re.fullmatch(r"say-2 \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", task)


def test_values_longer_than_an_argument_may_be(said):
    assert said("long_values", text="x" * 300_000)[0] == ["300000"]


def test_a_step_is_tried_again(said, tmp_path):
    lines, status = said("tried_again", marker=str(tmp_path / "marker"))
    assert lines == ["the second time"]
    assert status.steps[0].attempt == 2


def test_an_imported_file(said, tmp_path):
    (tmp_path / "data.txt").write_text("imported")
    assert said("importing", uri=str(tmp_path / "data.txt"))[0] == ["imported"]


def test_a_file_that_is_embedded_in_its_component(said):
    lines, _ = said("embedded")
    assert lines[0].startswith('"""A pipeline of the kfp SDK for each row')


def test_artifacts_of_a_loop_are_gathered(said):
    assert said("collected_artifacts")[0] == ["a b"]


def test_a_loop_over_artifacts(said):
    assert sorted(said("loop_over_artifacts")[0]) == ["a a", "b b"]


def test_pipelines_in_pipelines(said):
    assert said("nested", n=3)[0] == ["5"]


def test_several_outputs(said):
    assert said("several_outputs")[0] == ["2.5 n=5"]


def test_the_exit_handler_runs_after_a_failure(said, runs):
    _, status = said("handled_with_failure", State.FAILED)
    log = runs.folder(status.id).step("at-exit").log.read_text()
    assert "exit of me exit-handler-1 FAILED" in log
