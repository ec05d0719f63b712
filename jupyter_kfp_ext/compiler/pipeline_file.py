"""A compiled pipeline read back from a file: of ours, or of another tool that writes KFP v2.

The format: https://www.kubeflow.org/docs/components/pipelines/user-guides/core-functions/compile-a-pipeline/
"""

import base64
import binascii
import bz2
import hashlib
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ..analysis.plan import Parameter, Plan
from ..errors import Code, KfpExtError, Problem
from ..helpers.bundle import bundle_bytes, bundle_files
from ..notation.model import PipelineModel
from ..notation.notebook import Notebook
from ..notation.options import PipelineSettings
from .bundle_place import BUNDLE_KEY, BUNDLE_PATH, config_map_name
from .code_artifacts import WRITE_CODE
from .compiled import CompiledPipeline, Form
from .inline import PREFIX
from .mounted_code import kubernetes_settings
from .parameters import KFP_TYPES
from .parts import CODE_FOLDER
from .protobuf import checked_pipeline, checked_platform

SUFFIXES = (".yaml", ".yml", ".json")
"""Of pipeline files; anything else is read as a notebook."""

_EMPTY_NOTEBOOK: dict[str, Any] = {"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
_OLD_FORM = "Compile it with the kfp SDK 2, which writes a `PipelineSpec`."


def is_pipeline_file(path: Path) -> bool:
    """Return whether a path is meant as a compiled pipeline rather than a notebook."""
    return path.suffix.lower() in SUFFIXES


def read_pipeline_file(path: Path) -> CompiledPipeline:
    """Read the YAML (or JSON) that `compile` or the kfp SDK wrote, with its platform part.

    The plan has the pipeline's parameters and no steps: those are the tasks of the specification.
    The code of our own steps is taken from their commands, or from the ConfigMap beside the file.
    Raises `KfpExtError`: `notebook-missing`, `notebook-unreadable` where it is no pipeline,
    `helper-missing` where the ConfigMap is not there, `code-changed` where it is another one.
    """
    documents = _documents(path)
    spec, platform = _checked(documents, path)
    return of_specification(Form(spec, platform), _code(spec, platform, path), path)


def of_specification(form: Form, code: bytes, path: Path) -> CompiledPipeline:
    """Return a pipeline without a notebook: its steps are the tasks of the specification.

    `code` is the bundle of our own steps, empty where there are none; `path` is where the pipeline
    came from.
    """
    spec = form.spec
    settings = PipelineSettings()
    notebook = Notebook(path.name, str(path.absolute()), (), {}, _EMPTY_NOTEBOOK)
    model = PipelineModel(notebook, spec["pipelineInfo"]["name"], settings, (), (), None)
    return CompiledPipeline(
        plan=Plan(model, _parameters(spec), (), ()),
        spec=spec,
        platform=form.platform,
        bundle=code,
        bundle_hash=hashlib.sha256(code).hexdigest() if code else "",
    )


def _documents(path: Path) -> list[Any]:
    import yaml

    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError as error:
        remedy = "Check the path."
        raise KfpExtError(
            Problem(Code.NOTEBOOK_MISSING, f"There is no file {path}.", remedy)
        ) from error
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8 text"
        raise _unreadable(path, f"cannot be read: {reason}", "Check the file.") from error
    # JSON is YAML. The loader in C reads a pipeline of 200 steps in a tenth of the time.
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        return [each for each in yaml.load_all(text, loader) if each is not None]
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        mark = getattr(error, "problem_mark", None)
        where = f" at line {mark.line + 1}" if mark else ""
        reason = getattr(error, "problem", None) or "it is nested too deeply"
        raise _unreadable(path, f"is not YAML{where}: {reason}", "Compile it again.") from error


def _checked(documents: list[Any], path: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    from google.protobuf.json_format import ParseError

    if not documents or not all(isinstance(each, dict) for each in documents):
        raise _unreadable(path, "holds no pipeline", "Name a compiled pipeline or a notebook.")
    spec, *others = documents
    if "apiVersion" in spec or "implementation" in spec:
        kind = "a component" if "implementation" in spec else f"a {spec.get('kind', 'manifest')}"
        raise _unreadable(path, f"is {kind}, not a pipeline of KFP 2", _OLD_FORM)
    if "root" not in spec or "pipelineInfo" not in spec:
        raise _unreadable(path, "is no `PipelineSpec`: it has no `root`", _OLD_FORM)
    platforms = [each for each in others if "platforms" in each]
    if len(platforms) > 1 or len(platforms) != len(others):
        message = "holds more than one pipeline with its platform part"
        raise _unreadable(path, message, "Put each pipeline into a file of its own.")
    try:
        checked = checked_pipeline({"deploymentSpec": {}, **spec})
        return checked, checked_platform(platforms[0]) if platforms else {}
    except ParseError as error:
        remedy = "Compile it again; a newer SDK may write what this version does not know."
        raise _unreadable(path, f"is not as KFP 2 has it: {error}", remedy) from error


def _unreadable(path: Path, what: str, remedy: str) -> KfpExtError:
    return KfpExtError(Problem(Code.NOTEBOOK_UNREADABLE, f"{path.name} {what}.", remedy))


def _parameters(spec: Mapping[str, Any]) -> tuple[Parameter, ...]:
    types: dict[str, Any] = {kfp: name for name, kfp in KFP_TYPES.items()}
    inputs = spec["root"].get("inputDefinitions", {}).get("parameters", {})
    return tuple(
        Parameter(
            name=name,
            type=types[each["parameterType"]],
            default=each.get("defaultValue"),
            cell_id="",
            required="defaultValue" not in each and not each.get("isOptional", False),
        )
        for name, each in inputs.items()
        if each["parameterType"] in types
    )


def _code(spec: Mapping[str, Any], platform: Mapping[str, Any], path: Path) -> bytes:
    """Return the bundle of our own steps; empty for a pipeline of another tool."""
    if any(place == BUNDLE_PATH for place, _ in _places(spec)):
        claims = [
            mount["subPath"]
            for settings in kubernetes_settings(dict(platform)).values()
            for mount in settings.get("pvcMount", ())
            if mount["mountPath"] == CODE_FOLDER
        ]
        return _archive_beside(path, claims[0]) if claims else _bundle_beside(path)
    return code_in_commands(spec, path)


def code_in_commands(spec: Mapping[str, Any], path: Path) -> bytes:
    """Return the bundle of what our own steps have in their commands; empty where they have none.

    Raises `KfpExtError` (`code-changed`) where it is damaged.
    """
    files: dict[str, bytes] = {}
    for place, slice_hash in _places(spec):
        if not place.startswith(PREFIX):
            continue
        try:
            files |= bundle_files(bz2.decompress(base64.b64decode(place.removeprefix(PREFIX))))
        except (binascii.Error, OSError, ValueError, zipfile.BadZipFile) as error:
            message = f"The code of a step ({slice_hash}) in {path.name} is damaged."
            raise KfpExtError(
                Problem(Code.CODE_CHANGED, message, "Compile the notebook again.")
            ) from error
    return bundle_bytes(files) if files else b""


def _places(spec: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield where our own steps have their code, and the hash of that.

    The step runtime may be in the command of a task of its own (`code_artifacts`).
    """
    for executor in spec["deploymentSpec"].get("executors", {}).values():
        container = executor.get("container", {})
        args = container.get("args", ())
        if WRITE_CODE in container.get("command", ()):
            yield args[0], "the step runtime"
        elif len(args) >= 4 and args[3] == "{{$}}":
            place = args[0]
            if place == BUNDLE_PATH or place.startswith(PREFIX):
                yield place, args[2]


def _archive_beside(path: Path, folder: str) -> bytes:
    """Return the code that belongs into a folder of a claim, which is named by its hash."""
    archive = path.with_name(f"{path.stem}.code.zip")
    try:
        bundle = archive.read_bytes()
    except OSError as error:
        raise _missing(path, archive) from error
    if hashlib.sha256(bundle).hexdigest() != folder.rpartition("/")[2]:
        raise _other_code(path, archive)
    return bundle


def _bundle_beside(path: Path) -> bytes:
    import yaml

    manifest = path.with_name(f"{path.stem}.configmap.yaml")
    try:
        found = yaml.safe_load(manifest.read_text(encoding="utf-8"))
        bundle = base64.b64decode(found["binaryData"][BUNDLE_KEY])
        name = found["metadata"]["name"]
    except FileNotFoundError as error:
        raise _missing(path, manifest) from error
    except (OSError, yaml.YAMLError, binascii.Error, KeyError, TypeError, ValueError) as error:
        raise _unreadable(manifest, "is no ConfigMap with code", "Compile again.") from error
    if name != config_map_name(hashlib.sha256(bundle).hexdigest()):
        raise _other_code(path, manifest)
    return bundle


def _missing(path: Path, beside: Path) -> KfpExtError:
    message = f"The steps of {path.name} have their code in {beside.name}, which is missing."
    remedy = "Put it beside the pipeline, or run the notebook itself."
    return KfpExtError(Problem(Code.HELPER_MISSING, message, remedy))


def _other_code(path: Path, beside: Path) -> KfpExtError:
    message = f"The code in {beside.name} is not what {path.name} was compiled with."
    return KfpExtError(Problem(Code.CODE_CHANGED, message, "Compile the notebook again."))
