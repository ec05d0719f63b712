"""Exported loops, conditions and exits: the SDK names their groups, all else is as compiled."""

import json
from dataclasses import replace

import msgspec
import pytest
from test_export_spec import sdk_compiles, without_legacy
from test_groups import compiled, step

from jupyter_kfp_ext.compiler.export.project import export_pipeline
from jupyter_kfp_ext.compiler.mounted_code import kubernetes_settings
from jupyter_kfp_ext.compiler.package import choose_way
from jupyter_kfp_ext.errors import Code, KfpExtError


class Meaning:
    """Each step and importer of a pipeline, told without the names of groups around it."""

    def __init__(self, spec, platform):
        self.components = spec["components"]
        self.executors = spec["deploymentSpec"]["executors"]
        self.settings = kubernetes_settings(platform)
        self.steps = {}
        inputs = spec["root"].get("inputDefinitions", {}).get("parameters", {})
        self.read(spec["root"]["dag"]["tasks"], {key: f"parameter {key}" for key in inputs}, ())

    def component(self, tasks, name):
        return self.components[tasks[name]["componentRef"]["name"]]

    def read(self, tasks, scope, groups):
        for name, task in tasks.items():
            component = self.component(tasks, name)
            inputs = {
                key: self.source(tasks, said, scope)
                for kind in task.get("inputs", {}).values()
                for key, said in kind.items()
            }
            waits = sorted(
                leaf for each in task.get("dependentTasks", ()) for leaf in self.leaves(tasks, each)
            )
            if "dag" in component:
                group = [waits, task["taskInfo"]["name"]]
                if "parameterIterator" in task:
                    loop = task["parameterIterator"]
                    items = json.loads(loop["items"].get("raw", "null"))
                    items = items or inputs[loop["items"]["inputParameter"]]
                    inputs[loop["itemInput"]] = f"item of {items}"
                    group += [items, task.get("iteratorPolicy")]
                self.read(component["dag"]["tasks"], inputs, (*groups, group))
            else:
                label = component["executorLabel"]
                io = {**component.get("inputDefinitions", {}), **component["outputDefinitions"]}
                rest = {
                    key: task.get(key)
                    for key in ("triggerPolicy", "retryPolicy", "cachingOptions", "taskInfo")
                }
                self.steps[self.leaf(tasks, name)] = [
                    without_legacy(self.executors[label]),
                    self.settings.get(label),
                    (groups, waits, inputs, rest, io),
                ]

    def source(self, tasks, said, scope):
        for key in ("componentInputParameter", "componentInputArtifact"):
            if key in said:
                return scope[said[key]]
        if "taskFinalStatus" in said:
            return f"end of {self.leaves(tasks, said['taskFinalStatus']['producerTask'])}"
        (output,) = said.values()
        key = output.get("outputArtifactKey") or output["outputParameterKey"]
        return self.output(tasks, output["producerTask"], key)

    def output(self, tasks, name, key):
        component = self.component(tasks, name)
        if "dag" not in component:
            return f"{key} of {self.leaf(tasks, name)}"
        outputs = component["dag"]["outputs"]
        said = {**outputs.get("artifacts", {}), **outputs.get("parameters", {})}[key]
        said = said.get("valueFromOneof", said)
        selectors = said.get("artifactSelectors") or said["parameterSelectors"]
        inner = component["dag"]["tasks"]
        return [
            self.output(
                inner,
                each["producerSubtask"],
                each.get("outputArtifactKey") or each["outputParameterKey"],
            )
            for each in selectors
        ]

    def leaf(self, tasks, name):
        executor = self.executors[self.component(tasks, name)["executorLabel"]]
        return tasks[name]["taskInfo"]["name"] if "importer" in executor else name

    def leaves(self, tasks, name):
        component = self.component(tasks, name)
        if "dag" not in component:
            return [self.leaf(tasks, name)]
        inner = component["dag"]["tasks"]
        return sorted(leaf for each in inner for leaf in self.leaves(inner, each))


CASES = {
    "loop over numbers": (
        step("fit", "score = lr", for_each="lr in [0.1, 1.0]", for_each_limit=2, cpu="1"),
        step("gather", "print(score)"),
    ),
    "loop over text, numbers, truth, lists": (
        step("one", "a = x", for_each="x in ['a', 'b$', 'json:']"),
        step("two", "b = x", for_each="x in range(3)", display_name="Two"),
        step("three", "c = x", for_each="x in [True, False]"),
        step("four", "d = y", for_each="y, z in [[1, None], [2.0, 'x']]"),
        step("gather", "print(a, b, c, d)"),
    ),
    "loop over dictionaries": (
        step("fit", "score = c", for_each="c in [{'depth': 1}, {'name': 2}]"),
        step("gather", "print(score)"),
    ),
    "loop over what a step gave": (
        step("load", "files = ['a', 'b']; w = 1"),
        step("fit", "score = f * w", for_each="f in files", image="python:3.12", timeout="1m"),
        step("gather", "print(score)"),
    ),
    "loop after loop, only in order": (
        step("load", "w = 1"),
        step("a", "print(x, w)", for_each="x in [1, 2]"),
        step("b", "print(x)", for_each="x in [1, 2]", after=["a"]),
        step("c", "print(1)", after=["b", "load"]),
    ),
    "condition": (
        step("load", "best = 1"),
        step("better", "best = best + 1", when="best > 0", labels={"a": "b"}, memory="1Gi"),
        step("show", "print(best)"),
    ),
    "condition that leaves nothing": (
        step("load", "best = 1"),
        step("say", "print(best)", when="best > 0"),
        step("end", "print(2)", after=["say"]),
    ),
    "conditions one after the other": (
        step("load", "best, worst = 1, 0"),
        step("up", "best = best + 1", when="best > 0"),
        step("down", "worst = best - 1", when="best > 1"),
        step("show", "print(best, worst)"),
    ),
    "exit": (
        step("load", "data = 1"),
        step("bye", "print(pipeline_status)", on_exit=True, cpu="1", cache=False),
    ),
    "all together": (
        ("lr = 0.5\nnames = ['a']", {"role": "parameters"}),
        step("load", "data = [1, 2]; lr = lr * 2"),
        step("fit", "score = d * lr", for_each="d in data", for_each_limit=3),
        step("each", "print(n, lr)", for_each="n in names"),
        step("better", "score = score + [lr]", when="len(score) > 1"),
        step("show", "print(score)", after=["each"]),
        step("bye", "print(names)", on_exit=True),
    ),
}


def sent_by(way, pipeline):
    """Return a compiled pipeline whose notebook names the way of its code."""
    model = pipeline.plan.model
    settings = msgspec.structs.replace(model.settings, helpers=way)
    return replace(pipeline, plan=replace(pipeline.plan, model=replace(model, settings=settings)))


@pytest.mark.parametrize("way", ["embed", "configmap"])
@pytest.mark.parametrize("case", CASES)
def test_control_flow_is_the_same_but_for_names_of_groups(case, way, tmp_path):
    ours = sent_by(way, compiled(*CASES[case]))
    form = choose_way(ours).form
    theirs = sdk_compiles(export_pipeline(ours, "0" * 64), tmp_path)
    assert (
        Meaning(*theirs, *[{}] * (2 - len(theirs))).steps == Meaning(form.spec, form.platform).steps
    )


@pytest.mark.parametrize("items", ["{'name': 1}", "{}"])
def test_dictionaries_that_the_sdk_cannot_loop_over_are_refused(items):
    pipeline = compiled(step("fit", "print(c)", for_each=f"c in [{items}]"))
    with pytest.raises(KfpExtError) as error:
        export_pipeline(pipeline, "0" * 64)
    (problem,) = error.value.problems
    assert (problem.code, problem.option, problem.cell) == (
        Code.OPTION_UNSUPPORTED,
        "for_each",
        1,
    )
