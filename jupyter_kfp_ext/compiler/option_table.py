"""The one table from step options to their places in the compiled spec.

Every field of `StepOptions` stands here (a test walks them), so that no option is dropped in
silence: it reaches the spec, or compiling fails and names the cell and the option.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ..notation.options import StepOptions
from . import control, environment, placement, resources, volumes
from .parts import StepParts

CONTAINER = "container"
KUBERNETES = "kubernetes"
TASK = "task"
SLICE = "slice"
GROUP = "group"


@dataclass(frozen=True)
class Rule:
    """How one option is compiled."""

    apply: Callable[[StepParts, Any], None]
    place: str
    """`container`, `task`, `group` (of its loop or condition) or `kubernetes`, and the field."""


OPTIONS: dict[str, Rule] = {
    "after": Rule(control.after, f"{TASK}.dependentTasks"),
    "image": Rule(environment.image, f"{CONTAINER}.image"),
    "packages": Rule(environment.packages, f"{SLICE}.packages"),
    "cpu": Rule(resources.cpu_request, f"{CONTAINER}.resources.resourceCpuRequest"),
    "cpu_limit": Rule(resources.cpu_limit, f"{CONTAINER}.resources.resourceCpuLimit"),
    "memory": Rule(resources.memory_request, f"{CONTAINER}.resources.resourceMemoryRequest"),
    "memory_limit": Rule(resources.memory_limit, f"{CONTAINER}.resources.resourceMemoryLimit"),
    "gpu": Rule(resources.gpu, f"{CONTAINER}.resources.accelerator.resourceCount"),
    "gpu_type": Rule(resources.gpu_type, f"{CONTAINER}.resources.accelerator.resourceType"),
    "node_selector": Rule(placement.node_selector, f"{KUBERNETES}.nodeSelector"),
    "tolerations": Rule(placement.tolerations, f"{KUBERNETES}.tolerations"),
    "affinity": Rule(placement.affinity, f"{KUBERNETES}.nodeAffinity"),
    "env": Rule(environment.env, f"{CONTAINER}.env"),
    "secret_env": Rule(environment.secret_env, f"{KUBERNETES}.secretAsEnv"),
    "secret_volume": Rule(volumes.secret_volume, f"{KUBERNETES}.secretAsVolume"),
    "config_map_env": Rule(environment.config_map_env, f"{KUBERNETES}.configMapAsEnv"),
    "config_map_volume": Rule(volumes.config_map_volume, f"{KUBERNETES}.configMapAsVolume"),
    "volumes": Rule(volumes.volumes, f"{KUBERNETES}.pvcMount"),
    "shared_memory": Rule(volumes.shared_memory, f"{KUBERNETES}.emptyDirMounts"),
    "scratch": Rule(volumes.scratch, f"{KUBERNETES}.emptyDirMounts"),
    "timeout": Rule(control.timeout, f"{KUBERNETES}.activeDeadlineSeconds"),
    "retries": Rule(control.retries, f"{TASK}.retryPolicy"),
    "cache": Rule(control.cache, f"{TASK}.cachingOptions"),
    "labels": Rule(placement.labels, f"{KUBERNETES}.podMetadata.labels"),
    "annotations": Rule(placement.annotations, f"{KUBERNETES}.podMetadata.annotations"),
    "image_pull_policy": Rule(environment.image_pull_policy, f"{KUBERNETES}.imagePullPolicy"),
    "image_pull_secrets": Rule(environment.image_pull_secrets, f"{KUBERNETES}.imagePullSecret"),
    "security": Rule(environment.security, f"{KUBERNETES}.securityContext"),
    "fuse": Rule(control.planned, f"{GROUP}.container.args"),
    "for_each": Rule(control.planned, f"{GROUP}.parameterIterator"),
    "for_each_limit": Rule(control.planned, f"{GROUP}.iteratorPolicy.parallelismLimit"),
    "when": Rule(control.planned, f"{GROUP}.triggerPolicy.condition"),
    "on_exit": Rule(control.planned, f"{GROUP}.triggerPolicy.strategy"),
    "display_name": Rule(control.display_name, f"{TASK}.taskInfo.name"),
    "description": Rule(placement.description, f"{KUBERNETES}.podMetadata.annotations"),
}

_NOT_SAID = StepOptions()


def apply_options(parts: StepParts) -> None:
    """Write all options that are said into the parts of a step; refusals go to its problems."""
    options = parts.step.options
    for name in options.__struct_fields__:
        value = getattr(options, name)
        if value != getattr(_NOT_SAID, name):
            OPTIONS[name].apply(parts, value)
    volumes.check_mounts(parts)
