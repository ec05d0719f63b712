import base64
import hashlib
import random

import pytest
import yaml
from plan_builder import digits_plan, make_plan, step

from jupyter_kfp_ext.compiler.compile import compile_plan
from jupyter_kfp_ext.compiler.inline import inlined
from jupyter_kfp_ext.compiler.package import to_yaml, write_package
from jupyter_kfp_ext.errors import Code, KfpExtError, Severity


def chain(count):
    steps = [step("s0", outputs=("v0",))]
    for number in range(1, count):
        before = f"v{number - 1}"
        taken = [(f"s{number - 1}", (before,))]
        steps.append(step(f"s{number}", inputs=taken, outputs=(f"v{number}",)))
    return make_plan(*steps, name="chain")


def test_the_yaml_holds_the_spec_and_the_platform_spec():
    compiled = compile_plan(digits_plan(), None)
    assert list(yaml.safe_load_all(to_yaml(compiled))) == [compiled.spec, compiled.platform]


def test_the_yaml_of_a_pipeline_without_platform_spec_is_one_document():
    compiled = inlined(compile_plan(digits_plan(), None))
    assert list(yaml.safe_load_all(to_yaml(compiled))) == [compiled.spec]


def test_the_header_tells_name_and_inputs():
    text = to_yaml(compile_plan(digits_plan(), None))
    assert text.startswith(
        "# PIPELINE DEFINITION\n"
        "# Name: digits\n"
        "# Inputs:\n"
        "#    lr: NUMBER_DOUBLE [Default: 0.5]\n"
        "#    seed: NUMBER_INTEGER [Default: 7]\n"
    )


def test_a_small_pipeline_is_one_self_contained_file(tmp_path):
    compiled = compile_plan(chain(2), None)
    package = write_package(compiled, tmp_path / "chain.yaml")
    assert (package.files, package.delivery) == ((tmp_path / "chain.yaml",), "embed")
    assert package.problems == ()
    assert [path.name for path in tmp_path.iterdir()] == ["chain.yaml"]
    inline = inlined(compile_plan(chain(2), None))
    assert package.files[0].read_text() == to_yaml(inline)


def test_a_larger_one_has_its_config_map_beside_it(tmp_path):
    compiled = compile_plan(chain(40), None)
    package = write_package(compiled, tmp_path / "chain.yaml")
    spec, manifest = package.files
    assert (spec.name, manifest.name) == ("chain.yaml", "chain.configmap.yaml")
    assert (package.delivery, package.problems) == ("configmap", ())
    assert manifest.name in package.reason
    assert spec.read_text() == to_yaml(compiled)
    config_map = yaml.safe_load(manifest.read_text())
    content = base64.b64decode(config_map["binaryData"]["code.zip"])
    assert content == compiled.bundle
    assert hashlib.sha256(content).hexdigest() == compiled.bundle_hash
    mount = compiled.platform["platforms"]["kubernetes"]["deploymentSpec"]["executors"]["exec-s0"]
    assert config_map["metadata"]["name"] == mount["configMapAsVolume"][0]["configMapName"]
    assert config_map["immutable"] is True
    assert config_map["metadata"]["labels"]["app.kubernetes.io/managed-by"] == "jupyter-kfp-ext"


def test_a_run_whose_progress_kfp_cannot_show_is_warned_about(tmp_path):
    package = write_package(compile_plan(chain(80), None), tmp_path / "chain.yaml")
    (warning,) = package.problems
    assert (warning.code, warning.severity) == (Code.TOO_BIG, Severity.WARNING)


def test_a_run_that_kfp_cannot_hold_is_refused_and_nothing_is_written(tmp_path):
    with pytest.raises(KfpExtError) as error:
        write_package(compile_plan(chain(300), None), tmp_path / "chain.yaml")
    assert error.value.code is Code.TOO_BIG
    assert "300 steps" in str(error.value)
    assert error.value.problems[0].remedy
    assert list(tmp_path.iterdir()) == []


def test_a_bundle_that_no_config_map_holds_is_refused(tmp_path):
    # Nothing that packing makes small.
    dice = random.Random(0)
    parts = [f"part_{number} = '{dice.randbytes(100_000).hex()}'\n" for number in range(6)]
    for number, text in enumerate(parts):
        (tmp_path / f"big{number}.py").write_text(text + f"n = {number}\n" * 1000)
    modules = tuple(f"big{number}" for number in range(6))
    compiled = compile_plan(make_plan(step("a", modules=modules)), tmp_path)
    assert len(compiled.bundle) > 2**20
    plain = make_plan(*[step(f"s{n}", modules=modules) for n in range(12)])
    with pytest.raises(KfpExtError) as error:
        write_package(compile_plan(plain, tmp_path), tmp_path / "out" / "big.yaml")
    assert error.value.code is Code.TOO_BIG
    assert not (tmp_path / "out").exists()
