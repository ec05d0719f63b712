"""Compiled pipelines read back from files: what is taken from them, and what is refused."""

import json
import random

import pytest
import yaml
from plan_builder import make_plan, step

from jupyter_kfp_ext.compiler.compile import compile_plan
from jupyter_kfp_ext.compiler.package import write_package
from jupyter_kfp_ext.compiler.pipeline_file import read_pipeline_file
from jupyter_kfp_ext.errors import KfpExtError
from jupyter_kfp_ext.notation.options import HelpersVolume, PipelineSettings

SPEC = """
pipelineInfo: {name: small}
schemaVersion: 2.1.0
root:
  dag: {tasks: {one: {componentRef: {name: comp-one}, taskInfo: {name: one}}}}
  inputDefinitions:
    parameters:
      needed: {parameterType: NUMBER_INTEGER}
      said: {parameterType: STRING, defaultValue: hello}
      open: {parameterType: STRUCT, isOptional: true}
components: {comp-one: {executorLabel: exec-one}}
deploymentSpec:
  executors: {exec-one: {container: {image: python, command: [echo, hi]}}}
"""


def written(tmp_path, text, name="pipeline.yaml"):
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


def compiled(text="print(1)"):
    return compile_plan(make_plan(step("one", text), step("two", text)), None)


def large(seed):
    """Return a cell that no packing makes small enough for a command."""
    return f"text = '{random.Random(seed).randbytes(60_000).hex()}'"


@pytest.fixture(name="manifest")
def manifest_of_a_pipeline(tmp_path):
    """Write a pipeline whose code is in the ConfigMap beside it."""
    package = write_package(compiled(large(1)), tmp_path / "pipeline.yaml")
    return package.files[1]


def test_parameters_are_those_of_the_specification(tmp_path):
    found = read_pipeline_file(written(tmp_path, SPEC)).plan.parameters
    assert {each.name: (each.type, each.default, each.required) for each in found} == {
        "needed": ("int", None, True),
        "said": ("str", "hello", False),
        "open": ("dict", None, False),
    }


def test_what_was_compiled_comes_back(tmp_path):
    own = compiled()
    path = write_package(own, tmp_path / "pipeline.yaml").files[0]
    found = read_pipeline_file(path)
    assert found.spec["components"] == own.spec["components"]
    assert (found.bundle_hash, found.plan.model.name) == (own.bundle_hash, "digits")
    assert found.plan.steps == ()


def test_code_comes_from_the_config_map_beside_the_file(tmp_path, manifest):
    found = read_pipeline_file(tmp_path / "pipeline.yaml")
    assert found.bundle_hash[:16] in manifest.read_text()
    assert found.platform


def test_json_is_read_too(tmp_path):
    path = written(tmp_path, json.dumps(yaml.safe_load(SPEC)), "pipeline.json")
    assert read_pipeline_file(path).plan.model.name == "small"


BROKEN = {
    "": ("notebook-unreadable", "holds no pipeline"),
    "- 1\n- 2": ("notebook-unreadable", "holds no pipeline"),
    "a: [1": ("notebook-unreadable", "is not YAML at line"),
    "[" * 3000: ("notebook-unreadable", "is not YAML"),
    "apiVersion: argoproj.io/v1alpha1\nkind: Workflow": ("notebook-unreadable", "a Workflow"),
    "name: x\nimplementation: {container: {image: a}}": ("notebook-unreadable", "a component"),
    "pipelineInfo: {name: x}": ("notebook-unreadable", "no `root`"),
    f"{SPEC}---{SPEC}": ("notebook-unreadable", "more than one pipeline"),
    SPEC.replace("executorLabel", "executorLable"): ("notebook-unreadable", "executorLable"),
}


@pytest.mark.parametrize("text", BROKEN)
def test_what_is_no_pipeline_is_refused(tmp_path, text):
    with pytest.raises(KfpExtError) as caught:
        read_pipeline_file(written(tmp_path, text))
    [problem] = caught.value.problems
    code, words = BROKEN[text]
    assert (problem.code.value, words in problem.message) == (code, True), problem.message
    assert "pipeline.yaml" in problem.message
    assert problem.remedy


def test_no_file(tmp_path):
    with pytest.raises(KfpExtError, match="There is no file") as caught:
        read_pipeline_file(tmp_path / "gone.yaml")
    assert caught.value.code.value == "notebook-missing"


def test_bytes_that_are_no_text(tmp_path):
    path = tmp_path / "pipeline.yaml"
    path.write_bytes(b"\xff\xfe\x00\xd8")
    with pytest.raises(KfpExtError, match="not UTF-8"):
        read_pipeline_file(path)


def test_the_config_map_is_missing(tmp_path, manifest):
    manifest.unlink()
    with pytest.raises(KfpExtError, match=r"pipeline\.configmap\.yaml, which is missing") as caught:
        read_pipeline_file(tmp_path / "pipeline.yaml")
    assert caught.value.code.value == "helper-missing"


def test_the_config_map_is_another_one(tmp_path, manifest):
    other = compiled(large(2))
    name = manifest.read_text().split("name: ")[1].split("\n")[0]
    write_package(other, tmp_path / "pipeline.yaml")
    theirs = manifest.read_text().split("name: ")[1].split("\n")[0]
    manifest.write_text(manifest.read_text().replace(theirs, name))
    with pytest.raises(KfpExtError) as caught:
        read_pipeline_file(tmp_path / "pipeline.yaml")
    assert caught.value.code.value == "code-changed"


def test_code_that_belongs_onto_a_claim(tmp_path):
    settings = PipelineSettings(helpers="volume", helpers_volume=HelpersVolume(claim="team"))
    plan = make_plan(step("a"), step("b"), settings=settings)
    made = compile_plan(plan, None)
    path = tmp_path / "pipeline.yaml"
    write_package(made, path)
    assert read_pipeline_file(path).bundle == made.bundle
    archive = tmp_path / "pipeline.code.zip"
    archive.write_bytes(made.bundle + b"x")
    with pytest.raises(KfpExtError) as caught:
        read_pipeline_file(path)
    assert caught.value.code.value == "code-changed"
    archive.unlink()
    with pytest.raises(KfpExtError) as caught:
        read_pipeline_file(path)
    assert caught.value.code.value == "helper-missing"


def test_code_of_which_the_runtime_is_in_a_task_of_its_own(tmp_path):
    made = compile_plan(make_plan(*[step(f"s{number}") for number in range(5)]), None)
    path = tmp_path / "pipeline.yaml"
    assert write_package(made, path).delivery == "embed"
    assert read_pipeline_file(path).bundle == made.bundle


def test_code_in_a_command_that_is_damaged(tmp_path):
    path = tmp_path / "pipeline.yaml"
    write_package(compiled(), path)
    path.write_text(path.read_text().replace("data:Q", "data:R", 1))
    with pytest.raises(KfpExtError, match="is damaged") as caught:
        read_pipeline_file(path)
    assert caught.value.code.value == "code-changed"
