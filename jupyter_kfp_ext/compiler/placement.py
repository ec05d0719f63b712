"""Options that say on which nodes a step's pod may run, and what is written on the pod."""

from collections.abc import Mapping, Sequence
from typing import Any

from ..notation.options import NodeExpression, Toleration
from .names import ascii_text, is_label_key, is_label_value
from .parts import StepParts

DESCRIPTION_KEY = "jupyter-kfp-ext/description"
"""A KFP task has no place for a description; the step's pod carries it as an annotation."""


def node_selector(parts: StepParts, value: Mapping[str, str]) -> None:
    """Write the labels that the node must have."""
    if _are_labels(parts, "node_selector", value):
        parts.kubernetes["nodeSelector"] = {"labels": dict(sorted(value.items()))}


def tolerations(parts: StepParts, value: Sequence[Toleration]) -> None:
    """Write the node taints that the pod tolerates."""
    for each in value:
        if (wrong := _wrong_toleration(each)) is not None:
            parts.refuse("tolerations", *wrong)
    parts.kubernetes["tolerations"] = [_toleration(each) for each in value]


def _wrong_toleration(each: Toleration) -> tuple[str, str] | None:
    if each.key and not is_label_key(each.key):
        return f"{each.key!r} is not the key of a taint", "Write it as `kubectl` shows it."
    if not each.key and each.operator != "Exists":
        return "a toleration without key tolerates all taints", "Add `operator: Exists` or a key."
    if each.operator == "Exists" and each.value:
        return f"`Exists` takes no value, {each.value!r} was given", "Leave the value out."
    if not is_label_value(each.value):
        return f"{each.value!r} is not the value of a taint", "Write it as `kubectl` shows it."
    if each.seconds is not None and each.effect != "NoExecute":
        return "`seconds` counts for the effect NoExecute only", "Add `effect: NoExecute`."
    return None


def _toleration(each: Toleration) -> dict[str, Any]:
    said = {
        "key": each.key,
        "operator": each.operator,
        "value": each.value,
        "effect": each.effect,
        "tolerationSeconds": None if each.seconds is None else str(each.seconds),
    }
    return {key: item for key, item in said.items() if item}


def affinity(parts: StepParts, value: Sequence[NodeExpression]) -> None:
    """Write conditions on node labels: requirements hold together, preferences each by weight.

    Kubernetes joins several required terms by "or", so all requirements go into one term.
    """
    for each in value:
        if (wrong := _wrong_expression(each)) is not None:
            parts.refuse("affinity", *wrong)
    required = [_expression(each) for each in value if each.weight is None]
    terms: list[dict[str, Any]] = [{"matchExpressions": required}] if required else []
    terms += [
        {"matchExpressions": [_expression(each)], "weight": each.weight}
        for each in value
        if each.weight is not None
    ]
    parts.kubernetes["nodeAffinity"] = terms


def _wrong_expression(each: NodeExpression) -> tuple[str, str] | None:
    count = len(each.values)
    if not is_label_key(each.key):
        return f"{each.key!r} is not the key of a label", "Write it as `kubectl` shows it."
    if each.operator in ("In", "NotIn") and count == 0:
        return f"`{each.operator}` needs values", "Add `values`."
    if each.operator in ("Exists", "DoesNotExist") and count:
        return f"`{each.operator}` takes no values", "Leave `values` out."
    if each.operator in ("Gt", "Lt") and (count != 1 or not each.values[0].isdecimal()):
        return f"`{each.operator}` needs one whole number", 'Write `values: ["4"]`.'
    if not all(is_label_value(item) for item in each.values):
        return "a value is not the value of a label", "Write it as `kubectl` shows it."
    return None


def _expression(each: NodeExpression) -> dict[str, Any]:
    expression: dict[str, Any] = {"key": each.key, "operator": each.operator}
    if each.values:
        expression["values"] = list(each.values)
    return expression


def labels(parts: StepParts, value: Mapping[str, str]) -> None:
    """Write the labels of the step's pod."""
    if _are_labels(parts, "labels", value):
        _metadata(parts).setdefault("labels", {}).update(sorted(value.items()))


def annotations(parts: StepParts, value: Mapping[str, str]) -> None:
    """Write the annotations of the step's pod."""
    for key, text in sorted(value.items()):
        if not is_label_key(key):
            parts.refuse("annotations", f"{key!r} is not a key", "Write `[domain/]name`.")
        elif parts.passes("annotations", text):
            _metadata(parts).setdefault("annotations", {})[key] = text


def description(parts: StepParts, value: str) -> None:
    """Write the sentence about the step as an annotation of its pod."""
    _metadata(parts).setdefault("annotations", {})[DESCRIPTION_KEY] = ascii_text(value)


def _are_labels(parts: StepParts, option: str, value: Mapping[str, str]) -> bool:
    for key, text in value.items():
        if not is_label_key(key):
            parts.refuse(option, f"{key!r} is not the key of a label", "Write `[domain/]name`.")
            return False
        if not is_label_value(text):
            parts.refuse(
                option,
                f"{text!r} is not the value of a label",
                "Use at most 63 ASCII letters, digits, `-`, `_` and `.`, "
                "with a letter or digit at both ends.",
            )
            return False
    return True


def _metadata(parts: StepParts) -> dict[str, Any]:
    metadata: dict[str, Any] = parts.kubernetes.setdefault("podMetadata", {})
    return metadata
