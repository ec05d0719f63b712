"""The volume for large values: mounted into each step, in its slice, or refused."""

import pytest
from plan_builder import make_plan, options_of, step
from test_compile import slice_of

from jupyter_kfp_ext.compiler.compile import compile_plan
from jupyter_kfp_ext.compiler.mounted_code import kubernetes_settings
from jupyter_kfp_ext.errors import KfpExtError
from jupyter_kfp_ext.notation.options import DataVolume, PipelineSettings


def compiled(**said):
    settings = PipelineSettings(data_volume=DataVolume(**said) if said else None)
    plan = make_plan(
        step("one", outputs=("x",)),
        step("two", inputs=[("one", ("x",))], options=options_of({"memory": "1Gi"})),
        settings=settings,
    )
    return compile_plan(plan, None)


def test_each_step_has_it_and_knows_what_goes_there():
    made = compiled(claim="team", above="1000Ki", steps=("two",))
    for name, above in (("one", 1_024_000), ("two", 0)):
        (mount,) = kubernetes_settings(made.platform)[f"exec-{name}"]["pvcMount"]
        assert (mount["constant"], mount["mountPath"], mount["subPath"]) == (
            "team",
            "/kfp-data",
            "kfp-data",
        )
        assert slice_of(made, name)["data_volume"] == {"name": "team/kfp-data", "above": above}
        container = made.spec["deploymentSpec"]["executors"][f"exec-{name}"]["container"]
        assert container["env"] == [{"name": "KFP_DATA_VOLUME", "value": "/kfp-data"}]


def test_another_volume_is_other_code():
    """KFP's cache must not answer with a reference into a volume that is not mounted."""

    def hashes(**said):
        executors = compiled(**said).spec["deploymentSpec"]["executors"].values()
        return [each["container"]["args"][2] for each in executors]

    base = hashes(claim="team")
    for other in ({}, {"claim": "other"}, {"claim": "team", "folder": "b"}):
        assert not set(base) & set(hashes(**other))
    assert base == hashes(claim="team")


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"claim": "My_Team"}, "cannot name a volume"),
        ({"claim": "team", "folder": "../x"}, "no folder of the claim"),
        ({"claim": "team", "folder": "/x"}, "no folder of the claim"),
        ({"claim": "team", "folder": "."}, "no folder of the claim"),
        ({"claim": "team", "steps": ("three",)}, "no step 'three'"),
    ],
)
def test_refused(said, words):
    with pytest.raises(KfpExtError) as caught:
        compiled(**said)
    (problem,) = caught.value.problems
    assert words in problem.message
    assert problem.option == "data_volume"
