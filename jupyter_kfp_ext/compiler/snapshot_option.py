"""The part of `volumes` that has a snapshot taken before a step: what it means, what is refused."""

from dataclasses import dataclass

from ..errors import Code
from ..notation.options import StepOptions, Volume
from .names import is_object_name
from .new_claims import LONGEST_NAME
from .parts import StepParts

PIECE = 8
"""Letters of a run's id that make the name of what is made for it its own."""


@dataclass(frozen=True)
class Wanted:
    """A snapshot that is to be taken."""

    claim: str
    """As the notebook says it."""
    kind: str | None
    """The snapshot's class; None: the cluster's default."""


def wanted_snapshots(options: StepOptions) -> tuple[Wanted, ...]:
    """Return the snapshots that are to be taken before a step, one a claim."""
    found = {each.claim: each for each in options.volumes if each.snapshot}
    return tuple(Wanted(each.claim, each.snapshot_class) for each in found.values())


def snapshot_name(claim: str, run_id: str, task: str) -> str:
    """Return the name of the snapshot of a claim before a step, in one run (KFP's id)."""
    return f"{claim}-{run_id[:PIECE]}-{task}"


def check_snapshot(parts: StepParts, each: Volume) -> None:
    """Note what is wrong with how a snapshot is asked for."""
    if not each.snapshot:
        if each.snapshot_class is not None:
            parts.refuse(
                "volumes",
                f"no snapshot of {each.claim!r} is asked for, yet `snapshot_class` is said",
                "Add `snapshot: true`, or leave it out.",
            )
        return
    if each.size is not None:
        parts.refuse(
            "volumes",
            f"the claim {each.claim!r} is the run's own, empty at its start: a later run begins "
            "with a new one",
            "Take snapshots of a claim that is there (without `size`), or leave `snapshot` out.",
            Code.OPTION_UNSUPPORTED,
        )
    elif parts.step.options.on_exit:
        parts.refuse(
            "volumes",
            "nothing can be put before the step at the exit, so no snapshot either",
            "Leave `snapshot` out there.",
            Code.OPTION_UNSUPPORTED,
        )
    elif len(each.claim) > LONGEST_NAME:
        parts.refuse(
            "volumes",
            f"the name {each.claim!r} is too long for a claim that is made of a snapshot",
            f"Keep to {LONGEST_NAME} letters: each run adds some to make the name its own.",
        )
    elif each.snapshot_class is not None and not is_object_name(each.snapshot_class):
        parts.refuse(
            "volumes",
            f"{each.snapshot_class!r} cannot be the name of a class of snapshots",
            "Name one of `kubectl get volumesnapshotclass`, or leave it out for the default.",
        )
