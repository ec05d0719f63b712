"""Kale's tags and notebook metadata, and papermill's, as those tools write them."""

import pytest
from notation_cases import code, codes, model

from jupyter_kfp_ext.errors import Code, Severity
from jupyter_kfp_ext.notation.model import Role
from jupyter_kfp_ext.notation.options import Retries, StepOptions, Volume


@pytest.mark.parametrize(
    ("tag", "expected"),
    [
        ("limit:cpu:2", {"cpu_limit": "2"}),
        ("limit:cpu:500m", {"cpu_limit": "500m"}),
        ("limit:memory:4Gi", {"memory_limit": "4Gi"}),
        ("limit:nvidia.com/gpu:2", {"gpu": 2, "gpu_type": "nvidia.com/gpu"}),
        ("limit:amd.com/gpu:1", {"gpu": 1, "gpu_type": "amd.com/gpu"}),
        (
            "annotation:sidecar.istio.io/inject:false",
            {"annotations": {"sidecar.istio.io/inject": "false"}},
        ),
        ("annotation:a:b:c", {"annotations": {"a": "b:c"}}),
        ("label:team:vision", {"labels": {"team": "vision"}}),
        ("image:python:3.11-slim", {"image": "python:3.11-slim"}),
        ("image:registry.example/a/b@sha256:ab", {"image": "registry.example/a/b@sha256:ab"}),
        ("cache:enabled", {"cache": True}),
        ("cache:disabled", {"cache": False}),
        ("remove-input", {}),
        ("slideshow:fragment", {}),
        ("step:", {}),
        ("block:", {}),
    ],
)
def test_option_tags(tag, expected):
    found = model(code(tags=["step:train", tag]))
    assert found.problems == ()
    assert found.steps[0].options == StepOptions(**expected)


@pytest.mark.parametrize(
    ("tags", "expected", "severity"),
    [
        (["step:t", "limit:gpu:1"], Code.OPTION_UNSUPPORTED, Severity.ERROR),
        (["step:t", "limit:ephemeral-storage:1Gi"], Code.OPTION_UNSUPPORTED, Severity.ERROR),
        (["step:t", "limit:memory:lots"], Code.OPTION_INVALID, Severity.ERROR),
        (["step:t", "limit:nvidia.com/gpu:two"], Code.OPTION_INVALID, Severity.ERROR),
        (["step:t", "limit::1"], Code.MARK_INVALID, Severity.ERROR),
        (["step:t", "cache:maybe"], Code.MARK_INVALID, Severity.ERROR),
        (["step:t", "label:team"], Code.MARK_INVALID, Severity.ERROR),
        (["step:t", "image:"], Code.MARK_INVALID, Severity.ERROR),
        (["step:t", "prev:"], Code.MARK_INVALID, Severity.ERROR),
        (["step:t", "notebook:other"], Code.OPTION_UNSUPPORTED, Severity.ERROR),
        (["step:t", "report:enabled"], Code.OPTION_UNSUPPORTED, Severity.INFO),
        (["limit:cpu:1"], Code.MARK_INVALID, Severity.ERROR),
        (["prev:t"], Code.MARK_INVALID, Severity.ERROR),
    ],
)
def test_tags_that_cannot_be_read(tags, expected, severity):
    found = model(code(kfp={"step": "first"}), code(tags=tags))
    (problem,) = found.problems
    assert (problem.code, problem.severity, problem.cell) == (expected, severity, 2)


def test_a_kale_notebook():
    found = model(
        code("import random", tags=["imports"]),
        code("CANDIES = 20", tags=["pipeline-parameters"]),
        code("def get(n): ...", tags=["functions"]),
        code("sack = get(CANDIES)", tags=["step:sack"]),
        code("print(sack)"),
        code("print(1)", tags=["skip"]),
        code("kid1 = get(sack)", tags=["prev:sack", "step:kid1", "limit:cpu:1"]),
        code("kid2 = get(sack)", tags=["prev:kid1", "block:kid2", "prev:sack"]),
        code("print(kid2)", tags=["pipeline-metrics"]),
        kubeflow_notebook={
            "docker_image": "",
            "experiment": {"id": "", "name": ""},
            "experiment_name": "candies",
            "pipeline_description": "Share some candies",
            "pipeline_name": "candies-sharing",
            "volumes": [],
            "snapshot_volumes": False,
        },
    )
    assert found.problems == ()
    assert [cell.role for cell in found.cells] == [
        Role.IMPORTS,
        Role.PARAMETERS,
        Role.FUNCTIONS,
        Role.STEP,
        Role.STEP,
        Role.SKIP,
        Role.STEP,
        Role.STEP,
        Role.METRICS,
    ]
    assert {step.name: step.options.after for step in found.steps} == {
        "sack": (),
        "kid1": ("sack",),
        "kid2": ("kid1", "sack"),
    }
    assert (found.name, found.settings.experiment) == ("candies-sharing", "candies")
    assert found.settings.description == "Share some candies"


@pytest.mark.parametrize(
    ("kale", "expected"),
    [
        ({"docker_image": "a:1"}, {"image": "a:1"}),
        ({"base_image": "b:1", "docker_image": "a:1"}, {"image": "b:1"}),
        ({"enable_caching": False}, {"cache": False}),
        ({"timeout": 60}, {"timeout": "60"}),
        (
            {"volumes": [{"type": "pvc", "name": "data", "mount_point": "/data"}]},
            {"volumes": (Volume(claim="data", path="/data"),)},
        ),
        (
            {"steps_defaults": ["label:a:b", "limit:memory:2Gi", "image:c:1", "cache:disabled"]},
            {"labels": {"a": "b"}, "memory_limit": "2Gi", "image": "c:1", "cache": False},
        ),
        (
            {"steps_defaults": {"labels": {"a": "b"}, "limits": {"nvidia.com/gpu": 1}}},
            {"labels": {"a": "b"}, "gpu": 1, "gpu_type": "nvidia.com/gpu"},
        ),
        (
            {"steps_defaults": {"retry_count": 3, "retry_interval": "10s", "retry_factor": 2}},
            {"retries": Retries(count=3, backoff="10s", backoff_factor=2.0)},
        ),
    ],
)
@pytest.mark.parametrize("key", ["kubeflow_notebook", "kale"])
def test_kale_settings_are_defaults_of_every_step(key, kale, expected):
    found = model(code(tags=["step:a"]), **{key: kale})
    assert found.problems == ()
    assert found.steps[0].options == StepOptions(**expected)


@pytest.mark.parametrize(
    ("kale", "expected"),
    [
        ({"volumes": [{"type": "new_pvc", "name": "w", "mount_point": "/w"}]}, Severity.WARNING),
        ({"katib_run": True}, Severity.WARNING),
        ({"steps_defaults": ["limit:gpu:1"]}, Severity.ERROR),
        ({"steps_defaults": {"limits": {"gpu": 1}}}, Severity.ERROR),
    ],
)
def test_kale_settings_that_have_no_meaning_here_are_named(kale, expected):
    (problem,) = model(code(tags=["step:a"]), kubeflow_notebook=kale).problems
    assert (problem.code, problem.severity) == (Code.OPTION_UNSUPPORTED, expected)


def test_own_settings_stand_above_kale():
    found = model(
        code(tags=["step:a"]),
        kubeflow_notebook={"pipeline_name": "old", "docker_image": "a:1", "timeout": 9},
        kfp={"name": "new", "defaults": {"image": "b:1"}},
    )
    assert found.problems == ()
    assert found.name == "new"
    assert found.steps[0].options == StepOptions(image="b:1", timeout="9")


@pytest.mark.parametrize(
    ("tags", "role"),
    [
        (["skip", "prev:a"], Role.SKIP),
        (["prev:a", "step:b", "skip"], Role.SKIP),
        (["imports", "prev:a"], Role.IMPORTS),
        (["functions", "limit:cpu:1"], Role.FUNCTIONS),
    ],
)
def test_what_kale_leaves_behind_on_cells_that_are_no_step(tags, role):
    found = model(code(tags=["step:a"]), code(tags=tags))
    assert found.problems == ()
    assert (found.cells[1].role, found.cells[1].step) == (role, None)


def test_papermill_keeps_its_parameters_cell():
    found = model(code("lr = 0.1", tags=["parameters"]), code("print(lr)"))
    assert codes(found) == []
    assert found.cells[0].role is Role.PARAMETERS
    assert found.split == "none"
    assert [step.name for step in found.steps] == ["notebook"]
