"""The self-contained form of a compiled pipeline: each step carries its own part of the code.

It needs nothing beside the spec, but fits only small pipelines: KFP's workflow object holds every
byte of a command about five times.
"""

import base64
import bz2
import io
import json
import zipfile
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import replace
from typing import Any

from ..helpers.bundle import bundle_bytes
from ..runtime.step.place import part_of_step, slice_path
from .bundle_place import config_map_name
from .compiled import CompiledPipeline
from .components import executor_label
from .parts import CODE_FOLDER

PREFIX = "data:"
"""Marks an argument that holds code, instead of the path of a zip."""


def inlined(compiled: CompiledPipeline) -> CompiledPipeline:
    """Return the same pipeline with the code in the steps' arguments and no ConfigMap mounted.

    Commands and slice hashes stay the same; so does the bundle, which nothing mounts any more.
    """
    spec = deepcopy(compiled.spec)
    executors = spec["deploymentSpec"]["executors"]
    files = _files(compiled.bundle)
    for step in compiled.plan.steps:
        helpers = json.loads(files[slice_path(step.task)])["helpers"]
        part = {path: files[path] for path in part_of_step(step.task, helpers)}
        executors[executor_label(step.task)]["container"]["args"][0] = inline_code(part)
    platform = _without_code(compiled.platform, config_map_name(compiled.bundle_hash))
    return replace(compiled, spec=spec, platform=platform)


def inline_code(files: Mapping[str, bytes]) -> str:
    """Return files as the text of one argument.

    bz2 has one implementation everywhere; zlib has several, which give different bytes.
    """
    packed = bz2.compress(bundle_bytes(files), 9)
    return PREFIX + base64.b64encode(packed).decode("ascii")


def _files(bundle: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(bundle)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def _without_code(platform: dict[str, Any], name: str) -> dict[str, Any]:
    """Return the platform spec without the mounts of the bundle; empty where nothing is left."""
    if not platform:
        return {}
    kept = {}
    for label, config in platform["platforms"]["kubernetes"]["deploymentSpec"]["executors"].items():
        mounts = [
            mount
            for mount in config.get("configMapAsVolume", [])
            if (mount["configMapName"], mount["mountPath"]) != (name, CODE_FOLDER)
        ]
        rest = {key: value for key, value in config.items() if key != "configMapAsVolume"}
        if mounts:
            rest["configMapAsVolume"] = mounts
        if rest:
            kept[label] = {key: rest[key] for key in sorted(rest)}
    if not kept:
        return {}
    return {"platforms": {"kubernetes": {"deploymentSpec": {"executors": kept}}}}
