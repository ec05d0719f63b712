"""What an interpreter has installed, asked of the interpreter itself and read from names alone.

A step's environment is built on top of the kernel's, so its name must change when that changes.
"""

import functools
import json
import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

_PATIENCE = 60
"""Seconds; an interpreter on a slow network drive takes some."""

_QUESTION = """
import json, os, site, sys
sites = list(getattr(site, "getsitepackages", list)())
if getattr(site, "ENABLE_USER_SITE", False):
    sites.insert(0, site.getusersitepackages())
found = []
for place in sys.path:
    try:
        names = sorted(os.listdir(place or "."))
    except OSError:
        continue
    found += [name for name in names if name.endswith((".dist-info", ".egg-info", ".egg-link"))]
sites = [each for each in sites if each in sys.path]
print(json.dumps({"version": sys.version, "sites": sites, "found": found}))
"""


@dataclass(frozen=True)
class Installed:
    """An interpreter, and the distributions that it finds."""

    python: str
    """Its absolute path."""
    version: str
    """As `sys.version` says it."""
    sites: tuple[str, ...]
    """Its folders of installed packages, in the order of `sys.path`."""
    versions: Mapping[str, str]
    """Version by normalised name; empty where only the name is known (installed to be edited)."""


@functools.cache
def look_into(python: str) -> Installed:
    """Ask an interpreter what it has installed; once in a process.

    Raises `OSError` where it cannot be asked.
    """
    try:
        done = subprocess.run(
            [python, "-c", _QUESTION], capture_output=True, timeout=_PATIENCE, check=True
        )
        # What `sitecustomize` prints comes first.
        answer = json.loads(done.stdout.splitlines()[-1])
    except (subprocess.SubprocessError, ValueError, IndexError) as error:
        raise OSError(f"{python} does not say what it has installed: {error}") from error
    return Installed(python, answer["version"], tuple(answer["sites"]), _versions(answer["found"]))


def _versions(names: Iterable[str]) -> dict[str, str]:
    """Return names and versions said by folders such as `numpy-2.1.0.dist-info`; the first wins."""
    from packaging.utils import canonicalize_name

    found: dict[str, str] = {}
    for each in names:
        stem = each.rpartition(".")[0]
        name, _, rest = stem.partition("-")
        version = rest if each.endswith(".dist-info") else rest.partition("-py")[0]
        found.setdefault(canonicalize_name(name), version)
    return found


def has(installed: Installed, requirement: str) -> bool:
    """Tell whether a requirement is certainly met; extras, markers and addresses never are."""
    from packaging.requirements import InvalidRequirement, Requirement
    from packaging.utils import canonicalize_name
    from packaging.version import InvalidVersion

    try:
        wanted = Requirement(requirement)
    except InvalidRequirement:
        return False
    version = installed.versions.get(canonicalize_name(wanted.name))
    if version is None or wanted.url or wanted.extras or wanted.marker:
        return False
    if not wanted.specifier:
        return True
    try:
        return wanted.specifier.contains(version, prereleases=True)
    except InvalidVersion:
        return False
