"""The pod of a step as KFP's driver and Argo make it of the spec and the platform spec.

Checked against the recorded pod of `tests/recordings/runs/platform.json`; what the driver drops
(`enabledSharedMemory`, pod affinity, read-only claims) is dropped here, too.
"""

import json
import re
from collections.abc import Mapping
from typing import Any

from .execution import Attempt
from .workflow import Workflow

Json = dict[str, Any]
_DROPPED_CAPABILITIES = {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}
_SCRATCH = ("minio", "s3", "gcs")
KFP_IMAGE = "python:3.11-slim"
"""What stands for the images of KFP's driver and launcher, which are none of the step's."""


def manifest(workflow: Workflow, attempt: Attempt, launch: list[str], launcher: str) -> Json:
    """Return the pod; `launch` is the launcher's command, `launcher` the ConfigMap with it."""
    settings = workflow.settings(attempt.label)
    given = attempt.document["inputs"]["parameterValues"]
    volumes: dict[str, Json] = {}
    mounts: list[Json] = []
    for volume, mount in _mounted(settings, given):
        volumes[volume["name"]] = volume
        mounts.append(mount)
    volumes["kfp-launcher"] = {"name": "kfp-launcher", "configMap": {"name": launcher}}
    mounts.append({"name": "kfp-launcher", "mountPath": "/kfp-launcher"})
    for each in _SCRATCH:
        volumes[f"{each}-scratch"] = {"name": f"{each}-scratch", "emptyDir": {}}
        mounts.append({"name": f"{each}-scratch", "mountPath": f"/{each}"})
    container = attempt.container
    security = settings.get("securityContext", {})
    main = {
        "name": "main",
        "image": container["image"],
        "command": launch,
        "args": [*container.get("command", ()), *container.get("args", ())],
        "env": _environment(container, settings, attempt.index),
        "resources": _resources(container.get("resources", {}), given),
        "volumeMounts": mounts,
        "securityContext": {**_DROPPED_CAPABILITIES, **_numbers(security)},
    }
    if policy := settings.get("imagePullPolicy"):
        main["imagePullPolicy"] = policy
    said = settings.get("podMetadata", {})
    return {
        "metadata": {
            "name": workflow.pod_name(attempt.node, attempt.template),
            "labels": {
                **said.get("labels", {}),
                "pipeline/runid": workflow.run_id,
                "pipelines.kubeflow.org/v2_component": "true",
                "workflows.argoproj.io/workflow": workflow.name,
            },
            "annotations": {
                **said.get("annotations", {}),
                "pipelines.kubeflow.org/runtime-role": "launcher",
                "pipelines.kubeflow.org/v2_component": "true",
                "workflows.argoproj.io/node-id": workflow.id(attempt.node),
                "workflows.argoproj.io/node-name": workflow.full(attempt.node),
            },
        },
        "spec": {
            "restartPolicy": "Never",
            "terminationGracePeriodSeconds": 5,
            "containers": [main],
            "volumes": list(volumes.values()),
            **_placed(settings),
        },
    }


_SAYS = "I1122 06:41:38.254030      17 main.go:139] Setting log level to: '1'"
"""What launcher and driver write first."""


def add_init(pod: Json) -> None:
    """Have the launcher brought into the pod by an init container, as KFP does it."""
    spec = pod["spec"]
    (source,) = (each for each in spec["volumes"] if each["name"] == "kfp-launcher")
    kept = {**source, "name": "launcher-source"}
    spec["volumes"] += [kept]
    del source["configMap"]
    source["emptyDir"] = {}
    copy = "import shutil; shutil.copy('/source/launch.py', '/kfp-launcher/launch.py')"
    spec["initContainers"] = [
        {
            "name": "kfp-launcher",
            "image": KFP_IMAGE,
            "command": ["python3", "-c", f"{copy}; print({_SAYS!r})"],
            "volumeMounts": [
                {"name": "launcher-source", "mountPath": "/source"},
                {"name": "kfp-launcher", "mountPath": "/kfp-launcher"},
            ],
        }
    ]


def driver_manifest(workflow: Workflow, attempt: Attempt) -> Json:
    """Return the pod of the driver of a step, as Argo names and marks it."""
    node = f"{attempt.node.rpartition('.executor')[0]}-driver"
    component = attempt.node.split(".")[-2]
    said = f"{_SAYS}\nI1122 06:41:38.255155      17 main.go:108] input ComponentSpec:{component}"
    return {
        "metadata": {
            "name": workflow.pod_name(node, "system-container-driver"),
            "labels": {
                "pipeline/runid": workflow.run_id,
                "workflows.argoproj.io/workflow": workflow.name,
            },
            "annotations": {
                "pipelines.kubeflow.org/runtime-role": "driver",
                "workflows.argoproj.io/node-id": workflow.id(node),
                "workflows.argoproj.io/node-name": workflow.full(node),
            },
        },
        "spec": {
            "restartPolicy": "Never",
            "containers": [
                {
                    "name": "main",
                    "image": KFP_IMAGE,
                    "command": ["python3", "-c", f"print({said!r})"],
                }
            ],
        },
    }


def _mounted(settings: Json, given: Mapping[str, Any]) -> list[tuple[Json, Json]]:
    """Return volumes and their mounts, named as the driver names them: by their source."""
    found: list[tuple[Json, Json]] = []

    def add(name: str, source: Json, path: str, more: Json | None = None) -> None:
        found.append(({"name": name, **source}, {"name": name, "mountPath": path, **(more or {})}))

    for each in settings.get("pvcMount", ()):
        name = _named(each, "pvcNameParameter", given) or each["constant"]
        sub = {"subPath": each["subPath"]} if each.get("subPath") else {}
        add(name, {"persistentVolumeClaim": {"claimName": name}}, each["mountPath"], sub)
    for each in settings.get("configMapAsVolume", ()):
        name = _named(each, "configMapNameParameter", given) or each["configMapName"]
        source = {"name": name, "optional": each.get("optional", False)}
        add(name, {"configMap": source}, each["mountPath"])
    for each in settings.get("secretAsVolume", ()):
        name = _named(each, "secretNameParameter", given) or each["secretName"]
        source = {"secretName": name, "optional": each.get("optional", False)}
        add(name, {"secret": source}, each["mountPath"])
    for each in settings.get("emptyDirMounts", ()):
        source = {k: each[k] for k in ("medium", "sizeLimit") if each.get(k)}
        add(each["volumeName"], {"emptyDir": source}, each["mountPath"])
    for each in settings.get("genericEphemeralVolume", ()):
        claim: Json = {
            "accessModes": each["accessModes"],
            "resources": {"requests": {"storage": each["size"]}},
        }
        if each.get("storageClassName"):
            claim["storageClassName"] = each["storageClassName"]
        template = {"metadata": each.get("metadata", {}), "spec": claim}
        source = {"ephemeral": {"volumeClaimTemplate": template}}
        add(each["volumeName"], source, each["mountPath"])
    return found


def _named(each: Json, key: str, given: Mapping[str, Any]) -> str:
    said = each.get(key, {})
    if "runtimeValue" in said:
        return str(said["runtimeValue"]["constant"])
    return str(given.get(said.get("componentInputParameter", ""), ""))


def _environment(container: Json, settings: Json, index: int) -> list[Json]:
    env: list[Json] = [dict(each) for each in container.get("env", ())]
    for key, kind, name in (
        ("secretAsEnv", "secretKeyRef", "secretName"),
        ("configMapAsEnv", "configMapKeyRef", "configMapName"),
    ):
        for each in settings.get(key, ()):
            for pair in each["keyToEnv"]:
                found = pair.get("secretKey") or pair.get("configMapKey")
                reference = {"name": each[name], "key": found}
                if each.get("optional"):
                    reference["optional"] = True
                env.append({"name": pair["envVar"], "valueFrom": {kind: reference}})
    for each in settings.get("fieldPathAsEnv", ()):
        reference = {"fieldPath": each["fieldPath"]}
        env.append({"name": each["name"], "valueFrom": {"fieldRef": reference}})
    for name, path in (("KFP_POD_NAME", "metadata.name"), ("KFP_POD_UID", "metadata.uid")):
        env.append({"name": name, "valueFrom": {"fieldRef": {"fieldPath": path}}})
    return [*env, {"name": "KFP_RETRY_INDEX", "value": str(index)}]


def _resources(said: Json, given: Mapping[str, Any]) -> Json:
    def value(key: str) -> str:
        """Fill in a parameter, as the driver does."""
        pattern = r"\{\{\$\.inputs\.parameters\['(\w+)'\]\}\}"
        return re.sub(pattern, lambda found: str(given[found[1]]), said.get(key, ""))

    limits = {"cpu": value("resourceCpuLimit"), "memory": value("resourceMemoryLimit")}
    requests = {"cpu": value("resourceCpuRequest"), "memory": value("resourceMemoryRequest")}
    accelerator = said.get("accelerator", {})
    if accelerator.get("resourceType"):
        limits[accelerator["resourceType"]] = accelerator["resourceCount"]
    return {
        "limits": {k: v for k, v in limits.items() if v},
        "requests": {k: v for k, v in requests.items() if v},
    }


def _numbers(said: Json) -> Json:
    """The platform spec's numbers are 64 bits, which its JSON has as text."""
    return {k: int(v) if k in ("runAsUser", "runAsGroup") else v for k, v in said.items()}


def _placed(settings: Json) -> Json:
    spec: Json = {}
    if labels := settings.get("nodeSelector", {}).get("labels"):
        spec["nodeSelector"] = labels
    if tolerations := settings.get("tolerations"):
        spec["tolerations"] = [_toleration(each) for each in tolerations]
    if affinity := settings.get("nodeAffinity"):
        spec["affinity"] = {"nodeAffinity": _affinity(affinity)}
    if seconds := settings.get("activeDeadlineSeconds"):
        spec["activeDeadlineSeconds"] = int(seconds)
    if secrets := settings.get("imagePullSecret"):
        spec["imagePullSecrets"] = [{"name": each["secretName"]} for each in secrets]
    return spec


def _toleration(said: Json) -> Json:
    found = {k: said[k] for k in ("key", "operator", "value", "effect") if said.get(k)}
    if said.get("tolerationSeconds"):
        found["tolerationSeconds"] = int(said["tolerationSeconds"])
    return found


def _affinity(terms: list[Json]) -> Json:
    required, preferred = [], []
    for each in terms:
        term = {k: each[k] for k in ("matchExpressions", "matchFields") if each.get(k)}
        if each.get("weight"):
            preferred.append({"weight": int(each["weight"]), "preference": term})
        else:
            required.append(term)
    found: Json = {}
    if required:
        selector = {"nodeSelectorTerms": required}
        found["requiredDuringSchedulingIgnoredDuringExecution"] = selector
    if preferred:
        found["preferredDuringSchedulingIgnoredDuringExecution"] = preferred
    return found


def text_of(document: Json) -> str:
    """Return an executor input as it stands in a pod's command, closely set."""
    return json.dumps(document, separators=(",", ":"))
