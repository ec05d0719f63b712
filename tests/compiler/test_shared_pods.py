"""Which steps share a pod (`fuse`), and what becomes of the specification."""

import json

import pytest
from plan_builder import digits_plan, make_plan, options_of, step

from jupyter_kfp_ext.compiler.budget import measure
from jupyter_kfp_ext.compiler.compile import compile_plan
from jupyter_kfp_ext.compiler.package import write_package
from jupyter_kfp_ext.compiler.shared_pods import MOST, in_shared_pods
from jupyter_kfp_ext.compiler.ways import Places, shipping
from jupyter_kfp_ext.errors import Code, KfpExtError
from jupyter_kfp_ext.helpers.bundle import bundle_files
from jupyter_kfp_ext.notation.options import PipelineSettings

AUTO = PipelineSettings(fuse="auto")


def steps_of(text, **options):
    """Return the steps of `a, b<a, c<a+b`: name, and after `<` the steps that they wait for."""
    made = []
    for each in text.split(", "):
        name, _, before = each.partition("<")
        waits = tuple(before.split("+")) if before else ()
        said = options_of(options.get(name, {}))
        made.append(step(name, f"{name} = 1\n", outputs=(name,), after=waits, options=said))
    return made


def pods(text, settings=AUTO, **options):
    compiled = compile_plan(make_plan(*steps_of(text, **options), settings=settings), None)
    return ["+".join(each) for each in compiled.pods.values()]


@pytest.mark.parametrize(
    ("graph", "shared"),
    [
        ("a, b<a, c<b", ["a+b+c"]),
        ("a, b<a, c<a+b", ["a+b+c"]),  # what c takes of a is there when b is done
        ("a, b<a, c<a", []),  # b and c may run side by side
        ("a, b<a, c<a, d<b+c, e<d", ["d+e"]),
        ("a, b", []),
        ("a, b, c<a+b, d<c", ["c+d"]),
        ("a, b<a, x, y<x", ["a+b", "x+y"]),
    ],
)
def test_steps_in_a_row_share_a_pod(graph, shared):
    assert pods(graph) == shared
    assert pods(graph, PipelineSettings()) == []
    assert pods(graph, PipelineSettings(fuse="never")) == []


@pytest.mark.parametrize(
    ("graph", "options", "shared"),
    [
        ("a, b<a, c<b", {"c": {"fuse": True}}, ["b+c"]),
        ("a, b<a, c<a", {"b": {"fuse": True}, "c": {"fuse": True}}, ["a+b+c"]),
        ("a, b<a, c<a, d<b+c", {n: {"fuse": True} for n in "bcd"}, ["a+b+c+d"]),
    ],
)
def test_by_hand(graph, options, shared):
    assert pods(graph, None, **options) == shared


@pytest.mark.parametrize(
    ("options", "shared"),
    [
        ({"b": {"image": "python:3.12"}}, []),
        ({"b": {"memory": "1Gi"}}, []),
        ({"b": {"gpu": 1}}, []),
        ({"b": {"env": {"A": "1"}}}, []),
        ({"b": {"volumes": [{"claim": "data", "path": "/data"}]}}, []),
        ({"b": {"labels": {"a": "b"}}}, []),
        ({"b": {"cache": False}}, []),
        ({"b": {"retries": {"count": 1}}}, []),
        ({"b": {"fuse": False}}, []),
        ({"a": {"timeout": "1h"}, "b": {"timeout": "1h"}}, []),
        ({"b": {"description": "What b does.", "display_name": "B"}}, ["a+b"]),
        ({"b": {"packages": ["six"]}}, ["a+b"]),
        ({each: {"retries": {"count": 1}, "gpu": 1} for each in "ab"}, ["a+b"]),
    ],
)
def test_only_what_asks_for_the_same_pod(options, shared):
    assert pods("a, b<a", **options) == shared


@pytest.mark.parametrize(
    ("graph", "options", "words"),
    [
        ("a", {}, "waits for no step"),
        ("x, y, a<x+y", {}, "several pods"),
        ("x, a<x", {"x": {"image": "python:3.12"}}, "`image`"),
        ("x, a<x", {"x": {"cpu": "1"}}, "`cpu`"),
        ("x, a<x", {"x": {"timeout": "5m"}}, "`timeout`"),
    ],
)
def test_what_cannot_share_says_why(graph, options, words):
    with pytest.raises(KfpExtError) as caught:
        pods(graph, None, **{**options, "a": {"fuse": True, **options.get("a", {})}})
    (problem,) = caught.value.problems
    assert (problem.code, problem.step, problem.option) == (Code.OPTION_UNSUPPORTED, "a", "fuse")
    assert words in problem.message


def test_a_long_row_is_cut():
    row = ", ".join(["s0", *(f"s{n}<s{n - 1}" for n in range(1, MOST + 3))])
    assert [each.count("+") + 1 for each in pods(row)] == [MOST, 3]


def test_one_task_stands_for_all_with_what_each_takes_and_leaves():
    compiled = compile_plan(digits_plan(settings=AUTO), None)
    spec = in_shared_pods(compiled).spec
    (name,) = compiled.pods
    (task,) = spec["root"]["dag"]["tasks"].values()
    assert task["inputs"] == {
        "parameters": {key: {"componentInputParameter": key} for key in ("lr", "seed")}
    }
    component = spec["components"][f"comp-{name}"]
    assert set(component["outputDefinitions"]["artifacts"]) == {
        *("load__X", "load__y", "load__cells", "train__model", "train__cells"),
        *("judge_it__cells", "judge_it__metrics"),
    }
    assert list(component["outputDefinitions"]["parameters"]) == ["metric_accuracy"]
    _, tasks, hashes, request = spec["deploymentSpec"]["executors"][f"exec-{name}"]["container"][
        "args"
    ]
    assert (tasks, request) == ("load,train,judge-it", "{{$}}")
    alone = compiled.spec["deploymentSpec"]["executors"]
    assert hashes.split(",") == [
        alone[f"exec-{each}"]["container"]["args"][2] for each in tasks.split(",")
    ]
    assert len(compiled.spec["root"]["dag"]["tasks"]) == 3  # this machine runs each for itself


def test_others_take_from_the_pod():
    steps = [
        step("a", "x = 1\n", outputs=("x",)),
        step("b", "y = x\n", inputs=[("a", ("x",))], outputs=("y",)),
        step("c", "pass\n", inputs=[("a", ("x",)), ("b", ("y",))], after=("a",)),
        step("d", "pass\n", after=("b",)),
    ]
    spec = in_shared_pods(compile_plan(make_plan(*steps, settings=AUTO), None)).spec
    tasks = spec["root"]["dag"]["tasks"]
    assert sorted(tasks) == ["a-to-b", "c", "d"]
    assert tasks["c"]["dependentTasks"] == tasks["d"]["dependentTasks"] == ["a-to-b"]
    assert tasks["c"]["inputs"]["artifacts"] == {
        key: {"taskOutputArtifact": {"producerTask": "a-to-b", "outputArtifactKey": key}}
        for key in ("a__x", "b__y")
    }


@pytest.mark.parametrize("way", ["configmap", "volume", "artifact", "embed"])
def test_every_way_of_the_code_brings_that_of_all_steps(way):
    compiled = in_shared_pods(compile_plan(digits_plan(settings=AUTO), None))
    places = Places(claim="team", folder="code", store="minio://bucket/code")
    made = shipping(compiled, compiled.bundle, way, places)
    assert made.fits
    (steps,) = compiled.pods.values()
    held = set(bundle_files(compiled.bundle))
    assert {f"steps/{each}.json" for each in steps} < held
    text = json.dumps(made.form.spec)
    assert text.count(",".join(steps)) == 1


def test_it_takes_less_of_what_a_run_may_have(tmp_path):
    row = ", ".join(["s0", *(f"s{n}<s{n - 1}" for n in range(1, 60))])
    compiled = compile_plan(make_plan(*steps_of(row), settings=AUTO), None)
    assert measure(in_shared_pods(compiled)).plain * 5 < measure(compiled).plain
    assert write_package(compiled, tmp_path / "p.yaml").problems == ()
