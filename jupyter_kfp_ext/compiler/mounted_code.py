"""Where the steps of a compiled pipeline look for the bundle, and how that place is changed.

The compiler writes one form, with the bundle in a ConfigMap mounted at `CODE_FOLDER`; the other
forms are made of it, so that commands and slice hashes are the same in all.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from ..runtime.step.place import LIVE_VARIABLE, part_of_step, slice_path
from .bundle_place import BUNDLE_PATH
from .compiled import Documents, Form
from .components import executor_label
from .parts import CODE_FOLDER, LIVE_FOLDER
from .volumes import claim_mount


@dataclass(frozen=True)
class CodeTaker:
    """A task whose command says where the bundle is."""

    label: str
    """The key of its executor."""
    steps: tuple[str, ...]
    """The steps that it runs, as tasks of the plan: more than one where they share a pod."""
    container: dict[str, Any]
    """Its container spec; part of the form, so that it can be changed there."""

    @property
    def task(self) -> str:
        """Its name in the specification."""
        return self.label.removeprefix(executor_label(""))


def code_takers(form: Documents) -> Iterator[CodeTaker]:
    """Yield the tasks that take their code from the bundle; none where it is not a notebook's."""
    for label, executor in form.spec["deploymentSpec"]["executors"].items():
        container = executor.get("container", {})
        args = container.get("args") or ()
        if args and args[0] == BUNDLE_PATH:
            yield CodeTaker(label, tuple(args[1].split(",")), container)


def files_of_steps(files: Mapping[str, bytes], steps: Iterable[str]) -> dict[str, bytes]:
    """Return the files of a bundle that some steps use."""
    found = {}
    for step in steps:
        helpers = json.loads(files[slice_path(step)])["helpers"]
        found.update({path: files[path] for path in part_of_step(step, helpers)})
    return found


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
        mounts.append(claim_mount(claim, CODE_FOLDER, folder))
    return Form(changed.spec, platform_of(executors))


def with_live_tree(form: Form, claim: str, folder: str) -> Form:
    """Return the form in which steps import from a folder of a claim as it is at that moment.

    Nothing is taken from KFP's cache, which cannot know what lies there.
    """
    changed = copied(form)
    executors = kubernetes_settings(changed.platform)
    for taker in code_takers(changed):
        executors[taker.label]["pvcMount"].append(claim_mount(claim, LIVE_FOLDER, folder))
        variables = taker.container.setdefault("env", [])
        variables.append({"name": LIVE_VARIABLE, "value": LIVE_FOLDER})
    components = changed.spec["components"].values()
    for dag in (changed.spec["root"]["dag"], *(each.get("dag", {}) for each in components)):
        for task in dag.get("tasks", {}).values():
            task["cachingOptions"] = {}
    return changed


def kubernetes_settings(platform: dict[str, Any]) -> dict[str, Any]:
    """Return the settings of the executors by label; changing them changes the platform spec."""
    if not platform:
        return {}
    executors: dict[str, Any] = platform["platforms"]["kubernetes"]["deploymentSpec"]["executors"]
    return executors
