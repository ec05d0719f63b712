"""By which way the code of a run goes: what is chosen, what refusals lead to, what is said."""

from dataclasses import replace

import pytest
from plan_builder import make_plan, step

from jupyter_kfp_ext.compiler.compile import compile_plan
from jupyter_kfp_ext.engines.kfp.choosing import choose_ways
from jupyter_kfp_ext.engines.kfp.connection import Connection, check_connection
from jupyter_kfp_ext.engines.kfp.volume_claim import ONE_NODE, check_claim
from jupyter_kfp_ext.errors import Code, KfpExtError
from jupyter_kfp_ext.notation.options import HelpersVolume, PipelineSettings

BARE = Connection("bare", "http://kfp")
KUBE = replace(BARE, kubeconfig="default")
STORE = {"store": "minio://lab/code", "store_url": "http://store", "store_key": "env:KEY"}
TEAM = HelpersVolume(claim="team")
MOUNTED = HelpersVolume(claim="team", mounted="/team")


def compiled(steps=2, **settings):
    named = [step(f"s{number}") for number in range(steps)]
    return compile_plan(make_plan(*named, settings=PipelineSettings(**settings)), None)


@pytest.mark.parametrize(
    ("connection", "settings", "ways"),
    [
        (BARE, {}, ("embed",)),
        (KUBE, {}, ("configmap", "embed")),
        (KUBE, {"helpers": "auto"}, ("configmap", "embed")),
        (KUBE, {"helpers_volume": TEAM}, ("configmap", "volume", "embed")),
        (BARE, {"helpers_volume": TEAM}, ("embed",)),
        (BARE, {"helpers_volume": MOUNTED}, ("volume", "embed")),
        (replace(BARE, **STORE), {}, ("artifact", "embed")),
        (replace(KUBE, **STORE), {"helpers": "artifact"}, ("artifact",)),
        (KUBE, {"helpers": "embed"}, ("embed",)),
        (KUBE, {"helpers": "volume", "helpers_volume": TEAM}, ("volume",)),
    ],
)
def test_what_is_tried_in_which_order(connection, settings, ways):
    assert choose_ways(compiled(**settings), connection).delivery.ways == ways


def test_what_is_passed_over_is_said():
    passed = choose_ways(compiled(), BARE).delivery.passed_over
    assert [each.partition(":")[0] for each in passed] == ["configmap", "volume", "artifact"]
    assert "--kubeconfig" in passed[0]
    assert "helpers_volume" in passed[1]
    assert "object store" in passed[2]


@pytest.mark.parametrize(
    ("connection", "settings"),
    [
        (BARE, {"helpers": "configmap"}),
        (KUBE, {"helpers": "volume"}),
        (BARE, {"helpers": "volume", "helpers_volume": TEAM}),
        (KUBE, {"helpers": "artifact"}),
    ],
)
def test_a_way_that_is_not_at_hand_is_refused_with_those_that_are(connection, settings):
    with pytest.raises(KfpExtError) as error:
        choose_ways(compiled(**settings), connection)
    (problem,) = error.value.problems
    assert (problem.code, problem.option) == (Code.OPTION_INVALID, "helpers")
    assert "`embed`" in problem.remedy


def test_without_a_way_that_holds_it_all_others_are_named():
    with pytest.raises(KfpExtError) as error:
        choose_ways(compiled(steps=150), BARE)
    (problem,) = error.value.problems
    assert problem.code is Code.TOO_BIG
    for words in ("kB", "--kubeconfig", "helpers_volume", "object store"):
        assert words in str(problem)


CLAIM = {
    "metadata": {"name": "team"},
    "spec": {"accessModes": ["ReadWriteMany"]},
    "status": {"phase": "Bound"},
}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, ""),
        ({"spec": {"accessModes": ["ReadWriteOnce"]}}, ONE_NODE),
        ({"spec": {"accessModes": ["ReadWriteOnce", "ReadWriteMany"]}}, ""),
        ({"status": {"phase": "Pending"}}, ""),  # its class may wait for the first pod
        ({"spec": {"accessModes": ["ReadOnlyMany"]}}, None),
        ({"spec": {"accessModes": ["ReadWriteOncePod"]}}, None),
        ({"status": {"phase": "Lost"}}, None),
        ({"metadata": {"name": "team", "deletionTimestamp": "now"}}, None),
    ],
)
def test_a_claim_is_looked_at_first(changes, said):
    claim = {**CLAIM, **changes}
    if said is not None:
        assert check_claim(claim, "team", "ada") == said
        return
    with pytest.raises(KfpExtError) as error:
        check_claim(claim, "team", "ada")
    problem = error.value.problems[0]
    assert (problem.code, problem.option) == (Code.STORAGE_FAILED, "helpers_volume")
    assert problem.remedy


def test_a_claim_that_does_not_exist():
    with pytest.raises(KfpExtError) as error:
        check_claim(None, "team", "ada")
    assert "no claim team in namespace ada" in str(error.value)


@pytest.mark.parametrize(
    "given",
    [
        {"store": "minio://lab/code"},
        {**STORE, "store": "ftp://lab/code"},
        {**STORE, "store": "minio://"},
        {**STORE, "store": "lab/code"},
        {**STORE, "store_url": "http://user:pass@store"},
        {**STORE, "store_key": "ada:secret"},
    ],
)
def test_a_store_that_cannot_be_meant(given):
    with pytest.raises(KfpExtError) as error:
        check_connection(replace(BARE, **given))
    assert error.value.code is Code.USAGE
    check_connection(replace(BARE, **STORE))
