"""Large values on a volume that all steps mount, instead of in the artifact store.

The artifact then holds the reference alone: the hash of the value's bytes, which is also its
folder on the volume. So what KFP compares and keeps stays right, and the same value is there once.

    <root>/<sha>/           as `groups/<sha>/` in an artifact; complete from the moment it is there
    <root>/.used/<sha>      touched by whoever writes or reads it: what nobody uses can be removed
    <root>/.aside/          what is being written
"""

from __future__ import annotations

import os

from .failure import StepFailure

TYPE_CHECKING = False  # importing `typing` costs more than a short cell
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

PLACE = "KFP_DATA_VOLUME"
"""The variable that says where the volume is mounted; without it, values go with the artifacts."""


class DataVolume:
    """The volume of a step that writes."""

    def __init__(self, root: str, said: Mapping[str, Any]) -> None:
        self.root = root
        self.name: str = said["name"]
        """Claim and folder, for people."""
        self._above: int = said["above"]

    def takes(self, size: int) -> bool:
        """Whether a value of so many bytes goes there."""
        return size >= self._above

    def aside(self) -> str:
        """Return where something can be written before it gets its name."""
        # Process ids are no good: each pod has the same.
        return os.path.join(self.root, ".aside", os.urandom(8).hex())


def volume_of(slice_: Mapping[str, Any]) -> DataVolume | None:
    """Return the volume for what a step leaves; None where it has none."""
    said, root = slice_.get("data_volume"), os.environ.get(PLACE)
    return DataVolume(root, said) if said and root else None


def note_use(root: str, sha: str) -> None:
    """Note that a value is used now; where that is not allowed, it only looks older."""
    used = os.path.join(root, ".used")
    try:
        os.makedirs(used, exist_ok=True)
        with open(os.path.join(used, sha), "wb") as file:
            file.write(b".")
    except OSError:
        pass


def referred(name: str, sha: str, volume: str) -> str:
    """Return the place of a value that an artifact refers to; `volume`: claim and folder.

    Raises `StepFailure` where it cannot be read from here.
    """
    root = os.environ.get(PLACE)
    if not root:
        raise StepFailure(
            "storage-failed",
            f"{name} lies on the volume {volume}, which is not mounted here.",
            f"Mount the claim here and set {PLACE} to that folder of it, or read {name} in a step.",
        )
    place = os.path.join(root, sha)
    if not os.path.isdir(place):
        raise StepFailure(
            "storage-failed",
            f"{name} is no longer on the volume {volume}.",
            "Run the step that makes it again, without the cache.",
        )
    note_use(root, sha)
    return place
