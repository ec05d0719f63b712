"""Options that mount something into a step's pod, and the check that the mounts fit together.

KFP names a pod's volume as the claim, Secret or ConfigMap behind it
(backend/src/v2/driver/k8s.go), so those names must be DNS labels and differ between kinds.
"""

from collections.abc import Sequence
from pathlib import PurePosixPath
from typing import Any

from ..errors import Code
from ..notation.options import ConfigMapVolume, Scratch, SecretVolume, Volume
from .names import is_dns_label, is_object_name
from .new_claims import LONGEST_NAME, claim_key, volume_variable
from .parts import CODE_FOLDER, DATA_FOLDER, LIVE_FOLDER, StepParts
from .resources import is_some
from .snapshot_option import check_snapshot

ACCESS_MODES = ("ReadWriteOnce", "ReadOnlyMany", "ReadWriteMany", "ReadWriteOncePod")
SHARED_MEMORY = "/dev/shm"  # noqa: S108 - the mount point that data loaders use, not a temporary file
_RESERVED = (
    CODE_FOLDER,
    LIVE_FOLDER,
    DATA_FOLDER,
    "/kfp-launcher",
    "/minio",
    "/s3",
    "/gcs",
    "/oci",
)
"""Folders that the bundle and KFP's own launcher mount."""


def constant(name: str) -> dict[str, Any]:
    """Return the platform spec's form of a name that is known when compiling."""
    return {"runtimeValue": {"constant": name}}


def config_map_mount(name: str, path: str, optional: bool = False) -> dict[str, Any]:
    """Return the mount of a whole ConfigMap as a folder."""
    return {
        "configMapName": name,
        "configMapNameParameter": constant(name),
        "mountPath": path,
        "optional": optional,
    }


def claim_mount(claim: str, path: str, folder: str) -> dict[str, Any]:
    """Return the mount of a folder of a claim."""
    return {
        "constant": claim,
        "pvcNameParameter": constant(claim),
        "mountPath": path,
        "subPath": folder,
    }


def volumes(parts: StepParts, value: Sequence[Volume]) -> None:
    """Mount persistent volume claims."""
    for each in value:
        if each.read_only:
            parts.refuse(
                "volumes",
                f"KFP cannot mount the claim {each.claim!r} read-only",
                "Leave `read_only` out, or mount a claim whose access mode is ReadOnlyMany.",
                Code.OPTION_UNSUPPORTED,
            )
        sub_path = PurePosixPath(each.sub_path)
        if sub_path.is_absolute() or ".." in sub_path.parts:
            parts.refuse("volumes", f"{each.sub_path!r} leaves the claim", "Give a path inside it.")
        if not parts.passes("volumes", each.sub_path):
            continue
        check_snapshot(parts, each)
        mount = {
            "constant": each.claim,
            "pvcNameParameter": constant(each.claim),
            "mountPath": each.path,
        }
        if _is_new(parts, each):
            mount["pvcNameParameter"] = {"componentInputParameter": claim_key(each.claim)}
            variable = {"name": volume_variable(each.claim), "value": each.path}
            parts.container.setdefault("env", []).append(variable)
            parts.task["cachingOptions"] = {}
        if each.sub_path:
            mount["subPath"] = each.sub_path
        parts.kubernetes.setdefault("pvcMount", []).append(mount)
    parts.depends["volumes"] = [[each.claim, each.path, each.sub_path] for each in value]


def _is_new(parts: StepParts, each: Volume) -> bool:
    """Whether the run makes a claim; notes what is wrong with how that is said."""
    if each.size is None:
        if each.storage_class is not None or each.access_modes != Volume("", "").access_modes:
            parts.refuse(
                "volumes",
                f"the claim {each.claim!r} has no `size`, so it is not made by the run",
                "Add `size: 10Gi`, or leave out `storage_class` and `access_modes`.",
            )
        return False
    wrong = _wrong_with(parts, each)
    if wrong:
        parts.refuse("volumes", *wrong)
    elif parts.step.options.cache:
        parts.refuse(
            "cache",
            f"what the step leaves on the claim {each.claim!r} is gone with its run",
            "Leave `cache` out, or mount a claim that is there (without `size`).",
            Code.OPTION_CONFLICT,
        )
    return not wrong and is_some(parts, "volumes", each.size)


def _wrong_with(parts: StepParts, each: Volume) -> tuple[str, str] | None:
    if each.sub_path:
        return f"the new claim {each.claim!r} has no folders yet", "Leave `sub_path` out."
    if len(each.claim) > LONGEST_NAME:
        remedy = f"Keep to {LONGEST_NAME} letters: each run adds some to make the name its own."
        return f"the name {each.claim!r} is too long for a claim that the run makes", remedy
    unknown = [mode for mode in each.access_modes if mode not in ACCESS_MODES]
    if unknown or not each.access_modes:
        said = f"unknown access mode {unknown[0]!r}" if unknown else "no access mode is given"
        return said, f"Use {', '.join(ACCESS_MODES)}."
    if each.storage_class is not None and not is_object_name(each.storage_class):
        remedy = "Name one of `kubectl get storageclass`, or leave it out for the default."
        return f"{each.storage_class!r} cannot be the name of a storage class", remedy
    return None


def secret_volume(parts: StepParts, value: Sequence[SecretVolume]) -> None:
    """Mount Secrets as folders."""
    parts.kubernetes["secretAsVolume"] = [
        {
            "secretName": each.secret,
            "secretNameParameter": constant(each.secret),
            "mountPath": each.path,
            "optional": each.optional,
        }
        for each in value
    ]
    parts.depends["secret_volume"] = [[each.secret, each.path] for each in value]


def config_map_volume(parts: StepParts, value: Sequence[ConfigMapVolume]) -> None:
    """Mount ConfigMaps as folders."""
    parts.kubernetes.setdefault("configMapAsVolume", []).extend(
        config_map_mount(each.config_map, each.path, each.optional) for each in value
    )
    parts.depends["config_map_volume"] = [[each.config_map, each.path] for each in value]


def shared_memory(parts: StepParts, value: str) -> None:
    """Give the step a larger /dev/shm; the driver does not read `enabledSharedMemory`."""
    if is_some(parts, "shared_memory", value):
        _empty_folder(parts, "shm", SHARED_MEMORY, medium="Memory", sizeLimit=value)


def scratch(parts: StepParts, value: Sequence[Scratch]) -> None:
    """Give the step scratch folders: an own claim where a storage class or access mode is said."""
    for number, each in enumerate(value, start=1):
        name = f"scratch-{number}"
        if each.size is not None and not is_some(parts, "scratch", each.size):
            continue
        own_claim = each.storage_class is not None or each.access_modes != ("ReadWriteOnce",)
        if not own_claim:
            limit = {} if each.size is None else {"sizeLimit": each.size}
            _empty_folder(parts, name, each.path, **limit)
        elif each.size is None:
            parts.refuse("scratch", f"the claim for {each.path!r} has no size", "Add `size: 10Gi`.")
        elif unknown := [mode for mode in each.access_modes if mode not in ACCESS_MODES]:
            parts.refuse(
                "scratch", f"unknown access mode {unknown[0]!r}", f"Use {', '.join(ACCESS_MODES)}."
            )
        else:
            parts.kubernetes.setdefault("genericEphemeralVolume", []).append(
                _ephemeral_claim(name, each)
            )


def _ephemeral_claim(name: str, each: Scratch) -> dict[str, Any]:
    claim: dict[str, Any] = {
        "volumeName": name,
        "mountPath": each.path,
        "accessModes": list(each.access_modes),
        "size": each.size,
    }
    if each.storage_class:
        claim["storageClassName"] = each.storage_class
    else:
        claim["defaultStorageClass"] = True
    return claim


def _empty_folder(parts: StepParts, name: str, path: str, **more: str) -> None:
    folders = parts.kubernetes.setdefault("emptyDirMounts", [])
    folders.append({"volumeName": name, "mountPath": path, **more})


_MOUNTS = (
    ("pvcMount", "constant", "volumes", "claim"),
    ("secretAsVolume", "secretName", "secret_volume", "Secret"),
    ("configMapAsVolume", "configMapName", "config_map_volume", "ConfigMap"),
    ("emptyDirMounts", "volumeName", "scratch", "scratch folder"),
    ("genericEphemeralVolume", "volumeName", "scratch", "scratch claim"),
)


def check_mounts(parts: StepParts) -> None:
    """Refuse mounts that Kubernetes would refuse: bad names and paths, two at one place."""
    kinds: dict[str, str] = {}
    paths: set[str] = set(_RESERVED)
    for place, name_field, option, kind in _MOUNTS:
        for mount in parts.kubernetes.get(place, []):
            name, path = mount[name_field], mount["mountPath"]
            option_said = "shared_memory" if name == "shm" else option
            if not is_dns_label(name):
                parts.refuse(
                    option_said,
                    f"the name {name!r} of the {kind} cannot name a volume of the pod",
                    "Use one whose name has at most 63 lower-case letters, digits and `-`.",
                )
            elif kinds.setdefault(name, kind) != kind:
                parts.refuse(
                    option_said,
                    f"a {kinds[name]} and a {kind} both have the name {name!r}",
                    "Rename one; KFP names the pod's volumes as them.",
                    Code.OPTION_CONFLICT,
                )
            _check_path(parts, option_said, path, paths)


def _check_path(parts: StepParts, option: str, path: str, paths: set[str]) -> None:
    clean = str(PurePosixPath(path))
    if not path.startswith("/") or ":" in path or ".." in PurePosixPath(path).parts:
        parts.refuse(option, f"{path!r} is not a place in the pod", "Give an absolute path.")
    elif clean in paths or clean == "/":
        parts.refuse(
            option,
            f"something else is mounted at {clean!r} already",
            "Choose another path.",
            Code.OPTION_CONFLICT,
        )
    else:
        parts.passes(option, path)
    paths.add(clean)
