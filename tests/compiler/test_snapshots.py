"""Snapshots of volumes: the task before a step that takes them, and what is refused."""

import base64
import bz2
import json

import pytest
from plan_builder import make_plan, options_of, step

from jupyter_kfp_ext.analysis.graph import make_plan as plan_of
from jupyter_kfp_ext.compiler.code_artifacts import home_dag
from jupyter_kfp_ext.compiler.compile import compile_plan
from jupyter_kfp_ext.compiler.export.refused import refused
from jupyter_kfp_ext.compiler.for_clusters import for_clusters
from jupyter_kfp_ext.compiler.mounted_code import kubernetes_settings
from jupyter_kfp_ext.compiler.protobuf import checked_pipeline, checked_platform
from jupyter_kfp_ext.compiler.snapshots import START
from jupyter_kfp_ext.engines.kfp.intent import submitted_documents
from jupyter_kfp_ext.errors import KfpExtError
from jupyter_kfp_ext.notation.marks import read_marks
from jupyter_kfp_ext.notation.options import PipelineSettings
from jupyter_kfp_ext.notation.reader import parse_notebook
from tests.support.notebooks import code_cell, notebook_json

DATA = {"claim": "data", "path": "/data"}
KEPT = {**DATA, "snapshot": True}


def compiled(*said, settings=None):
    steps = [
        step(f"s{i}", options=options_of(each), after=(f"s{i - 1}",) if i else ())
        for i, each in enumerate(said)
    ]
    return for_clusters(compile_plan(make_plan(*steps, settings=settings), None))


def asked(made, task):
    container = made.spec["deploymentSpec"]["executors"][f"exec-{task}"]["container"]
    return json.loads(base64.b64decode(container["args"][1]))


def test_a_task_is_put_before_the_step():
    made = compiled({}, {"volumes": [{**KEPT, "snapshot_class": "fast"}], "image": "mine:1"}, {})
    tasks = made.spec["root"]["dag"]["tasks"]
    assert sorted(tasks) == ["s0", "s1", "s1-snapshot", "s2"]
    assert tasks["s1-snapshot"]["dependentTasks"] == ["s0"]
    assert tasks["s1"]["dependentTasks"] == ["s0", "s1-snapshot"]
    assert tasks["s2"]["dependentTasks"] == ["s1"]
    said = asked(made, "s1-snapshot")
    assert said["claims"] == [{"named": "data", "claim": "data", "kind": "fast"}]
    assert said["task"] == "s1"
    container = made.spec["deploymentSpec"]["executors"]["exec-s1-snapshot"]["container"]
    assert container["image"] == "mine:1"
    assert container["command"] == ["python3", "-u", "-c", START]
    source = bz2.decompress(base64.b64decode(container["args"][0].partition(":")[2]))
    compile(source, "snapshot", "exec")
    (variable,) = kubernetes_settings(made.platform)["exec-s1-snapshot"]["fieldPathAsEnv"]
    assert variable["fieldPath"] == "metadata.labels['pipeline/runid']"
    assert made.snapshots == {"s1": "s1-snapshot"}
    checked_pipeline(made.spec)
    checked_platform(made.platform)


def test_it_is_never_answered_from_the_cache():
    made = compiled({"volumes": [KEPT]}, settings=PipelineSettings(cache=True))
    spec, _ = submitted_documents(made, cache=True)
    tasks = spec["root"]["dag"]["tasks"]
    assert tasks["s0-snapshot"]["cachingOptions"] == {}
    assert tasks["s0"]["cachingOptions"] == {"enableCache": True}


def test_the_step_itself_is_what_it_is_without():
    """So it can be answered from the cache, and taken from a run that took none."""
    with_it, without = (compiled({"volumes": [each]}) for each in (KEPT, DATA))
    executors = [each.spec["deploymentSpec"]["executors"]["exec-s0"] for each in (with_it, without)]
    assert executors[0] == executors[1]
    assert without.snapshots == {}


def test_one_claim_at_two_places_is_one_snapshot():
    made = compiled({"volumes": [KEPT, {**KEPT, "path": "/b"}, {"claim": "c", "path": "/c"}]})
    assert [each["claim"] for each in asked(made, "s0-snapshot")["claims"]] == ["data"]


@pytest.mark.parametrize(
    ("said", "resources"),
    [
        ({}, None),
        ({"gpu": 1}, None),
        ({"memory": "64Gi"}, {"resourceMemoryRequest": "128Mi"}),
        (
            {"cpu": "8", "cpu_limit": "8"},
            {"resourceCpuRequest": "100m", "resourceCpuLimit": "500m"},
        ),
    ],
)
def test_it_asks_for_little_of_what_its_step_asks_for(said, resources):
    made = compiled({"volumes": [KEPT], **said})
    container = made.spec["deploymentSpec"]["executors"]["exec-s0-snapshot"]["container"]
    assert container.get("resources") == resources


def test_steps_share_no_pod_with_those_before():
    auto = PipelineSettings(fuse="auto")
    volumes = {"volumes": [KEPT]}
    made = compiled(volumes, {"volumes": [DATA]}, volumes, {"volumes": [DATA]}, settings=auto)
    assert list(made.pods.values()) == [("s0", "s1"), ("s2", "s3")]
    tasks = made.spec["root"]["dag"]["tasks"]
    assert sorted(tasks) == ["s0-snapshot", "s0-to-s1", "s2-snapshot", "s2-to-s3"]
    assert tasks["s2-snapshot"]["dependentTasks"] == ["s0-to-s1"]
    assert tasks["s2-to-s3"]["dependentTasks"] == ["s0-to-s1", "s2-snapshot"]
    with pytest.raises(KfpExtError) as caught:
        compiled({"volumes": [DATA]}, {**volumes, "fuse": True})
    (problem,) = caught.value.problems
    assert "a snapshot is taken before it" in problem.message


@pytest.mark.parametrize(
    ("options", "more"),
    [
        ({"for_each": "n in [1, 2]"}, {}),
        ({"when": "x > 0"}, {}),
        ({}, {"on_exit": True}),
    ],
)
def test_before_groups_and_within_what_the_exit_watches(options, more):
    cells = [
        code_cell("x = 1", step="first"),
        code_cell("print(x)", step="kept", volumes=[KEPT], **options),
        code_cell("print('bye')", step="last", **more),
    ]
    model = read_marks(parse_notebook(notebook_json(*cells), name="n.ipynb", path=None))
    made = for_clusters(compile_plan(plan_of(model), None))
    tasks = home_dag(made.spec)["tasks"]
    assert "kept-snapshot" in tasks["kept"]["dependentTasks"]
    assert tasks["kept-snapshot"]["dependentTasks"] == ["first"]
    checked_pipeline(made.spec)


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"volumes": [{**DATA, "snapshot_class": "fast"}]}, "no snapshot"),
        ({"volumes": [{**KEPT, "size": "1Gi"}]}, "the run's own"),
        ({"volumes": [KEPT], "on_exit": True}, "at the exit"),
        ({"volumes": [{**KEPT, "claim": "a" * 55}]}, "too long"),
        ({"volumes": [{**KEPT, "snapshot_class": "A b"}]}, "class of snapshots"),
    ],
)
def test_refused(said, words):
    with pytest.raises(KfpExtError) as caught:
        compiled(said)
    (problem,) = caught.value.problems
    assert problem.option == "volumes"
    assert words in problem.message


def test_the_export_refuses_it():
    (problem,) = refused(compiled({"volumes": [KEPT]}))
    assert (problem.option, problem.step) == ("volumes", "s0")
    assert "snapshot" in problem.message
