"""What a step's options wrote into the spec, as calls of the kfp SDK and of kfp-kubernetes.

Each field that the compiler writes has its entry here; an unknown one is an error, so that no
option is lost on the way.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from ..parts import CODE_FOLDER, LIVE_FOLDER
from .python_text import Expression, call

Settings = Mapping[str, Any]

_OF_CODE = {"configMapAsVolume", "pvcMount"}
"""Mounts; those that bring the code are the same for all steps, and written once."""


def container_calls(task: str, container: Settings) -> Iterator[Expression]:
    """Yield the calls for what a container has beside image, command and arguments.

    `task` is the expression for the task.
    """
    for each in container.get("env", ()):
        yield call(f"{task}.set_env_variable", [each["name"], each["value"]])
    resources = container.get("resources", {})
    for key, value in resources.items():
        for method, said in _RESOURCES[key](value):
            yield call(f"{task}.{method}", [said])


def task_calls(task: str, name: str, said: Settings) -> Iterator[Expression]:
    """Yield the calls for what the spec says of a task; `name` is its own one."""
    title = said["taskInfo"]["name"]
    if title != name:
        yield call(f"{task}.set_display_name", [title])
    if "cachingOptions" in said and not said["cachingOptions"]:
        yield call(f"{task}.set_caching_options", [False])
    if retries := said.get("retryPolicy"):
        named = {
            "num_retries": retries["maxRetryCount"],
            "backoff_duration": retries["backoffDuration"],
            "backoff_factor": float(retries["backoffFactor"]),
            "backoff_max_duration": retries["backoffMaxDuration"],
        }
        yield call(f"{task}.set_retry", (), named)


def kubernetes_calls(module: str, task: str, settings: Settings) -> Iterator[Expression]:
    """Yield the calls of kfp-kubernetes for a task, but for the mounts of the code."""
    for key, value in settings.items():
        entries = [each for each in value if not _is_code(each)] if key in _OF_CODE else value
        for function, values, named in _KUBERNETES[key](entries):
            given = {name: item for name, item in named.items() if item is not None}
            yield call(f"{module}.{function}", [Expression(task), *values], given)


def code_mounts(settings: Settings) -> list[tuple[str, dict[str, Any]]]:
    """Return the mounts that bring the code to a step, with the fields that they stand in."""
    return [
        (key, mount)
        for key in sorted(_OF_CODE)
        for mount in settings.get(key, ())
        if _is_code(mount)
    ]


def _is_code(mount: Settings) -> bool:
    return mount["mountPath"] in (CODE_FOLDER, LIVE_FOLDER)


def _accelerator(value: Settings) -> list[tuple[str, Any]]:
    return [
        ("set_accelerator_type", value["resourceType"]),
        ("set_accelerator_limit", int(value["resourceCount"])),
    ]


def _quantity(method: str) -> Callable[[Any], list[tuple[str, Any]]]:
    return lambda value: [(method, value)]


_RESOURCES: dict[str, Callable[[Any], list[tuple[str, Any]]]] = {
    "accelerator": _accelerator,
    "resourceCpuRequest": _quantity("set_cpu_request"),
    "resourceCpuLimit": _quantity("set_cpu_limit"),
    "resourceMemoryRequest": _quantity("set_memory_request"),
    "resourceMemoryLimit": _quantity("set_memory_limit"),
}

_Call = tuple[str, list[Any], dict[str, Any]]
"""A function, its positional arguments after the task, and the named ones; None is not said."""


def _variables(function: str, owner: str, key: str) -> Callable[[Any], Iterator[_Call]]:
    def calls(value: Any) -> Iterator[_Call]:
        for each in value:
            names = {pair[key]: pair["envVar"] for pair in each["keyToEnv"]}
            yield function, [each[owner], names], _optional(each)

    return calls


def _folders(function: str, owner: str) -> Callable[[Any], Iterator[_Call]]:
    def calls(value: Any) -> Iterator[_Call]:
        for each in value:
            yield function, [each[owner], each["mountPath"]], _optional(each)

    return calls


def _optional(each: Settings) -> dict[str, Any]:
    return {"optional": True} if each.get("optional") else {}


def _claims(value: Any) -> Iterator[_Call]:
    for each in value:
        yield "mount_pvc", [each["constant"], each["mountPath"]], {"sub_path": each.get("subPath")}


def _empty_folders(value: Any) -> Iterator[_Call]:
    for each in value:
        named = {"medium": each.get("medium"), "size_limit": each.get("sizeLimit")}
        yield "empty_dir_mount", [each["volumeName"], each["mountPath"]], named


def _own_claims(value: Any) -> Iterator[_Call]:
    for each in value:
        named = {
            "access_modes": each["accessModes"],
            "size": each["size"],
            "storage_class_name": each.get("storageClassName"),
        }
        yield "add_ephemeral_volume", [each["volumeName"], each["mountPath"]], named


def _pairs(function: str) -> Callable[[Settings], Iterator[_Call]]:
    return lambda value: ((function, [key, text], {}) for key, text in value.items())


def _pod(value: Settings) -> Iterator[_Call]:
    yield from _pairs("add_pod_label")(value.get("labels", {}))
    yield from _pairs("add_pod_annotation")(value.get("annotations", {}))


def _tolerations(value: Any) -> Iterator[_Call]:
    for each in value:
        named = {name: each.get(name) for name in ("key", "operator", "value", "effect")}
        seconds = each.get("tolerationSeconds")
        named["toleration_seconds"] = None if seconds is None else int(seconds)
        yield "add_toleration", [], named


def _affinity(value: Any) -> Iterator[_Call]:
    for each in value:
        yield "add_node_affinity", [each["matchExpressions"]], {"weight": each.get("weight")}


def _security(value: Settings) -> Iterator[_Call]:
    named: dict[str, Any] = {
        name: int(value[key])
        for name, key in (("run_as_user", "runAsUser"), ("run_as_group", "runAsGroup"))
        if key in value
    }
    yield "set_security_context", [], {**named, "run_as_non_root": value.get("runAsNonRoot")}


_KUBERNETES: dict[str, Callable[[Any], Iterator[_Call]]] = {
    "activeDeadlineSeconds": lambda value: iter([("set_timeout", [int(value)], {})]),
    "configMapAsEnv": _variables("use_config_map_as_env", "configMapName", "configMapKey"),
    "configMapAsVolume": _folders("use_config_map_as_volume", "configMapName"),
    "emptyDirMounts": _empty_folders,
    "genericEphemeralVolume": _own_claims,
    "imagePullPolicy": lambda value: iter([("set_image_pull_policy", [value], {})]),
    "imagePullSecret": lambda value: iter(
        [("set_image_pull_secrets", [[each["secretName"] for each in value]], {})]
    ),
    "nodeAffinity": _affinity,
    "nodeSelector": lambda value: _pairs("add_node_selector")(value["labels"]),
    "podMetadata": _pod,
    "pvcMount": _claims,
    "secretAsEnv": _variables("use_secret_as_env", "secretName", "secretKey"),
    "secretAsVolume": _folders("use_secret_as_volume", "secretName"),
    "securityContext": _security,
    "tolerations": _tolerations,
}
