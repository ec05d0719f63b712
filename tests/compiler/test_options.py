"""Each option of a step reaches the spec, or is refused at its cell."""

from typing import Any

import pytest
from google.protobuf.json_format import ParseDict
from kfp.kubernetes.kubernetes_executor_config_pb2 import KubernetesExecutorConfig
from plan_builder import compiled_with
from test_compile import slice_of

from jupyter_kfp_ext.compiler.option_table import GROUP, OPTIONS
from jupyter_kfp_ext.notation.options import StepOptions


def const(name):
    return {"runtimeValue": {"constant": name}}


# option: what is said (with the options that it needs), and what stands at its place in the spec
COMPILED: dict[str, tuple[dict[str, Any], Any]] = {
    "after": ({"after": ["other"]}, ["other"]),
    "image": ({"image": "ghcr.io/me/img@sha256:ab"}, "ghcr.io/me/img@sha256:ab"),
    "packages": (
        {"packages": ["xgboost==2.1", "git+https://x/y"]},
        ["xgboost==2.1", "git+https://x/y"],
    ),
    "cpu": ({"cpu": "500m"}, "500m"),
    "cpu_limit": ({"cpu": "1", "cpu_limit": "1.5"}, "1.5"),
    "memory": ({"memory": "512Mi"}, "512Mi"),
    "memory_limit": ({"memory": "1G", "memory_limit": "1Gi"}, "1Gi"),
    "gpu": ({"gpu": 2}, "2"),
    "gpu_type": ({"gpu": 1, "gpu_type": "nvidia.com/mig-1g.5gb"}, "nvidia.com/mig-1g.5gb"),
    "node_selector": ({"node_selector": {"disk": "ssd"}}, {"labels": {"disk": "ssd"}}),
    "tolerations": (
        {
            "tolerations": [
                {"key": "gpu", "value": "yes", "effect": "NoSchedule"},
                {"key": "slow", "operator": "Exists", "effect": "NoExecute", "seconds": 60},
            ]
        },
        [
            {"key": "gpu", "operator": "Equal", "value": "yes", "effect": "NoSchedule"},
            {
                "key": "slow",
                "operator": "Exists",
                "effect": "NoExecute",
                "tolerationSeconds": "60",
            },
        ],
    ),
    "affinity": (
        {
            "affinity": [
                {"key": "zone", "values": ["a", "b"]},
                {"key": "cores", "operator": "Gt", "values": ["8"]},
                {"key": "fast", "operator": "Exists", "weight": 10},
            ]
        },
        [
            {
                "matchExpressions": [
                    {"key": "zone", "operator": "In", "values": ["a", "b"]},
                    {"key": "cores", "operator": "Gt", "values": ["8"]},
                ]
            },
            {"matchExpressions": [{"key": "fast", "operator": "Exists"}], "weight": 10},
        ],
    ),
    "env": (
        {"env": {"B": "$x", "A": ""}},
        [{"name": "A", "value": ""}, {"name": "B", "value": "$x"}],
    ),
    "secret_env": (
        {"secret_env": [{"name": "TOKEN", "secret": "my.creds", "key": "token"}]},
        [
            {
                "secretName": "my.creds",
                "secretNameParameter": const("my.creds"),
                "keyToEnv": [{"secretKey": "token", "envVar": "TOKEN"}],
                "optional": False,
            }
        ],
    ),
    "secret_volume": (
        {"secret_volume": [{"secret": "creds", "path": "/creds", "optional": True}]},
        [
            {
                "secretName": "creds",
                "secretNameParameter": const("creds"),
                "mountPath": "/creds",
                "optional": True,
            }
        ],
    ),
    "config_map_env": (
        {"config_map_env": [{"name": "MODE", "config_map": "conf", "key": "mode"}]},
        [
            {
                "configMapName": "conf",
                "configMapNameParameter": const("conf"),
                "keyToEnv": [{"configMapKey": "mode", "envVar": "MODE"}],
                "optional": False,
            }
        ],
    ),
    "config_map_volume": (
        {"config_map_volume": [{"config_map": "conf", "path": "/conf"}]},
        [
            {
                "configMapName": "conf",
                "configMapNameParameter": const("conf"),
                "mountPath": "/conf",
                "optional": False,
            }
        ],
    ),
    "volumes": (
        {
            "volumes": [
                {"claim": "data", "path": "/data"},
                {"claim": "data", "path": "/out", "sub_path": "a/b"},
            ]
        },
        [
            {"constant": "data", "pvcNameParameter": const("data"), "mountPath": "/data"},
            {
                "constant": "data",
                "pvcNameParameter": const("data"),
                "mountPath": "/out",
                "subPath": "a/b",
            },
        ],
    ),
    "shared_memory": (
        {"shared_memory": "8Gi"},
        [{"volumeName": "shm", "mountPath": "/dev/shm", "medium": "Memory", "sizeLimit": "8Gi"}],
    ),
    "scratch": (
        {"scratch": [{"path": "/a"}, {"path": "/b", "size": "1Gi"}]},
        [
            {"volumeName": "scratch-1", "mountPath": "/a"},
            {"volumeName": "scratch-2", "mountPath": "/b", "sizeLimit": "1Gi"},
        ],
    ),
    "timeout": ({"timeout": "1.5m"}, "90"),
    "retries": (
        {"retries": {"count": 3, "backoff": "10s", "backoff_factor": 2, "backoff_max": "40s"}},
        {
            "maxRetryCount": 3,
            "backoffDuration": "10s",
            "backoffFactor": 2,
            "backoffMaxDuration": "2592000s",
        },
    ),
    "cache": ({"cache": False}, {}),
    "labels": ({"labels": {"team": "a"}}, {"team": "a"}),
    "annotations": ({"annotations": {"x/y": "any text"}}, {"x/y": "any text"}),
    "image_pull_policy": ({"image_pull_policy": "Always"}, "Always"),
    "image_pull_secrets": (
        {"image_pull_secrets": ["registry"]},
        [{"secretName": "registry", "secretNameParameter": const("registry")}],
    ),
    "security": (
        {"security": {"run_as_user": 1000, "run_as_group": 0, "run_as_non_root": True}},
        {"runAsUser": "1000", "runAsGroup": "0", "runAsNonRoot": True},
    ),
    "display_name": ({"display_name": "Größe {{x}} ✓"}, "Grosse { {x}} ?"),
    "description": (
        {"description": "Fits the model."},
        {"jupyter-kfp-ext/description": "Fits the model."},
    ),
}
# Made of the plan, not of the options alone: `test_groups.py` and `test_shared_pods.py` have where
# they stand.
CONTROL = {"for_each", "for_each_limit", "when", "on_exit", "fuse"}


def parts_of(compiled):
    """Return what the table calls `container`, `task`, `kubernetes` and `slice`."""
    platform = compiled.platform["platforms"]["kubernetes"]["deploymentSpec"]
    return {
        "container": compiled.spec["deploymentSpec"]["executors"]["exec-one"]["container"],
        "task": compiled.spec["root"]["dag"]["tasks"]["one"],
        "kubernetes": platform["executors"]["exec-one"],
        "slice": slice_of(compiled, "one"),
    }


def at(place, parts):
    value: Any = parts
    for field in place.split("."):
        value = value[field]
    return value


def test_the_table_has_every_option():
    fields = set(StepOptions.__struct_fields__)
    assert set(OPTIONS) == fields
    assert set(COMPILED) | CONTROL == fields
    assert {name for name, rule in OPTIONS.items() if rule.place.startswith(GROUP)} == CONTROL


@pytest.mark.parametrize("option", COMPILED)
def test_it_stands_at_its_place(option):
    said, expected = COMPILED[option]
    parts = parts_of(compiled_with(said))
    found = at(OPTIONS[option].place, parts)
    if option == "config_map_volume":
        found = [mount for mount in found if mount["mountPath"] != "/kfp-code"]
    assert found == expected


@pytest.mark.parametrize("option", COMPILED)
def test_kubernetes_settings_are_those_of_kfp_kubernetes(option):
    parts = parts_of(compiled_with(COMPILED[option][0]))
    assert ParseDict(parts["kubernetes"], KubernetesExecutorConfig()).ByteSize()


NOTHING: list[dict[str, Any]] = [
    {"gpu": 0},
    {"on_exit": False},
    {"retries": {"count": 0}},
]


@pytest.mark.parametrize("said", NOTHING)
def test_options_that_say_what_is_so_anyway(said):
    assert parts_of(compiled_with(said)) == parts_of(compiled_with({}))


def test_a_scratch_folder_of_a_storage_class_is_a_claim():
    said = {
        "scratch": [
            {"path": "/a", "size": "1Gi", "storage_class": "fast"},
            {"path": "/b", "size": "2Gi", "access_modes": ["ReadWriteMany"]},
        ]
    }
    parts = parts_of(compiled_with(said))
    assert parts["kubernetes"]["genericEphemeralVolume"] == [
        {
            "volumeName": "scratch-1",
            "mountPath": "/a",
            "accessModes": ["ReadWriteOnce"],
            "size": "1Gi",
            "storageClassName": "fast",
        },
        {
            "volumeName": "scratch-2",
            "mountPath": "/b",
            "accessModes": ["ReadWriteMany"],
            "size": "2Gi",
            "defaultStorageClass": True,
        },
    ]
    assert ParseDict(parts["kubernetes"], KubernetesExecutorConfig()).ByteSize()
