"""Modules that the notebook declares mature: steps install them by name instead of getting files.

They are found as all helper modules are, so that a step that uses none installs nothing.
"""

import os
import re
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from ..errors import Code, KfpExtError, Problem
from ..helpers.find import FOLDER, Helpers
from ..helpers.project_wheel import known_wheel
from ..notation.options import HelpersPackage
from ..runtime.step.place import WHEELS

_PINNED = re.compile(r"[A-Za-z0-9._-]+(\[[A-Za-z0-9._,-]+\])?\s*(==\s*[A-Za-z0-9.!+_-]+|@\s*\S+)")


@dataclass(frozen=True)
class Installed:
    """The helpers that are still sent, and what each step installs instead of the others."""

    helpers: Helpers
    packages: Mapping[str, tuple[str, ...]]
    """Requirements, and wheels by their path in the bundle, by task."""


WheelOf = Callable[[Path], Path | None]
"""Gives the wheel of a project's folder; None where it is not to be built now."""


def without_mature(
    helpers: Helpers,
    mature: tuple[HelpersPackage, ...],
    folder: Path | None,
    wheel_of: WheelOf = known_wheel,
) -> Installed:
    """Take the files of mature modules out of the helpers; put the wheels of some in instead.

    `folder` is the notebook's, from which paths of wheels and projects lead. Raises `KfpExtError`
    (`option-invalid`) where a wheel is not there, or a requirement is not pinned: a step of the
    same code would be another one tomorrow, and KFP's cache would not know.
    """
    for each in mature:
        if not _is_path(each.requirement) and not _PINNED.fullmatch(each.requirement):
            raise _invalid(
                f"The requirement {each.requirement!r} of a helper module says no version.",
                "Write `name==1.2`, `name @ URL` of a wheel, or the path of a wheel or project.",
            )
    wheels = {each.requirement: _wheel(each, folder, wheel_of) for each in mature}
    by_step: dict[str, tuple[str, ...]] = {}
    packages: dict[str, tuple[str, ...]] = {}
    for task, paths in helpers.by_step.items():
        entries = helpers.entries.get(task) or ("",)
        found = {path: _of(path, entries, mature) for path in paths}
        by_step[task] = tuple(path for path, requirement in found.items() if not requirement)
        packages[task] = tuple(sorted({each for each in found.values() if each}))
    used = {path for paths in by_step.values() for path in paths}
    files = {path: data for path, data in helpers.files.items() if path in used}
    sources = dict(helpers.sources)
    for requirement, wheel in wheels.items():
        tasks = [task for task, own in packages.items() if requirement in own]
        if wheel is None or not tasks:
            continue
        path = f"{WHEELS}{wheel.name}"
        files[path], sources[path] = wheel.read_bytes(), str(wheel)
        for task in tasks:
            by_step[task] = tuple(sorted({*by_step[task], path}))
            packages[task] = tuple(path if each == requirement else each for each in packages[task])
    sent = replace(helpers, files=dict(sorted(files.items())), by_step=by_step, sources=sources)
    return Installed(sent, packages)


def _is_path(requirement: str) -> bool:
    if "@" in requirement:
        return False
    return requirement.endswith(".whl") or requirement in (".", "..") or "/" in requirement


def _wheel(each: HelpersPackage, folder: Path | None, wheel_of: WheelOf) -> Path | None:
    """Return the wheel that a requirement is the path of, or that of the project there.

    None where it is no path, or where the wheel is not built yet.
    """
    if not _is_path(each.requirement):
        return None
    place = Path(os.path.normpath((folder or Path()) / each.requirement)).absolute()
    built = each.requirement.endswith(".whl")
    if folder is None or not (place.is_file() if built else place.is_dir()):
        raise _invalid(
            f"There is no {'wheel' if built else 'project'} {each.requirement}, which is to be "
            f"installed for {each.module}.",
            "Correct its path, which starts at the notebook's folder"
            + (", or build it (`python -m build --wheel`)." if built else "."),
        )
    if built:
        return place
    wheel = wheel_of(place)
    if wheel is not None and not _holds(wheel, each.module):
        raise _invalid(
            f"{wheel.name}, built of {each.requirement}, has no module {each.module}.",
            "Correct the module's name, or what the project's settings say belongs to it.",
        )
    return wheel


def _holds(wheel: Path, module: str) -> bool:
    start = module.replace(".", "/")
    with zipfile.ZipFile(wheel) as archive:
        return any(
            name == f"{start}.py" or name.startswith(f"{start}/") for name in archive.namelist()
        )


def _invalid(message: str, remedy: str) -> KfpExtError:
    problem = Problem(Code.OPTION_INVALID, message, remedy, option="helpers_packages")
    return KfpExtError(problem)


def _of(path: str, entries: tuple[str, ...], mature: tuple[HelpersPackage, ...]) -> str:
    """Return the requirement that stands for a file of the bundle; empty where it is sent."""
    for each in mature:
        for entry in entries:
            start = "/".join(filter(None, (FOLDER, entry, each.module.replace(".", "/"))))
            if path == f"{start}.py" or path.startswith(f"{start}/"):
                return each.requirement
    return ""
