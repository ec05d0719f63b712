"""Whether a cluster could ever run the steps of a run: asked before it is started.

Kubernetes takes a pod that no node can hold, and lets it wait for ever; KFP says nothing of it.
Nothing is refused for what cannot be read.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from ...errors import Code, Problem
from .amounts import amount_words, is_device, number, plain
from .cluster import Cluster
from .devices import free_on, in_use
from .http import ClusterError

Json = Mapping[str, Any]
_IGNORE = (
    "Where nodes or quotas are added meanwhile, `jupyter kfp run NOTEBOOK --ignore-resources` "
    "starts it all the same."
)
_KEEPING_AWAY = ("NoSchedule", "NoExecute")


@dataclass(frozen=True)
class Ask:
    """What the pod of a step asks for."""

    step: str
    requests: Mapping[str, Decimal]
    """By the name of the resource, as pods have them: `cpu`, `memory`, `nvidia.com/gpu`."""
    limits: Mapping[str, Decimal]
    selector: Mapping[str, str] = field(default_factory=dict)
    tolerations: tuple[Json, ...] = ()
    affinity: tuple[Json, ...] = ()
    """What the labels of its node have to be (`matchExpressions`), all of it."""


@dataclass(frozen=True)
class Room:
    """What a cluster has and allows; None: it may not be read."""

    nodes: tuple[Json, ...] | None
    quotas: tuple[Json, ...] | None
    ranges: tuple[Json, ...] | None

    @property
    def unseen(self) -> tuple[str, ...]:
        """What could not be looked at, in words."""
        parts = (("nodes", self.nodes), ("quotas", self.quotas), ("limit ranges", self.ranges))
        return tuple(name for name, part in parts if part is None)


def room_of(cluster: Cluster) -> Room:
    """Read what a cluster has and allows, as far as that is allowed and it answers."""

    def found(read: Callable[[], list[dict[str, Any]]]) -> tuple[Json, ...] | None:
        try:
            return tuple(read())
        except ClusterError:
            return None

    return Room(found(cluster.nodes), found(cluster.quotas), found(cluster.limit_ranges))


def asks(spec: Json, settings: Mapping[str, Json]) -> Iterator[Ask]:
    """Yield what each container of a pipeline asks for; `settings` of Kubernetes by executor.

    What comes from a parameter is left out: it is known only when the step starts.
    """
    titles = {
        component["executorLabel"]: name.removeprefix("comp-")
        for name, component in spec.get("components", {}).items()
        if "executorLabel" in component
    }
    for label, executor in spec.get("deploymentSpec", {}).get("executors", {}).items():
        if "container" not in executor:
            continue
        said = executor["container"].get("resources") or {}
        limits = _amounts(said, "Limit")
        accelerator = said.get("accelerator") or {}
        count = number(str(accelerator.get("resourceCount") or ""))
        kind = str(accelerator.get("resourceType") or "")
        if count and kind and "{{" not in kind:
            limits[kind] = count
        kubernetes = settings.get(label, {})
        yield Ask(
            step=titles.get(label, label),
            # Kubernetes takes a limit for the request where there is none.
            requests={**limits, **_amounts(said, "Request")},
            limits=limits,
            selector=(kubernetes.get("nodeSelector") or {}).get("labels") or {},
            tolerations=tuple(kubernetes.get("tolerations") or ()),
            affinity=tuple(
                expression
                for term in kubernetes.get("nodeAffinity") or ()
                if not term.get("weight")
                for expression in term.get("matchExpressions") or ()
            ),
        )


def _amounts(said: Json, part: str) -> dict[str, Decimal]:
    found = {}
    for name in ("Cpu", "Memory"):
        amount = number(str(said.get(f"resource{name}{part}") or ""))
        if amount:
            found[name.lower()] = amount
    return found


def never_fitting(wanted: Iterable[Ask], room: Room) -> list[Problem]:
    """Return why steps can never run there; empty where each could on some node, if it is free."""
    found: list[Problem] = []
    for ask in wanted:
        reasons = [
            *_of_ranges(ask, room.ranges or ()),
            *_of_quotas(ask, room.quotas or (), room.ranges or ()),
            *(_of_nodes(ask, room.nodes) if room.nodes else ()),
        ]
        found.extend(_problem(ask, *each) for each in reasons[:1])
    return found


def asks_for_devices(wanted: Iterable[Ask]) -> bool:
    """Whether some step asks for GPUs or the like: they are so few that others may have them."""
    return any(is_device(resource) for ask in wanted for resource in ask.requests)


def will_wait(wanted: Iterable[Ask], room: Room, pods: Iterable[Json]) -> Iterator[str]:
    """Yield what is said of steps that could run there but not now; `pods` hold the rest."""
    used = in_use(pods)
    for ask in wanted:
        nodes = [
            each
            for each in room.nodes or ()
            if not each["spec"].get("unschedulable")
            and _has(each, ask.selector)
            and _meets(each, ask.affinity)
            and _holds(each, ask.requests)
            and not _untolerated(each, ask.tolerations)
        ]
        free = [
            {each: max(Decimal(0), free_on(node, used, each)) for each in ask.requests}
            for node in nodes
        ]
        if free and not any(_covers(each, ask.requests) for each in free):
            yield f"{ask.step} {_missing_now(ask, nodes, free)}: it will wait"


def _covers(free: Mapping[str, Decimal], requests: Mapping[str, Decimal]) -> bool:
    return all(free[resource] >= wanted for resource, wanted in requests.items())


def _missing_now(ask: Ask, nodes: Iterable[Json], free: list[dict[str, Decimal]]) -> str:
    for resource, wanted in ask.requests.items():
        most = max(each[resource] for each in free)
        if most < wanted:
            largest = max(number(each["status"]["allocatable"][resource]) or 0 for each in nodes)
            return (
                f"asks {amount_words(resource, wanted)}, the largest node has "
                f"{plain(resource, Decimal(largest))}, {plain(resource, most)} free now"
            )
    together = " and ".join(amount_words(*each) for each in ask.requests.items())
    return f"asks {together}, and no node has all of it free now"


def _problem(ask: Ask, said: str, option: str, remedy: str) -> Problem:
    message = f"The step {ask.step} {said}."
    more = f"{remedy} {_IGNORE}"
    return Problem(Code.RESOURCES_MISSING, message, more, step=ask.step, option=option)


Reason = tuple[str, str, str]
"""What is said of a step, the option that it is about, and what to do."""


def _option(resource: str) -> str:
    return resource if resource in ("cpu", "memory") else "gpu"


def _of_ranges(ask: Ask, ranges: Iterable[Json]) -> Iterator[Reason]:
    for each in ranges:
        for limit in each["spec"].get("limits") or ():
            if limit.get("type") not in ("Container", "Pod"):
                continue
            for resource, text in (limit.get("max") or {}).items():
                most, wanted = number(text), ask.limits.get(resource, ask.requests.get(resource))
                if most is not None and wanted is not None and wanted > most:
                    yield (
                        f"asks {amount_words(resource, wanted)}, and the limit range "
                        f"{each['metadata']['name']} of the namespace allows a pod "
                        f"{amount_words(resource, most)}",
                        _option(resource),
                        "Ask for less.",
                    )


def _of_quotas(ask: Ask, quotas: Iterable[Json], ranges: Iterable[Json]) -> Iterator[Reason]:
    given = {
        resource
        for each in ranges
        for limit in each["spec"].get("limits") or ()
        for key in ("default", "defaultRequest")
        for resource in limit.get(key) or {}
    }
    for each in quotas:
        if each["spec"].get("scopes") or each["spec"].get("scopeSelector"):
            continue  # whether it is about such a pod is not ours to say
        name = each["metadata"]["name"]
        for key, text in (each["spec"].get("hard") or {}).items():
            part, _, rest = key.rpartition("requests.")
            resource = key.removeprefix("limits.") if key.startswith("limits.") else rest or part
            asked = ask.limits if key.startswith("limits.") else ask.requests
            most, wanted = number(text), asked.get(resource)
            if most is not None and wanted is not None and wanted > most:
                yield (
                    f"asks {amount_words(resource, wanted)}, and the quota {name} of the namespace "
                    f"allows {amount_words(resource, most)} in all",
                    _option(resource),
                    "Ask for less, or have the quota raised.",
                )
            elif resource in ("cpu", "memory") and wanted is None and resource not in given:
                option = f"{resource}_limit" if key.startswith("limits.") else resource
                yield (
                    f"does not say its `{option}`, and the quota {name} of the namespace refuses "
                    "pods that do not",
                    option,
                    f"Give the step `{option}`.",
                )


def _of_nodes(ask: Ask, nodes: Iterable[Json]) -> Iterator[Reason]:
    open_nodes = [each for each in nodes if not each["spec"].get("unschedulable")]
    selected = [each for each in open_nodes if _has(each, ask.selector)]
    chosen = [each for each in selected if _meets(each, ask.affinity)]
    if open_nodes and not chosen:
        labels = [f"{key}={value}" for key, value in sorted(ask.selector.items())]
        yield (
            f"may run only on nodes with {', '.join([*labels, *map(_words, ask.affinity)])}, and "
            "there are none",
            "affinity" if selected else "node_selector",
            "Check the labels: kubectl get nodes --show-labels.",
        )
        return
    for resource, wanted in ask.requests.items():
        sizes = [number(each["status"]["allocatable"].get(resource, "0")) for each in chosen]
        largest = max((size for size in sizes if size is not None), default=Decimal(0))
        if wanted > largest:
            has = (
                "no node has any"
                if not largest
                else f"the largest node has {plain(resource, largest)}"
            )
            yield (
                f"asks {amount_words(resource, wanted)}, {has}",
                _option(resource),
                _less(resource, largest, open_nodes),
            )
            return
    fitting = [each for each in chosen if _holds(each, ask.requests)]
    if chosen and not fitting:
        together = " and ".join(amount_words(*each) for each in ask.requests.items())
        yield f"asks {together}, and no node has all of it", "memory", "Ask for less."
        return
    kept_away = [_untolerated(each, ask.tolerations) for each in fitting]
    if kept_away and all(kept_away):
        taint = kept_away[0][0]
        proposed = {
            "key": taint["key"],
            **({"value": taint["value"]} if taint.get("value") else {"operator": "Exists"}),
            "effect": taint["effect"],
        }
        words = ", ".join(f'"{key}": "{value}"' for key, value in proposed.items())
        told = f"{taint['key']}{'=' if taint.get('value') else ''}{taint.get('value', '')}"
        yield (
            f"fits only on nodes that keep others away (taint {told}:{taint['effect']})",
            "tolerations",
            f"Give the step `tolerations`: [{{{words}}}].",
        )


def _less(resource: str, largest: Decimal, nodes: Iterable[Json]) -> str:
    if largest or _option(resource) != "gpu":
        return "Ask for less."
    others = sorted(
        {
            name
            for each in nodes
            for name, text in each["status"]["allocatable"].items()
            if is_device(name) and number(text)
        }
    )
    if others:
        return f"Nodes have {', '.join(others)}: set `gpu_type`."
    return "Leave out `gpu`, or run where there are GPUs."


def _has(node: Json, selector: Mapping[str, str]) -> bool:
    labels = node["metadata"].get("labels") or {}
    return all(labels.get(key) == value for key, value in selector.items())


def _meets(node: Json, expressions: Iterable[Json]) -> bool:
    """Whether a node's labels are as required; as Kubernetes has it, an unset one is in no list."""
    labels = node["metadata"].get("labels") or {}
    return all(_is_met(each, labels.get(each["key"])) for each in expressions)


def _is_met(expression: Json, label: str | None) -> bool:
    operator, values = expression["operator"], list(expression.get("values") or ())
    if operator in ("Gt", "Lt"):
        if label is None or not label.lstrip("-").isdecimal():
            return False
        return int(label) > int(values[0]) if operator == "Gt" else int(label) < int(values[0])
    found = label is not None if operator in ("Exists", "DoesNotExist") else label in values
    return found is (operator in ("In", "Exists"))


def _words(expression: Json) -> str:
    return " ".join([expression["key"], expression["operator"], *expression.get("values", ())])


def _holds(node: Json, requests: Mapping[str, Decimal]) -> bool:
    has = node["status"]["allocatable"]
    return all((number(has.get(name, "0")) or 0) >= wanted for name, wanted in requests.items())


def _untolerated(node: Json, tolerations: Iterable[Json]) -> list[Json]:
    taints = node["spec"].get("taints") or []
    return [
        taint
        for taint in taints
        if taint["effect"] in _KEEPING_AWAY
        and not any(_tolerates(each, taint) for each in tolerations)
    ]


def _tolerates(toleration: Json, taint: Json) -> bool:
    if toleration.get("effect") not in (None, "", taint["effect"]):
        return False
    if toleration.get("key") not in (None, "", taint["key"]):
        return False
    same = toleration.get("value", "") == taint.get("value", "")
    return toleration.get("operator") == "Exists" or (bool(toleration.get("key")) and same)
