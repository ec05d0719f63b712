"""The self-contained form of a compiled pipeline: each step carries its own part of the code.

It needs nothing beside the spec, but fits only small pipelines: KFP's workflow object holds every
byte of a command about five times.
"""

import base64
import bz2
from collections.abc import Mapping
from dataclasses import replace

from ..helpers.bundle import bundle_bytes, bundle_files
from .compiled import CompiledPipeline, Documents, Form
from .mounted_code import code_takers, copied, files_of_steps, unmounted

PREFIX = "data:"
"""Marks an argument that holds code, instead of the path of a zip."""


def inlined(compiled: CompiledPipeline) -> CompiledPipeline:
    """Return the same pipeline with the code in the steps' arguments and no ConfigMap mounted.

    Commands and slice hashes stay the same; so does the bundle, which nothing mounts any more.
    """
    form = all_inline(compiled, compiled.bundle)
    return replace(compiled, spec=form.spec, platform=form.platform)


def all_inline(form: Documents, bundle: bytes) -> Form:
    """Return the form in which each command holds all code of its step."""
    changed = copied(form)
    files = bundle_files(bundle)
    for taker in code_takers(form):
        args = changed.spec["deploymentSpec"]["executors"][taker.label]["container"]["args"]
        args[0] = inline_code(files_of_steps(files, taker.steps))
    return Form(changed.spec, unmounted(changed.platform))


def inline_code(files: Mapping[str, bytes]) -> str:
    """Return files as the text of one argument.

    bz2 has one implementation everywhere; zlib has several, which give different bytes.
    """
    packed = bz2.compress(bundle_bytes(files), 9)
    return PREFIX + base64.b64encode(packed).decode("ascii")
