"""Where the steps of a compiled pipeline look for the bundle, and how that place is changed.

The compiler writes one form, with the bundle in a ConfigMap mounted at `CODE_FOLDER`; the other
forms are made of it, so that commands and slice hashes are the same in all.
"""

import io
import json
import zipfile
from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from ..runtime.step.place import LIVE_VARIABLE, part_of_step, slice_path
from .bundle_place import BUNDLE_PATH
from .compiled import Documents, Form
from .parts import CODE_FOLDER, LIVE_FOLDER
from .volumes import constant


@dataclass(frozen=True)
class CodeTaker:
    """A step whose command says where the bundle is."""

    label: str
    """The key of its executor."""
    task: str
    container: dict[str, Any]
    """Its container spec; part of the form, so that it can be changed there."""


def code_takers(form: Documents) -> Iterator[CodeTaker]:
    """Yield the steps that take their code from the bundle; none where it is not a notebook's."""
    for label, executor in form.spec["deploymentSpec"]["executors"].items():
        container = executor.get("container", {})
        args = container.get("args") or ()
        if args and args[0] == BUNDLE_PATH:
            yield CodeTaker(label, args[1], container)


def bundle_files(bundle: bytes) -> dict[str, bytes]:
    """Return the files of a bundle by their paths."""
    with zipfile.ZipFile(io.BytesIO(bundle)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def files_of_step(files: Mapping[str, bytes], task: str) -> dict[str, bytes]:
    """Return the files of a bundle that one step uses."""
    helpers = json.loads(files[slice_path(task)])["helpers"]
    return {path: files[path] for path in part_of_step(task, helpers)}


def copied(form: Documents) -> Form:
    """Return a copy that may be changed."""
    return Form(deepcopy(form.spec), deepcopy(form.platform))


def unmounted(platform: dict[str, Any]) -> dict[str, Any]:
    """Return the platform spec without the mounts of the bundle; empty where nothing is left."""
    if not platform:
        return {}
    kept = {}
    for label, config in platform["platforms"]["kubernetes"]["deploymentSpec"]["executors"].items():
        mounts = [
            mount
            for mount in config.get("configMapAsVolume", [])
            if mount["mountPath"] != CODE_FOLDER
        ]
        others = {key: value for key, value in config.items() if key != "configMapAsVolume"}
        if mounts:
            others["configMapAsVolume"] = mounts
        if others:
            kept[label] = others
    return platform_of(kept)


def platform_of(executors: dict[str, Any]) -> dict[str, Any]:
    """Return the platform spec with these settings of executors; empty where there are none."""
    if not executors:
        return {}
    return {"platforms": {"kubernetes": {"deploymentSpec": {"executors": executors}}}}


def on_volume(form: Documents, claim: str, folder: str) -> Form:
    """Return the form in which steps find the bundle in a folder of a persistent volume claim.

    KFP cannot mount a claim read-only (docs/helpers.md): each step checks the hash of its code.
    """
    changed = Form(deepcopy(form.spec), unmounted(deepcopy(form.platform)))
    executors = kubernetes_settings(changed.platform)
    for taker in code_takers(changed):
        mounts = executors.setdefault(taker.label, {}).setdefault("pvcMount", [])
        mounts.append(_claim_mount(claim, CODE_FOLDER, folder))
    return Form(changed.spec, platform_of(executors))


def with_live_tree(form: Form, claim: str, folder: str) -> Form:
    """Return the form in which steps import from a folder of a claim as it is at that moment.

    Nothing is taken from KFP's cache, which cannot know what lies there.
    """
    changed = copied(form)
    executors = kubernetes_settings(changed.platform)
    for taker in code_takers(changed):
        executors[taker.label]["pvcMount"].append(_claim_mount(claim, LIVE_FOLDER, folder))
        variables = taker.container.setdefault("env", [])
        variables.append({"name": LIVE_VARIABLE, "value": LIVE_FOLDER})
    components = changed.spec["components"].values()
    for dag in (changed.spec["root"]["dag"], *(each.get("dag", {}) for each in components)):
        for task in dag.get("tasks", {}).values():
            task["cachingOptions"] = {}
    return changed


def _claim_mount(claim: str, path: str, folder: str) -> dict[str, Any]:
    return {
        "constant": claim,
        "pvcNameParameter": constant(claim),
        "mountPath": path,
        "subPath": folder,
    }


def kubernetes_settings(platform: dict[str, Any]) -> dict[str, Any]:
    """Return the settings of the executors by label; changing them changes the platform spec."""
    if not platform:
        return {}
    executors: dict[str, Any] = platform["platforms"]["kubernetes"]["deploymentSpec"]["executors"]
    return executors
