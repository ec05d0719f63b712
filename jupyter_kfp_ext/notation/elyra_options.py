"""What an Elyra node says of its pod, as options of a step.

The names are those of elyra-ai/elyra, `elyra/pipeline/properties.py`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from ..errors import Code, Problem, Severity
from .convert import convert_options
from .options import StepOptions

Json = Mapping[str, Any]
_GPUS = "nvidia.com/gpu"


def options_of(said: Json, where: str, problems: list[Problem]) -> StepOptions:
    """Return the options that a node, or the pipeline's defaults, say; what is wrong warns."""
    raw: dict[str, Any] = {
        "image": said.get("runtime_image") or None,
        "cpu": said.get("cpu") or None,
        "cpu_limit": said.get("cpu_limit") or None,
        "memory": _gigabytes(said.get("memory")),
        "memory_limit": _gigabytes(said.get("memory_limit")),
        "gpu": said.get("gpu") or None,
        "gpu_type": (said.get("gpu_vendor") or _GPUS) if said.get("gpu") else None,
        "shared_memory": _gigabytes(at(said, "kubernetes_shared_mem_size").get("size")),
        "env": _variables(said.get("env_vars")),
        "secret_env": [
            {"name": each.get("env_var"), "secret": each.get("name"), "key": each.get("key")}
            for each in objects(said.get("kubernetes_secrets"))
        ],
        "volumes": [
            {"claim": each.get("pvc_name"), "path": each.get("path")}
            | {key: each[key] for key in ("sub_path", "read_only") if each.get(key)}
            for each in objects(said.get("mounted_volumes"))
        ],
        "tolerations": [
            {key: each[key] for key in ("key", "operator", "value", "effect") if each.get(key)}
            for each in objects(said.get("kubernetes_tolerations"))
        ],
        "annotations": _pairs(said.get("kubernetes_pod_annotations")),
        "labels": _pairs(said.get("kubernetes_pod_labels")),
    }
    caching = str(said.get("disable_node_caching"))
    raw["cache"] = {"True": False, "False": True}.get(caching)
    raw = {name: value for name, value in raw.items() if value not in (None, [], {})}
    options, wrong = convert_options(raw, StepOptions)
    problems += [
        replace(
            each,
            message=f"{where}: {each.message} It is not carried over.",
            severity=Severity.WARNING,
        )
        for each in wrong
    ]
    if said.get("dependencies"):
        problems.append(_dependencies(where, said["dependencies"]))
    return options


def _dependencies(where: str, files: Any) -> Problem:
    listed = ", ".join(map(str, files)) if isinstance(files, list) else str(files)
    return Problem(
        Code.FILE_NOT_SENT,
        f"{where}: the dependencies ({listed}) need no list here: modules that are imported, and "
        "files that the code names, go with the step.",
        "See with `jupyter kfp check` whether one is missing.",
        severity=Severity.INFO,
    )


def _gigabytes(number: Any) -> str | None:
    if not isinstance(number, int | float) or not number:
        return None
    return f"{number:.0f}Gi" if number == int(number) else f"{number * 1024:.0f}Mi"


def _variables(given: Any) -> dict[str, str]:
    """Return environment variables: objects, in older versions texts `NAME=VALUE`."""
    found = {}
    for each in given if isinstance(given, list) else ():
        if isinstance(each, str):
            name, equals, value = each.partition("=")
            if equals:
                found[name.strip()] = value
        elif isinstance(each, dict) and each.get("env_var"):
            found[str(each["env_var"])] = str(each.get("value") or "")
    return found


def _pairs(given: Any) -> dict[str, str]:
    return {
        str(each["key"]): str(each.get("value") or "") for each in objects(given) if each.get("key")
    }


def objects(given: Any) -> Iterable[Json]:
    """Return the objects of a list; nothing where it is none."""
    return [each for each in given if isinstance(each, dict)] if isinstance(given, list) else []


def at(data: Any, *keys: str) -> Json:
    """Return an object within objects; an empty one where it is not there."""
    for key in keys:
        data = data.get(key) if isinstance(data, dict) else None
    return data if isinstance(data, dict) else {}
