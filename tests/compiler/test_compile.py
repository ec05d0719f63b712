import io
import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from plan_builder import digits_plan, make_plan, step

from jupyter_kfp_ext.compiler.compile import DEFAULT_IMAGE, compile_plan
from jupyter_kfp_ext.compiler.inline import inlined
from jupyter_kfp_ext.errors import Code, KfpExtError, Problem, Severity
from jupyter_kfp_ext.notation.options import PipelineSettings, StepOptions
from jupyter_kfp_ext.runtime.step.place import slice_hash

ROOT = Path(__file__).parents[2]


def container(compiled, task):
    return compiled.spec["deploymentSpec"]["executors"][f"exec-{task}"]["container"]


def bundle(compiled):
    with zipfile.ZipFile(io.BytesIO(compiled.bundle)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def slice_of(compiled, task):
    return json.loads(bundle(compiled)[f"steps/{task}.json"])


def test_a_task_names_its_producers_and_their_slots():
    task = compile_plan(digits_plan(), None).spec["root"]["dag"]["tasks"]["judge-it"]
    assert task == {
        "taskInfo": {"name": "judge-it"},
        "cachingOptions": {"enableCache": True},
        "componentRef": {"name": "comp-judge-it"},
        "dependentTasks": ["load", "train"],
        "inputs": {
            "artifacts": {
                "load__y": {
                    "taskOutputArtifact": {"producerTask": "load", "outputArtifactKey": "y"}
                },
                "train__model": {
                    "taskOutputArtifact": {"producerTask": "train", "outputArtifactKey": "model"}
                },
            }
        },
    }


def test_a_command_says_where_the_code_is_and_which():
    compiled = compile_plan(digits_plan(), None)
    step_container = container(compiled, "train")
    code, task, identity, executor_input = step_container["args"]
    assert step_container["image"] == DEFAULT_IMAGE
    assert step_container["command"][:3] == ["python3", "-u", "-c"]
    assert (code, task, executor_input) == ("/kfp-code/code.zip", "train", "{{$}}")
    assert identity == slice_hash(bundle(compiled), "train", ())
    config = compiled.platform["platforms"]["kubernetes"]["deploymentSpec"]["executors"]
    name = f"kfp-code-{compiled.bundle_hash[:16]}"
    assert config["exec-train"]["configMapAsVolume"] == [
        {
            "configMapName": name,
            "configMapNameParameter": {"runtimeValue": {"constant": name}},
            "mountPath": "/kfp-code",
            "optional": False,
        }
    ]


def test_a_slice_holds_what_the_step_runs_and_exchanges():
    content = slice_of(compile_plan(digits_plan(), None), "judge-it")
    assert content == {
        "version": 1,
        "task": "judge-it",
        "step": "judge_it",
        "notebook": "digits.ipynb",
        "parameters": {},
        "prelude": [],
        "cells": [
            {"cell_id": "c4", "number": 4, "source": "accuracy = score(model)\n", "record": True}
        ],
        "inputs": [
            {"artifact": "load__y", "names": ["y"]},
            {"artifact": "train__model", "names": ["model"]},
        ],
        "outputs": [],
        "metrics": ["accuracy"],
        "read_only": [],
        "helpers": [],
    }


def test_metrics_are_an_artifact_and_parameters():
    spec = compile_plan(digits_plan(), None).spec
    outputs = spec["components"]["comp-judge-it"]["outputDefinitions"]
    assert outputs["parameters"] == {"metric_accuracy": {"parameterType": "NUMBER_DOUBLE"}}
    assert outputs["artifacts"]["metrics"]["artifactType"]["schemaTitle"] == "system.Metrics"


def test_the_hash_changes_with_the_step_alone():
    first = compile_plan(digits_plan(), None)
    plan = make_plan(step("a", "x = 1\n", outputs=("x",)), step("b", inputs=[("a", ("x",))]))
    other = make_plan(step("a", "x = 2\n", outputs=("x",)), step("b", inputs=[("a", ("x",))]))
    before, after = compile_plan(plan, None), compile_plan(other, None)
    assert container(before, "a")["args"][2] != container(after, "a")["args"][2]
    assert container(before, "b")["args"] == container(after, "b")["args"]
    assert len({each.bundle_hash for each in (first, before, after)}) == 3


@pytest.mark.parametrize(
    "options",
    [
        StepOptions(env={"MODE": "fast"}),
        StepOptions(packages=("xgboost",)),
        StepOptions(volumes=({"claim": "data", "path": "/data"},)),
    ],
)
def test_the_hash_covers_options_that_kfp_caches_across(options):
    import msgspec

    said = msgspec.convert(msgspec.to_builtins(options), StepOptions)
    plain = compile_plan(make_plan(step("a")), None)
    changed = compile_plan(make_plan(step("a", options=said)), None)
    assert container(plain, "a")["args"][2] != container(changed, "a")["args"][2]


def test_a_helper_is_shipped_and_changes_the_hash_of_its_users(tmp_path):
    (tmp_path / "tools.py").write_text("def f(): return 1\n")
    plan = make_plan(step("a", modules=("tools",)), step("b"))
    before = compile_plan(plan, tmp_path)
    (tmp_path / "tools.py").write_text("def f(): return 2\n")
    after = compile_plan(plan, tmp_path)
    assert before.helpers == ("tools.py",)
    assert slice_of(before, "a")["helpers"] == ["helpers/tools.py"]
    assert container(before, "a")["args"] != container(after, "a")["args"]
    assert container(before, "b")["args"] == container(after, "b")["args"]


def test_names_that_are_no_ascii_identifiers():
    plan = make_plan(
        step(
            "a",
            outputs=("größe", "@files", "cells", "world_files"),
            parameters=("länge",),
            metrics=("güte",),
        ),
        step("b", inputs=[("a", ("größe", "@files", "cells", "world_files"))]),
        parameters=[("länge", "float", None)],
        name="Größen & mehr",
    )
    compiled = compile_plan(plan, None)
    artifacts = compiled.spec["components"]["comp-a"]["outputDefinitions"]["artifacts"]
    taken = compiled.spec["components"]["comp-b"]["inputDefinitions"]["artifacts"]
    assert len(artifacts) == 4 + len({"cells", "metrics"})
    assert len(taken) == 4
    assert all(key.isascii() and key.isidentifier() for key in [*artifacts, *taken])
    assert slice_of(compiled, "a")["parameters"] == {
        "l_u00e4nge": {"type": "float", "name": "länge"}
    }
    assert compiled.spec["root"]["inputDefinitions"]["parameters"] == {
        "l_u00e4nge": {"parameterType": "NUMBER_DOUBLE", "isOptional": True}
    }
    outputs = compiled.spec["components"]["comp-a"]["outputDefinitions"]
    assert list(outputs["parameters"]) == ["metric_g_u00fcte"]
    names = {name for each in slice_of(compiled, "a")["outputs"] for name in each["names"]}
    assert names == {"größe", "@files", "cells", "world_files"}
    assert json.dumps(compiled.spec, ensure_ascii=False).isascii()


def test_many_names_are_put_together_by_their_readers():
    names = tuple(f"n{number:02}" for number in range(14))
    plan = make_plan(
        step("a", outputs=names),
        step("b", inputs=[("a", names[:7])]),
        step("c", inputs=[("a", names)]),
    )
    compiled = compile_plan(plan, None)
    slots = {tuple(each["names"]): each["artifact"] for each in slice_of(compiled, "a")["outputs"]}
    assert set(slots) == {names[:7], names[7:]}
    (taken,) = slice_of(compiled, "b")["inputs"]
    assert taken == {"artifact": f"a__{slots[names[:7]]}", "names": list(names[:7])}
    assert len(slice_of(compiled, "c")["inputs"]) == 2


def test_keys_of_inputs_never_fall_together():
    plan = make_plan(
        step("a", outputs=("b__x",)),
        step("a--b", outputs=("x",)),
        step("c", inputs=[("a", ("b__x",)), ("a--b", ("x",))], parameters=("a__b__x",)),
        parameters=[("a__b__x", "int", 1)],
    )
    inputs = compile_plan(plan, None).spec["components"]["comp-c"]["inputDefinitions"]
    assert len({*inputs["artifacts"], *inputs["parameters"]}) == 3


def test_a_default_order_does_not_make_a_step_wait_for_itself():
    options = StepOptions(after=("first",))
    plan = make_plan(step("first", options=options), step("second", options=options))
    tasks = compile_plan(plan, None).spec["root"]["dag"]["tasks"]
    assert "dependentTasks" not in tasks["first"]
    assert tasks["second"]["dependentTasks"] == ["first"]


@pytest.mark.parametrize(("said", "expected"), [(None, True), (True, True), (False, None)])
def test_the_pipelines_cache_setting(said, expected):
    plan = make_plan(step("a"), settings=PipelineSettings(cache=said))
    task = compile_plan(plan, None).spec["root"]["dag"]["tasks"]["a"]
    assert task["cachingOptions"].get("enableCache") is expected


def test_errors_of_the_plan_and_of_defaults_stop_compiling_together():
    wrong = Problem(Code.CYCLE, "a waits for itself")
    hint = Problem(Code.CYCLE, "only a hint", severity=Severity.WARNING)
    plan = make_plan(
        step("a", options=StepOptions(image="no image")),
        parameters=[("n", "int", 2**60)],
        problems=(hint, wrong),
    )
    with pytest.raises(KfpExtError) as error:
        compile_plan(plan, None)
    codes = [problem.code for problem in error.value.problems]
    assert codes == [Code.CYCLE, Code.PARAMETER_INVALID, Code.OPTION_INVALID]


def test_parameters_that_kfp_could_not_tell_apart():
    plan = make_plan(step("a"), parameters=[("grö", "int", 1), ("gr_u00f6", "int", 2)])
    with pytest.raises(KfpExtError) as error:
        compile_plan(plan, None)
    assert error.value.code is Code.PARAMETER_INVALID


SCRIPT = """
import sys; sys.path.insert(0, sys.argv[1])
from plan_builder import digits_plan
from pathlib import Path
from jupyter_kfp_ext.compiler.compile import compile_plan
from jupyter_kfp_ext.compiler.inline import inlined
from jupyter_kfp_ext.compiler.package import to_yaml
from jupyter_kfp_ext.compiler.ways import Places, WAYS, shipping
compiled = compile_plan(digits_plan(), Path(sys.argv[2]))
for way in WAYS:
    form = shipping(compiled, compiled.bundle, way, Places("team", "code", "minio://b/c")).form
    sys.stdout.buffer.write(to_yaml(form).encode() + compiled.bundle)
"""


def test_the_same_bytes_in_every_process_and_folder(tmp_path):
    def run(seed, folder):
        environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT)}
        command = [sys.executable, "-c", SCRIPT, str(Path(__file__).parent), str(folder)]
        done = subprocess.run(
            command, cwd=folder, env=environment, capture_output=True, check=True, timeout=300
        )
        return done.stdout

    (tmp_path / "other").mkdir()
    first = run("1", tmp_path)
    assert len(first) > 10_000
    assert first == run("2", tmp_path / "other")


def test_inline_code_needs_nothing_beside_the_spec():
    compiled = inlined(compile_plan(digits_plan(), None))
    assert compiled.platform == {}
    mounted = compile_plan(digits_plan(), None)
    assert container(compiled, "train")["args"][0].startswith("data:")
    assert container(compiled, "train")["args"][1:] == container(mounted, "train")["args"][1:]
