"""Modules that the notebook declares mature: steps install them by name instead of getting files.

They are found as all helper modules are, so that a step that uses none installs nothing.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from ..errors import Code, KfpExtError, Problem
from ..helpers.find import FOLDER, Helpers
from ..notation.options import HelpersPackage

_PINNED = re.compile(r"[A-Za-z0-9._-]+(\[[A-Za-z0-9._,-]+\])?\s*(==\s*[A-Za-z0-9.!+_-]+|@\s*\S+)")


@dataclass(frozen=True)
class Installed:
    """The helpers that are still sent, and what each step installs instead of the others."""

    helpers: Helpers
    packages: Mapping[str, tuple[str, ...]]
    """Requirements by task."""


def without_mature(helpers: Helpers, mature: tuple[HelpersPackage, ...]) -> Installed:
    """Take the files of mature modules out of the helpers.

    Raises `KfpExtError` (`option-invalid`) where a requirement is not pinned: a step of the same
    code would be another one tomorrow, and KFP's cache would not know.
    """
    loose = [each.requirement for each in mature if not _PINNED.fullmatch(each.requirement)]
    if loose:
        raise KfpExtError(
            Problem(
                Code.OPTION_INVALID,
                f"The requirement {loose[0]!r} of a helper module does not say one version.",
                "Write `name==1.2`, or `name @ URL` of a wheel.",
                option="helpers_packages",
            )
        )
    by_step: dict[str, tuple[str, ...]] = {}
    packages: dict[str, tuple[str, ...]] = {}
    for task, paths in helpers.by_step.items():
        entries = helpers.entries.get(task) or ("",)
        found = {path: _of(path, entries, mature) for path in paths}
        by_step[task] = tuple(path for path, requirement in found.items() if not requirement)
        packages[task] = tuple(sorted({each for each in found.values() if each}))
    used = {path for paths in by_step.values() for path in paths}
    files = {path: data for path, data in helpers.files.items() if path in used}
    return Installed(replace(helpers, files=files, by_step=by_step), packages)


def _of(path: str, entries: tuple[str, ...], mature: tuple[HelpersPackage, ...]) -> str:
    """Return the requirement that stands for a file of the bundle; empty where it is sent."""
    for each in mature:
        for entry in entries:
            start = "/".join(filter(None, (FOLDER, entry, each.module.replace(".", "/"))))
            if path == f"{start}.py" or path.startswith(f"{start}/"):
                return each.requirement
    return ""
