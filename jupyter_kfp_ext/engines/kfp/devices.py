"""What a cluster offers of GPUs and other devices, CPUs and memory, and what is free of it now.

What pods hold is in no object of a node: it is the sum of what the pods on it ask for, as the
scheduler computes it, so it needs the pods of all namespaces.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from .amounts import is_device, number
from .cluster import Cluster
from .http import ClusterError

Json = Mapping[str, Any]
Amounts = Mapping[str, Decimal]
MODEL_LABELS = (
    "nvidia.com/gpu.product",
    "amd.com/gpu.product-name",
    "gpu.intel.com/product",
    "cloud.google.com/gke-accelerator",
    "k8s.amazonaws.com/accelerator",
    "kubernetes.azure.com/accelerator",
)
"""Labels by which operators and clouds tell what model the devices of a node are."""
_KEEPING_AWAY = ("NoSchedule", "NoExecute")


@dataclass(frozen=True)
class Device:
    """One kind and model of devices on the nodes of a cluster that are open to pods."""

    kind: str
    """The resource that pods ask for, which `gpu_type` takes: `nvidia.com/gpu`."""
    model: str
    """As a label of the nodes says; empty: none says."""
    label: str
    """That label, for `node_selector`."""
    nodes: int
    count: int
    """On all these nodes."""
    largest: int
    """On the node that has most: a step cannot have more."""
    free: int | None
    """Of all of them now; None: not to be seen."""
    largest_free: int | None
    """On the node that has most free now."""
    taints: tuple[Json, ...]
    """What keeps steps away that do not tolerate it, on each of these nodes."""

    @property
    def words(self) -> str:
        """The device in words."""
        model = f" ({self.model})" if self.model else ""
        nodes = "1 node" if self.nodes == 1 else f"{self.nodes} nodes"
        free = "free: not to be seen" if self.free is None else f"{self.free} free now"
        return f"{self.count} {self.kind}{model} on {nodes}, {free}"


@dataclass(frozen=True)
class Size:
    """How much CPU (cores) or memory (bytes) the nodes have that are open to pods."""

    total: float
    largest: float
    """On the node that has most: a step cannot have more."""
    largest_free: float | None
    """On the node that has most free now; None: not to be seen."""


def running_pods(cluster: Cluster) -> tuple[Json, ...] | None:
    """Return the pods that hold something on a node; None where they cannot be listed."""
    try:
        return tuple(cluster.running_pods())
    except ClusterError:
        return None


def in_use(pods: Iterable[Json]) -> dict[str, dict[str, Decimal]]:
    """Return what pods hold, by the node and the resource."""
    found: dict[str, dict[str, Decimal]] = {}
    for pod in pods:
        node = pod["spec"].get("nodeName")
        if node:
            held = found.setdefault(node, defaultdict(Decimal))
            for resource, amount in _of_pod(pod["spec"]).items():
                held[resource] += amount
    return found


def _of_pod(spec: Json) -> dict[str, Decimal]:
    """Return what a pod asks for: its containers together, or the largest that comes before them.

    A container before them that restarts stays beside all that come after it
    (kubernetes.io/docs/concepts/workloads/pods/sidecar-containers).
    """
    together: dict[str, Decimal] = defaultdict(Decimal)
    before: dict[str, Decimal] = defaultdict(Decimal)
    for container in spec.get("initContainers") or ():
        stays = container.get("restartPolicy") == "Always"
        for resource, amount in _requests(container):
            at_once = together[resource] + amount
            before[resource] = max(before[resource], at_once)
            if stays:
                together[resource] = at_once
    for container in spec.get("containers") or ():
        for resource, amount in _requests(container):
            together[resource] += amount
    largest = {each: max(together[each], before[each]) for each in together.keys() | before.keys()}
    for resource, text in (spec.get("overhead") or {}).items():
        largest[resource] = largest.get(resource, Decimal(0)) + (number(text) or 0)
    return largest


def _requests(container: Json) -> Iterator[tuple[str, Decimal]]:
    for resource, text in ((container.get("resources") or {}).get("requests") or {}).items():
        amount = number(text)
        if amount:
            yield resource, amount


def free_on(node: Json, used: Mapping[str, Amounts], resource: str) -> Decimal:
    """Return what is free of a resource on a node."""
    has = number(node["status"]["allocatable"].get(resource, "0")) or Decimal(0)
    return has - used.get(node["metadata"]["name"], {}).get(resource, Decimal(0))


def devices(nodes: Iterable[Json], pods: Iterable[Json] | None) -> list[Device]:
    """Return what nodes offer that are open to pods, in the order of kind and model."""
    used = None if pods is None else in_use(pods)
    groups: dict[tuple[str, str, str], list[Json]] = defaultdict(list)
    for node in nodes:
        if node["spec"].get("unschedulable"):
            continue
        label, model = _model(node)
        for resource, text in node["status"]["allocatable"].items():
            if is_device(resource) and number(text):
                groups[resource, model, label].append(node)
    return [_device(*key, found, used) for key, found in sorted(groups.items(), key=_key)]


def sizes(nodes: Iterable[Json], pods: Iterable[Json] | None) -> dict[str, Size]:
    """Return the CPU and memory of nodes that are open to pods; nothing where there is none."""
    open_nodes = [each for each in nodes if not each["spec"].get("unschedulable")]
    used = None if pods is None else in_use(pods)
    if not open_nodes:
        return {}
    return {each: _size(each, open_nodes, used) for each in ("cpu", "memory")}


def _size(resource: str, nodes: list[Json], used: Mapping[str, Amounts] | None) -> Size:
    has = [free_on(each, {}, resource) for each in nodes]
    free = None if used is None else max(free_on(each, used, resource) for each in nodes)
    return Size(
        total=float(sum(has)),
        largest=float(max(has)),
        largest_free=None if free is None else max(0.0, float(free)),
    )


def _key(group: tuple[tuple[str, str, str], list[Json]]) -> tuple[str, str, str]:
    return group[0]


def _model(node: Json) -> tuple[str, str]:
    labels = node["metadata"].get("labels") or {}
    return next(((each, labels[each]) for each in MODEL_LABELS if labels.get(each)), ("", ""))


def _device(
    kind: str,
    model: str,
    label: str,
    nodes: list[Json],
    used: Mapping[str, Amounts] | None,
) -> Device:
    counts = [int(number(each["status"]["allocatable"][kind]) or 0) for each in nodes]
    free = None if used is None else [max(0, int(free_on(each, used, kind))) for each in nodes]
    kept_away = [
        [taint for taint in each["spec"].get("taints") or () if taint["effect"] in _KEEPING_AWAY]
        for each in nodes
    ]
    return Device(
        kind=kind,
        model=model,
        label=label,
        nodes=len(nodes),
        count=sum(counts),
        largest=max(counts),
        free=None if free is None else sum(free),
        largest_free=None if free is None else max(free),
        taints=tuple(each for each in kept_away[0] if all(each in others for others in kept_away)),
    )
