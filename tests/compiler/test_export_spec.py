"""An exported pipeline, compiled by the kfp SDK, is the one that was compiled."""

import itertools
import re
import runpy
import sys
from dataclasses import replace
from typing import Any

import pytest
import yaml
from google.protobuf.json_format import ParseDict
from kfp.pipeline_spec import pipeline_spec_pb2
from plan_builder import digits_plan, make_plan, options_of, step
from test_options import COMPILED

from jupyter_kfp_ext.compiler.compile import compile_plan
from jupyter_kfp_ext.compiler.export.project import export_pipeline
from jupyter_kfp_ext.compiler.option_table import OPTIONS
from jupyter_kfp_ext.compiler.package import choose_way
from jupyter_kfp_ext.errors import Code, KfpExtError
from jupyter_kfp_ext.notation.names import task_name
from jupyter_kfp_ext.notation.options import HelpersVolume, PipelineSettings

LEGACY = {"cpuRequest", "cpuLimit", "memoryRequest", "memoryLimit", "type", "count"}
"""Numbers that the SDK writes beside the strings for backends before 2.4."""


def without_legacy(value: Any, key: str = "") -> Any:
    if isinstance(value, dict):
        dropped = LEGACY if key in ("resources", "accelerator") else ()
        return {
            name: without_legacy(item, name) for name, item in value.items() if name not in dropped
        }
    return [without_legacy(item) for item in value] if isinstance(value, list) else value


def sdk_compiles(exported, folder):
    """Return the documents that `python pipeline.py` writes for an exported project."""
    for path, data in exported.files.items():
        place = folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(data)
    sys.path.insert(0, str(folder))
    try:
        runpy.run_path(str(folder / "pipeline.py"), run_name="__main__")
    finally:
        sys.path.remove(str(folder))
        sys.modules.pop("packing", None)
    return list(yaml.safe_load_all((folder / "pipeline.yaml").read_text()))


def messages(documents):
    """Return the protobuf messages of specification, executors and platform part."""
    spec, *platform = map(without_legacy, documents)
    # Of whichever release is installed.
    assert re.fullmatch(r"kfp-2\.\d+\.\d+", spec.pop("sdkVersion"))
    executors = ParseDict(spec.pop("deploymentSpec"), pipeline_spec_pb2.PipelineDeploymentConfig())
    found = ParseDict(spec, pipeline_spec_pb2.PipelineSpec())
    return [
        found,
        executors,
        *(ParseDict(one, pipeline_spec_pb2.PlatformSpec()) for one in platform),
    ]


def assert_same(compiled, folder):
    exported = export_pipeline(compiled, "0" * 64)
    form = choose_way(compiled).form
    ours = [form.spec, *([form.platform] if form.platform else [])]
    assert messages(sdk_compiles(exported, folder)) == messages(ours)
    return exported


@pytest.mark.parametrize("way", ["embed", "configmap", "volume"])
def test_each_way_of_the_code_gives_the_same_pipeline(way, tmp_path):
    volume = HelpersVolume(claim="code", live="tree") if way == "volume" else None
    said = PipelineSettings(helpers=way, helpers_volume=volume, description='"D" \\ {of} digits')
    exported = assert_same(compile_plan(digits_plan(settings=said), None), tmp_path)
    assert exported.way == way
    assert {path.name for path in tmp_path.glob("pipeline.*")} == {"pipeline.py", *exported.made}


CONTROLS = {"for_each", "for_each_limit", "when", "on_exit", "fuse"}


@pytest.mark.parametrize("option", sorted(OPTIONS.keys() - CONTROLS))
def test_each_option_gives_the_same_pipeline(option, tmp_path):
    said, _ = COMPILED[option]
    plan = make_plan(step("other"), step("one", options=options_of(said)))
    assert_same(compile_plan(plan, None), tmp_path)


TRICKY_NAMES = [
    *("class", "import", "lambda", "None", "match", "list", "str", "float", "dsl", "compiler"),
    *("kubernetes", "packing", "Path", "Optional", "item", "task", "code", "here", "kfp-runtime"),
    *("1st", "größe", "数据", "a b", "x" * 63, "load", "re-load", "digits pipeline"),
]


def test_names_of_steps_that_python_or_the_sdk_have_too(tmp_path):
    steps = [step(TRICKY_NAMES[0], outputs=("v",))]
    for before, name in itertools.pairwise(TRICKY_NAMES):
        steps.append(step(name, outputs=("v",), inputs=[(before, ("v",))]))
    plan = make_plan(*steps, settings=PipelineSettings(helpers="configmap"))
    named = tuple(replace(each, task=task_name(each.name)) for each in plan.steps)
    assert_same(compile_plan(replace(plan, steps=named), None), tmp_path)


def test_a_task_that_nothing_waits_for_and_one_whose_name_ends_with_its_name(tmp_path):
    used = step("use", inputs=[("re-load", ("v",))])
    plan = make_plan(step("load"), step("re-load", outputs=("v",)), used)
    assert_same(compile_plan(plan, None), tmp_path)


VARIABLES = [
    *("dsl", "compiler", "kubernetes", "packing", "Path", "List", "Optional", "item", "task"),
    *("code", "name", "args", "cells", "metrics", "here", "load", "load_task", "self", "renamed"),
    *("int", "list", "_", "_x", "x_x", "größe", "cls", "func", "type", "kfp_runtime", "one", "two"),
]


@pytest.mark.parametrize("way", ["embed", "configmap"])
def test_names_of_variables_that_python_or_the_sdk_have_too(way, tmp_path):
    parameters = [name for name in VARIABLES if name not in ("self", "x_x", "kfp_runtime")]
    parts = [tuple(VARIABLES[start : start + 9]) for start in range(0, len(VARIABLES), 9)]
    steps = []
    for n, names in enumerate(parts):
        taken = [(f"load_{n - 1}", parts[n - 1])] if n else []
        said = tuple(name for name in names if name in parameters)
        steps.append(step(f"load_{n}", outputs=names, inputs=taken, parameters=said))
    declared = [(name, "int", 1) for name in parameters]
    plan = make_plan(*steps, parameters=declared, settings=PipelineSettings(helpers=way))
    assert_same(compile_plan(plan, None), tmp_path)


VALUES = [
    ("int", [0, -1, 2**53]),
    ("float", [0.5, 1, 1e300, -0.0, 1e-9]),
    ("str", ["", "a\n\t'\"\\", "{{$}} {x} %s", "json:1", "ä\u2028\U0001f600", '"""', "\ud800"]),
    ("bool", [True, False]),
    ("list", [[], [1, 2.0, 2**60, "ü", [True], {}], ["'" * 90, '"' * 90]]),
    ("dict", [{}, {"b": 1, "a": [1.0]}, {"ü": {1: 2}}, {"k" * 50: "v" * 50, "{": "}"}]),
]


@pytest.mark.parametrize("kind", [kind for kind, _ in VALUES])
def test_parameters_of_every_type(kind, tmp_path):
    values = [*dict(VALUES)[kind], None]
    declared = [(f"p{n}", kind, value) for n, value in enumerate(values)]
    names = tuple(name for name, _, _ in declared)
    assert_same(
        compile_plan(make_plan(step("one", parameters=names), parameters=declared), None), tmp_path
    )


TEXT = 'it\'s "q" \\ # %s {0} `x` <y> | [z]'


def test_texts_with_quotes_and_braces(tmp_path):
    options = {
        "display_name": TEXT,
        "description": TEXT,
        "env": {"A": TEXT, "B": "", "C": "kubernetes. dsl.x other_task = 1"},
        "annotations": {"a/b": TEXT},
        "volumes": [{"claim": "data", "path": "/o'q", "sub_path": 'a "b'}],
        "secret_env": [{"name": "T", "secret": "s", "key": "a'b"}],
        "tolerations": [{"operator": "Exists"}],
        "scratch": [
            {"path": "/s", "size": "1Gi", "storage_class": "", "access_modes": ["ReadWriteMany"]}
        ],
        "retries": {"count": 0},
        "gpu": 0,
    }
    said = PipelineSettings(description=f"Optional[ List[ kubernetes. {TEXT}", helpers="embed")
    plan = make_plan(
        step("other"), step("one", options=options_of(options)), name=TEXT, settings=said
    )
    exported = assert_same(compile_plan(plan, None), tmp_path)
    assert exported.pipeline == "it-s-q-s-0-x-y-z"


REFUSED = [
    ({"memory": "1.5Gi"}, (), "memory", "1536Mi"),
    ({"memory_limit": "5000k"}, (), "memory_limit", "5000000"),
    ({}, [("self", "int", 1)], None, "another name"),
    ({}, [("kfp_runtime", "int", 1)], None, "another name"),
    ({}, [("p", "list", [[1, None]])], None, "None|entries"),
    ({}, [("p", "dict", {"a": {"b": None}})], None, "None|entries"),
]


@pytest.mark.parametrize(("options", "parameters", "option", "remedy"), REFUSED)
def test_what_the_sdk_cannot_say_is_refused_with_a_way_out(options, parameters, option, remedy):
    plan = make_plan(
        step("one", options=options_of(options), parameters=tuple(name for name, *_ in parameters)),
        parameters=parameters,
    )
    compiled = compile_plan(plan, None)
    with pytest.raises(KfpExtError) as error:
        export_pipeline(compiled, "0" * 64)
    (problem,) = error.value.problems
    assert (problem.option, problem.cell) == (option, 1)
    assert problem.code is (Code.PARAMETER_INVALID if parameters else Code.OPTION_UNSUPPORTED)
    assert re.search(remedy, problem.remedy)


def test_a_pipeline_without_settings_of_pods_needs_the_sdk_alone(tmp_path):
    plan = make_plan(step("one"), settings=PipelineSettings(helpers="embed"))
    exported = assert_same(compile_plan(plan, None), tmp_path)
    assert "kubernetes" not in exported.files["requirements.txt"].decode()
    assert "kubernetes" not in exported.files["pipeline.py"].decode()


def test_packages_of_steps_are_said(tmp_path):
    plan = make_plan(step("one", options=options_of({"packages": ["xgboost==2.1", "six"]})))
    exported = assert_same(compile_plan(plan, None), tmp_path)
    assert "# one: xgboost==2.1, six\n" in exported.files["requirements.txt"].decode()
