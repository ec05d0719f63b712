"""Why a step waits, in words and with what to do about it.

The texts are those of the Kubernetes scheduler, the kubelet and the quota admission, as Argo hands
them on in a node's message or as they stand in a pod's status.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

Json = Mapping[str, Any]
_Match = re.Match[str]

_GPU = re.compile(r"gpu|nvidia|amd\.com|habana|tpu|neuron", re.IGNORECASE)


def _quota(found: _Match) -> str:
    return (
        f"The namespace's quota {found[1]} does not allow it: the step asks for {found[2]}, "
        f"{found[3]} is in use, {found[4]} is the limit. It starts once others end; otherwise ask "
        "for less, or for a larger quota."
    )


def _insufficient(found: _Match) -> str:
    what = found[1]
    words = {"cpu": "CPU", "memory": "memory", "ephemeral-storage": "disk space"}
    if _GPU.search(what):
        return (
            f"No node has enough {what} free. It starts once others give some back; if no node "
            "has so many at all, it never does: ask for fewer (`gpu`), or for another `gpu_type`."
        )
    return (
        f"No node has enough {words.get(what, what)} free. It starts once others give some back; "
        "if no node has so much at all, it never does: ask for less."
    )


def _taint(found: _Match) -> str:
    return (
        f"The nodes that would fit keep others away (taint {found[1].strip()}). "
        "Give the step a toleration for it."
    )


def _image(found: _Match) -> str:
    image = found["image"] or found["other"] or ""
    reason = found["why"] or ""
    told = f": {_last_cause(reason)}" if reason else ""
    named = f"The image {image}" if image else "Its image"
    return f"{named} cannot be pulled{told}. Check its name, and `image_pull_secrets`."


def _last_cause(text: str) -> str:
    """Return the end of a chain of causes: the kubelet repeats each one's beginning."""
    parts = [part.strip() for part in text.split(": ") if part.strip()]
    return ": ".join(parts[-2:]).rstrip(".")


def _plain(text: str) -> Callable[[_Match], str]:
    return lambda _: text


_TABLE: tuple[tuple[re.Pattern[str], Callable[[_Match], str]], ...] = (
    (
        re.compile(
            r"exceeded quota: ([^,]+), requested: (.+?), used: (.+?), limited: (.+?)(?:$|[\n\"])"
        ),
        _quota,
    ),
    (
        re.compile(r'persistentvolumeclaim "([^"]+)" not found'),
        lambda found: (
            f"There is no volume claim {found[1]} in the run's namespace. Make it, or "
            "mend `volumes`."
        ),
    ),
    (
        re.compile(r"unbound immediate PersistentVolumeClaims"),
        _plain(
            "A volume claim that it mounts is not bound to a volume: its storage class gives "
            "none. Check the claim."
        ),
    ),
    (
        re.compile(r"volume node affinity conflict"),
        _plain(
            "Its volume is in another zone than the nodes that would fit. Let the step go where "
            "the volume is."
        ),
    ),
    (
        re.compile(r"didn't match Pod's node affinity/selector"),
        _plain("No node has what `node_selector` or `affinity` asks for. Check the labels."),
    ),
    (re.compile(r"untolerated taint\(?s?\)? ?(\{[^}]*\})"), _taint),
    (re.compile(r"Insufficient ([\w./-]+?)[.,]?(?:\s|$)"), _insufficient),
    (
        re.compile(r"nodes? (?:were|are) available|node\(s\)"),
        lambda found: f"No node takes it: {found.string.rpartition('Unschedulable: ')[2]}",
    ),
    (
        re.compile(
            r"(?:ErrImagePull|ImagePullBackOff|InvalidImageName|ErrImageNeverPull)"
            r"(?::.*?image \"(?P<image>[^\"]+)\")?"
            r"(?::? ?(?P<why>.*))?(?P<other>)",
            re.DOTALL,
        ),
        _image,
    ),
    (
        re.compile(r'configmap "([^"]+)" not found'),
        lambda found: f"There is no ConfigMap {found[1]} in the run's namespace. Make it.",
    ),
    (
        re.compile(r'secret "([^"]+)" not found'),
        lambda found: f"There is no Secret {found[1]} in the run's namespace. Make it.",
    ),
    (
        re.compile(r"couldn't find key (\S+) in (ConfigMap|Secret) (\S+)"),
        lambda found: f"The {found[2]} {found[3]} has no key {found[1]}. Mend its name.",
    ),
    (
        re.compile(r"CreateContainer(?:Config)?Error:? ?(.*)", re.DOTALL),
        lambda found: f"Its container cannot be made: {found[1] or 'no reason is given'}.",
    ),
    (
        re.compile(r"Multi-Attach"),
        _plain(
            "Its volume is in use on another node. It starts once that is over; a claim for "
            "several nodes is ReadWriteMany."
        ),
    ),
    (
        re.compile(r"Failed(?:AttachVolume|Mount): ?(.*)", re.DOTALL),
        lambda found: f"A volume cannot be mounted: {_last_cause(found[1])}. Check `volumes`.",
    ),
    (re.compile(r"PodInitializing|ContainerCreating"), _plain("Its container is being made.")),
)


def waiting_words(text: str) -> str:
    """Return a message of the cluster in words; what is not known is handed on as it is."""
    for pattern, words in _TABLE:
        found = pattern.search(text)
        if found:
            return words(found)
    return text.strip()


EVENTS = "events"
"""The key under which a pod has its events, where they were read: a pod does not hold them."""
_BEING_MADE = ("ContainerCreating", "PodInitializing")


def is_being_made(pod: Json) -> bool:
    """Whether a pod has its node and no container yet: what keeps it stands in events alone."""
    statuses = (pod.get("status") or {}).get("containerStatuses") or []
    waiting = [((each.get("state") or {}).get("waiting") or {}).get("reason") for each in statuses]
    return any(each in _BEING_MADE for each in waiting)


def told_by_events(pod: Json) -> str:
    """Return what the last warning says of a pod; empty where there is none."""
    found = sorted(pod.get(EVENTS) or (), key=lambda each: str(each.get("lastTimestamp") or ""))
    return f"{found[-1].get('reason')}: {found[-1].get('message')}" if found else ""


def pod_waits(pod: Json) -> str:
    """Return the cluster's own text of why a pod waits; empty where it does not say."""
    status = pod.get("status") or {}
    for condition in status.get("conditions") or []:
        if condition.get("type") == "PodScheduled" and condition.get("status") == "False":
            return f"{condition.get('reason') or ''}: {condition.get('message') or ''}"
    containers = [
        *(status.get("containerStatuses") or []),
        *(status.get("initContainerStatuses") or []),
    ]
    for container in containers:
        waiting = (container.get("state") or {}).get("waiting") or {}
        if waiting.get("reason"):
            return f"{waiting['reason']}: {waiting.get('message') or ''}".rstrip(": ")
    return ""
