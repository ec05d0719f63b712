"""Snapshots of volumes before steps: KFP cannot hold a step, so a small task is put before it.

Only clusters get these tasks, once steps share their pods. The task runs in the image of its step
and asks Kubernetes for the snapshots; it is never answered from KFP's cache. Before a loop or a
condition it runs once, whatever the condition.
"""

import base64
import bz2
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from ..runtime import snapshot_task
from ..runtime.strip import strip_source
from .bundle_place import LABELS, RUN
from .code_artifacts import POD_SETTINGS, home_dag
from .compiled import CompiledPipeline
from .components import component_name, executor_label
from .inline import PREFIX
from .mounted_code import copied, kubernetes_settings, platform_of
from .names import unique
from .snapshot_option import PIECE, Wanted, wanted_snapshots

Json = dict[str, Any]
START = """\
import base64, bz2, os, sys
exec(bz2.decompress(base64.b64decode(sys.argv[1][5:])))
sys.exit(main(sys.argv[2:], os.environ))
"""
_NEEDED = {
    "resourceCpuRequest": "100m",
    "resourceCpuLimit": "500m",
    "resourceMemoryRequest": "128Mi",
    "resourceMemoryLimit": "256Mi",
}
"""What the task asks for of what its step asks for: a quota refuses pods that do not say it."""


def with_snapshots(
    compiled: CompiledPipeline, mounted: Mapping[str, str] | None = None
) -> CompiledPipeline:
    """Return the pipeline with a task before each step of it that wants snapshots.

    `mounted` says which claim stands in the place of one that the notebook names. Steps that are
    not in the specification (any more) have none.
    """
    wanted = {
        step.task: found
        for step in compiled.plan.steps
        if not step.part_of and (found := wanted_snapshots(step.options))
    }
    if not wanted:
        return compiled
    form = copied(compiled)
    home, settings = home_dag(form.spec)["tasks"], kubernetes_settings(form.platform)
    pods = {step: pod for pod, steps in compiled.pods.items() for step in steps}
    makers: dict[str, str] = {}
    for step, snapshots in wanted.items():
        task = home.get(pods.get(step, step))
        if task is None:
            continue
        maker = unique(f"{step}-snapshot", step, home)
        makers[step] = maker
        like = _executor_of(form.spec, pods.get(step, step))
        label = executor_label(maker)
        container = form.spec["deploymentSpec"]["executors"][like]["container"]
        form.spec["deploymentSpec"]["executors"][label] = {
            "container": _container(container, step, snapshots, mounted or {})
        }
        form.spec["components"][component_name(maker)] = {"executorLabel": label}
        own = {key: each for key, each in settings.get(like, {}).items() if key in POD_SETTINGS}
        settings[label] = {
            **own,
            # Whoever starts the run: its id is only known in the pod.
            "fieldPathAsEnv": [
                {"name": "KFP_SNAPSHOT_RUN", "fieldPath": "metadata.labels['pipeline/runid']"}
            ],
        }
        waits = task.get("dependentTasks", [])
        home[maker] = {
            "taskInfo": {"name": maker},
            "componentRef": {"name": component_name(maker)},
            "cachingOptions": {},
            **({"dependentTasks": list(waits)} if waits else {}),
        }
        task["dependentTasks"] = sorted({*waits, maker})
    platform = platform_of(settings)
    return replace(compiled, spec=form.spec, platform=platform, snapshots=makers)


def _executor_of(spec: Json, task: str) -> str:
    """Return the label of the executor that runs a step's cells: it has the step's name."""
    label: str = spec["components"][component_name(task)]["executorLabel"]
    return label


def _container(
    step: Json, task: str, snapshots: tuple[Wanted, ...], mounted: Mapping[str, str]
) -> Json:
    asked = {
        "task": task,
        "piece": PIECE,
        "labels": LABELS,
        "label": RUN,
        "claims": [
            {"named": each.claim, "claim": mounted.get(each.claim, each.claim), "kind": each.kind}
            for each in snapshots
        ],
    }
    text = json.dumps(asked, sort_keys=True).encode()
    resources = {key: _NEEDED[key] for key in step.get("resources", {}) if key in _NEEDED}
    return {
        "image": step["image"],
        "command": ["python3", "-u", "-c", START],
        "args": [_program(), base64.b64encode(text).decode("ascii")],
        **({"resources": resources} if resources else {}),
    }


def asked_snapshots(args: Sequence[str]) -> tuple[str, tuple[str, ...]] | None:
    """Return step and claims of a task that takes snapshots, by its arguments; None of others."""
    if len(args) != 2 or not args[0].startswith(PREFIX):
        return None
    try:
        asked = json.loads(base64.b64decode(args[1], validate=True))
        return str(asked["task"]), tuple(str(each["named"]) for each in asked["claims"])
    except (ValueError, LookupError, TypeError):
        return None


@cache
def _program() -> str:
    """Return the program as one argument, packed as all code in arguments is."""
    source = strip_source(Path(snapshot_task.__file__).read_text(encoding="utf-8"))
    return PREFIX + base64.b64encode(bz2.compress(source.encode(), 9)).decode("ascii")
