"""What a step asks of a machine, read from its container as Kubernetes would."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .executor_input import fill_in
from .gpus import vendor_of
from .spec import Container, Pipeline
from .values import as_text

_GPU = "nvidia.com/gpu"
"""The type where none is named."""
_KNOWN_GPUS = frozenset({_GPU, "amd.com/gpu"})
_GB = 10**9
"""The older numbers of the specification (`memoryRequest`) are of this (pipeline_spec.proto)."""


@dataclass(frozen=True)
class Need:
    """What a process is promised while it runs; 0 where its step does not say."""

    cpu: float = 0.0
    """Cores."""
    memory: int = 0
    """Bytes."""
    gpus: int = 0
    gpu_type: str = ""
    """Their resource type, `nvidia.com/gpu`."""

    @property
    def vendor(self) -> str:
        """Who makes its GPUs."""
        return vendor_of(self.gpu_type)


def need_of(resources: Mapping[str, Any]) -> Need:
    """Return what `container.resources` asks for; a limit alone counts as the request, too.

    Raises `ValueError` where an amount cannot be read.
    """
    if not resources:
        return Need()
    accelerator = resources.get("accelerator") or {}
    count = accelerator.get("resourceCount") or accelerator.get("count") or 0
    kind = accelerator.get("resourceType") or accelerator.get("type") or ""
    gpus = int(float(count))
    return Need(
        cpu=float(_amount(resources, "Cpu", "cpu", 1)),
        memory=int(_amount(resources, "Memory", "memory", _GB)),
        gpus=gpus,
        gpu_type=str(kind or _GPU) if gpus else "",
    )


def filled(resources: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, Any]:
    """Return `container.resources` with the values of input parameters in their places."""
    known = {f"$.inputs.parameters['{name}']": as_text(each) for name, each in values.items()}

    def fill(part: Any) -> Any:
        if isinstance(part, Mapping):
            return {name: fill(each) for name, each in part.items()}
        return fill_in(part, known) if isinstance(part, str) else part

    return {name: fill(part) for name, part in resources.items()}


def needs_known(container: Container) -> Need:
    """Return what of a container's need is known before it runs; raises `ValueError`."""
    return need_of(
        {name: part for name, part in container.resources.items() if "{{$" not in json.dumps(part)}
    )


def gpu_types(pipeline: Pipeline) -> frozenset[str]:
    """Return the resource types of GPUs that a pipeline's containers name."""
    found: set[str] = set()
    for leaf in pipeline.root.leaves():
        accelerator = leaf.container.resources.get("accelerator") if leaf.container else None
        if accelerator:
            kind = str(accelerator.get("resourceType") or accelerator.get("type") or _GPU)
            found |= _KNOWN_GPUS if "{{$" in kind else {kind}
    return frozenset(found)


def _amount(resources: Mapping[str, Any], new: str, old: str, unit: int) -> float:
    from ...compiler.resources import quantity

    for part in ("Request", "Limit"):
        text = resources.get(f"resource{new}{part}")
        if text:
            try:
                return float(quantity(str(text)))
            except (ArithmeticError, KeyError):
                raise ValueError(f"{text!r} is no amount of {old}") from None
        number = resources.get(f"{old}{part}")
        if number:
            return float(number) * unit
    return 0.0


def asked_for(resources: Mapping[str, Any]) -> dict[str, str]:
    """Return the requests as a user wrote them, by option: `cpu`, `memory`, `gpu`."""
    found: dict[str, str] = {}
    for option, name in (("cpu", "Cpu"), ("memory", "Memory")):
        for part in ("Request", "Limit"):
            text = resources.get(f"resource{name}{part}")
            if text:
                found.setdefault(option, str(text))
    count = (resources.get("accelerator") or {}).get("resourceCount")
    return {**found, "gpu": str(count)} if count else found


def gibibytes(size: float) -> str:
    """Return a number of bytes for people: `15.6 GiB`, `300 MiB`."""
    unit, name = (2**30, "GiB") if size >= 2**30 else (2**20, "MiB")
    amount = size / unit
    return f"{amount:.0f} {name}" if amount >= 100 else f"{amount:.3g} {name}"
