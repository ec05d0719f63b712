"""More of what `kfp.local` 2.17 ignores or gets wrong: order, settings of Kubernetes, caching."""

import json

import pytest
from container_specs import submission

from jupyter_kfp_ext.engines.model import State
from jupyter_kfp_ext.errors import KfpExtError


@pytest.fixture(name="sdk")
def compiled_by_the_sdk(tmp_path):
    pytest.importorskip("kfp.kubernetes")
    import kfp_settings_pipelines
    import yaml
    from kfp import compiler

    def compile_(name, parameters=None):
        """Return what is submitted of a pipeline."""
        path = tmp_path / f"{name}.yaml"
        compiler.Compiler().compile(getattr(kfp_settings_pipelines, name), str(path))
        documents = json.loads(json.dumps(list(yaml.safe_load_all(path.read_text()))))
        return submission(documents[0], documents[1] if len(documents) > 1 else {}, parameters)

    return compile_


@pytest.fixture(name="ran")
def run_and_end(runs, sdk):
    def run(name, expected=State.SUCCEEDED, **parameters):
        status = runs.end(runs.engine.submit(sdk(name, parameters)))
        assert status.state is expected, [(s.name, s.state, s.error) for s in status.steps]
        return status

    return run


@pytest.mark.parametrize("name", ["beside_each_other", "loop_of_four"])
def test_four_tasks_meet(ran, tmp_path, name):
    """`kfp.local` runs tasks one after another, and of a loop two at a time."""
    place = tmp_path / "place"
    place.mkdir()
    ran(name, place=str(place))
    assert len(list(place.iterdir())) == 4


def test_a_task_that_ignores_a_failure_runs_and_the_error_is_told(ran):
    status = ran("despite_a_failure", State.FAILED)
    states = {step.name: step.state.value for step in status.steps}
    assert states == {"fail": "FAILED", "say": "SUCCEEDED"}
    error = status.step("fail").error
    assert "upstream" in error.message
    assert any("fail" in line for line in error.traceback)


def test_pages_are_files_of_their_step(ran, runs):
    status = ran("shown")
    folder = runs.folder(status.id).step("pages").artifacts
    assert sorted(path.read_text() for path in folder.iterdir()) == ["# hello", "<b>hello</b>"]


def test_a_timeout_of_kfp_kubernetes_ends_the_step(ran):
    assert ran("timed", State.FAILED).steps[0].error.name == "step-timed-out"


def test_each_setting_of_kfp_kubernetes_is_named_once(ran):
    notes = ran("with_settings").notes
    assert sorted(notes) == [
        f"Not applied on this machine: {name} (say)."
        for name in (
            *("configMapAsEnv", "configMapAsVolume", "fieldPathAsEnv", "image"),
            *("nodeSelector", "pvcMount", "secretAsEnv", "secretAsVolume"),
        )
    ]


def test_an_image_of_a_parameter_is_named(ran):
    assert ran("image_of_a_parameter").notes == ("Not applied on this machine: image (say).",)


def test_a_task_that_makes_a_claim_is_refused_by_name(runs, sdk):
    with pytest.raises(KfpExtError) as caught:
        runs.engine.submit(sdk("makes_a_claim"))
    (problem,) = caught.value.problems
    assert (problem.code.value, problem.step) == ("option-unsupported", "createpvc")


def test_what_ran_again_with_the_same_content_lets_later_tasks_be_taken(ran):
    """`kfp.local` knows artifacts by a place that has the time in it, so these miss."""
    ran("read_again")
    again = ran("read_again")
    assert [step.name for step in again.steps if step.cached] == ["read", "say"]


def test_a_file_that_was_changed_after_its_run_is_not_served(ran, runs):
    """`kfp.local` serves what lies in the folder of the run before."""
    first = ran("read_again")
    (made,) = runs.folder(first.id).step("write").artifacts.iterdir()
    made.write_text("CORRUPT")
    again = ran("read_again")
    assert "said content" in runs.folder(again.id).step("say").log.read_text()


def test_two_runs_of_one_process_do_not_meet(runs, sdk):
    both = [runs.engine.submit(sdk("image_of_a_parameter", {"image": each})) for each in "ab"]
    ended = [runs.end(each) for each in both]
    assert [status.state for status in ended] == [State.SUCCEEDED] * 2
    assert len({status.id for status in ended}) == 2
    logs = [runs.folder(each.id).step("say").log.read_text() for each in ended]
    assert all("said x" in log for log in logs)
