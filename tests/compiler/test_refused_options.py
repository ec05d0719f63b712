"""What a cluster would refuse, or drop without a word, is refused when compiling."""

from typing import Any

import pytest
from plan_builder import compiled_with, make_plan, options_of, step

from jupyter_kfp_ext.compiler.compile import compile_plan
from jupyter_kfp_ext.errors import Code, KfpExtError

# what is said, the option that is refused, its code
REFUSED: list[tuple[dict[str, Any], str, Code]] = [
    ({"image": "my image"}, "image", Code.OPTION_INVALID),
    ({"packages": ["--index-url=x"]}, "packages", Code.OPTION_INVALID),
    ({"cpu": "0"}, "cpu", Code.OPTION_INVALID),
    ({"cpu": "2", "cpu_limit": "1500m"}, "cpu_limit", Code.OPTION_INVALID),
    ({"memory": "0Gi"}, "memory", Code.OPTION_INVALID),
    ({"memory": "1Gi", "memory_limit": "1G"}, "memory_limit", Code.OPTION_INVALID),
    ({"gpu": 1, "gpu_type": "A100"}, "gpu_type", Code.OPTION_INVALID),
    ({"gpu_type": "nvidia.com/gpu"}, "gpu_type", Code.OPTION_INVALID),
    ({"node_selector": {"ä": "x"}}, "node_selector", Code.OPTION_INVALID),
    ({"node_selector": {"x": "a b"}}, "node_selector", Code.OPTION_INVALID),
    ({"tolerations": [{}]}, "tolerations", Code.OPTION_INVALID),
    ({"tolerations": [{"key": "a", "seconds": 1}]}, "tolerations", Code.OPTION_INVALID),
    (
        {"tolerations": [{"key": "a", "operator": "Exists", "value": "b"}]},
        "tolerations",
        Code.OPTION_INVALID,
    ),
    ({"affinity": [{"key": "a"}]}, "affinity", Code.OPTION_INVALID),
    (
        {"affinity": [{"key": "a", "operator": "Exists", "values": ["b"]}]},
        "affinity",
        Code.OPTION_INVALID,
    ),
    (
        {"affinity": [{"key": "a", "operator": "Lt", "values": ["x"]}]},
        "affinity",
        Code.OPTION_INVALID,
    ),
    ({"env": {"A": "a$$b"}}, "env", Code.OPTION_INVALID),
    ({"env": {"A": "$(HOME)"}}, "env", Code.OPTION_INVALID),
    ({"env": {"A": "{{x}}"}}, "env", Code.OPTION_INVALID),
    ({"env": {"A": "ä"}}, "env", Code.OPTION_INVALID),
    ({"env": {"1A": "a"}}, "env", Code.OPTION_INVALID),
    ({"env": {"KFP_STEP_CODE": "a"}}, "env", Code.OPTION_INVALID),
    (
        {"env": {"A": "a"}, "secret_env": [{"name": "A", "secret": "s", "key": "k"}]},
        "env",
        Code.OPTION_CONFLICT,
    ),
    (
        {"secret_env": [{"name": "A", "secret": "My_Secret", "key": "k"}]},
        "secret_env",
        Code.OPTION_INVALID,
    ),
    ({"secret_volume": [{"secret": "a.b", "path": "/a"}]}, "secret_volume", Code.OPTION_INVALID),
    (
        {"config_map_volume": [{"config_map": "a", "path": "/kfp-code"}]},
        "config_map_volume",
        Code.OPTION_CONFLICT,
    ),
    ({"volumes": [{"claim": "a", "path": "a"}]}, "volumes", Code.OPTION_INVALID),
    ({"volumes": [{"claim": "a", "path": "/a/../b"}]}, "volumes", Code.OPTION_INVALID),
    (
        {"volumes": [{"claim": "a", "path": "/a", "sub_path": "../b"}]},
        "volumes",
        Code.OPTION_INVALID,
    ),
    (
        {"volumes": [{"claim": "a", "path": "/a", "read_only": True}]},
        "volumes",
        Code.OPTION_UNSUPPORTED,
    ),
    (
        {"volumes": [{"claim": "a", "path": "/a"}, {"claim": "b", "path": "/a/"}]},
        "volumes",
        Code.OPTION_CONFLICT,
    ),
    (
        {
            "volumes": [{"claim": "a", "path": "/a"}],
            "secret_volume": [{"secret": "a", "path": "/b"}],
        },
        "secret_volume",
        Code.OPTION_CONFLICT,
    ),
    ({"shared_memory": "0.0Gi"}, "shared_memory", Code.OPTION_INVALID),
    ({"scratch": [{"path": "/a", "storage_class": "x"}]}, "scratch", Code.OPTION_INVALID),
    (
        {"scratch": [{"path": "/a", "size": "1Gi", "access_modes": ["Any"]}]},
        "scratch",
        Code.OPTION_INVALID,
    ),
    ({"timeout": "0"}, "timeout", Code.OPTION_INVALID),
    ({"retries": {"count": 1, "backoff_factor": 1.5}}, "retries", Code.OPTION_INVALID),
    (
        {"retries": {"count": 4, "backoff": "10s", "backoff_max": "40s"}},
        "retries",
        Code.OPTION_UNSUPPORTED,
    ),
    (
        {"retries": {"count": 100_000, "backoff": "1s", "backoff_factor": 1e300}},
        "retries",
        Code.OPTION_UNSUPPORTED,
    ),
    ({"labels": {"a": "x" * 64}}, "labels", Code.OPTION_INVALID),
    ({"annotations": {"a b": "x"}}, "annotations", Code.OPTION_INVALID),
    ({"annotations": {"a": "x\ny"}}, "annotations", Code.OPTION_INVALID),
    ({"image_pull_secrets": ["A"]}, "image_pull_secrets", Code.OPTION_INVALID),
    ({"security": {"run_as_user": -1}}, "security", Code.OPTION_INVALID),
    (
        {"security": {"run_as_user": 0, "run_as_non_root": True}},
        "security",
        Code.OPTION_CONFLICT,
    ),
]


@pytest.mark.parametrize(("said", "option", "code"), REFUSED)
def test_what_a_cluster_would_refuse_is_refused_at_its_cell(said, option, code):
    with pytest.raises(KfpExtError) as error:
        compiled_with(said)
    problem = error.value.problems[0]
    assert (problem.option, problem.code) == (option, code)
    assert (problem.step, problem.cell, problem.cell_id) == ("one", 2, "c2")
    assert problem.remedy


def test_all_refusals_of_all_steps_are_told_at_once():
    one = step("one", options=options_of({"cpu": "0", "image": "no image"}))
    two = step("two", options=options_of({"timeout": "0"}))
    with pytest.raises(KfpExtError) as error:
        compile_plan(make_plan(one, two), None)
    said = [(each.step, each.option) for each in error.value.problems]
    assert said == [("one", "cpu"), ("one", "image"), ("two", "timeout")]
