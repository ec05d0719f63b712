"""Each option of a step, from what is said to the pod that a real Kubernetes keeps of it.

The table asks the API server for the pod without running it (`dryRun`); one step with most
options runs and tells what it finds.
"""

import threading
from pathlib import Path
from typing import Any

import pytest
from plan_builder import compiled_with

from jupyter_kfp_ext.notation.options import StepOptions
from tests.standin.execution import Attempt
from tests.standin.kube import Kube
from tests.standin.pod_manifest import manifest
from tests.standin.workflow import Workflow
from tests.support.notebooks import code_cell

AFFINITY = [{"key": "zone", "values": ["a"]}, {"key": "fast", "operator": "Exists", "weight": 10}]
CREDS = [{"secret": "creds", "path": "/creds"}]

# option: what is said, where it stands in the pod (`main` is the step's container), and what
POD: dict[str, tuple[dict[str, Any], str, Any]] = {
    "image": ({"image": "ghcr.io/me/img:1"}, "main.image", "ghcr.io/me/img:1"),
    "cpu": ({"cpu": "500m"}, "main.resources.requests.cpu", "500m"),
    "cpu_limit": ({"cpu": "1", "cpu_limit": "1.5"}, "main.resources.limits.cpu", "1500m"),
    "memory": ({"memory": "512Mi"}, "main.resources.requests.memory", "512Mi"),
    "memory_limit": ({"memory_limit": "1Gi"}, "main.resources.limits.memory", "1Gi"),
    "gpu": ({"gpu": 2}, "main.resources.limits", {"nvidia.com/gpu": "2"}),
    "gpu_type": (
        {"gpu": 1, "gpu_type": "nvidia.com/mig-1g.5gb"},
        "main.resources.requests",
        {"nvidia.com/mig-1g.5gb": "1"},
    ),
    "node_selector": ({"node_selector": {"disk": "ssd"}}, "spec.nodeSelector", {"disk": "ssd"}),
    "tolerations": (
        {"tolerations": [{"key": "gpu", "value": "yes", "effect": "NoSchedule"}]},
        "spec.tolerations.0",
        {"key": "gpu", "operator": "Equal", "value": "yes", "effect": "NoSchedule"},
    ),
    "affinity": (
        {"affinity": AFFINITY},
        "spec.affinity.nodeAffinity",
        {
            "requiredDuringSchedulingIgnoredDuringExecution": {
                "nodeSelectorTerms": [
                    {"matchExpressions": [{"key": "zone", "operator": "In", "values": ["a"]}]}
                ]
            },
            "preferredDuringSchedulingIgnoredDuringExecution": [
                {
                    "weight": 10,
                    "preference": {"matchExpressions": [{"key": "fast", "operator": "Exists"}]},
                }
            ],
        },
    ),
    "env": ({"env": {"MODE": "fast"}}, "env.MODE", {"name": "MODE", "value": "fast"}),
    "secret_env": (
        {"secret_env": [{"name": "TOKEN", "secret": "creds", "key": "token"}]},
        "env.TOKEN.valueFrom.secretKeyRef",
        {"name": "creds", "key": "token"},
    ),
    "secret_volume": ({"secret_volume": CREDS}, "mount./creds.secret.secretName", "creds"),
    "config_map_env": (
        {"config_map_env": [{"name": "MODE", "config_map": "conf", "key": "mode"}]},
        "env.MODE.valueFrom.configMapKeyRef",
        {"name": "conf", "key": "mode"},
    ),
    "config_map_volume": (
        {"config_map_volume": [{"config_map": "conf", "path": "/conf"}]},
        "mount./conf.configMap.name",
        "conf",
    ),
    "volumes": (
        {"volumes": [{"claim": "data", "path": "/out", "sub_path": "a/b"}]},
        "mount./out",
        {
            "name": "data",
            "mountPath": "/out",
            "subPath": "a/b",
            "persistentVolumeClaim": {"claimName": "data"},
        },
    ),
    "shared_memory": (
        {"shared_memory": "8Gi"},
        "mount./dev/shm.emptyDir",
        {"medium": "Memory", "sizeLimit": "8Gi"},
    ),
    "scratch": (
        {"scratch": [{"path": "/b", "size": "1Gi"}]},
        "mount./b.emptyDir",
        {"sizeLimit": "1Gi"},
    ),
    "timeout": ({"timeout": "1.5m"}, "spec.activeDeadlineSeconds", 90),
    "labels": ({"labels": {"team": "a"}}, "metadata.labels.team", "a"),
    "annotations": (
        {"annotations": {"lab": "any text"}},
        "metadata.annotations.lab",
        "any text",
    ),
    "image_pull_policy": ({"image_pull_policy": "Always"}, "main.imagePullPolicy", "Always"),
    "image_pull_secrets": (
        {"image_pull_secrets": ["registry"]},
        "spec.imagePullSecrets",
        [{"name": "registry"}],
    ),
    "security": (
        {"security": {"run_as_user": 1000, "run_as_group": 0, "run_as_non_root": True}},
        "main.securityContext",
        {
            "runAsUser": 1000,
            "runAsGroup": 0,
            "runAsNonRoot": True,
            "allowPrivilegeEscalation": False,
            "capabilities": {"drop": ["ALL"]},
        },
    ),
    "description": (
        {"description": "Fits the model."},
        "metadata.annotations.jupyter-kfp-ext/description",
        "Fits the model.",
    ),
}
# No matter of a pod: of the code of its step, of when it runs and how often, of how it is shown.
ELSEWHERE = {
    *("after", "packages", "retries", "cache", "for_each", "for_each_limit", "when", "on_exit"),
    "fuse",
    "display_name",
}


def test_the_table_has_every_option():
    assert set(POD) | ELSEWHERE == set(StepOptions.__struct_fields__)


def parts_of(pod):
    """Return the parts of a pod that the table names, mounts joined to their volumes."""
    (main,) = pod["spec"]["containers"]
    volumes = {each["name"]: each for each in pod["spec"]["volumes"]}
    return {
        "main": main,
        "spec": pod["spec"],
        "metadata": pod["metadata"],
        "env": {each["name"]: each for each in main["env"]},
        "mount": {
            each["mountPath"]: {**volumes[each["name"]], **each} for each in main["volumeMounts"]
        },
    }


def at(place, parts):
    """Follow a path; a key of the table may hold dots and slashes."""
    value, rest = parts, place
    while rest:
        if isinstance(value, list):
            number, _, rest = rest.partition(".")
            value = value[int(number)]
            continue
        key = next(k for k in value if rest == k or rest.startswith(f"{k}."))
        value, rest = value[key], rest[len(key) + 1 :]
    return value


@pytest.mark.parametrize("option", POD)
def test_it_reaches_the_pod(real, option):
    said, place, expected = POD[option]
    compiled = compiled_with(said)
    spec = {"pipeline_spec": compiled.spec, "platform_spec": compiled.platform}
    workflow = Workflow({"run_id": "0"}, spec, threading.Condition())
    container = compiled.spec["deploymentSpec"]["executors"]["exec-one"]["container"]
    document = {"inputs": {"parameterValues": {}}}
    attempt = Attempt("root.one.executor", "impl", "exec-one", container, {}, document, 0)
    pod = manifest(workflow, attempt, ["launch"], "launcher")
    kube = Kube(Path(real.kubeconfig), real.namespace)
    kept = kube.call("POST", kube.core("pods"), pod, {"dryRun": "All"})
    assert at(place, parts_of(kept)) == expected


LOOK = """
import os, pathlib, shutil
print('mode', os.environ['MODE'], os.environ['FROM_MAP'], os.environ['TOKEN'])
print('files', pathlib.Path('/creds/token').read_text(), pathlib.Path('/conf/mode').read_text())
pathlib.Path('/data/written').write_text('here')
print('shm', os.statvfs('/dev/shm').f_blocks * os.statvfs('/dev/shm').f_frsize)
print('user', os.getuid(), 'scratch', os.path.ismount('/scratch'))
"""


def test_a_step_finds_what_its_options_say(kfp, lab, real, write_notebook):
    real.claim("data")
    real.make("secrets", {"metadata": {"name": "creds"}, "stringData": {"token": "t0ken"}})
    real.make("configmaps", {"metadata": {"name": "conf"}, "data": {"mode": "slow"}})
    options = {
        "gpu": 1,
        "cpu": "100m",
        "memory": "64Mi",
        "memory_limit": "512Mi",
        "env": {"MODE": "fast"},
        "secret_env": [{"name": "TOKEN", "secret": "creds", "key": "token"}],
        "config_map_env": [{"name": "FROM_MAP", "config_map": "conf", "key": "mode"}],
        "secret_volume": CREDS,
        "config_map_volume": [{"config_map": "conf", "path": "/conf"}],
        "volumes": [{"claim": "data", "path": "/data"}],
        "shared_memory": "16Mi",
        "scratch": [{"path": "/scratch"}],
        "timeout": "10m",
        "labels": {"team": "a"},
        "security": {"run_as_user": 0},
        "image_pull_policy": "IfNotPresent",
    }
    reads = code_cell(
        "print(open('/data/written').read())",
        step="reads",
        after=["looks"],
        volumes=[{"claim": "data", "path": "/data"}],
    )
    path = write_notebook("n.ipynb", code_cell(LOOK, step="looks", **options), reads)
    called = kfp("run", path.name, "--connection", "lab", "--json")
    assert called.code == 0, called.out + called.err
    logs = kfp("logs", "last", "--json").json["logs"]
    assert logs["looks"].splitlines() == [
        "mode fast slow t0ken",
        "files t0ken slow",
        f"shm {16 << 20}",
        "user 0 scratch True",
    ]
    assert logs["reads"] == "here\n"
