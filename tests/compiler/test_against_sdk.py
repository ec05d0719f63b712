"""The same pipeline, written in the DSL of kfp 2.17 and compiled by the SDK, means the same."""

from typing import Any, Optional

import msgspec
import pytest
import yaml
from kfp import compiler, components, dsl, kubernetes
from kfp.dsl import Artifact, Input, Metrics, Output, OutputPath
from plan_builder import make_plan, step

from jupyter_kfp_ext.compiler.compile import compile_plan
from jupyter_kfp_ext.compiler.package import to_yaml
from jupyter_kfp_ext.notation.options import PipelineSettings, StepOptions

LOAD = {
    "image": "python:3.12",
    "cache": False,
    "env": {"MODE": "fast"},
    "volumes": [{"claim": "data", "path": "/data", "sub_path": "raw"}],
    "secret_env": [{"name": "TOKEN", "secret": "creds", "key": "token"}],
    "secret_volume": [{"secret": "keys", "path": "/keys"}],
    "config_map_env": [{"name": "LEVEL", "config_map": "conf", "key": "level"}],
    "scratch": [{"path": "/scratch", "size": "1Gi"}],
    "labels": {"team": "a"},
    "annotations": {"x/y": "z"},
    "image_pull_policy": "Always",
    "image_pull_secrets": ["registry"],
}
TRAIN = {
    "display_name": "Train the model",
    "cpu": "500m",
    "cpu_limit": "2",
    "memory": "1Gi",
    "memory_limit": "2Gi",
    "gpu": 1,
    "node_selector": {"disk": "ssd"},
    "tolerations": [{"key": "gpu", "operator": "Exists", "effect": "NoSchedule"}],
    "affinity": [{"key": "zone", "values": ["a"]}, {"key": "b", "values": ["c"], "weight": 5}],
    "shared_memory": "1Gi",
    "timeout": "10m",
    "retries": {"count": 2, "backoff": "5s", "backoff_factor": 3.0, "backoff_max": "1m"},
    "security": {"run_as_user": 1000},
}


@pytest.fixture(scope="module")
def ours():
    plan = make_plan(
        step(
            "load",
            outputs=("x", "y"),
            parameters=("seed", "tags"),
            options=msgspec.convert(LOAD, StepOptions),
        ),
        step(
            "train",
            inputs=[("load", ("x", "y"))],
            outputs=("model",),
            parameters=("lr", "limit"),
            options=msgspec.convert(TRAIN, StepOptions),
        ),
        step("judge_it", inputs=[("train", ("model",))], metrics=("accuracy",)),
        step("tidy", after=("judge-it",)),
        parameters=[
            ("seed", "int", 7),
            ("tags", "list", ["a", 1]),
            ("lr", "float", 0.5),
            ("limit", "int", None),
        ],
        settings=PipelineSettings(description="Digits of the eighties."),
    )
    return compile_plan(plan, None)


@pytest.fixture(scope="module")
def theirs(ours, tmp_path_factory):
    def container(task):
        spec = ours.spec["deploymentSpec"]["executors"][f"exec-{task}"]["container"]
        return dsl.ContainerSpec(spec["image"], spec["command"], spec["args"])

    @dsl.container_component
    def load(
        seed: int, tags: list, x: Output[Artifact], y: Output[Artifact], cells: Output[Artifact]
    ):
        return container("load")

    @dsl.container_component
    def train(
        load__x: Input[Artifact],
        load__y: Input[Artifact],
        lr: float,
        model: Output[Artifact],
        cells: Output[Artifact],
        limit: Optional[int] = None,  # noqa: UP045 - the SDK does not read `int | None`
    ):
        return container("train")

    @dsl.container_component
    def judge_it(
        train__model: Input[Artifact],
        metric_accuracy: OutputPath(float),
        metrics: Output[Metrics],
        cells: Output[Artifact],
    ):
        return container("judge-it")

    @dsl.container_component
    def tidy(cells: Output[Artifact]):
        return container("tidy")

    code = ours.platform["platforms"]["kubernetes"]["deploymentSpec"]["executors"]["exec-tidy"]
    code_name = code["configMapAsVolume"][0]["configMapName"]

    @dsl.pipeline(name="digits", description="Digits of the eighties.")
    def digits(
        seed: int = 7,
        tags: list = ["a", 1],  # noqa: B006 - the SDK reads the default, nobody changes it
        lr: float = 0.5,
        limit: Optional[int] = None,  # noqa: UP045 - the SDK does not read `int | None`
    ):
        one = load(seed=seed, tags=tags).set_caching_options(False)
        one.set_env_variable("MODE", "fast")
        kubernetes.mount_pvc(one, "data", "/data", "raw")
        kubernetes.use_secret_as_env(one, "creds", {"token": "TOKEN"})
        kubernetes.use_secret_as_volume(one, "keys", "/keys")
        kubernetes.use_config_map_as_env(one, "conf", {"level": "LEVEL"})
        kubernetes.empty_dir_mount(one, "scratch-1", "/scratch", size_limit="1Gi")
        kubernetes.add_pod_label(one, "team", "a")
        kubernetes.add_pod_annotation(one, "x/y", "z")
        kubernetes.set_image_pull_policy(one, "Always")
        kubernetes.set_image_pull_secrets(one, ["registry"])

        two = train(load__x=one.outputs["x"], load__y=one.outputs["y"], lr=lr, limit=limit)
        two.set_display_name("Train the model")
        two.set_cpu_request("500m").set_cpu_limit("2")
        two.set_memory_request("1Gi").set_memory_limit("2Gi")
        two.set_accelerator_type("nvidia.com/gpu").set_accelerator_limit(1)
        two.set_retry(2, "5s", 3.0, "2592000s")
        kubernetes.add_node_selector(two, "disk", "ssd")
        kubernetes.add_toleration(two, key="gpu", operator="Exists", effect="NoSchedule")
        kubernetes.add_node_affinity(two, [{"key": "zone", "operator": "In", "values": ["a"]}])
        preferred = [{"key": "b", "operator": "In", "values": ["c"]}]
        kubernetes.add_node_affinity(two, preferred, weight=5)
        kubernetes.empty_dir_mount(two, "shm", "/dev/shm", medium="Memory", size_limit="1Gi")
        kubernetes.set_timeout(two, 600)
        kubernetes.set_security_context(two, run_as_user=1000)

        three = judge_it(train__model=two.outputs["model"])
        four = tidy().after(three)
        for task in (one, two, three, four):
            kubernetes.use_config_map_as_volume(task, code_name, "/kfp-code")

    path = tmp_path_factory.mktemp("sdk") / "digits.yaml"
    compiler.Compiler().compile(digits, str(path))
    return list(yaml.safe_load_all(path.read_text()))


LEGACY = {"cpuRequest", "cpuLimit", "memoryRequest", "memoryLimit", "type", "count"}
"""Numbers that the SDK writes beside the strings for backends before 2.4."""


def meaning(value: Any, key: str = "") -> Any:
    """Drop what the backend of 2.17 does not read, and what only says who compiled it."""
    if isinstance(value, dict):
        dropped = LEGACY if key in ("resources", "accelerator") else {"sdkVersion"}
        return {
            name: meaning(item, name)
            for name, item in value.items()
            if name not in dropped and item != {}
        }
    return [meaning(item) for item in value] if isinstance(value, list) else value


def test_the_spec_means_the_same(ours, theirs):
    assert meaning(ours.spec) == meaning(theirs[0])


def test_the_platform_spec_means_the_same(ours, theirs):
    assert meaning(ours.platform) == meaning(theirs[1])


def test_the_sdk_loads_ours(ours, tmp_path):
    path = tmp_path / "digits.yaml"
    path.write_text(to_yaml(ours))
    loaded = components.load_component_from_file(str(path))
    assert loaded.name == "digits"
    assert set(loaded.component_spec.inputs) == {"seed", "tags", "lr", "limit"}
    assert loaded.component_spec.inputs["seed"].default == 7
    assert not loaded.component_spec.inputs["limit"].default
    executors = loaded.platform_spec.platforms["kubernetes"].deployment_spec.executors
    assert len(executors) == 4


def test_ours_is_a_component_of_a_pipeline_of_theirs(ours, tmp_path):
    path = tmp_path / "digits.yaml"
    path.write_text(to_yaml(ours))
    loaded = components.load_component_from_file(str(path))

    @dsl.pipeline(name="outer")
    def outer():
        loaded(seed=3)

    compiler.Compiler().compile(outer, str(tmp_path / "outer.yaml"))
    spec, platform = yaml.safe_load_all((tmp_path / "outer.yaml").read_text())
    assert len(spec["deploymentSpec"]["executors"]) == 4
    assert len(platform["platforms"]["kubernetes"]["deploymentSpec"]["executors"]) == 4
