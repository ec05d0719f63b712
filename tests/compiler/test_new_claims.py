"""Claims that a run makes: in the spec they are parameters; what cannot be made is refused."""

import pytest
from plan_builder import make_plan, options_of, step

from jupyter_kfp_ext.compiler.compile import compile_plan
from jupyter_kfp_ext.compiler.export.refused import refused
from jupyter_kfp_ext.compiler.mounted_code import kubernetes_settings
from jupyter_kfp_ext.compiler.new_claims import new_claims
from jupyter_kfp_ext.errors import KfpExtError

NEW = {"claim": "my-work", "path": "/w", "size": "1Gi"}
OLD = {"claim": "data", "path": "/data"}


def compiled(*said, **more):
    steps = [step(f"s{i}", options=options_of(each)) for i, each in enumerate(said)]
    return compile_plan(make_plan(*steps, **more), None)


def test_steps_get_its_name_as_a_parameter():
    made = compiled({"volumes": [NEW, OLD]}, {})
    key = "kfp_claim_my_work"
    root = made.spec["root"]["inputDefinitions"]["parameters"]
    assert root == {key: {"parameterType": "STRING", "isOptional": True, "defaultValue": "my-work"}}
    tasks = made.spec["root"]["dag"]["tasks"]
    assert tasks["s0"]["inputs"]["parameters"] == {key: {"componentInputParameter": key}}
    assert "inputs" not in tasks["s1"]
    new, old = kubernetes_settings(made.platform)["exec-s0"]["pvcMount"]
    assert new["pvcNameParameter"] == {"componentInputParameter": key}
    assert old["pvcNameParameter"] == {"runtimeValue": {"constant": "data"}}
    container = made.spec["deploymentSpec"]["executors"]["exec-s0"]["container"]
    assert container["env"] == [{"name": "KFP_VOLUME_MY_WORK", "value": "/w"}]


def test_the_export_refuses_it():
    (problem,) = refused(compiled({"volumes": [NEW, OLD]}))
    assert (problem.option, problem.step) == ("volumes", "s0")
    assert "'my-work'" in problem.message


def test_a_step_that_mounts_one_is_never_cached():
    made = compiled({"volumes": [NEW]}, {"volumes": [OLD]})
    tasks = made.spec["root"]["dag"]["tasks"]
    assert tasks["s0"]["cachingOptions"] == {}
    assert tasks["s1"]["cachingOptions"] == {"enableCache": True}


def test_several_steps_mount_one():
    """It is one claim, and the pods of steps that mount it alike can be shared."""
    made = compiled({"volumes": [NEW]}, {"volumes": [NEW], "after": ["s0"], "fuse": True})
    (claim,) = new_claims(made.plan)
    assert (claim.size, claim.storage_class, claim.access_modes) == (
        "1Gi",
        None,
        ("ReadWriteOnce",),
    )
    assert list(made.pods.values()) == [("s0", "s1")]


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ([{"volumes": [{**NEW, "sub_path": "a"}]}], "no folders yet"),
        ([{"volumes": [{**NEW, "access_modes": ["Any"]}]}], "unknown access mode 'Any'"),
        ([{"volumes": [{**NEW, "access_modes": []}]}], "no access mode"),
        ([{"volumes": [{**NEW, "storage_class": "A b"}]}], "name of a storage class"),
        ([{"volumes": [{**NEW, "claim": "a" * 55}]}], "too long"),
        ([{"volumes": [{**NEW, "size": "0Gi"}]}], "is nothing"),
        ([{"volumes": [NEW], "cache": True}], "gone with its run"),
        ([{"volumes": [{**OLD, "storage_class": "fast"}]}], "has no `size`"),
        ([{"volumes": [{**OLD, "access_modes": ["ReadWriteMany"]}]}], "has no `size`"),
        ([{"volumes": [NEW]}, {"volumes": [{**NEW, "size": "2Gi"}]}], "otherwise in step 's0'"),
        ([{"volumes": [NEW]}, {"volumes": [{**OLD, "claim": "my-work"}]}], "otherwise in step"),
        ([{"env": {"KFP_VOLUME_X": "/x"}}], "cannot be set"),
    ],
)
def test_said_wrongly(said, words):
    with pytest.raises(KfpExtError) as caught:
        compiled(*said)
    (problem,) = caught.value.problems
    assert words in problem.message
    assert problem.cell_id
    assert problem.remedy
