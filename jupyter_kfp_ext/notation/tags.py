"""Marks that users already have as cell tags: Kale's and papermill's. Read, never written.

Kale's tag language is that of kubeflow-kale/kale, `kale/processors/constants.py` (2.x; `block:` is
its older word for `step:`). papermill marks its parameter cell with `parameters`.
"""

from collections.abc import Iterable
from typing import Any

from ..errors import Code, Problem, Severity
from .convert import Wording, convert_options
from .model import MarkSource, Role
from .names import clean_name, name_problem
from .notebook import Cell
from .options import StepOptions
from .said import Place, Said

_ROLES = {
    "imports": Role.IMPORTS,
    "functions": Role.FUNCTIONS,
    "pipeline-parameters": Role.PARAMETERS,
    "parameters": Role.PARAMETERS,
    "pipeline-metrics": Role.METRICS,
    "skip": Role.SKIP,
    "skip-execution": Role.SKIP,
}
_SKIPPING = frozenset({"skip", "skip-execution"})
"""Kale's tag, and nbclient's."""
_EXAMPLES = {
    "cpu_limit": "limit:cpu:2",
    "memory_limit": "limit:memory:8Gi",
    "gpu": "limit:nvidia.com/gpu:1",
    "image": "image:python:3.12",
}
_FORMS = {
    "step": "step:NAME",
    "block": "block:NAME",
    "prev": "prev:NAME",
    "limit": "limit:RESOURCE:AMOUNT",
    "annotation": "annotation:KEY:VALUE",
    "label": "label:KEY:VALUE",
    "image": "image:NAME",
    "cache": "cache:enabled` or `cache:disabled",
}

TAGS = Wording(
    option=lambda spec: spec.name,
    example=lambda spec: _EXAMPLES.get(spec.name, spec.name),
    lax=True,
)


def read_tags(cell: Cell) -> Said | None:
    """Return what a cell's tags say; None where none of them is a mark.

    As in Kale, `skip` switches a cell off whatever else its tags say.
    """
    tags = cell.metadata.get("tags")
    if not tags:
        return None
    place = Place(cell, MarkSource.TAGS)
    if not isinstance(tags, list) or not all(isinstance(tag, str) for tag in tags):
        return Said(place, problems=(place.locate(_not_tags(tags)),))
    if _SKIPPING & set(tags):
        return Said(place, Role.SKIP)
    roles = list(dict.fromkeys(_ROLES[tag] for tag in tags if tag in _ROLES))
    names = list(dict.fromkeys(filter(None, map(_step_name, tags))))
    if names:
        roles.append(Role.STEP)
    # Kale's editor leaves `prev:` and the like on a cell that it makes something else than a step.
    options, problems = read_option_tags(tags if names or not roles else ())
    if not roles and options == StepOptions() and not problems:
        return None
    if len(roles) > 1 or len(names) > 1:
        said = [tag for tag in tags if tag in _ROLES or _step_name(tag)]
        problems = (
            Problem(
                Code.MARK_CONFLICT,
                f"The tags contradict each other: {', '.join(f'`{tag}`' for tag in said)}.",
                "Keep one of them.",
            ),
            *problems,
        )
    if names:
        wrong = name_problem(names[0])
        problems = (*problems, wrong) if wrong else problems
    role = roles[0] if roles else None
    step = names[0] if role is Role.STEP else None
    return Said(place, role, step, options, tuple(map(place.locate, problems)))


def is_kale_tag(tag: str) -> bool:
    """Tell a tag that only Kale reads; `parameters` and `skip-execution` are others' too."""
    word, colon, _ = tag.partition(":")
    if colon:
        return word in _FORMS or word == "notebook"
    return tag in _ROLES and tag not in ("parameters", "skip-execution")


def read_option_tags(tags: Iterable[str]) -> tuple[StepOptions, tuple[Problem, ...]]:
    """Return the step options that tags say (all but those that give a cell its role)."""
    raw: dict[str, Any] = {}
    problems: list[Problem] = []
    for tag in tags:
        word, colon, rest = tag.partition(":")
        if not colon:
            continue
        if word == "report" and rest in ("enabled", "disabled"):
            problems.append(_REPORTS)
        elif word == "notebook" and rest:
            problems.append(_notebook_tag(tag))
        elif word in _FORMS and not _read(word, rest, raw, problems):
            problems.append(_malformed(tag, word))
    options, wrong = convert_options(raw, StepOptions, TAGS)
    return options, (*problems, *wrong)


def limit_options(resource: str, amount: Any) -> dict[str, Any] | None:
    """Return the options that say a Kubernetes resource limit; None where none can."""
    if resource in ("cpu", "memory"):
        return {f"{resource}_limit": amount}
    # Devices are extended resources: `nvidia.com/gpu`, `amd.com/gpu`, `nvidia.com/mig-1g.5gb`.
    return {"gpu": amount, "gpu_type": resource} if "/" in resource else None


def unsupported_limit(resource: str) -> Problem:
    """Return the problem of a limit on a resource that no option can say."""
    return Problem(
        Code.OPTION_UNSUPPORTED,
        f"A limit on `{resource}` cannot be compiled.",
        "Limit `cpu`, `memory` or a device such as `nvidia.com/gpu`.",
    )


def _read(word: str, rest: str, raw: dict[str, Any], problems: list[Problem]) -> bool:
    """Add what one tag says to `raw`; False where the tag is malformed."""
    key, colon, value = rest.rpartition(":") if word == "limit" else rest.partition(":")
    if word in ("step", "block"):
        return True  # empty is what Kale's editor leaves behind: no mark
    if word == "prev" and rest:
        raw.setdefault("after", []).append(clean_name(rest))
    elif word == "image" and rest:
        raw["image"] = rest
    elif word == "cache" and rest in ("enabled", "disabled"):
        raw["cache"] = rest == "enabled"
    elif word in ("annotation", "label") and key and colon:
        raw.setdefault(f"{word}s", {})[key] = value
    elif word == "limit" and key and value:
        said = limit_options(key, value)
        if said is None:
            problems.append(unsupported_limit(key))
        raw.update(said or {})
    else:
        return False
    return True


def _step_name(tag: str) -> str | None:
    word, _, name = tag.partition(":")
    return clean_name(name) or None if word in ("step", "block") else None


def _not_tags(tags: Any) -> Problem:
    return Problem(
        Code.MARK_INVALID, f"The cell's tags are {tags!r}, not a list of texts.", "Remove them."
    )


def _malformed(tag: str, word: str) -> Problem:
    return Problem(Code.MARK_INVALID, f"The tag `{tag}` is incomplete.", f"Write `{_FORMS[word]}`.")


def _notebook_tag(tag: str) -> Problem:
    return Problem(
        Code.OPTION_UNSUPPORTED,
        f"The tag `{tag}` asks for another notebook as a part of this one.",
        "Copy the cells that are needed into this notebook.",
    )


_REPORTS = Problem(
    Code.OPTION_UNSUPPORTED,
    "Kale's `report` tag has no effect: every run keeps the outputs of every cell.",
    "Nothing needs to be done.",
    severity=Severity.INFO,
)


def may_fail(cell: Cell) -> bool:
    """Tell a cell whose error stops nothing: it has nbclient's tag `raises-exception`."""
    tags = cell.metadata.get("tags")
    return isinstance(tags, list) and "raises-exception" in tags
