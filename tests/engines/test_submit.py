"""What a submit writes down and starts, and what it refuses."""

import hashlib
import json
import stat

import pytest
from container_specs import Step, pipeline, submission
from plan_builder import make_plan, step

from jupyter_kfp_ext.compiler.compile import compile_plan
from jupyter_kfp_ext.engines.local.bundles import keep_bundle
from jupyter_kfp_ext.engines.local.engine import LocalEngine
from jupyter_kfp_ext.errors import KfpExtError
from jupyter_kfp_ext.notation.options import StepOptions, Toleration


def test_a_run_keeps_exactly_what_was_compiled(runs):
    spec, platform = pipeline({"a": Step("")})
    run_id = runs.engine.submit(submission(spec, platform))
    runs.end(run_id)
    kept = json.loads(runs.folder(run_id).pipeline.read_text())
    assert kept == {"pipeline_spec": spec, "platform_spec": platform}
    assert stat.S_IMODE(runs.folder(run_id).path.stat().st_mode) == 0o700


def test_a_home_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "home").write_text("a file")
    with pytest.raises(KfpExtError) as caught:
        LocalEngine(tmp_path / "home").submit(submission(*pipeline({"a": Step("")})))
    assert caught.value.code == "storage-failed"
    assert str(tmp_path) in str(caught.value)


def test_a_bundle_is_kept_once_and_mended(tmp_path):
    content = b"zip"
    name = hashlib.sha256(content).hexdigest()
    path = keep_bundle(tmp_path, content, name)
    first = path.stat().st_ino
    assert keep_bundle(tmp_path, content, name).stat().st_ino == first
    path.write_bytes(b"damaged")
    assert keep_bundle(tmp_path, content, name).read_bytes() == content


def test_a_bundle_of_another_hash_is_refused(tmp_path):
    with pytest.raises(KfpExtError) as caught:
        keep_bundle(tmp_path, b"zip", "0" * 64)
    assert caught.value.code == "code-changed"
    assert not (tmp_path / "code").exists()


def submit_plan(runs, plan, parameters=None):
    compiled = compile_plan(plan, None)
    made = submission(compiled.spec, compiled.platform, parameters)
    run_id = runs.engine.submit(type(made)(**{**vars(made), "compiled": compiled}))
    return runs.end(run_id)


def test_what_means_nothing_here_is_said(runs):
    options = StepOptions(
        image="mine:1",
        memory_limit="8Gi",
        tolerations=(Toleration(key="gpu", operator="Exists"),),
        timeout="1h",
        env={"MODE": "fast"},
    )
    status = submit_plan(runs, make_plan(step("one", "1\n", options=options), step("two", "2\n")))
    assert status.notes == (
        "Not applied on this machine: image (one).",
        "Not applied on this machine: memory_limit (one).",
        "Not applied on this machine: tolerations (one).",
    )
    assert submit_plan(runs, make_plan(step("two", "2\n"))).notes == ()


def test_the_compiled_notebook_runs_with_its_own_runtime(runs):
    plan = make_plan(
        step("load", "X = [1, 2]\nX\n", outputs=("X",), parameters=("lr",)),
        step("train_it", "acc = len(X) / 4\n", inputs=(("load", ("X",)),), metrics=("acc",)),
        step("bad", "y = 1\nraise ValueError(X)\n", inputs=(("load", ("X",)),)),
        parameters=(("lr", "float", 0.1),),
    )
    status = submit_plan(runs, plan, {"lr": 0.5})
    assert [(each.name, each.task, each.state.value) for each in status.steps] == [
        ("load", "load", "SUCCEEDED"),
        ("train_it", "train-it", "SUCCEEDED"),
        ("bad", "bad", "FAILED"),
    ]
    assert (status.parameters, status.metrics) == ({"lr": 0.5}, {"acc": 0.5})
    error = status.step("bad").error
    assert (error.name, error.message, error.cell, error.cell_id, error.line) == (
        "ValueError",
        "[1, 2]",
        4,
        "c4",
        2,
    )
    cells = [each["cell"] for each in runs.events(status.id) if each.get("cell")]
    assert cells[0] == "c2"
    assert sorted(cells) == ["c2", "c3", "c4"]


@pytest.mark.parametrize("run_id", ["", ".", "..", "../runs", "/", "a/b", "\0", ".aside", "no"])
def test_what_is_no_run_is_refused(tmp_path, run_id):
    (tmp_path / "runs" / ".aside").mkdir(parents=True)
    with pytest.raises(KfpExtError) as caught:
        LocalEngine(tmp_path).status(run_id)
    assert caught.value.code == "run-missing"


def test_the_step_runtime_is_a_file_of_its_own_and_what_it_was_compiled_with(runs):
    from jupyter_kfp_ext.engines.local.bundles import runtime_folder
    from jupyter_kfp_ext.engines.local.layout import bundle_path

    plan = make_plan(step("one", "import sys\nprint(sys.modules['kfp_step'].__file__)\n"))
    status = submit_plan(runs, plan)
    bundle = json.loads(runs.folder(status.id).record.read_text())["bundle"]
    kept = runtime_folder(bundle_path(runs.home, bundle)) / "kfp_step.py"
    assert runs.folder(status.id).step("one").log.read_text().strip() == str(kept)
    kept.write_text(kept.read_text() + "\n\n")
    assert submit_plan(runs, plan).step("one").error is None  # its runner makes the file again
    assert runtime_folder(bundle_path(runs.home, "0" * 64)) is None
