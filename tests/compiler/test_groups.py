"""Loops, conditions and the exit in the spec, against what the kfp SDK writes for the same."""

import json
from typing import Any

import pytest
import yaml
from kfp import compiler, components, dsl
from test_options import COMPILED, at

from jupyter_kfp_ext.analysis.graph import make_plan
from jupyter_kfp_ext.compiler.budget import UNKNOWN_ITERATIONS, measure
from jupyter_kfp_ext.compiler.compile import compile_plan
from jupyter_kfp_ext.compiler.inline import inlined
from jupyter_kfp_ext.compiler.option_table import OPTIONS
from jupyter_kfp_ext.compiler.package import to_yaml
from jupyter_kfp_ext.errors import Code, KfpExtError
from jupyter_kfp_ext.notation.marks import read_marks
from jupyter_kfp_ext.notation.reader import parse_notebook
from tests.support.notebooks import notebook_json


def compiled(*cells):
    raw = notebook_json(*[source for source, _ in cells])
    for cell, (_, mark) in zip(raw["cells"], cells, strict=True):
        cell["metadata"]["kfp"] = mark
    model = read_marks(parse_notebook(raw, name="control.ipynb", path=None))
    return compile_plan(make_plan(model), None)


def step(name, source="pass", **options):
    return source, {"step": name, **options}


def tasks_of(spec, component=""):
    dag = spec["components"][component]["dag"] if component else spec["root"]["dag"]
    return dag["tasks"]


def refused(*cells):
    with pytest.raises(KfpExtError) as error:
        compiled(*cells)
    return [(each.code, each.option, each.step) for each in error.value.problems]


def sdk(pipeline, tmp_path):
    path = tmp_path / "sdk.yaml"
    compiler.Compiler().compile(pipeline, str(path))
    return next(yaml.safe_load_all(path.read_text()))


@dsl.component(base_image="python:3.12")
def fit(x: float, out: dsl.Output[dsl.Artifact]):
    pass


@dsl.component(base_image="python:3.12")
def gather(files: dsl.Input[list[dsl.Artifact]]):
    pass


@dsl.component(base_image="python:3.12")
def decide() -> bool:
    return True


@dsl.component(base_image="python:3.12")
def bye(lr: float, status: dsl.PipelineTaskFinalStatus):
    pass


def test_a_loop_over_literals_is_that_of_the_sdk(tmp_path):
    @dsl.pipeline
    def loop():
        with dsl.ParallelFor([0.1, 0.01], parallelism=2) as lr:
            one = fit(x=lr)
        gather(files=dsl.Collected(one.outputs["out"]))

    theirs = sdk(loop, tmp_path)
    ours = compiled(
        step("fit", "score = lr", for_each="lr in [0.1, 0.01]", for_each_limit=2),
        step("gather", "print(score)"),
    ).spec
    their, our = tasks_of(theirs)["for-loop-2"], tasks_of(ours)["fit"]
    item = their["parameterIterator"].pop("itemInput")
    assert our["parameterIterator"].pop("itemInput") == "kfp_item"
    assert our["parameterIterator"] == their["parameterIterator"]
    assert our["iteratorPolicy"] == their["iteratorPolicy"] == {"parallelismLimit": 2}
    their_dag, our_dag = (
        theirs["components"]["comp-for-loop-2"],
        ours["components"]["comp-fit-loop"],
    )
    assert (
        our_dag["inputDefinitions"]["parameters"]["kfp_item"]
        == their_dag["inputDefinitions"]["parameters"][item]
    )
    (their_out,) = their_dag["outputDefinitions"]["artifacts"].values()
    assert our_dag["outputDefinitions"]["artifacts"] == {"score": their_out}
    assert their_out["isArtifactList"] is True
    assert our_dag["dag"]["outputs"]["artifacts"]["score"]["artifactSelectors"] == [
        {"producerSubtask": "fit", "outputArtifactKey": "score"}
    ]
    assert our_dag["dag"]["tasks"]["fit"]["inputs"]["parameters"] == {
        "kfp_item": {"componentInputParameter": "kfp_item"}
    }
    taken = ours["components"]["comp-gather"]["inputDefinitions"]["artifacts"]["fit__score"]
    assert taken == theirs["components"]["comp-gather"]["inputDefinitions"]["artifacts"]["files"]
    assert tasks_of(ours)["gather"]["dependentTasks"] == ["fit"]


@pytest.mark.parametrize(
    ("items", "raw", "kind"),
    [
        ("[1, -2]", [1, -2], "NUMBER_INTEGER"),
        ("(0.5, 1.0)", [0.5, 1], "NUMBER_DOUBLE"),
        ("['a', 'b']", ["a", "b"], "STRING"),
        ("[True]", [True], "BOOLEAN"),
        ("[[1], []]", [[1], []], "LIST"),
        ("[{'a': 1}]", [{"a": 1}], "STRUCT"),
        ("range(3)", [0, 1, 2], "NUMBER_INTEGER"),
    ],
)
def test_literal_items_stand_in_the_spec(items, raw, kind):
    spec = compiled(step("fit", "x = n", for_each=f"n in {items}")).spec
    task = tasks_of(spec)["fit"]
    assert json.loads(task["parameterIterator"]["items"]["raw"]) == raw
    inputs = spec["components"]["comp-fit"]["inputDefinitions"]["parameters"]
    assert inputs["kfp_item"]["parameterType"] == kind


@pytest.mark.parametrize("items", ["[1, 'a']", "files", "{1: 2}.items()", "[(1, 2)]", "[]"])
def test_other_items_are_made_by_a_task_of_their_own(items):
    spec = compiled(
        step("load", "files = [object()]"), step("fit", "x = n", for_each=f"n in {items}")
    ).spec
    task = tasks_of(spec)["fit"]
    assert task["parameterIterator"] == {
        "itemInput": "kfp_item",
        "items": {"inputParameter": "kfp_items"},
    }
    assert task["inputs"]["parameters"]["kfp_items"]["taskOutputParameter"] == {
        "producerTask": "fit-items",
        "outputParameterKey": "kfp_items",
    }
    assert "fit-items" in task["dependentTasks"]


def test_a_condition_is_that_of_the_sdk_but_for_the_place_of_values(tmp_path):
    @dsl.pipeline
    def condition():
        with dsl.If(decide().output == True):  # noqa: E712 - the SDK reads the comparison
            fit(x=1.0)

    theirs = tasks_of(sdk(condition, tmp_path))["condition-1"]["triggerPolicy"]["condition"]
    ours = compiled(
        step("load", "n = 1"),
        step("fit", "m = n", when="n > 0"),
        step("show", "print(m)"),
    ).spec
    inner = tasks_of(ours, "comp-fit-condition")
    assert inner["fit"]["triggerPolicy"]["condition"] == theirs.replace(
        "pipelinechannel--decide-Output", "kfp_run"
    )
    assert inner["fit"]["dependentTasks"] == ["fit-when"]
    # The place of the values is a parameter: KFP 2.17 takes the last of several artifacts.
    selectors = ours["components"]["comp-fit-condition"]["dag"]["outputs"]["parameters"]
    assert [
        each["producerSubtask"]
        for each in selectors["kfp_place"]["valueFromOneof"]["parameterSelectors"]
    ] == ["fit", "fit-when"]
    assert "importer" in ours["deploymentSpec"]["executors"]["exec-fit-values"]
    assert tasks_of(ours)["show"]["dependentTasks"] == ["fit-values"]


def test_the_exit_is_that_of_the_sdk(tmp_path):
    @dsl.pipeline
    def handled(lr: float = 0.1):
        with dsl.ExitHandler(bye(lr=lr)):
            fit(x=lr)

    theirs = sdk(handled, tmp_path)
    ours = compiled(
        ("lr = 0.1", {"role": "parameters"}),
        step("fit", "x = lr"),
        step("bye", "print(lr, pipeline_status.state)", on_exit=True),
    ).spec
    their, our = tasks_of(theirs)["bye"], tasks_of(ours)["bye"]
    assert our["triggerPolicy"] == their["triggerPolicy"]
    assert our["dependentTasks"] == their["dependentTasks"] == ["exit-handler-1"]
    status = our["inputs"]["parameters"].pop("kfp_status")
    assert status == their["inputs"]["parameters"].pop("status")
    assert our["inputs"]["parameters"] == their["inputs"]["parameters"]
    inputs = ours["components"]["comp-bye"]["inputDefinitions"]["parameters"]
    wanted = theirs["components"]["comp-bye"]["inputDefinitions"]["parameters"]["status"]
    assert inputs["kfp_status"] == wanted
    handler = ours["components"]["comp-exit-handler-1"]
    assert handler["inputDefinitions"]["parameters"] == {
        "lr": ours["root"]["inputDefinitions"]["parameters"]["lr"]
    }
    assert set(handler["dag"]["tasks"]) == {"fit"}


EVERYTHING = (
    ("import math\nbase = 2", {"role": "imports"}),
    step("load", "files = ['a', 'b']"),
    step("train", "score = len(f) + base", for_each="f in files"),
    step("check", "best = max(score)", when="min(score) > math.pi"),
    step("show", "print(score)"),
    step("bye", "print(pipeline_status)", on_exit=True),
)


def test_kfp_reads_it_in_both_forms():
    whole = compiled(*EVERYTHING)
    for each in (whole, inlined(whole)):
        loaded = components.load_component_from_text(to_yaml(each))
        assert loaded.component_spec.name == "control"
    assert to_yaml(whole) == to_yaml(compiled(*EVERYTHING))


@pytest.mark.parametrize("option", sorted(set(COMPILED) - {"after", "display_name"}))
def test_every_option_reaches_the_task_within_a_loop(option):
    said, expected = COMPILED[option]
    pipeline = compiled(step("other"), step("one", "x = n", for_each="n in [1]", **said))
    platform = pipeline.platform["platforms"]["kubernetes"]["deploymentSpec"]["executors"]
    place: Any = OPTIONS[option].place
    parts = {
        "container": pipeline.spec["deploymentSpec"]["executors"]["exec-one"]["container"],
        "task": tasks_of(pipeline.spec, "comp-one-loop")["one"],
        "kubernetes": platform["exec-one"],
    }
    if place.startswith("slice"):
        pytest.skip("in the bundle, as without a loop")
    found = at(place, parts)
    if option == "config_map_volume":
        found = [mount for mount in found if mount["mountPath"] != "/kfp-code"]
    assert found == expected


def test_the_size_of_a_run_counts_iterations():
    def cost(items):
        pipeline = compiled(
            step("load", "xs = [1]"), step("fit", "x = n", for_each=f"n in {items}")
        )
        return {each.task: each for each in measure(pipeline).steps}["fit"]

    three, six = cost("[1, 2, 3]"), cost("[1, 2, 3, 4, 5, 6]")
    assert (three.times, six.times, cost("xs").times) == (3, 6, UNKNOWN_ITERATIONS)
    assert six.plain > 1.5 * three.plain
    assert three.groups > 0


CONFLICT, INVALID, CROSS = Code.OPTION_CONFLICT, Code.OPTION_INVALID, Code.VALUE_CANNOT_CROSS


@pytest.mark.parametrize(
    ("cells", "problems"),
    [
        ([step("a", for_each="x of xs")], [(INVALID, "for_each", "a")]),
        ([step("a", for_each="x in xs if x")], [(INVALID, "for_each", "a")]),
        ([step("a", for_each="x.y in xs")], [(INVALID, "for_each", "a")]),
        ([step("a", for_each="x in [1] for y in [2]")], [(INVALID, "for_each", "a")]),
        ([step("a", when="x >")], [(INVALID, "when", "a")]),
        ([step("a", for_each_limit=2)], [(INVALID, "for_each_limit", "a")]),
        ([step("a", for_each="x in [1]", when="True")], [(CONFLICT, "when", "a")]),
        ([step("a", for_each="x in [1]", on_exit=True)], [(CONFLICT, "on_exit", "a")]),
        ([step("a", on_exit=True), step("b", on_exit=True)], [(CONFLICT, "on_exit", "b")]),
        ([step("a", on_exit=True), step("b", after=["a"])], [(CONFLICT, "after", "b")]),
        ([step("a"), step("b", on_exit=True, after=["a"])], [(CONFLICT, "after", "b")]),
        (
            [step("a", "log = []"), step("b", "log.append(x)", for_each="x in [1]")],
            [(CROSS, "for_each", "b")],
        ),
        (
            [
                step("a", "rows = [[1], [2]]"),
                step("b", "row.append(1)", for_each="row in rows"),
            ],
            [(CROSS, "for_each", "b")],
        ),
        (
            [
                step("a", "import random\nrandom.seed(1)"),
                step("b", "y = random.random()", for_each="x in [1]"),
            ],
            [(CROSS, "for_each", "b")],
        ),
        (
            [
                step("a", "rows = [[1], [2]]"),
                step("b", "kept = row", for_each="row in rows"),
                step("c", "kept[0].append(1)\nprint(rows)"),
            ],
            [(CROSS, "for_each", "b")],
        ),
        (
            [step("a", "n = 1"), step("b", "print(n)", on_exit=True)],
            [(CROSS, "on_exit", "b")],
        ),
        (
            [
                step("a", "n = 1"),
                step("b", "def f():\n    return 1", when="n > 1"),
                step("c", "print(f())"),
            ],
            [(CROSS, "when", "b")],
        ),
    ],
)
def test_what_cannot_be_had_is_refused_by_name(cells, problems):
    assert refused(*cells) == problems
