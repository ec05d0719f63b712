"""Options that say what a step needs of a machine: cores, memory, GPUs.

They stand as strings in `container.resources.resource*`, which the KFP driver reads before the
older numbers (backend/src/v2/driver/driver.go).
"""

from decimal import Decimal

from .names import is_resource_name
from .parts import StepParts

DEFAULT_GPU = "nvidia.com/gpu"

_UNITS = {
    "m": Decimal("0.001"),
    "": Decimal(1),
    **{unit: Decimal(1000**power) for power, unit in enumerate("kMGTP", start=1)},
    **{
        unit: Decimal(1024**power)
        for power, unit in enumerate(("Ki", "Mi", "Gi", "Ti", "Pi"), start=1)
    },
}


def quantity(text: str) -> Decimal:
    """Return the number that a Kubernetes quantity means (`500m` is 0.5, `1Ki` is 1024)."""
    number = text.rstrip("kKMGTPim")
    return Decimal(number) * _UNITS[text[len(number) :]]


def cpu_request(parts: StepParts, value: str) -> None:
    """Write the cores that the step is promised."""
    if is_some(parts, "cpu", value):
        _resources(parts)["resourceCpuRequest"] = value


def cpu_limit(parts: StepParts, value: str) -> None:
    """Write the cores that the step may use at most."""
    if is_some(parts, "cpu_limit", value) and _above(parts, "cpu", value):
        _resources(parts)["resourceCpuLimit"] = value


def memory_request(parts: StepParts, value: str) -> None:
    """Write the memory that the step is promised."""
    if is_some(parts, "memory", value):
        _resources(parts)["resourceMemoryRequest"] = value


def memory_limit(parts: StepParts, value: str) -> None:
    """Write the memory above which the step is killed."""
    if is_some(parts, "memory_limit", value) and _above(parts, "memory", value):
        _resources(parts)["resourceMemoryLimit"] = value


def gpu(parts: StepParts, value: int) -> None:
    """Write the number of GPUs; 0 asks for none."""
    if value == 0:
        return
    _resources(parts)["accelerator"] = {
        "resourceType": parts.step.options.gpu_type or DEFAULT_GPU,
        "resourceCount": str(value),
    }


def gpu_type(parts: StepParts, value: str) -> None:
    """Check the kind of GPU; `gpu` writes it beside the number."""
    if not is_resource_name(value):
        parts.refuse(
            "gpu_type",
            f"{value!r} is not the name of a Kubernetes resource",
            "Write `nvidia.com/gpu` or another resource of the cluster's nodes, "
            "and choose a model of GPU by `node_selector`.",
        )
    elif parts.step.options.gpu is None:
        parts.refuse("gpu_type", "the number of GPUs is not said", "Add `gpu: 1`.")


def is_some(parts: StepParts, option: str, value: str) -> bool:
    """Whether a quantity is above 0; notes a problem where it is not."""
    if quantity(value) > 0:
        return True
    parts.refuse(option, f"{value} is nothing", "Give more than 0, or leave it out.")
    return False


def _above(parts: StepParts, option: str, limit: str) -> bool:
    request = getattr(parts.step.options, option)
    if request is None or quantity(request) <= quantity(limit):
        return True
    parts.refuse(
        f"{option}_limit",
        f"the limit {limit} is below the request {request}",
        "Raise the limit or lower the request; Kubernetes refuses such a pod.",
    )
    return False


def _resources(parts: StepParts) -> dict[str, object]:
    resources: dict[str, object] = parts.container.setdefault("resources", {})
    return resources
