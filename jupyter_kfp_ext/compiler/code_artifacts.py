"""Code that steps take as an input artifact, so that it stands in the spec once, or not at all.

A part of the bundle that several steps share is an artifact: made by a small task whose command
holds it (`runtime_by_task`), or imported from the object store (`parts_by_import`). What belongs to
one step alone stays in its command. KFP's cache key holds the artifacts of a step, so parts are cut
such that a part changes only for the steps that use what changed: the runtime, and each set of
helper files that steps have in common.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from ..helpers.bundle import bundle_bytes, bundle_files
from ..runtime.step.place import RUNTIME_FILE, slice_path
from .compiled import Documents, Form
from .components import artifact, component_name, executor_label
from .inline import inline_code
from .mounted_code import (
    code_takers,
    copied,
    files_of_steps,
    kubernetes_settings,
    platform_of,
    unmounted,
)
from .names import unique

RUNTIME_KEY = "kfp_runtime"
HELPERS_KEY = "kfp_helpers"
"""Input artifacts of steps: the step runtime, and the helper files; each a zip."""
_MADE = "code"
"""Output of the task that makes or imports a part."""
POD_SETTINGS = ("imagePullPolicy", "imagePullSecret", "securityContext", "tolerations")
"""Kubernetes settings that a task needs to start where the steps start."""
WRITE_CODE = """\
import base64, bz2, os, sys
place = sys.argv[2]
os.makedirs(os.path.dirname(place), exist_ok=True)
with open(place, "wb") as file:
    file.write(bz2.decompress(base64.b64decode(sys.argv[1][5:])))
"""


@dataclass(frozen=True)
class CodePart:
    """Files of the bundle that some steps take from one artifact."""

    key: str
    """The input artifact of the steps that take it."""
    content: bytes
    """A zip with the files."""
    paths: frozenset[str]
    steps: frozenset[str]
    """Tasks of the steps that take it."""

    @property
    def hash(self) -> str:
        """sha-256 of the content, hexadecimal: equal content has the same name everywhere."""
        return sha256(self.content).hexdigest()


def runtime_by_task(form: Documents, bundle: bytes) -> Form:
    """Return the form in which one task carries the runtime and each command the rest.

    It is self-contained, and fits more steps than commands that all hold the runtime.
    """
    files = bundle_files(bundle)
    takers = [taker.task for taker in _within(form)]
    part = _part(RUNTIME_KEY, {RUNTIME_FILE: files[RUNTIME_FILE]}, takers)
    changed, tasks = _with_parts(form, files, [part])
    label = executor_label(tasks[part])
    steps = list(code_takers(form))
    container = {
        "image": steps[0].container["image"],
        "command": ["python3", "-u", "-c", WRITE_CODE],
        "args": [
            inline_code({RUNTIME_FILE: files[RUNTIME_FILE]}),
            f"{{{{$.outputs.artifacts['{_MADE}'].path}}}}",
        ],
    }
    changed.spec["deploymentSpec"]["executors"][label] = {"container": container}
    settings = kubernetes_settings(changed.platform)
    like = settings.get(steps[0].label, {})
    if copies := {key: like[key] for key in POD_SETTINGS if key in like}:
        settings[label] = copies
    return Form(changed.spec, platform_of(settings))


def shared_parts(form: Documents, bundle: bytes) -> tuple[CodePart, ...]:
    """Return the parts of a bundle that steps have in common: the runtime, sets of helper files."""
    files = bundle_files(bundle)
    sets: dict[frozenset[str], list[str]] = {}
    takers = []
    for taker in _within(form):
        takers.append(taker.task)
        own = {RUNTIME_FILE, *map(slice_path, taker.steps)}
        if helpers := frozenset(files_of_steps(files, taker.steps)) - own:
            sets.setdefault(helpers, []).append(taker.task)
    parts = [_part(RUNTIME_KEY, {RUNTIME_FILE: files[RUNTIME_FILE]}, takers)]
    for helpers, tasks in sets.items():
        parts.append(_part(HELPERS_KEY, {path: files[path] for path in sorted(helpers)}, tasks))
    return tuple(parts) if takers else ()


def object_name(part: CodePart) -> str:
    """Return the name of a part in the object store."""
    return f"{part.hash}.zip"


def parts_by_import(form: Documents, bundle: bytes, folder: str) -> Form:
    """Return the form in which steps take the shared parts from the object store.

    `folder` is the URI of the folder that holds each part under `object_name`, such as
    `minio://mlpipeline/kfp-code`.
    """
    files = bundle_files(bundle)
    parts = shared_parts(form, bundle)
    changed, tasks = _with_parts(form, files, parts)
    for part, task in tasks.items():
        place = f"{folder.rstrip('/')}/{object_name(part)}"
        kind = artifact()["artifactType"]
        importer = {"artifactUri": {"constant": place}, "typeSchema": kind}
        changed.spec["deploymentSpec"]["executors"][executor_label(task)] = {"importer": importer}
        component = changed.spec["components"][component_name(task)]
        component["inputDefinitions"] = {"parameters": {"uri": {"parameterType": "STRING"}}}
        home_dag(changed.spec)["tasks"][task]["inputs"] = {
            "parameters": {"uri": {"runtimeValue": {"constant": place}}}
        }
    return changed


def _part(key: str, files: Mapping[str, bytes], steps: Iterable[str]) -> CodePart:
    return CodePart(key, bundle_bytes(files), frozenset(files), frozenset(steps))


def _within(form: Documents) -> Iterator[Any]:
    """Yield the steps that can take artifacts: the one at the exit runs whatever became of them."""
    inside = {task for task, _ in _leaves(form.spec, home_dag(form.spec))}
    return (taker for taker in code_takers(form) if taker.task in inside)


def home_dag(spec: Mapping[str, Any]) -> dict[str, Any]:
    """Return the DAG that holds the steps: the root's, or the one in front of the exit."""
    dag: dict[str, Any] = spec["root"]["dag"]
    for task in dag["tasks"].values():
        if task.get("triggerPolicy", {}).get("strategy") == "ALL_UPSTREAM_TASKS_COMPLETED":
            (handled,) = task["dependentTasks"]
            name = dag["tasks"][handled]["componentRef"]["name"]
            inner: dict[str, Any] = spec["components"][name]["dag"]
            return inner
    return dag


def _leaves(spec: Mapping[str, Any], dag: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, task in dag["tasks"].items():
        component = spec["components"][task["componentRef"]["name"]]
        if "dag" in component:
            yield from _leaves(spec, component["dag"])
        else:
            yield name, task


def _with_parts(
    form: Documents, files: Mapping[str, bytes], parts: Iterable[CodePart]
) -> tuple[Form, dict[CodePart, str]]:
    """Return the form whose steps take the parts from artifacts, and the tasks that give them.

    Those tasks have no executor yet.
    """
    changed = copied(form)
    spec = changed.spec
    home = home_dag(spec)
    used = {name for name, _ in _leaves(spec, spec["root"]["dag"])} | set(home["tasks"])
    steps = list(home["tasks"])
    makers: dict[CodePart, str] = {}
    for part in parts:
        task = unique(part.key.replace("_", "-"), part.hash, {*used, *makers.values()})
        makers[part] = task
        _hand_on(spec, {name: home["tasks"][name] for name in steps}, part, task)
        spec["components"][component_name(task)] = {
            "executorLabel": executor_label(task),
            "outputDefinitions": {"artifacts": {_MADE: artifact()}},
        }
        home["tasks"][task] = {
            "taskInfo": {"name": task},
            "componentRef": {"name": component_name(task)},
            "cachingOptions": {"enableCache": True},
        }
    for taker in code_takers(changed):
        taken = [part for part in makers if taker.task in part.steps]
        elsewhere = frozenset[str]().union(*(part.paths for part in taken))
        own = files_of_steps(files, taker.steps).items()
        args = taker.container["args"]
        args[0] = inline_code({path: data for path, data in own if path not in elsewhere})
        args += [f"{{{{$.inputs.artifacts['{part.key}'].path}}}}" for part in taken]
    return Form(spec, unmounted(changed.platform)), makers


def _hand_on(
    spec: Mapping[str, Any], tasks: Mapping[str, dict[str, Any]], part: CodePart, maker: str = ""
) -> bool:
    """Give a part to the steps among some tasks and within them; whether any took it.

    `maker` is the task of the same DAG that gives it; without one it comes from around the DAG.
    """
    source: dict[str, Any] = {"componentInputArtifact": part.key}
    if maker:
        source = {"taskOutputArtifact": {"producerTask": maker, "outputArtifactKey": _MADE}}
    found = False
    for name, task in tasks.items():
        component = spec["components"][task["componentRef"]["name"]]
        inside = component.get("dag")
        if not (_hand_on(spec, inside["tasks"], part) if inside else name in part.steps):
            continue
        found = True
        declared = component.setdefault("inputDefinitions", {})
        declared.setdefault("artifacts", {})[part.key] = artifact()
        task.setdefault("inputs", {}).setdefault("artifacts", {})[part.key] = source
        if maker:
            task["dependentTasks"] = sorted({*task.get("dependentTasks", ()), maker})
    return found
