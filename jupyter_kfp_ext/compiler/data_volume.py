"""The volume on which large values stay (`data_volume`), mounted into each step.

Its name and folder stand in each slice, so values are never looked for where they are not: a
changed volume is changed code for KFP's cache.
"""

from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any

from ..analysis.plan import Plan
from ..errors import Code, Problem
from ..notation.options import DataVolume
from ..runtime.step.data_volume import PLACE
from .names import is_dns_label
from .parts import DATA_FOLDER, StepParts
from .resources import quantity
from .volumes import claim_mount

_OPTION = "data_volume"


def data_volume_problems(plan: Plan) -> Iterator[Problem]:
    """Yield what is wrong with the notebook's setting."""
    said = plan.model.settings.data_volume
    if said is None:
        return
    folder = PurePosixPath(said.folder)
    if not is_dns_label(said.claim):
        remedy = "Use one whose name has at most 63 lower-case letters, digits and `-`."
        yield _problem(f"the claim {said.claim!r} cannot name a volume of a pod", remedy)
    plain = said.folder.isascii() and said.folder.isprintable() and "{{" not in said.folder
    if not plain or not folder.parts or folder.is_absolute() or ".." in folder.parts:
        yield _problem(f"{said.folder!r} is no folder of the claim", "Give a path inside it.")
    known = {step.name for step in plan.model.steps}
    if unknown := [each for each in said.steps if each not in known]:
        remedy = f"Its steps are {', '.join(sorted(known))}."
        yield _problem(f"the notebook has no step {unknown[0]!r}", remedy)


def mount_data(parts: StepParts, said: DataVolume | None) -> None:
    """Mount the volume into a step, and tell it what goes there."""
    if said is None:
        return
    mounts = parts.kubernetes.setdefault("pvcMount", [])
    mounts.append(claim_mount(said.claim, DATA_FOLDER, said.folder))
    variable = {"name": PLACE, "value": DATA_FOLDER}
    parts.container.setdefault("env", []).append(variable)
    above = 0 if parts.step.name in said.steps else int(quantity(said.above))
    parts.data_volume = {"name": f"{said.claim}/{said.folder}", "above": above}


def data_claims(settings: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield claim and folder for large values of a pipeline, from its Kubernetes settings."""
    for each in settings.values():
        for mount in each.get("pvcMount", ()):
            if mount["mountPath"] == DATA_FOLDER:
                yield mount["constant"], mount["subPath"]


def _problem(message: str, remedy: str) -> Problem:
    said = f"The notebook's setting `{_OPTION}`: {message}."
    return Problem(Code.OPTION_INVALID, said, remedy, option=_OPTION)
