"""Values that came with the code: those that a kernel had when it sent one of its cells."""

from __future__ import annotations

import os

from .place import private_folder, write_file

TYPE_CHECKING = False  # importing `typing` costs more than a short cell
if TYPE_CHECKING:
    from typing import Any

    from .place import CodePlace

GIVEN = "given/"
"""Where they lie in the bundle, in the form of an input artifact."""


def load(place: CodePlace, slice_: dict[str, Any], loader: Any) -> dict[str, Any]:
    """Return the values by name; raises `StepFailure` where one cannot be read here."""
    folder = private_folder()  # only files can be mapped into memory
    for path in slice_["helpers"]:
        if path.startswith(GIVEN):
            write_file(os.path.join(folder, *path.split("/")[1:]), place.read(path))
    values: dict[str, Any] = loader.load(folder, slice_["given"])
    return values
